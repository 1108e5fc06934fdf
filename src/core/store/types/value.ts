/**
 * Value: what a key holds, one of Redis's six types.
 *
 * A string is one of four encodings: a JS number (canonical text of a safe integer), Bytes, a LongString (what the keyspace makes
 * of long Bytes), or a RawString that is changed in place. The other types are containers with a `kind`. This module dispatches on
 * the type; the containers own their data.
 */
import { type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { type LongString } from '../long-strings.js';
import { type HashValue } from './hash-value.js';
import { type ListValue } from './list-value.js';
import { RawString } from './raw-string.js';
import { type SetValue } from './set-value.js';
import { type StreamValue } from './stream-value.js';
import { type ZSetValue } from './zset-value.js';

export type StringValue = Bytes | number | RawString | LongString;
export type CollectionValue = ListValue | SetValue | HashValue | ZSetValue | StreamValue;
export type Value = StringValue | CollectionValue;
export type TypeName = 'string' | 'list' | 'set' | 'hash' | 'zset' | 'stream';

/** The type as TYPE reports it. */
export function typeName(value: Value): TypeName {
  return typeof value === 'object' ? value.kind : 'string';
}

/** Whether `value` is a string, in any encoding. */
export function isStringValue(value: Value): value is StringValue {
  return typeof value !== 'object' || value.kind === 'string';
}

/** The string value for `bytes`: a number when it is the canonical text of a safe integer. `bytes` must be flat. */
export function makeString(bytes: Bytes): StringValue {
  const first = bytes.charCodeAt(0);
  if (first > 57 || first < 45 || bytes.length > 17) return bytes;
  return parseSafeInt(bytes) ?? bytes;
}

/** The bytes of a string. */
export function stringBytes(value: StringValue): Bytes {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? (String(value) as Bytes) : value.toBytes();
}

/** The length of a string in bytes. */
export function stringLength(value: StringValue): number {
  return typeof value === 'number' ? String(value).length : value.length;
}

/** A deep copy that shares nothing that can change (COPY). */
export function copyValue(value: Value): Value {
  return typeof value === 'object' ? value.clone() : value;
}

/**
 * The collection as it is now, to be read while the original goes on changing. Lists, sets and hashes share their chunks with it;
 * what is small is copied.
 */
export function freezeValue(value: CollectionValue | RawString): CollectionValue | RawString {
  return value.freeze();
}

/** Elements of a collection: what a walk over all of it costs. */
export function elementCount(value: CollectionValue): number {
  return value.kind === 'list' || value.kind === 'stream' ? value.length : value.size;
}

/** The string as one that can be changed in place; itself when it is one already. */
export function toRawString(value: StringValue): RawString {
  return value instanceof RawString ? value : RawString.of(stringBytes(value));
}
