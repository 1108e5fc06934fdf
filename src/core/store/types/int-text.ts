/**
 * int-text: which strings are the text of an integer.
 *
 * Redis stores a string as an integer only when the text is exactly what printing that integer gives back: no sign but a
 * leading minus, no leading zero, no "-0", within 64 bits (redis 7.2.6 util.c:string2ll). Called for every value that is
 * stored and every element that is packed, so the first char decides most cases.
 */
import { type Bytes } from '../../base/bytes.js';

const MAX_POSITIVE = '9223372036854775807';
const MAX_NEGATIVE = '9223372036854775808';
/** 15 digits always fit a double exactly; 16 may not. */
const SAFE_DIGITS = 15;

/** The integer that `bytes` is the canonical text of, when that integer is safe in a double; otherwise undefined. */
export function safeIntOf(bytes: Bytes): number | undefined {
  const length = bytes.length;
  if (length === 0 || length > 17) return undefined;
  const first = bytes.charCodeAt(0);
  if (first > 57 || first < 45) return undefined;
  if (length === 1) return first >= 48 ? first - 48 : undefined;
  let i = 0;
  if (first === 45) i = 1;
  const lead = bytes.charCodeAt(i);
  if (lead < 49 || lead > 57) return undefined;
  const digits = length - i;
  let value = lead - 48;
  for (i++; i < length; i++) {
    const digit = bytes.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits > SAFE_DIGITS && value > Number.MAX_SAFE_INTEGER) return undefined;
  return first === 45 ? -value : value;
}

/** Whether `bytes` is the canonical text of a signed 64-bit integer. */
export function isInt64Text(bytes: Bytes): boolean {
  const length = bytes.length;
  if (length === 0 || length > 20) return false;
  const first = bytes.charCodeAt(0);
  if (first > 57 || first < 45) return false;
  if (length === 1) return first >= 48;
  const start = first === 45 ? 1 : 0;
  const lead = bytes.charCodeAt(start);
  if (lead < 49 || lead > 57) return false;
  for (let i = start + 1; i < length; i++) {
    const c = bytes.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  const digits = length - start;
  if (digits !== 19) return digits < 19;
  return start === 1 ? bytes.slice(1) <= MAX_NEGATIVE : bytes <= MAX_POSITIVE;
}

/** The integer that `bytes` is the canonical text of (bigint past 2^53), or undefined. */
export function int64Of(bytes: Bytes): number | bigint | undefined {
  const small = safeIntOf(bytes);
  if (small !== undefined) return small;
  if (bytes.length < 16 || !isInt64Text(bytes)) return undefined;
  return BigInt(`${bytes}`);
}

/**
 * The size of one element in a listpack, its back length included (redis 7.2.6 listpack.c:lpEncodeGetType). Collections
 * sum it to know when they outgrow the packed encodings.
 */
export function packedSize(bytes: Bytes): number {
  const length = bytes.length;
  if (length > 0 && length <= 20) {
    const first = bytes.charCodeAt(0);
    if (first <= 57 && first >= 45) {
      const value = int64Of(bytes);
      if (value !== undefined) return packedIntSize(value);
    }
  }
  const body = length < 64 ? 1 + length : length < 4096 ? 2 + length : 5 + length;
  return body + backLengthSize(body);
}

function packedIntSize(value: number | bigint): number {
  if (value >= 0 && value <= 127) return 2;
  if (value >= -4096 && value <= 4095) return 3;
  if (value >= -32768 && value <= 32767) return 4;
  if (value >= -8388608 && value <= 8388607) return 5;
  if (value >= -2147483648 && value <= 2147483647) return 6;
  return 10;
}

/** Bytes that the back length of an entry of `body` bytes takes in a listpack. */
export function backLengthSize(body: number): number {
  return body <= 127 ? 1 : body < 16383 ? 2 : body < 2097151 ? 3 : body < 268435455 ? 4 : 5;
}
