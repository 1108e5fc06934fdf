/**
 * Accounting: what the data set costs, kept up to date by each write and never by walking.
 *
 *   entry   key string + share of slot and index + expiry          when it comes and goes (Keyspace)
 *   value   plain strings: when they are stored; what can be changed in place: its last known cost is noted on the value, and
 *           what has been opened for a change is looked at again before anybody reads the sum (`MemoryLedger.settle`)
 *
 * A collection knows its counts and the bytes of its strings, so its cost is a handful of multiplications. The figures are those
 * of V8 (Node 20, 64 bits), measured by `npm run bench:accounting`; docs/decisions.md says how far from the process they are.
 * The sum is what `maxmemory` limits, because it falls at once when keys go, which a heap with its garbage does not.
 */
import { LongString } from './long-strings.js';
import { NARROW_MAX } from './narrow-index.js';
import { type HashValue } from './types/hash-value.js';
import { type ListValue } from './types/list-value.js';
import { RawString } from './types/raw-string.js';
import { type SetValue } from './types/set-value.js';
import { type StreamCursor } from './types/stream-cursor.js';
import { MIN_STREAM_ID } from './types/stream-id.js';
import { type StreamValue } from './types/stream-value.js';
import { stringCost } from './types/string-cost.js';
import { type Value } from './types/value.js';
import { type ZSetValue } from './types/zset-value.js';

/** Three cells of a slot, and its buckets of the index on average: 8 bytes each, of which a third to two thirds are taken. */
export const ENTRY_BYTES = 24 + 16;
export const EXPIRY_BYTES = 8;

/** A double that does not fit into the cell. */
const NUMBER_BYTES = 16;
/** The object that stands for a string in a slab. */
const LONG_STRING_OBJECT_BYTES = 72;
/** The object, its Buffer and what V8 keeps of that. */
const RAW_STRING_OBJECT_BYTES = 256;

/** A cost that grows with the number of elements: `empty`, `first` with the first one, `each` for every one. */
interface Shape {
  readonly empty: number;
  readonly first: number;
  readonly each: number;
}

const LIST: Shape = { empty: 192, first: 450, each: 10 };
/** Keys that are found by comparing: an array with room to grow; with values: two of them. */
const SMALL_KEYS: Shape = { empty: 0, first: 120, each: 8 };
const SMALL_PAIRS: Shape = { empty: 0, first: 240, each: 16 };
/** Chunks and an index of 4 bytes a bucket, of which a third to two thirds are taken. */
const MIDDLE_KEYS: Shape = { empty: 0, first: 600, each: 16 };
const MIDDLE_PAIRS: Shape = { empty: 0, first: 800, each: 24 };
/** With an index of 8 bytes a bucket. */
const LARGE_KEYS: Shape = { empty: 0, first: 600, each: 24 };
const LARGE_PAIRS: Shape = { empty: 0, first: 800, each: 32 };
/** Up to this many keys there is no index (types/dense-map.ts). */
const SMALL_MAX = 128;
/** Members that are held as integers, and their index. */
const INTS: Shape = { empty: 0, first: 700, each: 13 };
const SET_BYTES = 240;
const HASH_BYTES = 280;
/** The order of the entries. */
const ZSET: Shape = { empty: 360, first: 940, each: 26 };
const STREAM_BYTES = 750;
const STREAM_NODE_BYTES = 330;
/** The place of its id. */
const STREAM_ENTRY_BYTES = 8;
/** What a value takes beside its chars in a full node; and what it takes more in the last one, where it is a string. */
const PACKED_VALUE_BYTES = 2;
const LOOSE_VALUE_BYTES = 28;
/** The array that holds the fields of an entry with names of its own. */
const OWN_FIELDS_BYTES = 48;
/** A field of a hash that expires. */
const FIELD_EXPIRY_BYTES = 60;
const GROUP_BYTES = 1000;
const CONSUMER_BYTES = 600;
/** An entry that waits for its acknowledgement: one object in two lists. */
const PENDING_BYTES = 190;
/** Elements looked at to estimate a stream whose past is not known. */
const STREAM_SAMPLES = 8;
/** Groups looked at; more of them are taken to be like these. */
const GROUP_SAMPLES = 64;

