/**
 * int-text: elements as the packed encodings see them, where the text of an integer is stored as an integer.
 *
 * Called for every element that is stored, so that a collection knows what it would take packed and whether it is all integers; the
 * first char decides most cases.
 */
import { type Bytes } from '../../base/bytes.js';
import { parseInt64 } from '../../base/numbers.js';

/** Longest text of a 64-bit integer. */
const INT_TEXT_MAX = 20;
const MINUS = 45;
const NINE = 57;

/** Whether `bytes` is the canonical text of a signed 64-bit integer. */
export function isInt64Text(bytes: Bytes): boolean {
  return int64Of(bytes) !== undefined;
}

/** Whether `bytes` is the canonical text of a 64-bit integer that a number cannot hold exactly. */
export function isLargeInt64Text(bytes: Bytes): boolean {
  return typeof int64Of(bytes) === 'bigint';
}

/** The integer that `bytes` is the canonical text of (bigint past 2^53), or undefined. */
export function int64Of(bytes: Bytes): number | bigint | undefined {
  const first = bytes.charCodeAt(0);
  if (first > NINE || first < MINUS || bytes.length > INT_TEXT_MAX) return undefined;
  return parseInt64(bytes);
}

/**
 * The size of one element in a listpack, its back length included (redis 7.2.6 listpack.c:lpEncodeGetType). Collections
 * sum it to know when they outgrow the packed encodings.
 */
export function packedSize(bytes: Bytes): number {
  const length = bytes.length;
  const int = int64Of(bytes);
  if (int !== undefined) return packedIntSize(int);
  const body = length < 64 ? 1 + length : length < 4096 ? 2 + length : 5 + length;
  return body + backLengthSize(body);
}

/** The size of an integer as one element of a listpack, its back length included. */
export function packedIntSize(value: number | bigint): number {
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
