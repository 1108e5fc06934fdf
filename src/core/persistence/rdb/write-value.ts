/**
 * Values into an RDB, in the form that a version has for the encoding that a value reports.
 *
 *   version   list           set                    sorted set         hash               stream
 *      9      14 ziplists    11 intset, 2           12 ziplist, 5      13 ziplist, 4      15
 *     10      18 listpacks   11 intset, 2           17 listpack, 5     16 listpack, 4     19
 *     11      18 listpacks   11, 20 listpack, 2     17 listpack, 5     16 listpack, 4     21
 *     12      as 11, but for a hash with fields that expire: 25 listpack, 24
 *
 * `writeValue` is a generator that yields after about 64 KB or YIELD_ELEMENTS elements, so that a large value is written over many
 * turns; the value must not change meanwhile (the caller's snapshot sees to it). Facts: redis 7.2.6 rdb.c:rdbSaveObject.
 */
import { type Bytes } from '../../base/bytes.js';
import { formatDouble } from '../../base/numbers.js';
import {
  type EncodingLimits,
  LISTPACK_FRAME,
  listNodeLimits,
  settleEncoding,
} from '../../store/types/encoding.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { packedSize } from '../../store/types/int-text.js';
import { type ListValue } from '../../store/types/list-value.js';
import { RawString } from '../../store/types/raw-string.js';
import { type SetValue } from '../../store/types/set-value.js';
import { type StringValue, type Value } from '../../store/types/value.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { type BlockOutput } from './block-output.js';
import { FIELD_EXPIRY_VERSION, NODE_PACKED, NODE_PLAIN, TYPE, type WritableVersion } from './format.js';
import { encodeIntset } from './packed/intset.js';
import { ListpackBuilder } from './packed/listpack.js';
import { ZiplistBuilder } from './packed/ziplist.js';
import { writeStream } from './write-stream.js';

/** Elements between two yields. */
const YIELD_ELEMENTS = 1024;
/** Bytes between two yields. */
const YIELD_BYTES = 64 * 1024;
/** What Redis allows for the header of an element that is to be added to a node of a list. */
const ADDED_OVERHEAD = 8;
/** An element of a list above this gets a node of its own that is not packed. */
const PLAIN_NODE_MIN = 1024 * 1024;

/** What decides the form of a value. */
export interface WriteForm {
  readonly version: WritableVersion;
  readonly limits: EncodingLimits;
}

type PackedBuilder = ListpackBuilder | ZiplistBuilder;
type Writing = Generator<void, void, void>;

/** The type byte of a value. Settles the encoding. */
export function rdbTypeOf(value: Value, form: WriteForm): number {
  if (typeof value !== 'object' || value.kind === 'string') return TYPE.STRING;
  settleEncoding(value, form.limits);
  const { version } = form;
  switch (value.kind) {
    case 'list':
      return version === 9 ? TYPE.LIST_QUICKLIST : TYPE.LIST_QUICKLIST_2;
    case 'set':
      if (value.encoding === 'intset') return TYPE.SET_INTSET;
      return value.encoding === 'listpack' && version >= 11 ? TYPE.SET_LISTPACK : TYPE.SET;
    case 'zset':
      if (value.encoding === 'skiplist') return TYPE.ZSET_2;
      return version === 9 ? TYPE.ZSET_ZIPLIST : TYPE.ZSET_LISTPACK;
    case 'hash':
      if (value.expiring > 0 && version >= FIELD_EXPIRY_VERSION)
        return value.encoding === 'hashtable' ? TYPE.HASH_EXPIRY : TYPE.HASH_LISTPACK_EXPIRY;
      if (value.encoding === 'hashtable') return TYPE.HASH;
      return version === 9 ? TYPE.HASH_ZIPLIST : TYPE.HASH_LISTPACK;
    case 'stream':
      return STREAM_TYPES[version];
  }
}