/** A value that can be changed in place: it carries what it was last known to cost. */
export type Accounted = Exclude<Value, string | number | LongString>;

/** `accountedBytes` of a value that is in no keyspace. */
export const UNACCOUNTED = -1;

/** Who is charged for a value: a keyspace. */
export interface Account {
  /** Adds to what it costs; `outside`: as much of it lies outside of V8's heap. */
  charge(bytes: number, outside: number): void;
}

function shaped({ empty, first, each }: Shape, count: number): number {
  return count === 0 ? empty : empty + first + each * count;
}

/** The cost of a number, or of a string that is not in a slab; 0 for what is no value. */
export function plainBytes(value: unknown): number {
  if (typeof value === 'string') return stringCost(value.length);
  if (typeof value === 'number') return (value | 0) === value ? 0 : NUMBER_BYTES;
  return 0;
}

/** The cost of a string in a slab, with the object that stands for it. */
export function longStringBytes(value: LongString): number {
  return LONG_STRING_OBJECT_BYTES + value.slotBytes;
}

/** The cost of any value. */
export function valueBytes(value: Value): number {
  if (typeof value !== 'object') return plainBytes(value);
  if (value instanceof LongString) return longStringBytes(value);
  return accountedBytes(value);
}

/** The cost of a value that can be changed in place, at this moment. */
export function accountedBytes(value: Accounted): number {
  switch (value.kind) {
    case 'string':
      return RAW_STRING_OBJECT_BYTES + value.capacity;
    case 'list':
      return listBytes(value);
    case 'set':
      return setBytes(value);
    case 'hash':
      return hashBytes(value);
    case 'zset':
      return zsetBytes(value);
    case 'stream':
      return streamBytes(value);
  }
}

/** As much of what `value` was last known to cost lies outside of V8's heap. */
export function outsideBytes(value: Accounted): number {
  return value instanceof RawString ? value.accountedBytes - RAW_STRING_OBJECT_BYTES : 0;
}

function listBytes(list: ListValue): number {
  return shaped(LIST, list.length) + list.stringBytes;
}

function setBytes(set: SetValue): number {
  const { size } = set;
  return SET_BYTES + shaped(set.holdsInts ? INTS : keyShape(size), size) + set.stringBytes;
}

function keyShape(size: number): Shape {
  if (size <= SMALL_MAX) return SMALL_KEYS;
  return size <= NARROW_MAX ? MIDDLE_KEYS : LARGE_KEYS;
}

function pairBytes(size: number): number {
  if (size <= SMALL_MAX) return shaped(SMALL_PAIRS, size);
  return shaped(size <= NARROW_MAX ? MIDDLE_PAIRS : LARGE_PAIRS, size);
}

function hashBytes(hash: HashValue): number {
  return HASH_BYTES + pairBytes(hash.size) + hash.stringBytes + hash.expiring * FIELD_EXPIRY_BYTES;
}

function zsetBytes(zset: ZSetValue): number {
  return shaped(ZSET, zset.size) + pairBytes(zset.size) + zset.stringBytes;
}

/**
 * A stream does not add up its strings. What came since it was last looked at is taken to be like the last entry, what went
 * like the average: exact for entries of one size, which is what streams are made of.
 */
function streamBytes(stream: StreamValue): number {
  const { length } = stream;
  const known = stream.accountedLength;
  const added = length - known;
  if (known < 0) stream.accountedFields = sampledFields(stream);
  else if (added > 0) stream.accountedFields += added * fieldBytes(lastOf(stream));
  else if (added < 0) stream.accountedFields = Math.round((stream.accountedFields / known) * length);
  stream.accountedLength = length;
  const entries = STREAM_ENTRY_BYTES * length + stream.accountedFields + looseBytes(stream);
  return STREAM_BYTES + STREAM_NODE_BYTES * stream.nodeCount + entries + groupBytes(stream);
}

