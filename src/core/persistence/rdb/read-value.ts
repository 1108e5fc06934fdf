/**
 * Values out of an RDB: one reader for each form that Redis 2.6 to 7.4 writes.
 *
 * Packed forms (one blob) are decoded by a plain call once the blob is there. Forms that list their elements are generators
 * that yield when bytes lack, nothing else. A collection without elements is undefined: Redis skips such keys, which an old bug
 * could leave behind. Called by the reader and by `restoreValue`.
 */
import { type Bytes } from '../../base/bytes.js';
import { parseDouble, parseSafeInt } from '../../base/numbers.js';
import { HashValue } from '../../store/types/hash-value.js';
import { ListValue } from '../../store/types/list-value.js';
import { SetValue } from '../../store/types/set-value.js';
import { type Value } from '../../store/types/value.js';
import { ZSetValue } from '../../store/types/zset-value.js';
import { NODE_PACKED, NODE_PLAIN, TYPE } from './format.js';
import { decodeIntset } from './packed/intset.js';
import { decodeListpack } from './packed/listpack.js';
import { check } from './packed/packed-error.js';
import { decodeZiplist } from './packed/ziplist.js';
import { decodeZipmap } from './packed/zipmap.js';
import { readStream } from './read-stream.js';
import { type RdbSource } from './source.js';
import { awaitBlob, awaitLength, awaitString, decoding, type Step } from './steps.js';

type BlobDecoder = (blob: Buffer) => Value | undefined;

/** The forms that are one blob. */
const BLOBS: Readonly<Record<number, BlobDecoder>> = {
  [TYPE.HASH_ZIPMAP]: (blob) => hashOf(decodeZipmap(blob)),
  [TYPE.HASH_ZIPLIST]: (blob) => hashOf(decodeZiplist(blob)),
  [TYPE.HASH_LISTPACK]: (blob) => hashOf(decodeListpack(blob)),
  [TYPE.HASH_LISTPACK_EXPIRY_PRE_GA]: decodeExpiringHash,
  [TYPE.LIST_ZIPLIST]: (blob) => listOf(decodeZiplist(blob)),
  [TYPE.SET_INTSET]: (blob) => setOf(decodeIntset(blob), 'intset'),
  [TYPE.SET_LISTPACK]: (blob) => setOf(decodeListpack(blob), 'listpack'),
  [TYPE.ZSET_ZIPLIST]: (blob) => zsetOf(decodeZiplist(blob)),
  [TYPE.ZSET_LISTPACK]: (blob) => zsetOf(decodeListpack(blob)),
};

/** Whether the value of this type is one blob. */
export function isBlobType(rdbType: number): boolean {
  return BLOBS[rdbType] !== undefined;
}

/** The value in a blob that lies at `offset`. Throws RdbError. */
export function decodeBlobValue(rdbType: number, blob: Buffer, offset: number): Value | undefined {
  return decoding(blob, offset, BLOBS[rdbType]);
}

/** A value of any known type but a module's, its type byte consumed. Throws RdbError. */
export function* readValue(src: RdbSource, rdbType: number): Step<Value | undefined> {
  switch (rdbType) {
    case TYPE.STRING:
      return yield* readString(src);
    case TYPE.LIST:
      return yield* readList(src);
    case TYPE.SET:
      return yield* readSet(src);
    case TYPE.HASH:
      return yield* readHash(src);
    case TYPE.HASH_EXPIRY_PRE_GA:
    case TYPE.HASH_EXPIRY:
      return yield* readExpiringHash(src, rdbType);
    case TYPE.HASH_LISTPACK_EXPIRY:
      return yield* readPackedExpiringHash(src);
    case TYPE.ZSET:
    case TYPE.ZSET_2:
      return yield* readZSet(src, rdbType);
    case TYPE.LIST_QUICKLIST:
    case TYPE.LIST_QUICKLIST_2:
      return yield* readQuicklist(src, rdbType);
    case TYPE.STREAM_LISTPACKS:
    case TYPE.STREAM_LISTPACKS_2:
    case TYPE.STREAM_LISTPACKS_3:
      return yield* readStream(src, rdbType);
    default: {
      const offset = src.offset;
      const blob = yield* awaitBlob(src, 'packed value');
      return decodeBlobValue(rdbType, blob, offset);
    }
  }
}

