/** The x87 long double of INCRBYFLOAT and HINCRBYFLOAT. */
import { type Bytes } from './bytes.js';
import { type Int64 } from './numbers.js';

/** (-1)^negative * mantissa * 2^exponent; mantissa 0 or 2^63 <= mantissa < 2^64 (smaller when subnormal). */
export type LongDouble =
  | { kind: 'finite'; negative: boolean; mantissa: bigint; exponent: number }
  | { kind: 'infinite'; negative: boolean }
  | { kind: 'nan' };

/** As redis 7.2.6 util.c:string2ld (strtold). undefined when not a float, out of range, or nan. */
export function parseLongDouble(b: Bytes): LongDouble | undefined {
  throw new Error('not written yet ' + b);
}
/** Exact. */
export function longDoubleFromInt64(v: Int64): LongDouble {
  throw new Error('not written yet ' + v);
}
/** Exact. */
export function longDoubleFromDouble(d: number): LongDouble {
  throw new Error('not written yet ' + d);
}
/** a + b, rounded to nearest, ties to even. */
export function addLongDouble(a: LongDouble, b: LongDouble): LongDouble {
  throw new Error('not written yet ' + a.kind + b.kind);
}
/** False for infinities and nan: INCRBYFLOAT then answers "increment would produce NaN or Infinity". */
export function isFiniteLongDouble(v: LongDouble): boolean {
  return v.kind === 'finite';
}
/** "%.17Lf" with trailing zeros trimmed (redis 7.2.6 util.c:ld2string, LD_STR_HUMAN). */
export function formatLongDouble(v: LongDouble): Bytes {
  throw new Error('not written yet ' + v.kind);
}