const STREAM_TYPES: Record<WritableVersion, number> = {
  9: TYPE.STREAM_LISTPACKS,
  10: TYPE.STREAM_LISTPACKS_2,
  11: TYPE.STREAM_LISTPACKS_3,
  12: TYPE.STREAM_LISTPACKS_3,
};

/** Writes a value behind its type byte, which `rdbTypeOf` gave. */
export function* writeValue(out: BlockOutput, value: Value, form: WriteForm): Writing {
  if (typeof value !== 'object' || value.kind === 'string') return yield* writeString(out, value);
  switch (value.kind) {
    case 'list':
      return yield* writeList(out, value, form);
    case 'set':
      return yield* writeSet(out, value, form);
    case 'hash':
      return yield* writeHash(out, value, form);
    case 'zset':
      return yield* writeZSet(out, value, form);
    case 'stream':
      return yield* writeStream(out, value, form.version);
  }
}

/** Writes a string that is no RawString: never yields. */
export function writePlainString(out: BlockOutput, value: Exclude<StringValue, RawString>): void {
  if (typeof value === 'number') out.integerString(value);
  else if (typeof value === 'object') out.blob(value.slab.bytes, value.offset, value.offset + value.length);
  else out.string(value);
}

function* writeString(out: BlockOutput, value: StringValue): Writing {
  if (!(value instanceof RawString)) return writePlainString(out, value);
  if (value.length <= YIELD_BYTES) return out.string(value.toBytes());
  // frozen, so that the owner may change it while we pause
  const bytes = value.freeze().view();
  yield;
  out.blob(bytes);
}

/** Yields when enough was written since the last time. */
class Pace {
  private elements = 0;
  private from: number;

  constructor(private readonly out: BlockOutput) {
    this.from = out.bytesWritten;
  }

  /** Counts one element; true when it is time to yield. */
  due(): boolean {
    if (++this.elements < YIELD_ELEMENTS && this.out.bytesWritten - this.from < YIELD_BYTES) return false;
    this.elements = 0;
    this.from = this.out.bytesWritten;
    return true;
  }
}

function builderFor(form: WriteForm): PackedBuilder {
  return form.version === 9 ? new ZiplistBuilder() : new ListpackBuilder();
}

function* writeList(out: BlockOutput, list: ListValue, form: WriteForm): Writing {
  const nodes = listNodes(list, form);
  out.length(nodes.length);
  const pace = new Pace(out);
  const items = list.values();
  const builder = builderFor(form);
  for (const count of nodes) {
    builder.reset();
    let first: Bytes | undefined;
    for (let i = 0; i < count; i++) {
      const item = items.next().value;
      if (item === undefined) throw new Error('the list changed while it was written');
      if (count === 1 && isPlainNode(item, form)) first = item;
      else builder.append(item);
      if (pace.due()) yield;
    }
    if (form.version !== 9) out.length(first === undefined ? NODE_PACKED : NODE_PLAIN);
    if (first === undefined) out.blob(builder.finish());
    else out.string(first);
  }
}

/**
 * How many elements each node of a list gets, by list-max-listpack-size: what a list has in Redis when its elements were pushed behind
 * each other (redis 7.2.6 quicklist.c:_quicklistNodeAllowInsert, which overestimates the element that is to be added).
 */
function listNodes(list: ListValue, form: WriteForm): number[] {
  const { maxBytes, maxCount } = listNodeLimits(form.limits);
  const nodes: number[] = [];
  let count = 0;
  let bytes = LISTPACK_FRAME;
  for (const item of list.values()) {
    const alone = isPlainNode(item, form);
    if (count > 0 && (alone || count >= maxCount || bytes + item.length + ADDED_OVERHEAD > maxBytes)) {
      nodes.push(count);
      count = 0;
      bytes = LISTPACK_FRAME;
    }
    count++;
    bytes += packedSize(item);
    if (alone) {
      nodes.push(count);
      count = 0;
      bytes = LISTPACK_FRAME;
    }
  }
  if (count > 0) nodes.push(count);
  return nodes;
}

