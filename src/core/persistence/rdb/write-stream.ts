/**
 * Streams into an RDB: types 15, 19 and 21, laid out as read-stream.ts draws them.
 *
 * A node goes out as one listpack whose id is that of its first entry; entries deleted before are not carried on.
 */
import { idMs, idSeq, type StreamId } from '../../store/types/stream-id.js';
import { type PendingList, type StreamConsumer, type StreamGroup } from '../../store/types/stream-groups.js';
import { sameNames, type StreamNode, type StreamValue } from '../../store/types/stream-value.js';
import { type BlockOutput } from './block-output.js';
import { ENTRY_SAME_FIELDS, type WritableVersion } from './format.js';
import { ListpackBuilder } from './packed/listpack.js';

type Writing = Generator<void, void, void>;

const U64 = 1n << 64n;
/** Pending entries between two yields. */
const YIELD_PENDING = 1024;

/** Writes a stream behind its type byte. Yields after each node and after every YIELD_PENDING pending entries. */
export function* writeStream(out: BlockOutput, stream: StreamValue, version: WritableVersion): Writing {
  const builder = new ListpackBuilder();
  out.length(stream.nodeCount);
  for (let n = 0; n < stream.nodeCount; n++) {
    const node = stream.nodeAt(n);
    out.string(node.entries[0].id);
    encodeNode(builder, node);
    out.blob(builder.finish());
    yield;
  }
  out.length(stream.length);
  writeId(out, stream.lastId);
  if (version >= 10) {
    writeId(out, stream.firstId);
    writeId(out, stream.maxDeletedId);
    out.length(stream.entriesAdded);
  }
  out.length(stream.groups.size);
  for (const group of stream.groups.values()) yield* writeGroup(out, group, version);
}

function encodeNode(builder: ListpackBuilder, node: Readonly<StreamNode>): void {
  const [{ id: master, fields: names }] = node.entries;
  builder.reset();
  builder.appendInt(node.entries.length);
  builder.appendInt(0);
  builder.appendInt(names.length / 2);
  for (let i = 0; i < names.length; i += 2) builder.append(names[i]);
  builder.appendInt(0);
  for (const { id, fields } of node.entries) {
    const same = sameNames(fields, names);
    builder.appendInt(same ? ENTRY_SAME_FIELDS : 0);
    builder.appendInt(difference(idMs(id), idMs(master)));
    builder.appendInt(difference(idSeq(id), idSeq(master)));
    if (!same) builder.appendInt(fields.length / 2);
    for (let i = same ? 1 : 0; i < fields.length; i += same ? 2 : 1) builder.append(fields[i]);
    builder.appendInt(same ? 3 + fields.length / 2 : 4 + fields.length);
  }
}

/** a - b as the signed 64-bit integer with those bits. */
function difference(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const wrapped = BigInt.asIntN(64, BigInt(a) - BigInt(b));
  const small = Number(wrapped);
  return Number.isSafeInteger(small) ? small : wrapped;
}

function writeId(out: BlockOutput, id: StreamId): void {
  out.length(idMs(id));
  out.length(idSeq(id));
}

function* writeGroup(out: BlockOutput, group: StreamGroup, version: WritableVersion): Writing {
  out.string(group.name);
  writeId(out, group.lastId);
  // an unknown position is -1, written as the unsigned number with the same bits
  if (version >= 10) out.length(group.entriesRead < 0 ? U64 + BigInt(group.entriesRead) : group.entriesRead);
  yield* writePending(out, group.pel, true);
  out.length(group.consumers.size);
  for (const consumer of group.consumers.values()) yield* writeConsumer(out, consumer, version);
}

function* writePending(out: BlockOutput, pel: PendingList, withDelivery: boolean): Writing {
  out.length(pel.size);
  for (let from = 0; from < pel.size; from += YIELD_PENDING) {
    for (const { id, deliveryTime, deliveryCount } of pel.slice(from, from + YIELD_PENDING)) {
      out.bytes(id);
      if (!withDelivery) continue;
      out.int64(deliveryTime);
      out.length(deliveryCount);
    }
    yield;
  }
}

function* writeConsumer(out: BlockOutput, consumer: StreamConsumer, version: WritableVersion): Writing {
  out.string(consumer.name);
  out.int64(consumer.seenTime);
  if (version >= 11) out.int64(consumer.activeTime);
  yield* writePending(out, consumer.pel, false);
}
