/**
 * Streams out of an RDB: types 15 (Redis 5), 19 (7.0: first id, largest deleted id, entries added, entries read) and 21 (7.2: a
 * consumer's active time).
 *
 *   count of nodes, each: id of the node (16 bytes) and its listpack
 *   length, last id, [first id, largest deleted id, entries added]
 *   count of groups, each: name, last id, [entries read], pending, count of consumers, each: name, seen, [active], pending ids
 *
 *   listpack: count deleted fields name… 0 | flags ms seq [fields name value… | value…] pieces | …
 *
 * Ids in a listpack are differences to the node's id, modulo 2^64 (redis 7.2.6 rdb.c:rdbLoadObject, t_stream.c).
 */
import { type Bytes } from '../../base/bytes.js';
import { type Int64, normalizeInt64 } from '../../base/numbers.js';
import { StreamConsumer, StreamGroup } from '../../store/types/stream-groups.js';
import { idMs, idSeq, streamId, streamIdAt, type StreamId } from '../../store/types/stream-id.js';
import { type StreamEntry, StreamValue } from '../../store/types/stream-value.js';
import { ENTRY_DELETED, ENTRY_SAME_FIELDS, TYPE } from './format.js';
import { ListpackWalk } from './packed/listpack.js';
import { check } from './packed/packed-error.js';
import { type RdbSource } from './source.js';
import { awaitLength, awaitLength64, awaitString, decoding, type Step } from './steps.js';

const BROKEN = 'Stream listpack integrity check failed.';
const ID_BYTES = 16;
const NO_NAME = '' as Bytes;

/** A stream, its type byte consumed. Throws RdbError. */
export function* readStream(src: RdbSource, rdbType: number): Step<StreamValue> {
  const stream = new StreamValue();
  let last: StreamId | undefined;
  const nodes = yield* awaitLength(src, 'stream node count');
  for (let left = nodes; left > 0; left--) last = yield* readNode(src, stream, last);
  yield* readMetadata(src, stream, rdbType, nodes);
  for (let left = yield* awaitLength(src, 'stream group count'); left > 0; left--) {
    yield* readGroup(src, stream, rdbType);
  }
  return stream;
}

/** Reads one node after an entry with the id `after`; returns the id of the last entry so far. */
function* readNode(
  src: RdbSource,
  stream: StreamValue,
  after: StreamId | undefined,
): Step<StreamId | undefined> {
  const key = yield* awaitString(src, 'stream node id');
  if (key.length !== ID_BYTES) {
    const expected = `${ID_BYTES} bytes`;
    throw src.error('Stream node key entry is not the size of a stream ID', 'stream node id', expected);
  }
  const offset = src.offset;
  let blob: Buffer | undefined;
  while ((blob = src.tryBlob('stream node')) === undefined) yield;
  const { entries, deleted, names } = decoding(blob, offset, (bytes) => decodeNode(bytes, key as StreamId));
  for (const { id } of entries) {
    if (after !== undefined && id <= after) throw src.error('Stream entries out of order', 'stream node');
    after = id;
  }
  if (entries.length > 0) stream.appendNode(entries, deleted, blob.length, names);
  return after;
}

interface DecodedNode {
  readonly entries: StreamEntry[];
  readonly deleted: number;
  readonly names: Bytes[];
}

function decodeNode(blob: Buffer, master: StreamId): DecodedNode {
  const walk = new ListpackWalk(blob);
  check(!walk.done, 'Empty listpack inside stream', 0);
  const live = readCount(walk);
  const deleted = readCount(walk);
  const names = readNames(walk);
  check(walk.nextInt() === 0, BROKEN, 0);
  const entries: StreamEntry[] = [];
  const base = { ms: idMs(master), seq: idSeq(master) };
  for (let left = live + deleted; left > 0; left--) {
    const entry = decodeEntry(walk, base, names);
    if (entry !== undefined) entries.push(entry);
  }
  check(walk.done && entries.length === live, BROKEN, 0);
  walk.finish();
  return { entries, deleted, names };
}

function readNames(walk: ListpackWalk): Bytes[] {
  const names: Bytes[] = [];
  for (let left = readCount(walk); left > 0; left--) names.push(walk.next());
  return names;
}

function readCount(walk: ListpackWalk): number {
  const value = walk.nextInt();
  check(typeof value === 'number' && value >= 0, BROKEN, 0);
  return value;
}

/** One entry; undefined when it is marked as deleted. */
function decodeEntry(
  walk: ListpackWalk,
  base: { ms: number | bigint; seq: number | bigint },
  names: Bytes[],
): StreamEntry | undefined {
  const flags = readCount(walk);
  const id = streamId(addU64(base.ms, walk.nextInt()), addU64(base.seq, walk.nextInt()));
  const fields: Bytes[] = [];
  let pieces = 3;
  if ((flags & ENTRY_SAME_FIELDS) !== 0) {
    for (const name of names) fields.push(name, walk.next());
    pieces += names.length;
  } else {
    const count = readCount(walk);
    for (let left = count; left > 0; left--) fields.push(walk.next(), walk.next());
    pieces += 1 + 2 * count;
  }
  check(walk.nextInt() === pieces, BROKEN, 0);
  return (flags & ENTRY_DELETED) !== 0 ? undefined : { id, fields };
}