function lastOf(stream: StreamValue): StreamCursor {
  const cursor = stream.downFrom(stream.lastId);
  cursor.next();
  return cursor;
}

/** What the fields of an entry take in a full node: values alone, or, when its names are not the node's, an array of strings. */
function fieldBytes({ node, index }: StreamCursor): number {
  const own = node.ownFieldsAt(index);
  let bytes = 0;
  if (own === undefined) {
    for (let i = 0; i < node.names.length; i++) bytes += node.valueAt(index, i).length + PACKED_VALUE_BYTES;
    return bytes;
  }
  for (let i = 1; i < own.length; i += 2) bytes += stringCost(own[i].length);
  return OWN_FIELDS_BYTES + own.length * 8 + bytes;
}

/** What the values in the last node take because they are not packed. */
function looseBytes(stream: StreamValue): number {
  if (stream.nodeCount === 0) return 0;
  return stream.nodeAt(stream.nodeCount - 1).looseValues * LOOSE_VALUE_BYTES;
}

function sampledFields(stream: StreamValue): number {
  const { length } = stream;
  const cursor = stream.from(MIN_STREAM_ID);
  let bytes = 0;
  let seen = 0;
  while (seen < STREAM_SAMPLES && cursor.next()) {
    bytes += fieldBytes(cursor);
    seen++;
  }
  return seen === 0 ? 0 : Math.round((bytes / seen) * length);
}

function groupBytes({ groups }: StreamValue): number {
  if (groups.size === 0) return 0;
  let bytes = 0;
  let seen = 0;
  for (const { pel, consumers } of groups.values()) {
    bytes += GROUP_BYTES + consumers.size * CONSUMER_BYTES + pel.size * PENDING_BYTES;
    if (++seen === GROUP_SAMPLES) break;
  }
  return Math.round((bytes / seen) * groups.size);
}

/** As many values may be open before they are looked at, and as many of the last ones may not have been changed yet. */
const OPEN_MAX = 256;
const OPEN_KEPT = 16;

/** The sum over all keyspaces that belong to a database. */
export class MemoryLedger {
  /** Without what is open. */
  private bytes = 0;
  private outside = 0;
  private readonly values: Accounted[] = [];
  private readonly accounts: Account[] = [];

  /** Bytes of the data set, now. Called between two commands, or by one that changes nothing. */
  get total(): number {
    if (this.values.length > 0) this.settle();
    return this.bytes;
  }

  /** As much of `total` lies outside of V8's heap. */
  get outsideBytes(): number {
    if (this.values.length > 0) this.settle();
    return this.outside;
  }

  /** For a keyspace: it costs more or less than before. */
  add(bytes: number, outside: number): void {
    this.bytes += bytes;
    this.outside += outside;
  }

  /** `value` is being changed in place, or still being filled. */
  open(account: Account, value: Accounted): void {
    const { values } = this;
    const count = values.length;
    if (count > 0 && values[count - 1] === value) return;
    if (count >= OPEN_MAX) this.settle(OPEN_KEPT);
    values.push(value);
    this.accounts.push(account);
  }

  /** Looks at what was open again. `kept`: as many of the last ones stay open. */
  settle(kept = 0): void {
    const { values, accounts } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      // It has left its keyspace meanwhile, which took back what it had been charged.
      if (value.accountedBytes === UNACCOUNTED) continue;
      const bytes = accountedBytes(value);
      const delta = bytes - value.accountedBytes;
      if (delta === 0) continue;
      value.accountedBytes = bytes;
      accounts[i].charge(delta, value instanceof RawString ? delta : 0);
    }
    values.splice(0, values.length - kept);
    accounts.splice(0, accounts.length - kept);
  }
}
