/**
 * Numbers as Redis reads and prints them: exact int64 (`number` while safe, `bigint` past 2^53) and doubles.
 *
 * One of the few files that may apply Number() and BigInt() to Bytes: each of them checks the form first, because both take
 * spaces, `0b1` and the empty string. Rules: redis 7.2.6 util.c (string2ll, string2ull, string2d, d2string).
 */
import { type Bytes, isBlank, isWord } from './bytes.js';
import { grisu2 } from './grisu.js';

/** An exact signed 64-bit integer: `number` while safe, `bigint` beyond +-(2^53-1). */
export type Int64 = number | bigint;

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;
const UINT64_MODULUS = 1n << 64n;

/** Any number of so many digits is safe. */
const SAFE_DIGITS = 15;
/** "-9223372036854775808", and the 20 digits of an unsigned one. */
const MAX_INT64_CHARS = 20;

/**
 * The value of a canonical int64: an optional `-`, no leading zero, no `+`, no blanks, not `-0`. undefined otherwise.
 * Source: string2ll.
 */
export function parseInt64(b: Bytes): Int64 | undefined {
  const length = b.length;
  if (length === 0 || length > MAX_INT64_CHARS) return undefined;
  const negative = b.charCodeAt(0) === 45;
  const first = negative ? 1 : 0;
  const digits = length - first;
  if (b.charCodeAt(first) === 48) return length === 1 ? 0 : undefined;
  if (digits === 0) return undefined;
  let value = 0;
  for (let i = first; i < length; i++) {
    const digit = b.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits <= SAFE_DIGITS) return negative ? -value : value;
  const exact = BigInt(b);
  return exact < INT64_MIN || exact > INT64_MAX ? undefined : normalizeInt64(exact);
}

/** As parseInt64, but undefined beyond +-(2^53-1) too. */
export function parseSafeInt(b: Bytes): number | undefined {
  const value = parseInt64(b);
  return typeof value === 'number' ? value : undefined;
}

/**
 * The value of an unsigned 64-bit integer (stream ids). What is no canonical int64 is read as strtoull does: blanks before
 * it, a sign and leading zeros pass, and a negative number wraps. undefined otherwise. Source: string2ull.
 */
export function parseUint64(b: Bytes): Int64 | undefined {
  const canonical = parseInt64(b);
  if (canonical !== undefined) return canonical < 0 ? undefined : canonical;
  const match = /^[ \t-\r]*([+-]?)([0-9]+)$/.exec(untilNul(b));
  if (!match) return undefined;
  const value = BigInt(match[2]);
  if (value >= UINT64_MODULUS) return undefined;
  return normalizeInt64(match[1] === '-' && value > 0n ? UINT64_MODULUS - value : value);
}

/** a + b, or undefined when it leaves the int64 range. */
export function addInt64(a: Int64, b: Int64): Int64 | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const exact = BigInt(a) + BigInt(b);
  return exact < INT64_MIN || exact > INT64_MAX ? undefined : normalizeInt64(exact);
}