function addU64(base: number | bigint, difference: number | bigint): number | bigint {
  if (typeof base === 'number' && typeof difference === 'number') {
    const sum = base + difference;
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return BigInt.asUintN(64, BigInt(base) + BigInt(difference));
}

function* readMetadata(src: RdbSource, stream: StreamValue, rdbType: number, nodes: number): Step<void> {
  const length = yield* awaitLength(src, 'stream length');
  stream.lastId = yield* readId(src, 'stream last id');
  if (rdbType === TYPE.STREAM_LISTPACKS) {
    stream.entriesAdded = length;
  } else {
    // the first id is that of the first entry, which is known
    yield* readId(src, 'stream first id');
    stream.maxDeletedId = yield* readId(src, 'stream largest deleted id');
    stream.entriesAdded = yield* awaitLength64(src, 'stream entries added');
  }
  if (length > 0 && nodes === 0) {
    throw src.error('Stream length inconsistent with rax entries', 'stream length', '0', String(length));
  }
  const lastEntry = stream.lastEntry();
  if (lastEntry !== undefined && lastEntry.id > stream.lastId) {
    throw src.error('Stream last id before its last entry', 'stream last id');
  }
}

/** An id as two numbers in the form of lengths. */
function* readId(src: RdbSource, what: string): Step<StreamId> {
  const ms = yield* awaitLength64(src, what);
  return streamId(ms, yield* awaitLength64(src, what));
}

/** An id as 16 bytes. */
function* readRawId(src: RdbSource): Step<StreamId> {
  while (!src.has(ID_BYTES)) yield;
  src.pos += ID_BYTES;
  return streamIdAt(src.buf, src.pos - ID_BYTES);
}

function* readTime(src: RdbSource): Step<number> {
  let time: number | undefined;
  while ((time = src.tryInt64()) === undefined) yield;
  return time;
}

function* readGroup(src: RdbSource, stream: StreamValue, rdbType: number): Step<void> {
  const name = yield* awaitString(src, 'stream group name');
  if (stream.groups.has(name)) throw src.error('Duplicated consumer group name', 'stream group name');
  const lastId = yield* readId(src, 'stream group last id');
  const entriesRead =
    rdbType === TYPE.STREAM_LISTPACKS
      ? stream.entriesUpTo(lastId)
      : signed(yield* awaitLength64(src, 'stream group entries read'));
  const group = new StreamGroup(name, lastId, entriesRead);
  stream.groups.set(name, group);
  const nobody = new StreamConsumer(NO_NAME, 0, 0);
  for (let left = yield* awaitLength(src, 'stream pending count'); left > 0; left--) {
    yield* readPending(src, group, nobody);
  }
  let owned = 0;
  for (let left = yield* awaitLength(src, 'stream consumer count'); left > 0; left--) {
    owned += yield* readConsumer(src, group, nobody, rdbType);
  }
  if (owned !== group.pel.size) throw src.error('Stream CG PEL entry without consumer', 'stream group');
}

function* readPending(src: RdbSource, group: StreamGroup, nobody: StreamConsumer): Step<void> {
  const id = yield* readRawId(src);
  const deliveryTime = yield* readTime(src);
  const deliveryCount = yield* awaitLength64(src, 'stream delivery count');
  if (!group.pel.add({ id, consumer: nobody, deliveryTime, deliveryCount })) {
    throw src.error('Duplicated global PEL entry loading stream consumer group', 'stream pending entry');
  }
}

/** Reads a consumer; returns how many pending entries it owns. */
function* readConsumer(
  src: RdbSource,
  group: StreamGroup,
  nobody: StreamConsumer,
  rdbType: number,
): Step<number> {
  const name = yield* awaitString(src, 'stream consumer name');
  if (group.consumers.has(name)) throw src.error('Duplicate stream consumer detected.', 'stream consumer');
  const seenTime = yield* readTime(src);
  const activeTime = rdbType === TYPE.STREAM_LISTPACKS_3 ? yield* readTime(src) : seenTime;
  const consumer = new StreamConsumer(name, seenTime, activeTime);
  group.consumers.set(name, consumer);
  const count = yield* awaitLength(src, 'stream consumer pending count');
  for (let left = count; left > 0; left--) {
    const entry = group.pel.get(yield* readRawId(src));
    if (entry === undefined) {
      throw src.error('Consumer entry not found in group global PEL', 'stream consumer pending entry');
    }
    if (entry.consumer !== nobody) {
      throw src.error('Duplicated consumer PEL entry loading a stream consumer group', 'stream consumer');
    }
    entry.consumer = consumer;
    consumer.pel.add(entry);
  }
  return count;
}

/** An unsigned 64-bit number as the signed one with the same bits. */
function signed(value: Int64): Int64 {
  return typeof value === 'bigint' ? normalizeInt64(BigInt.asIntN(64, value)) : value;
}
