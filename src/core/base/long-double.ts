/**
 * The 80-bit long double of the x87, in which INCRBYFLOAT and HINCRBYFLOAT compute and GEOPOS prints: 64 bits of mantissa,
 * 15 of exponent, every result rounded to nearest, ties to even. Each finite value is an integer times a power of two, held
 * in a BigInt, so parsing, adding and printing are exact up to the one rounding. Rules: redis 7.2.6 util.c (string2ld,
 * ld2string).
 */
import { type Bytes } from './bytes.js';
import { bitLength, parseExactFloat, parseInfinity, shiftRightEven, type Int64 } from './numbers.js';

/** A finite value is (-1)^negative * mantissa * 2^exponent with mantissa < 2^64. */
export type LongDouble =
  | { kind: 'finite'; negative: boolean; mantissa: bigint; exponent: number }
  | { kind: 'infinite'; negative: boolean }
  | { kind: 'nan' };

const MANTISSA_BITS = 64;
/** Exponent of the last bit of a subnormal. */
const MIN_EXPONENT = -16445;
/** 2^MAX_TOP is the first power of two that is too large. */
const MAX_TOP = 16384;
/** Decimal exponents beyond it give infinity or zero whatever the digits. */
const DECIMAL_RANGE = 5000;
/** redis 7.2.6 util.h: MAX_LONG_DOUBLE_CHARS; as long a text or longer is refused. */
const MAX_TEXT_BYTES = 5 * 1024;
/** Digits after the point, as "%.17Lf". */
const FRACTION_DIGITS = 17;
const TEN_TO_FRACTION = 10n ** BigInt(FRACTION_DIGITS);

function zero(negative: boolean): LongDouble {
  return { kind: 'finite', negative, mantissa: 0n, exponent: 0 };
}

/**
 * The value of a float in any of strtold's forms, inf and infinity included. undefined for anything else: blanks around it,
 * nan, a value too large, or so small that it becomes zero.
 */
export function parseLongDouble(b: Bytes): LongDouble | undefined {
  if (b.length === 0 || b.length >= MAX_TEXT_BYTES) return undefined;
  const infinity = parseInfinity(b);
  if (infinity !== undefined) return { kind: 'infinite', negative: infinity < 0 };
  const exact = parseExactFloat(b);
  if (!exact) return undefined;
  const { negative, mantissa, exponent, decimalExponent } = exact;
  if (mantissa === 0n) return zero(negative);
  const digits = mantissa.toString().length;
  if (decimalExponent + digits > DECIMAL_RANGE || exponent > MAX_TOP) return undefined;
  if (decimalExponent + digits < -DECIMAL_RANGE || exponent < MIN_EXPONENT * 2) return undefined;
  const value =
    decimalExponent >= 0
      ? round(negative, mantissa * 10n ** BigInt(decimalExponent), exponent)
      : divide(negative, mantissa, 10n ** BigInt(-decimalExponent), exponent);
  return value.kind === 'finite' && value.mantissa > 0n ? value : undefined;
}

/** Exact: an int64 fits into the mantissa. */
export function longDoubleFromInt64(value: Int64): LongDouble {
  const exact = BigInt(value);
  return { kind: 'finite', negative: exact < 0n, mantissa: exact < 0n ? -exact : exact, exponent: 0 };
}

/** Exact. */
export function longDoubleFromDouble(d: number): LongDouble {
  if (Number.isNaN(d)) return { kind: 'nan' };
  const negative = d < 0 || Object.is(d, -0);
  if (!Number.isFinite(d)) return { kind: 'infinite', negative };
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, d);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  return { kind: 'finite', negative, mantissa, exponent: Math.max(biased, 1) - 1075 };
}

/** a + b, rounded to nearest, ties to even. Infinities of opposite sign give nan. */
export function addLongDouble(a: LongDouble, b: LongDouble): LongDouble {
  if (a.kind === 'nan' || b.kind === 'nan') return { kind: 'nan' };
  if (a.kind === 'infinite') return b.kind === 'infinite' && a.negative !== b.negative ? { kind: 'nan' } : a;
  if (b.kind === 'infinite') return b;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = aligned(a, exponent) + aligned(b, exponent);
  if (sum === 0n) return zero(a.negative && b.negative);
  return round(sum < 0n, sum < 0n ? -sum : sum, exponent);
}

function aligned(value: LongDouble & { kind: 'finite' }, exponent: number): bigint {
  const scaled = value.mantissa << BigInt(value.exponent - exponent);
  return value.negative ? -scaled : scaled;
}

/** a * factor, rounded to nearest, ties to even. @param factor a whole number above 0 */
export function multiplyLongDouble(a: LongDouble, factor: bigint): LongDouble {
  return a.kind === 'finite' ? round(a.negative, a.mantissa * factor, a.exponent) : a;
}

/** The smallest integer that is not below a finite value. */
export function ceilLongDouble(value: LongDouble & { kind: 'finite' }): bigint {
  const { negative, mantissa, exponent } = value;
  if (exponent >= 0) return (negative ? -mantissa : mantissa) << BigInt(exponent);
  const whole = mantissa >> BigInt(-exponent);
  if (negative) return -whole;
  return whole << BigInt(-exponent) === mantissa ? whole : whole + 1n;
}

/** False for infinities and nan: INCRBYFLOAT then answers "increment would produce NaN or Infinity". */
export function isFiniteLongDouble(value: LongDouble): boolean {
  return value.kind === 'finite';
}

/** As "%.17Lf" without the zeros that end the fraction; a result that rounds to zero has no sign (LD_STR_HUMAN). */
export function formatLongDouble(value: LongDouble): Bytes {
  if (value.kind === 'nan') return 'nan' as Bytes;
  if (value.kind === 'infinite') return (value.negative ? '-inf' : 'inf') as Bytes;
  const scaled = shiftRightEven(value.mantissa * TEN_TO_FRACTION, -value.exponent);
  if (scaled === 0n) return '0' as Bytes;
  const digits = scaled.toString().padStart(FRACTION_DIGITS + 1, '0');
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  return ((value.negative ? '-' : '') + whole + (fraction && '.' + fraction)) as Bytes;
}

/** (-1)^negative * mantissa * 2^exponent, rounded to what the format holds. */
function round(negative: boolean, mantissa: bigint, exponent: number): LongDouble {
  const unit = Math.max(bitLength(mantissa) + exponent - MANTISSA_BITS, MIN_EXPONENT);
  if (unit <= exponent) return fit(negative, mantissa, exponent);
  return fit(negative, shiftRightEven(mantissa, unit - exponent), unit);
}

/** numerator / denominator * 2^exponent, rounded once. */
function divide(negative: boolean, numerator: bigint, denominator: bigint, exponent: number): LongDouble {
  // two bits more than the mantissa, and a sticky one for what the division leaves
  const shift = Math.max(0, MANTISSA_BITS + 2 - (bitLength(numerator) - bitLength(denominator)));
  const shifted = numerator << BigInt(shift);
  const quotient = shifted / denominator;
  const sticky = quotient * denominator === shifted ? 0n : 1n;
  return round(negative, (quotient << 1n) | sticky, exponent - shift - 1);
}

function fit(negative: boolean, mantissa: bigint, exponent: number): LongDouble {
  if (mantissa > 0n && bitLength(mantissa) + exponent > MAX_TOP) return { kind: 'infinite', negative };
  return { kind: 'finite', negative, mantissa, exponent };
}