/** The same value, as a `number` while that is safe. */
export function normalizeInt64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Decimal digits. */
export function formatInt64(value: Int64): Bytes {
  return String(value) as Bytes;
}

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX](?=\.?[0-9a-fA-F])([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?$/;
const ZERO = /^[+-]?[0.]+(?:[eE]|$)/;

/**
 * The value of a float in any of strtod's forms (decimal, hexadecimal, inf, infinity), or undefined: blanks around it, nan,
 * and values too large or too small for a double are refused. Source: string2d.
 */
export function parseDouble(b: Bytes): number | undefined {
  const value = readDouble(b);
  if (value === undefined) return undefined;
  if (!Number.isFinite(value)) return parseInfinity(b);
  return value === 0 && isTooSmall(b) ? undefined : value;
}

/**
 * As parseDouble, but as the callers of plain strtod read a score bound: blanks before it pass, empty is 0, a value out of
 * range is an infinity or 0, a NUL ends it. Source: redis 7.2.6 t_zset.c:zslParseRange.
 */
export function parseDoubleLoose(b: Bytes): number | undefined {
  const text = untilNul(b);
  let start = 0;
  while (isBlank(text.charCodeAt(start))) start++;
  if (text.length === 0) return 0;
  return readDouble(text.slice(start) as Bytes);
}

/** strtod over the whole of `b`, overflow as an infinity, underflow as 0; undefined when something is left, or nan. */
function readDouble(b: Bytes): number | undefined {
  if (DECIMAL.test(b)) return Number(b);
  const hex = HEXADECIMAL.exec(b);
  return hex ? hexDouble(hex) : parseInfinity(b);
}

/** +-Infinity for `inf` and `infinity` in any case with an optional sign. */
export function parseInfinity(b: Bytes): number | undefined {
  const sign = b.charCodeAt(0);
  const word = (sign === 43 || sign === 45 ? b.slice(1) : b) as Bytes;
  if (!isWord(word, 'inf') && !isWord(word, 'infinity')) return undefined;
  return sign === 45 ? -Infinity : Infinity;
}

/** Whether a number that was read as 0 has a digit other than 0: strtod then says ERANGE. */
function isTooSmall(b: Bytes): boolean {
  const hex = HEXADECIMAL.exec(b);
  return hex ? /[^0]/.test(hex[2] + hex[3]) : !ZERO.test(b);
}

/** A float literal as (-1)^negative * mantissa * 2^exponent * 10^decimalExponent, exactly. */
export interface ExactFloat {
  negative: boolean;
  mantissa: bigint;
  exponent: number;
  decimalExponent: number;
}

/** Exponents beyond this are out of every range; their exact size does not matter. */
const EXPONENT_CAP = 1_000_000_000;

/** The exact value of a decimal or hexadecimal literal as strtod accepts it; undefined for anything else, inf and nan too. */
export function parseExactFloat(b: Bytes): ExactFloat | undefined {
  const hex = HEXADECIMAL.exec(b);
  if (hex) return exactHex(hex);
  if (!DECIMAL.test(b)) return undefined;
  const [digits, power] = b.split(/[eE]/);
  const [whole, fraction = ''] = digits.replace(/^[+-]/, '').split('.');
  return {
    negative: b.charCodeAt(0) === 45,
    mantissa: BigInt(whole + fraction),
    exponent: 0,
    decimalExponent: capExponent(power) - fraction.length,
  };
}

function exactHex(hex: RegExpExecArray): ExactFloat {
  return {
    negative: hex[1] === '-',
    mantissa: BigInt('0x' + hex[2] + hex[3]),
    exponent: capExponent(hex[4]) - hex[3].length * 4,
    decimalExponent: 0,
  };
}

function capExponent(digits: string | undefined): number {
  return Math.max(-EXPONENT_CAP, Math.min(EXPONENT_CAP, Number(digits ?? 0)));
}

function hexDouble(hex: RegExpExecArray): number {
  const { negative, mantissa, exponent } = exactHex(hex);
  const value = mantissa === 0n ? 0 : roundToDouble(mantissa, exponent);
  return negative ? -value : value;
}

/** mantissa * 2^exponent as the nearest double, ties to even. */
function roundToDouble(mantissa: bigint, exponent: number): number {
  const top = bitLength(mantissa) + exponent;
  if (top > 1024) return Infinity;
  if (top < -1074) return 0;
  const unit = Math.max(top - 53, -1074);
  const shift = unit - exponent;
  const rounded = shift > 0 ? shiftRightEven(mantissa, shift) : mantissa << BigInt(-shift);
  return Number(rounded) * 2 ** unit;
}

/** Bits of a positive integer. */
export function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(parseInt(hex[0], 16)) - 28);
}

/** value / 2^bits, rounded to the nearest integer, ties to even. */
export function shiftRightEven(value: bigint, bits: number): bigint {
  if (bits <= 0) return value << BigInt(-bits);
  const quotient = value >> BigInt(bits);
  const rest = value - (quotient << BigInt(bits));
  const half = 1n << BigInt(bits - 1);
  const up = rest > half || (rest === half && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/** Up to 2^62 an integral double is printed as an integer (util.c:double2ll). */
const MAX_PLAIN_INTEGER = 2 ** 62;

/** As d2string: `inf`, `-inf`, `nan`, `-0`, integers in full, the rest by Grisu2 (which is not always the shortest form). */
export function formatDouble(d: number): Bytes {
  if (Number.isSafeInteger(d)) return (d === 0 && 1 / d < 0 ? '-0' : String(d)) as Bytes;
  if (Number.isNaN(d)) return 'nan' as Bytes;
  if (!Number.isFinite(d)) return (d < 0 ? '-inf' : 'inf') as Bytes;
  if (Number.isInteger(d) && Math.abs(d) <= MAX_PLAIN_INTEGER) return String(BigInt(d)) as Bytes;
  return shortDecimal(d) ?? formatFpconv(d);
}

/** A point, a sign and as many digits as every decimal keeps in a double. */
const SHORT_CHARS = 17;
const SHORT_MANTISSA = 1e15;
const POWERS = Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));
/** Veltkamp's constant, which splits a double into two halves. */
const SPLITTER = 2 ** 27 + 1;
/** Grisu2 takes the interval of a double as a little narrower than it is; this is narrower still. */
const INTERVAL_PART = 0.98;
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * A double that stands for a decimal n / 10^k of up to 15 digits, as most scores do, at a hundredth of Grisu2's price; undefined
 * for any other. Two such decimals are never in the interval of one double, so where this one is well inside Grisu2 finds it,
 * and so does JavaScript, which prints it plainly where `layOut` does.
 */
