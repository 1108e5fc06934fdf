/**
 * Quantities in redis.conf: memory sizes with units and C's lenient decimal and octal integers.
 *
 * All arithmetic is that of 64-bit C integers (bigint here): a size that overflows wraps as it does in redis 7.2.6
 * util.c:memtoull, an integer saturates as strtoll does. Used by the directive kinds and by commands that read sizes.
 */
import { type Bytes, ascii, lower } from '../../base/bytes.js';

const UINT64_MAX = (1n << 64n) - 1n;
const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);

/** Digits that memtoull takes (its buffer is 128 bytes with the NUL). */
const MAX_MEMORY_DIGITS = 127;

const UNITS: Record<string, bigint> = {
  '': 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
};

/**
 * A memory size: digits and an optional unit (b, k = 1000, kb = 1024, m, mb, g, gb, any case).
 *
 * @returns bytes modulo 2^64, or undefined. No digits at all count as 0 (redis 7.2.6 util.c:memtoull).
 */
export function parseMemory(text: Bytes): bigint | undefined {
  let digits = 0;
  while (digits < text.length && isDigit(text.charCodeAt(digits))) digits++;
  const unit = UNITS[lower(text.slice(digits) as Bytes)];
  if (unit === undefined || digits > MAX_MEMORY_DIGITS) return undefined;
  const typed = toBigInt(text.slice(0, digits), 10);
  const value = typed > UINT64_MAX ? UINT64_MAX : typed;
  return BigInt.asUintN(64, value * unit);
}

/** The size in the largest unit (gb, mb, kb) that divides it; redis 7.2.6 config.c:rewriteConfigFormatMemory. */
export function formatMemory(bytes: bigint): Bytes {
  if (bytes !== 0n) {
    for (const unit of ['gb', 'mb', 'kb']) {
      const size = UNITS[unit];
      if (bytes % size === 0n) return ascii(`${bytes / size}${unit}`);
    }
  }
  return ascii(bytes.toString());
}

/**
 * An integer as C's strtoll reads it when the whole text must be used: leading white space and a sign are allowed, the
 * empty text is 0, what is out of range saturates.
 *
 * @returns undefined when anything else than digits of `base` follows
 */
export function parseLenientInt(text: Bytes, base: 8 | 10): { value: bigint; overflow: boolean } | undefined {
  if (text === '') return { value: 0n, overflow: false };
  const pattern = base === 8 ? /^[\t-\r ]*([+-]?)([0-7]+)$/ : /^[\t-\r ]*([+-]?)([0-9]+)$/;
  const match = pattern.exec(text);
  if (!match) return undefined;
  const size = toBigInt(match[2], base);
  const value = match[1] === '-' ? -size : size;
  if (value > INT64_MAX) return { value: INT64_MAX, overflow: true };
  if (value < INT64_MIN) return { value: INT64_MIN, overflow: true };
  return { value, overflow: false };
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function toBigInt(digits: string, base: 8 | 10): bigint {
  return BigInt(base === 8 ? '0o' + (digits || '0') : digits);
}
