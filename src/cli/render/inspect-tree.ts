/** The topology of `inspect --tree` as lines: pure. A server stands under its master; a ring is drawn once and marked. */
import { SLOTS } from '../../core/inspect/cluster.js';
import { nameOf } from '../../core/inspect/product.js';
import { type Topology, type TreeNode } from '../../core/inspect/tree.js';
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { palette, symbols, type Palette, type Symbols, type Terminal } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { acceptedLines, findingLines } from './inspect.js';

const LINES = { tee: '├─ ', end: '└─ ', bar: '│  ', gap: '   ' };
const ASCII_LINES = { tee: '|- ', end: '`- ', bar: '|  ', gap: '   ' };

const NOT_LOOKED_AT =
  'Each server was looked at once; its rates, and what grows, need two looks: redis-ts inspect HOST:PORT';

/** The whole text, ending with a newline. */
export function renderTree(topology: Topology, terminal: Omit<Terminal, 'live'>): string {
  const paint = palette(terminal.color);
  const signs = symbols(terminal.unicode);
  const lines = new Drawing(topology, paint, signs, terminal).draw();
  const { findings, accepted, truncated, cluster } = topology;
  const pen = { paint, signs, width: terminal.width };
  const parts = [lines];
  if (cluster)
    parts.push([
      `cluster ${cluster.state ?? 'unknown'}, ${formatCount(cluster.slotsAssigned)} of ${formatCount(SLOTS)} slots assigned, ${cluster.shards.length} shards`,
    ]);
  if (truncated !== undefined) parts.push([paint.yellow(`${signs.warn} ${truncated}`)]);
  parts.push([paint.bold('FINDINGS'), ...findingLines(findings, pen), ...acceptedLines(accepted, pen)]);
  parts.push(wrap(NOT_LOOKED_AT, terminal.width).map(paint.dim));
  return `${parts.map((part) => part.join('\n')).join('\n\n')}\n`;
}

/** Columns that a text with colour codes takes. */
function visible(text: string): number {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}

/** What was said of a server that is named right before it. */
function withoutName({ address, notSeen = '' }: TreeNode): string {
  return notSeen.startsWith(`${address} `) ? notSeen.slice(address.length + 1) : notSeen;
}

class Drawing {
  private readonly children = new Map<string, TreeNode[]>();
  private readonly byAddress = new Map<string, TreeNode>();
  private readonly drawn = new Set<TreeNode>();
  private readonly lines: string[] = [];
  private readonly pieces: typeof LINES;
  private readonly width: number;

  constructor(
    private readonly topology: Topology,
    private readonly paint: Palette,
    private readonly signs: Symbols,
    { unicode, width }: Pick<Terminal, 'unicode' | 'width'>,
  ) {
    this.width = width;
    this.pieces = unicode ? LINES : ASCII_LINES;
    for (const node of topology.nodes) {
      for (const address of [node.address, ...node.aliases]) this.byAddress.set(address, node);
      if (node.parent !== undefined)
        this.children.set(node.parent, [...(this.children.get(node.parent) ?? []), node]);
    }
  }

  draw(): string[] {
    for (const root of this.topology.roots) this.walk(this.byAddress.get(root)!);
    return this.lines;
  }

  /** Depth first with a stack of our own: a chain may be long. */
  private walk(root: TreeNode): void {
    const stack: { node: TreeNode; first: string; rest: string }[] = [{ node: root, first: '', rest: '' }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { node, first, rest } = next;
      if (this.drawn.has(node)) {
        this.lines.push(`${first}${this.paint.red(`${printable(node.address)} again: a ring`)}`);
        continue;
      }
      this.drawn.add(node);
      const below = this.children.get(node.address) ?? [];
      const more = `${rest}${below.length > 0 ? this.pieces.bar : this.pieces.gap}  `;
      this.lines.push(...this.fit(this.describe(node), first, more));
      for (const [i, child] of [...below.entries()].reverse()) {
        const last = i === below.length - 1;
        stack.push({
          node: child,
          first: rest + (last ? this.pieces.end : this.pieces.tee),
          rest: rest + (last ? this.pieces.gap : this.pieces.bar),
        });
      }
    }
  }

  /** The words in lines of the terminal's width: `first` before the first, `more` before the others. */
  private fit(words: readonly string[], first: string, more: string): string[] {
    const lines: string[] = [];
    let line = first + words[0];
    for (const word of words.slice(1)) {
      if (visible(line) + 2 + visible(word) <= this.width) line += `  ${word}`;
      else {
        lines.push(line);
        line = more + word;
      }
    }
    return [...lines, line];
  }

  private describe(node: TreeNode): string[] {
    const { paint, signs } = this;
    const slots = this.slotsOf(node);
    const name =
      paint.bold(printable(node.address)) +
      (node.address === this.topology.target ? paint.cyan(` ${signs.live}`) : '');
    const words = [name];
    if (node.notSeen !== undefined) words.push(paint.yellow(printable(withoutName(node))));
    if (node.role !== undefined) words.push(printable(node.role === 'slave' ? 'replica' : node.role));
    if (node.product !== undefined)
      words.push(nameOf({ product: node.product, version: printable(node.version ?? '?') }));
    if (slots !== undefined) words.push(slots);
    if (node.offset !== undefined) words.push(`offset ${formatCount(node.offset)}`);
    if (node.linkUp === false) words.push(paint.red('link down'));
    if (node.state !== undefined && node.state !== 'online') words.push(paint.yellow(printable(node.state)));
    if (node.behindBytes !== undefined) words.push(`${formatBytes(node.behindBytes)} behind`);
    if (node.ackAgeSeconds !== undefined && node.ackAgeSeconds > 3)
      words.push(`ack ${formatSeconds(node.ackAgeSeconds)} ago`);
    if (node.replid !== undefined && this.ownHistory(node))
      words.push(`replid ${printable(node.replid).slice(0, 8)}${signs.dots}`);
    if (node.aliases.length > 0) words.push(paint.dim(`also ${node.aliases.map(printable).join(', ')}`));
    return words;
  }

  /** The replication id is told where a history begins: at the top, and where it differs from the master's. */
  private ownHistory({ parent, replid }: TreeNode): boolean {
    return parent === undefined || this.byAddress.get(parent)?.replid !== replid;
  }

  private slotsOf({ address, aliases }: TreeNode): string | undefined {
    const all = [address, ...aliases];
    const shard = this.topology.cluster?.shards.find(
      ({ master }) => master !== undefined && all.includes(master.address),
    );
    return shard === undefined || shard.slots.length === 0 ? undefined : `slots ${shard.slots.join(' ')}`;
  }
}
