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
 * All three are fixed-point numbers with `point` fractional bits.
 */
function generate(value: bigint, upper: bigint, lower: bigint, point: number, decimal: number): Decimal {
  const bits = BigInt(point);
  const one = 1n << bits;
  const away = upper - value;
  const delta = upper - lower;
  let whole = Number(upper >> bits);
  let part = upper & (one - 1n);
  let digits = '';
  let div = 1_000_000_000;
  for (let kappa = 9; kappa >= 0; kappa--) {
    const digit = Math.floor(whole / div);
    if (digit > 0 || digits !== '') digits += digit;
    whole -= digit * div;
    const rest = (BigInt(whole) << bits) + part;
    if (rest <= delta) {
      const last = closest(delta, rest, BigInt(div) << bits, away);
      return { digits: lessBy(digits, last), exponent: decimal + kappa };
    }
    div /= 10;
  }
  let scale = 1n;
  let room = delta;
  for (let kappa = -1; ; kappa--) {
    part *= 10n;
    room *= 10n;
    scale *= 10n;
    const digit = part >> bits;
    if (digit > 0n || digits !== '') digits += digit;
    part &= one - 1n;
    if (part < room) {
      const last = closest(room, part, one, (away * scale) & MASK64);
      return { digits: lessBy(digits, last), exponent: decimal + kappa };
    }
  }
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