function shortDecimal(d: number): Bytes | undefined {
  const text = String(d);
  if (text.length > SHORT_CHARS || text.includes('e')) return undefined;
  const k = text.length - 1 - text.indexOf('.');
  const value = Math.abs(d);
  if (k > 6 && (k >= POWERS.length || value < 1e-3 || value >= 1e4)) return undefined;
  const power = POWERS[k];
  const product = value * power;
  const n = Math.round(product);
  if (n >= SHORT_MANTISSA) return undefined;
  const rest = Math.abs(n - product - productError(value, power, product));
  return rest === 0 || isInside(value, rest / power) ? (text as Bytes) : undefined;
}

/** a * b - product, exactly (Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const bigA = a * SPLITTER;
  const highA = bigA - (bigA - a);
  const lowA = a - highA;
  const bigB = b * SPLITTER;
  const highB = bigB - (bigB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/** Whether what is `distance` away from a double is well inside of its interval. */
function isInside(d: number, distance: number): boolean {
  double[0] = d;
  // The interval below a power of two is a smaller one.
  if (words[0] === 0 && (words[1] & 0xfffff) === 0) return false;
  words[1] = (words[1] & 0x7ff00000) - (53 << 20);
  words[0] = 0;
  return distance < double[0] * INTERVAL_PART;
}

/** As fpconv_dtoa itself, without the integers in full: 1e8 is `1e+8`. A sorted set's scores enter a digest so. */
export function formatFpconv(d: number): Bytes {
  if (d === 0 || !Number.isFinite(d)) return formatDouble(d);
  const { digits, exponent } = grisu2(Math.abs(d));
  return ((d < 0 ? '-' : '') + layOut(digits, exponent)) as Bytes;
}

/** `digits` * 10^exponent, plain or scientific by the rules of fpconv_dtoa.c:emit_digits. */
function layOut(digits: string, exponent: number): string {
  const scientific = exponent + digits.length - 1;
  if (exponent >= 0 && scientific < digits.length + 7) return digits + '0'.repeat(exponent);
  if (exponent < 0 && (exponent > -7 || Math.abs(scientific) < 4)) {
    const point = digits.length + exponent;
    if (point <= 0) return '0.' + '0'.repeat(-point) + digits;
    return digits.slice(0, point) + '.' + digits.slice(point);
  }
  const fraction = digits.length > 1 ? '.' + digits.slice(1) : '';
  return digits[0] + fraction + 'e' + (scientific < 0 ? '-' : '+') + Math.abs(scientific);
}

/** Digits that tell any two doubles apart, and as many as JavaScript's exact form may have to be asked for to see a tie. */
const DOUBLE_DIGITS = 17;
const EXACT_DIGITS = 60;
/** From here on toFixed gives exponents. */
const MAX_FIXED = 1e21;

/** As C's "%.17g": what ZSCAN prints of a score (util.c:ld2string, LD_STR_AUTO). */
export function formatDouble17(d: number): Bytes {
  if (d === 0 || !Number.isFinite(d)) return formatDouble(d);
  const [all, power] = Math.abs(d).toExponential(EXACT_DIGITS).split('e');
  const exact = all.replace('.', '');
  let digits = BigInt(exact.slice(0, DOUBLE_DIGITS));
  const rest = exact.slice(DOUBLE_DIGITS).replace(/0+$/, '');
  if (rest > '5' || (rest === '5' && (digits & 1n) === 1n)) digits++;
  const carried = digits.toString().length - DOUBLE_DIGITS;
  const exponent = Number(power) + carried;
  const plain = digits.toString().replace(/0+$/, '');
  return ((d < 0 ? '-' : '') + layOutG(plain, exponent)) as Bytes;
}

/** As C's "%f": six digits after the point, ties to even. */
export function formatFixed6(d: number): Bytes {
  if (!Number.isFinite(d)) return formatDouble(d);
  if (Object.is(d, -0)) return '-0.000000' as Bytes;
  if (Math.abs(d) >= MAX_FIXED) return `${BigInt(d)}.000000` as Bytes;
  const exact = d.toFixed(EXACT_DIGITS);
  const end = exact.length - EXACT_DIGITS + 6;
  const rest = exact.slice(end).replace(/0+$/, '');
  const isTie = rest === '5';
  // JavaScript rounds a tie up; cut instead when that leaves an even digit
  return (isTie && Number(exact[end - 1]) % 2 === 0 ? exact.slice(0, end) : d.toFixed(6)) as Bytes;
}

/** `digits` with the first one worth 10^exponent, as "%g" lays them out. */
function layOutG(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= DOUBLE_DIGITS) {
    const fraction = digits.length > 1 ? '.' + digits.slice(1) : '';
    return (
      digits[0] + fraction + 'e' + (exponent < 0 ? '-' : '+') + String(Math.abs(exponent)).padStart(2, '0')
    );
  }
  if (exponent < 0) return '0.' + '0'.repeat(-exponent - 1) + digits;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return digits.length > exponent + 1 ? whole + '.' + digits.slice(exponent + 1) : whole;
}

function untilNul(b: Bytes): Bytes {
  const nul = b.indexOf('\0');
  return nul < 0 ? b : (b.slice(0, nul) as Bytes);
}
