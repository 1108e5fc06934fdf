/**
 * How many nodes Redis's radix tree would have over the keys of a stream's nodes: XINFO STREAM shows it as radix-tree-nodes.
 *
 * A tree over keys of equal length has a leaf per key, a node wherever two keys part, and a node for every run of bytes between
 * those; without keys it has its root (redis 7.2.6 rax.c).
 */
import { type StreamId } from './stream-id.js';

const KEY_BYTES = 16;

/** `keyAt(i)` for 0 <= i < count: ascending, all different. One pass. */
export function radixNodeCount(count: number, keyAt: (index: number) => StreamId): number {
  if (count === 0) return 1;
  let nodes = 0;
  // Depths at which the path to the key in hand branches, ascending.
  const branches: number[] = [];
  for (let i = 0; i < count; i++) {
    const parted = i + 1 < count ? commonBytes(keyAt(i), keyAt(i + 1)) : -1;
    // What hangs below the place where the next key parts is complete: leaf or branch, and the run of bytes that leads to it.
    let depth = KEY_BYTES;
    while (branches.length > 0 && branches[branches.length - 1] > parted) {
      const branch = branches.pop()!;
      nodes += 1 + runBefore(depth, branch);
      depth = branch;
    }
    if (parted < 0) {
      nodes += 1 + (depth > 0 ? 1 : 0);
      break;
    }
    nodes += 1 + runBefore(depth, parted);
    if (branches[branches.length - 1] !== parted) branches.push(parted);
  }
  return nodes;
}

/** Whether bytes lie between a branch, the byte that it branches on, and what begins at `depth`. */
function runBefore(depth: number, branch: number): number {
  return depth > branch + 1 ? 1 : 0;
}

function commonBytes(a: StreamId, b: StreamId): number {
  let i = 0;
  while (i < KEY_BYTES && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
