/** Numbers as Redis reads and prints them. */
import { type Bytes } from './bytes.js';

/** An exact signed 64-bit integer: `number` while safe, `bigint` beyond 2^53. */
export type Int64 = number | bigint;

/** Strict as redis 7.2.6 util.c:string2ll. undefined when `b` is not an int64 in canonical form. */
export function parseInt64(b: Bytes): Int64 | undefined {
  throw new Error('not written yet ' + b);
}
/** As parseInt64, but undefined beyond +-(2^53-1). */
export function parseSafeInt(b: Bytes): number | undefined {
  throw new Error('not written yet ' + b);
}
/** a + b, undefined when it leaves the int64 range. */
export function addInt64(a: Int64, b: Int64): Int64 | undefined {
  throw new Error('not written yet ' + a + b);
}
/** `number` while safe, else the bigint itself. */
export function normalizeInt64(v: bigint): Int64 {
  throw new Error('not written yet ' + v);
}
/** Decimal digits. */
export function formatInt64(v: Int64): Bytes {
  throw new Error('not written yet ' + v);
}
/** As redis 7.2.6 util.c:string2d (strtod). undefined when not a float, or nan. */
export function parseDouble(b: Bytes): number | undefined {
  throw new Error('not written yet ' + b);
}
/** As redis 7.2.6 util.c:d2string: "inf", "-inf", "nan", "-0", integers plain, else Grisu2. */
export function formatDouble(d: number): Bytes {
  throw new Error('not written yet ' + d);
}
