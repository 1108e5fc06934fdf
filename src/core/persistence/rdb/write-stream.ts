/**
 * Streams into an RDB: types 15, 19 and 21, laid out as read-stream.ts draws them.
 *
 * A node goes out as one listpack whose id is that of its first entry; entries deleted before are not carried on, nor a node of which
 * all are deleted. Groups and consumers are in the order of their names, as in a radix tree.
 */
import { idMs, idSeq, MIN_STREAM_ID, type StreamId } from '../../store/types/stream-id.js';
import { type PendingList } from '../../store/types/pending-list.js';
import { type PendingEntry, type StreamConsumer, type StreamGroup } from '../../store/types/stream-groups.js';
import { idDifference, type StreamNode } from '../../store/types/stream-node.js';
import { type StreamValue } from '../../store/types/stream-value.js';
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
  let live = 0;
  for (let n = 0; n < stream.nodeCount; n++) if (stream.nodeAt(n).length > 0) live++;
  out.length(live);
  for (let n = 0; n < stream.nodeCount; n++) {
    const node = stream.nodeAt(n);
    if (node.length === 0) continue;
    out.string(node.idAt(0));
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
  for (const group of stream.groupsByName()) yield* writeGroup(out, group, version);
}

function encodeNode(builder: ListpackBuilder, node: StreamNode): void {
  const { names, length } = node;
  const first = node.idAt(0);
  const master = { ms: idMs(first), seq: idSeq(first) };
  builder.reset();
  builder.appendInt(length);
  builder.appendInt(0);
  builder.appendInt(names.length);
  for (const name of names) builder.append(name);
  builder.appendInt(0);
  for (let i = 0; i < length; i++) {
    const id = node.idAt(i);
    const own = node.ownFieldsAt(i);
    builder.appendInt(own === undefined ? ENTRY_SAME_FIELDS : 0);
    builder.appendInt(idDifference(idMs(id), master.ms));
    builder.appendInt(idDifference(idSeq(id), master.seq));
    if (own === undefined) {
      for (let j = 0; j < names.length; j++) builder.append(node.valueAt(i, j));
      builder.appendInt(3 + names.length);
    } else {
      builder.appendInt(own.length / 2);
      for (const part of own) builder.append(part);
      builder.appendInt(4 + own.length);
    }
  }
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
  for (const consumer of group.consumersByName()) yield* writeConsumer(out, consumer, version);
}

function* writePending(out: BlockOutput, pel: PendingList<PendingEntry>, withDelivery: boolean): Writing {
  out.length(pel.size);
  const cursor = pel.from(MIN_STREAM_ID);
  let left = YIELD_PENDING;
  for (let entry = cursor.next(); entry !== undefined; entry = cursor.next()) {
    out.bytes(entry.id);
    if (withDelivery) {
      out.int64(entry.deliveryTime);
      out.length(entry.deliveryCount);
    }
    if (--left > 0) continue;
    left = YIELD_PENDING;
    yield;
  }
}

function* writeConsumer(out: BlockOutput, consumer: StreamConsumer, version: WritableVersion): Writing {
  out.string(consumer.name);
  out.int64(consumer.seenTime);
  if (version >= 11) out.int64(consumer.activeTime);
  yield* writePending(out, consumer.pel, false);
}