function* readString(src: RdbSource): Step<Value> {
  for (;;) {
    const value = src.tryStringValue('string value');
    if (value !== undefined) return value;
    yield;
  }
}

function* readList(src: RdbSource): Step<Value | undefined> {
  const list = new ListValue();
  for (let left = yield* awaitLength(src, 'list length'); left > 0; left--) {
    let item: Bytes | undefined;
    while ((item = src.tryString('list element')) === undefined) yield;
    list.pushBack(item);
  }
  return list.length === 0 ? undefined : list;
}

function* readSet(src: RdbSource): Step<Value | undefined> {
  const set = new SetValue();
  for (let left = yield* awaitLength(src, 'set size'); left > 0; left--) {
    let member: Bytes | undefined;
    while ((member = src.tryString('set member')) === undefined) yield;
    if (!set.add(member)) throw src.error('Duplicate set members detected', 'set member');
  }
  return set.size === 0 ? undefined : set;
}

function* readHash(src: RdbSource): Step<Value | undefined> {
  const hash = new HashValue();
  for (let left = yield* awaitLength(src, 'hash size'); left > 0; left--) {
    let field: Bytes | undefined;
    while ((field = src.tryString('hash field')) === undefined) yield;
    let value: Bytes | undefined;
    while ((value = src.tryString('hash value')) === undefined) yield;
    if (!hash.set(field, value)) throw src.error('Duplicate hash fields detected', 'hash field');
  }
  return hash.size === 0 ? undefined : hash;
}

/**
 * Fields each with the time at which it is due before it, 0 for none: relative to the earliest of them, which comes first, and one more;
 * absolute in the pre-release form.
 */
function* readExpiringHash(src: RdbSource, rdbType: number): Step<Value | undefined> {
  const hash = new HashValue();
  const base = rdbType === TYPE.HASH_EXPIRY ? (yield* readEarliest(src)) - 1 : 0;
  for (let left = yield* awaitLength(src, 'hash size'); left > 0; left--) {
    let time: number;
    while ((time = src.tryLength('field expiry')) < 0) yield;
    let field: Bytes | undefined;
    while ((field = src.tryString('hash field')) === undefined) yield;
    let value: Bytes | undefined;
    while ((value = src.tryString('hash value')) === undefined) yield;
    if (!hash.set(field, value)) throw src.error('Duplicate hash fields detected', 'hash field');
    if (time !== 0) hash.setExpiry(field, base + time);
  }
  return hash.size === 0 ? undefined : hash;
}

function* readEarliest(src: RdbSource): Step<number> {
  let earliest: number | undefined;
  while ((earliest = src.tryInt64()) === undefined) yield;
  return earliest;
}

/** The earliest time, which the blob says again, and the blob. */
function* readPackedExpiringHash(src: RdbSource): Step<Value | undefined> {
  yield* readEarliest(src);
  const offset = src.offset;
  return decoding(yield* awaitBlob(src, 'packed value'), offset, decodeExpiringHash);
}

/** Fields, values and absolute times, 0 for none, by turns. */
function decodeExpiringHash(blob: Buffer): HashValue | undefined {
  const parts = decodeListpack(blob);
  check(parts.length % 3 === 0, 'Hash with a field that has no value or time', parts.length);
  const hash = new HashValue();
  for (let i = 0; i < parts.length; i += 3) {
    const time = parseSafeInt(parts[i + 2]);
    check(time !== undefined && time >= 0, 'Hash with an invalid field expiry', i);
    check(hash.set(parts[i], parts[i + 1]), 'Duplicate hash fields detected', i);
    if (time !== 0) hash.setExpiry(parts[i], time);
  }
  return hash.size === 0 ? undefined : hash;
}