function isPlainNode(item: Bytes, form: WriteForm): boolean {
  return form.version !== 9 && item.length > PLAIN_NODE_MIN;
}

function* writeSet(out: BlockOutput, set: SetValue, form: WriteForm): Writing {
  const type = rdbTypeOf(set, form);
  if (type === TYPE.SET_INTSET) return out.blob(encodeIntset(set.toArray()));
  if (type === TYPE.SET_LISTPACK) {
    const builder = new ListpackBuilder();
    for (const member of set.values()) builder.append(member);
    return out.blob(builder.finish());
  }
  out.length(set.size);
  const pace = new Pace(out);
  for (let slot = 0; slot < set.size; slot++) {
    out.string(set.memberAt(slot));
    if (pace.due()) yield;
  }
}

function* writeHash(out: BlockOutput, hash: HashValue, form: WriteForm): Writing {
  const type = rdbTypeOf(hash, form);
  if (type === TYPE.HASH_LISTPACK_EXPIRY) return writePackedExpiringHash(out, hash);
  if (type === TYPE.HASH_EXPIRY) return yield* writeExpiringHash(out, hash);
  if (type !== TYPE.HASH) {
    const builder = builderFor(form);
    for (let slot = 0; slot < hash.size; slot++) {
      builder.append(hash.fieldAt(slot));
      builder.append(hash.valueAt(slot));
    }
    return out.blob(builder.finish());
  }
  out.length(hash.size);
  const pace = new Pace(out);
  for (let slot = 0; slot < hash.size; slot++) {
    out.string(hash.fieldAt(slot));
    out.string(hash.valueAt(slot));
    if (pace.due()) yield;
  }
}

/** Those that expire by when they are due, then the others, as Redis keeps them. */
function writePackedExpiringHash(out: BlockOutput, hash: HashValue): void {
  const slots = Array.from({ length: hash.size }, (_, slot) => slot);
  slots.sort((a, b) => {
    const [first, second] = [hash.expiryAt(a), hash.expiryAt(b)];
    return first === second ? a - b : first - second;
  });
  const builder = new ListpackBuilder();
  for (const slot of slots) {
    const dueMs = hash.expiryAt(slot);
    builder.append(hash.fieldAt(slot));
    builder.append(hash.valueAt(slot));
    builder.appendInt(dueMs === Infinity ? 0 : dueMs);
  }
  out.int64(hash.earliestMs);
  out.blob(builder.finish());
}

/** See readExpiringHash. */
function* writeExpiringHash(out: BlockOutput, hash: HashValue): Writing {
  const base = hash.earliestMs - 1;
  out.int64(hash.earliestMs);
  out.length(hash.size);
  const pace = new Pace(out);
  for (let slot = 0; slot < hash.size; slot++) {
    const dueMs = hash.expiryAt(slot);
    out.length(dueMs === Infinity ? 0 : dueMs - base);
    out.string(hash.fieldAt(slot));
    out.string(hash.valueAt(slot));
    if (pace.due()) yield;
  }
}

function* writeZSet(out: BlockOutput, zset: ZSetValue, form: WriteForm): Writing {
  if (rdbTypeOf(zset, form) !== TYPE.ZSET_2) {
    const builder = builderFor(form);
    for (const { member, score } of zset.range(0, zset.size)) {
      builder.append(member);
      // a packed score that is a whole number is an integer, which has no negative zero
      builder.append(formatDouble(score === 0 ? 0 : score));
    }
    return out.blob(builder.finish());
  }
  out.length(zset.size);
  const pace = new Pace(out);
  // from the highest down: who loads it then always inserts at the head
  for (let end = zset.size; end > 0; end -= YIELD_ELEMENTS) {
    const batch = zset.range(Math.max(end - YIELD_ELEMENTS, 0), end);
    for (let i = batch.length - 1; i >= 0; i--) {
      out.string(batch[i].member);
      out.double(batch[i].score);
      if (pace.due()) yield;
    }
  }
}
