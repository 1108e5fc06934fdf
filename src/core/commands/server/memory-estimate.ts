/**
 * How many bytes a key and its value take in V8's heap, estimated from the sizes that Node 20 (64 bits, no pointer compression)
 * gives to strings, arrays and maps. Elements of a collection are sampled, as MEMORY USAGE of Redis does.
 */
import { type Bytes } from '../../base/bytes.js';
import { LongString } from '../../store/long-strings.js';
import { RawString } from '../../store/types/raw-string.js';
import { MAX_STREAM_ID, MIN_STREAM_ID } from '../../store/types/stream-id.js';
import { type CollectionValue, type Value, isStringValue } from '../../store/types/value.js';

const POINTER_BYTES = 8;
/** Map, hash and length words before a string's characters. */
const STRING_HEADER_BYTES = 24;
/** A small object with its properties; a container class with its own fields. */
const OBJECT_BYTES = 56;
const CONTAINER_BYTES = 160;
/** The Buffer object and its backing store, besides the bytes. */
const BUFFER_BYTES = 200;
/** A boxed double. */
const NUMBER_BYTES = 16;
/** What an entry of a JS Map takes, its share of the empty buckets included. */
const MAP_ENTRY_BYTES = 40;
/** Key, value and hash bucket of an entry of the keyspace, and its access time. */
const ENTRY_BYTES = 2 * POINTER_BYTES + 8 + 4;
const EXPIRY_BYTES = 8;
/** What a field of a hash takes more when it expires: the object that knows when, the time, a place in a heap. */
const FIELD_EXPIRY_BYTES = OBJECT_BYTES + NUMBER_BYTES + POINTER_BYTES;
/** Collections up to this size have no index (store/types/dense-map). */
const UNINDEXED_MAX = 16;

/** Bytes of an entry. `samples`: elements of a collection that are looked at, Infinity for all. */
export function estimateEntry(key: Bytes, value: Value, expires: boolean, samples: number): number {
  return ENTRY_BYTES + (expires ? EXPIRY_BYTES : 0) + stringSize(key) + estimateValue(value, samples);
}

function estimateValue(value: Value, samples: number): number {
  if (typeof value === 'number') return NUMBER_BYTES;
  if (typeof value === 'string') return stringSize(value);
  if (value instanceof RawString) return OBJECT_BYTES + BUFFER_BYTES + value.length;
  if (value instanceof LongString) return OBJECT_BYTES + value.slotBytes;
  return isStringValue(value) ? 0 : CONTAINER_BYTES + collectionSize(value, samples);
}

function stringSize(bytes: Bytes): number {
  return STRING_HEADER_BYTES + Math.ceil(bytes.length / POINTER_BYTES) * POINTER_BYTES;
}

function collectionSize(value: CollectionValue, samples: number): number {
  switch (value.kind) {
    case 'list':
      return sampled(value.length, samples, (i) => POINTER_BYTES + stringSize(value.at(i)!));
    case 'set':
      return sampled(value.size, samples, (i) => stringSize(value.memberAt(i)) + slotSize(value.size));
    case 'hash':
      return sampled(
        value.size,
        samples,
        (i) =>
          stringSize(value.fieldAt(i)) +
          stringSize(value.valueAt(i)) +
          slotSize(value.size) +
          (value.expiryAt(i) === Infinity ? 0 : FIELD_EXPIRY_BYTES),
      );
    case 'zset':
      return sampled(
        value.size,
        samples,
        (i) => stringSize(value.entryAt(i).member) + OBJECT_BYTES + NUMBER_BYTES + slotSize(value.size),
      );
    case 'stream': {
      const entries = value.range(MIN_STREAM_ID, MAX_STREAM_ID, Math.min(samples, value.length));
      return sampled(value.length, samples, (i) =>
        entries[i].fields.reduce((sum, field) => sum + stringSize(field) + POINTER_BYTES, OBJECT_BYTES),
      );
    }
  }
}

/** Two array slots, and the index where there is one. */
function slotSize(size: number): number {
  return 2 * POINTER_BYTES + (size > UNINDEXED_MAX ? MAP_ENTRY_BYTES : 0);
}

/** The size of the first `samples` of `count` elements, scaled up to all of them. */
function sampled(count: number, samples: number, sizeAt: (index: number) => number): number {
  const looked = Math.min(count, samples);
  if (looked === 0) return 0;
  let bytes = 0;
  for (let i = 0; i < looked; i++) bytes += sizeAt(i);
  return Math.round((bytes / looked) * count);
}
