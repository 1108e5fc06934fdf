/**
 * Encodings: what OBJECT ENCODING reports and which form RDB writes, by the limits that the configuration sets.
 *
 * Our containers have one form in memory; the encoding is a fact about their history that Redis makes visible. A collection
 * outgrows its packed encoding and never goes back (a list does, when it shrinks to half). `settleEncoding` latches that: it is
 * called after each write, with the limits of that moment, and by whoever asks for the encoding.
 */
import { isLargeInt64Text } from './int-text.js';
import { type HashValue } from './hash-value.js';
import { type ListValue } from './list-value.js';
import { type SetValue } from './set-value.js';
import { type StreamNodeLimits } from './stream-value.js';
import { type CollectionValue, type StringValue, type Value, isStringValue } from './value.js';
import { type ZSetValue } from './zset-value.js';

/** The configuration directives of the same names. */
export interface EncodingLimits extends StreamNodeLimits {
  readonly listMaxListpackSize: number;
  readonly setMaxIntsetEntries: number;
  readonly setMaxListpackEntries: number;
  readonly setMaxListpackValue: number;
  readonly hashMaxListpackEntries: number;
  readonly hashMaxListpackValue: number;
  readonly zsetMaxListpackEntries: number;
  readonly zsetMaxListpackValue: number;
}

/** The defaults of redis 7.2.6 config.c. */
export const DEFAULT_LIMITS: EncodingLimits = {
  listMaxListpackSize: -2,
  setMaxIntsetEntries: 512,
  setMaxListpackEntries: 128,
  setMaxListpackValue: 64,
  hashMaxListpackEntries: 512,
  hashMaxListpackValue: 64,
  zsetMaxListpackEntries: 128,
  zsetMaxListpackValue: 64,
  streamNodeMaxBytes: 4096,
  streamNodeMaxEntries: 100,
};

export type EncodingName =
  'int' | 'embstr' | 'raw' | 'listpack' | 'quicklist' | 'intset' | 'hashtable' | 'skiplist' | 'stream';

/** The longest string that Redis keeps in one allocation with its object (object.c). */
const EMBSTR_MAX = 44;
/** Header and end byte of a listpack. */
export const LISTPACK_FRAME = 7;
/** Sizes that list-max-listpack-size -1 to -5 stand for (quicklist.c). */
const LIST_NODE_SIZES = [4096, 8192, 16384, 32768, 65536];
/** Above this a node limited by count is full whatever it holds (quicklist.c SIZE_SAFETY_LIMIT). */
const LIST_NODE_SAFE_SIZE = 8192;

/** The encoding as OBJECT ENCODING reports it. Settles it first, when something changed since. */
export function encodingName(value: Value, limits: EncodingLimits): EncodingName {
  if (isStringValue(value)) return stringEncoding(value);
  if (value.kind === 'stream') return 'stream';
  settleEncoding(value, limits);
  return value.encoding;
}

/** Latches the encoding of a collection by the limits of this moment. Cheap: call it after every write. */
export function settleEncoding(value: CollectionValue, limits: EncodingLimits): void {
  if (value.kind === 'stream' || !value.unsettled) return;
  value.unsettled = false;
  switch (value.kind) {
    case 'list':
      return settleList(value, limits);
    case 'set':
      return settleSet(value, limits);
    case 'hash':
      return settleHash(value, limits);
    case 'zset':
      return settleZSet(value, limits);
  }
}

function stringEncoding(value: StringValue): EncodingName {
  if (typeof value === 'number') return 'int';
  if (typeof value === 'object') return value.embedded ? 'embstr' : 'raw';
  // A safe integer that is held as text is one that INCRBYFLOAT left.
  if (isLargeInt64Text(value)) return 'int';
  return value.length <= EMBSTR_MAX ? 'embstr' : 'raw';
}

/** What one node of a list may hold (redis 7.2.6 quicklist.c:quicklistNodeLimit). */
export function listNodeLimits(limits: EncodingLimits): { maxBytes: number; maxCount: number } {
  const fill = limits.listMaxListpackSize;
  if (fill >= 0) return { maxBytes: LIST_NODE_SAFE_SIZE, maxCount: Math.max(fill, 1) };
  return { maxBytes: LIST_NODE_SIZES[Math.min(-fill, LIST_NODE_SIZES.length) - 1], maxCount: Infinity };
}

// redis 7.2.6 t_list.c:listTypeTryConversionRaw
function settleList(list: ListValue, limits: EncodingLimits): void {
  const size = list.packedBytes + LISTPACK_FRAME;
  const { maxBytes, maxCount } = listNodeLimits(limits);
  if (list.encoding === 'listpack') {
    if (size > maxBytes || list.length > maxCount) list.encoding = 'quicklist';
  } else if (list.shrunk) {
    const halfSize = limits.listMaxListpackSize >= 0 ? maxBytes : maxBytes >> 1;
    if (size <= halfSize && list.length <= maxCount / 2) list.encoding = 'listpack';
  }
  list.shrunk = false;
}

// redis 7.2.6 t_set.c:setTypeAddAux
function settleSet(set: SetValue, limits: EncodingLimits): void {
  if (set.encoding === 'intset') {
    if (set.peakSize > limits.setMaxIntsetEntries) set.encoding = 'hashtable';
  } else if (set.peakSize > limits.setMaxListpackEntries || set.peakLength > limits.setMaxListpackValue) {
    set.encoding = 'hashtable';
  }
  set.peakSize = set.size;
}

// redis 7.2.6 t_hash.c:hashTypeTryConversion, hashTypeSet
function settleHash(hash: HashValue, limits: EncodingLimits): void {
  if (hash.peakSize > limits.hashMaxListpackEntries || hash.peakLength > limits.hashMaxListpackValue) {
    hash.encoding = 'hashtable';
  }
  hash.peakSize = hash.size;
}

// redis 7.2.6 t_zset.c:zsetAdd
function settleZSet(zset: ZSetValue, limits: EncodingLimits): void {
  if (zset.peakSize > limits.zsetMaxListpackEntries || zset.peakLength > limits.zsetMaxListpackValue) {
    zset.encoding = 'skiplist';
  }
  zset.peakSize = zset.size;
}
