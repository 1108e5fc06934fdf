/**
 * Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", 2010), as redis 7.2.6
 * prints doubles (deps/fpconv).
 *
 * Its digits always read back as the same double, but about one double in a thousand gets more than the fewest possible, so
 * JavaScript's own shortest form would now and then differ from what Redis answers. Called by numbers.formatDouble only.
 */

const FRACTION = 0x000fffffffffffffn;
const HIDDEN = 0x0010000000000000n;
const MASK64 = 0xffffffffffffffffn;
const HALF = 1n << 63n;
/** Unbiased exponent of the last bit of a double's significand. */
const EXPONENT_BIAS = 1023 + 52;

/** A power of ten as the nearest `frac` * 2^exp with 64 bits. */
interface Power {
  frac: bigint;
  exp: number;
  decimal: number;
}

const FIRST_POWER = -348;
const POWER_STEP = 8;
const POWER_COUNT = 87;
/** The scaled number's exponent is brought into [MIN_EXP, MAX_EXP], so that its integral part has at most 32 bits. */
const MIN_EXP = -60;
const MAX_EXP = -32;
const LOG10_OF_2 = 0.30102999566398114;

const POWERS: Power[] = [];
const view = new DataView(new ArrayBuffer(8));

/** Decimal digits and exponent: the value is `digits` * 10^exponent. */
export interface Decimal {
  digits: string;
  exponent: number;
}

/** The digits of a positive finite double. */
export function grisu2(d: number): Decimal {
  view.setFloat64(0, d);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const frac = biased > 0 ? (bits & FRACTION) | HIDDEN : bits & FRACTION;
  const exp = biased > 0 ? biased - EXPONENT_BIAS : 1 - EXPONENT_BIAS;

  // the neighbours' midpoints, in units of the normalised upper one
  const shift = 64 - bitLength64((frac << 1n) + 1n);
  const upperExp = exp - 1 - shift;
  const power = powerFor(upperExp);
  const closeBelow = frac === HIDDEN;
  const lowerFrac = closeBelow
    ? ((frac << 2n) - 1n) << BigInt(shift - 1)
    : ((frac << 1n) - 1n) << BigInt(shift);
  const value = multiply(frac << BigInt(shift + 1), power.frac);
  const upper = multiply(((frac << 1n) + 1n) << BigInt(shift), power.frac) - 1n;
  const lower = multiply(lowerFrac, power.frac) + 1n;
  return generate(value, upper, lower, -(upperExp + power.exp + 64), -power.decimal);
}

/** The high 64 bits of a * b, rounded as fpconv does: by half of the low half's top word only. */
function multiply(a: bigint, b: bigint): bigint {
  return (a * b + HALF) >> 64n;
}

/**
 * Digits of `upper` until what is left is inside the interval, the last one then moved towards `value`.
 *
 * All three are fixed-point numbers with `point` (32 to 60) fractional bits. The loops work on the fraction as two plain
 * numbers, 32 low bits and the rest, so that ten times it still fits; only the last step needs whole 64-bit ones.
 */
function generate(value: bigint, upper: bigint, lower: bigint, point: number, decimal: number): Decimal {
  const bits = BigInt(point);
  const delta = upper - lower;
  const highBits = point - 32;
  const mask = 2 ** highBits - 1;
  let whole = Number(upper >> bits);
  let low = Number(upper & LOW_WORD);
  let high = Number((upper >> 32n) & BigInt(mask));
  let roomLow = Number(delta & LOW_WORD);
  let roomHigh = Number(delta >> 32n);
  let digits = '';
  let div = 1_000_000_000;
  for (let kappa = 9; kappa >= 0; kappa--) {
    const digit = Math.floor(whole / div);
    if (digit > 0 || digits !== '') digits += digit;
    whole -= digit * div;
    const rest = whole * (mask + 1) + high;
    if (rest < roomHigh || (rest === roomHigh && low <= roomLow)) {
      const last = closest(delta, join(rest, low), BigInt(div) << bits, upper - value);
      return { digits: lessBy(digits, last), exponent: decimal + kappa };
    }
    div /= 10;
  }
  for (let kappa = -1; ; kappa--) {
    low *= 10;
    high = high * 10 + Math.floor(low / WORD);
    low %= WORD;
    roomLow *= 10;
    roomHigh = roomHigh * 10 + Math.floor(roomLow / WORD);
    roomLow %= WORD;
    const digit = Math.floor(high / (mask + 1));
    if (digit > 0 || digits !== '') digits += digit;
    high -= digit * (mask + 1);
    if (high < roomHigh || (high === roomHigh && low < roomLow)) {
      const away = ((upper - value) * TENS[-kappa]) & MASK64;
      const last = closest(join(roomHigh, roomLow), join(high, low), 1n << bits, away);
      return { digits: lessBy(digits, last), exponent: decimal + kappa };
    }
  }
}

const WORD = 2 ** 32;
const TENS = Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i));
const LOW_WORD = 0xffffffffn;

function join(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** By how many units of the last digit to step down so as to be closest to the value, staying inside the interval. */
function closest(delta: bigint, rest: bigint, unit: bigint, away: bigint): number {
  let steps = 0;
  let at = rest;
  while (at < away && delta - at >= unit && (at + unit < away || away - at > at + unit - away)) {
    steps++;
    at += unit;
  }
  return steps;
}

function lessBy(digits: string, steps: number): string {
  return steps === 0 ? digits : digits.slice(0, -1) + (digits.charCodeAt(digits.length - 1) - 48 - steps);
}

/** The power of ten that scales a number with exponent `exp` into the window. */
function powerFor(exp: number): Power {
  if (POWERS.length === 0) makePowers();
  const estimate = Math.trunc(-(exp + POWER_COUNT) * LOG10_OF_2);
  let index = Math.trunc((estimate - FIRST_POWER) / POWER_STEP);
  for (;;) {
    const scaled = exp + POWERS[index].exp + 64;
    if (scaled < MIN_EXP) index++;
    else if (scaled > MAX_EXP) index--;
    else return POWERS[index];
  }
}

function makePowers(): void {
  for (let i = 0; i < POWER_COUNT; i++) {
    const decimal = FIRST_POWER + i * POWER_STEP;
    // 2000 more bits than needed make the quotient's own error vanish in the rounding
    const guard = decimal < 0 ? 2000 : 0;
    const ten = 10n ** BigInt(Math.abs(decimal));
    const exact = decimal < 0 ? (1n << BigInt(guard)) / ten : ten;
    const length = exact.toString(2).length;
    const drop = length - 64;
    let frac = drop > 0 ? (exact + (1n << BigInt(drop - 1))) >> BigInt(drop) : exact << BigInt(-drop);
    let exp = drop - guard;
    if (frac > MASK64) {
      frac >>= 1n;
      exp++;
    }
    POWERS.push({ frac, exp, decimal });
  }
}

function bitLength64(value: bigint): number {
  const high = Number(value >> 32n);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(value & 0xffffffffn));
}