function* readZSet(src: RdbSource, rdbType: number): Step<Value | undefined> {
  const zset = new ZSetValue();
  for (let left = yield* awaitLength(src, 'sorted set size'); left > 0; left--) {
    let member: Bytes | undefined;
    while ((member = src.tryString('sorted set member')) === undefined) yield;
    let score: number | undefined;
    while ((score = rdbType === TYPE.ZSET_2 ? src.tryDouble() : tryTextDouble(src)) === undefined) yield;
    if (Number.isNaN(score)) throw src.error('Zset with NAN score detected', 'score');
    if (zset.set(member, score) !== 'added') {
      throw src.error('Duplicate zset fields detected', 'sorted set member');
    }
  }
  return zset.size === 0 ? undefined : zset;
}

/** Length bytes that stand for a score themselves (redis 7.2.6 rdb.c:rdbLoadDoubleValue). */
const SPECIAL_SCORES: Readonly<Record<number, number>> = { 253: NaN, 254: Infinity, 255: -Infinity };

/** A score as text behind one length byte. */
function tryTextDouble(src: RdbSource): number | undefined {
  if (!src.has(1)) return undefined;
  const length = src.buf[src.pos];
  const special = SPECIAL_SCORES[length];
  if (special !== undefined) {
    src.pos++;
    return special;
  }
  if (!src.has(1 + length)) return undefined;
  const text = src.buf.latin1Slice(src.pos + 1, src.pos + 1 + length) as Bytes;
  const score = parseDouble(text);
  if (score === undefined) throw src.error('Invalid score', 'score', 'a number');
  src.pos += 1 + length;
  return score;
}

function* readQuicklist(src: RdbSource, rdbType: number): Step<Value | undefined> {
  const list = new ListValue();
  for (let left = yield* awaitLength(src, 'quicklist length'); left > 0; left--) {
    let container = NODE_PACKED;
    if (rdbType === TYPE.LIST_QUICKLIST_2) {
      container = yield* awaitLength(src, 'quicklist node container');
      if (container !== NODE_PACKED && container !== NODE_PLAIN) {
        throw src.error('Quicklist integrity check failed.', 'quicklist node', '1 or 2', String(container));
      }
    }
    if (container === NODE_PLAIN) {
      const item = yield* awaitString(src, 'quicklist node');
      if (item.length === 0)
        throw src.error('Quicklist integrity check failed.', 'quicklist node', 'a string', 'nothing');
      list.pushBack(item);
      continue;
    }
    const offset = src.offset;
    let blob: Buffer | undefined;
    while ((blob = src.tryBlob('quicklist node')) === undefined) yield;
    const decode = rdbType === TYPE.LIST_QUICKLIST ? decodeZiplist : decodeListpack;
    for (const item of decoding(blob, offset, decode)) list.pushBack(item);
  }
  return list.length === 0 ? undefined : list;
}

function listOf(items: Bytes[]): ListValue | undefined {
  const list = new ListValue();
  for (const item of items) list.pushBack(item);
  return items.length === 0 ? undefined : list;
}

function setOf(members: Bytes[], encoding: 'intset' | 'listpack'): SetValue | undefined {
  const set = new SetValue();
  set.encoding = encoding;
  members.forEach((member, i) => check(set.add(member), 'Duplicate set members detected', i));
  return members.length === 0 ? undefined : set;
}

function hashOf(parts: Bytes[]): HashValue | undefined {
  check(parts.length % 2 === 0, 'Hash with a field that has no value', parts.length);
  if (parts.length === 0) return undefined;
  const fields = new Array<Bytes>(parts.length / 2);
  const values = new Array<Bytes>(parts.length / 2);
  for (let i = 0; i < fields.length; i++) {
    fields[i] = parts[2 * i];
    values[i] = parts[2 * i + 1];
  }
  const hash = HashValue.of(fields, values);
  check(hash !== undefined, 'Duplicate hash fields detected', 0);
  return hash;
}

function zsetOf(parts: Bytes[]): ZSetValue | undefined {
  const zset = new ZSetValue();
  check(parts.length % 2 === 0, 'Zset with a member that has no score', parts.length);
  for (let i = 0; i < parts.length; i += 2) {
    const score = parseDouble(parts[i + 1]);
    check(score !== undefined && !Number.isNaN(score), 'Zset with an invalid score', i);
    check(zset.set(parts[i], score) === 'added', 'Duplicate zset fields detected', i);
  }
  return parts.length === 0 ? undefined : zset;
}
