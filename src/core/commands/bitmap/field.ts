/**
 * Fields of 1 to 64 bits at any offset of a row of bits, and what an integer of so many bits does when it overflows.
 *
 * Exact over 64 bits: fields of up to 46 bits are read, added to and written as doubles (with up to 7 bits on either side they
 * stay below 2^53), wider ones as bigint. Rules: redis 7.2.6 bitops.c (getSignedBitfield, checkSignedBitfieldOverflow,
 * checkUnsignedBitfieldOverflow).
 */
import { INT64_MAX, normalizeInt64, type Int64 } from '../../base/numbers.js';

export interface FieldType {
  readonly signed: boolean;
  readonly bits: number;
}

export type Overflow = 'wrap' | 'sat' | 'fail';

const NARROW_BITS = 46;
const LOW_BITS = 32;

/** Reads the byte at an index; 0 beyond the end. */
export type ByteReader = (index: number) => number;

/** The integer in the field at `offset`. */
export function readField(byteAt: ByteReader, offset: number, { signed, bits }: FieldType): Int64 {
  if (bits <= NARROW_BITS) {
    const value = readBits(byteAt, offset, bits);
    return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }
  const high = BigInt(readBits(byteAt, offset, bits - LOW_BITS));
  const low = BigInt(readBits(byteAt, offset + bits - LOW_BITS, LOW_BITS));
  const value = (high << BigInt(LOW_BITS)) | low;
  return normalizeInt64(signed ? BigInt.asIntN(bits, value) : value);
}

function readBits(byteAt: ByteReader, offset: number, bits: number): number {
  const first = Math.floor(offset / 8);
  const last = Math.floor((offset + bits - 1) / 8);
  let value = byteAt(first) & (0xff >> (offset & 7));
  for (let at = first + 1; at <= last; at++) value = value * 256 + byteAt(at);
  return Math.floor(value / 2 ** (7 - ((offset + bits - 1) & 7)));
}

/** Writes an integer that fits the field at `offset`; `bytes` reaches that far. */
export function writeField(bytes: Uint8Array, offset: number, { bits }: FieldType, value: Int64): void {
  if (bits <= NARROW_BITS) {
    const number = Number(value);
    writeBits(bytes, offset, bits, number < 0 ? number + 2 ** bits : number);
    return;
  }
  const whole = BigInt.asUintN(bits, BigInt(value));
  writeBits(bytes, offset, bits - LOW_BITS, Number(whole >> BigInt(LOW_BITS)));
  writeBits(bytes, offset + bits - LOW_BITS, LOW_BITS, Number(BigInt.asUintN(LOW_BITS, whole)));
}

/** From the last byte to the first. */
function writeBits(bytes: Uint8Array, offset: number, bits: number, value: number): void {
  let rest = value;
  let end = offset + bits;
  while (end > offset) {
    const at = Math.floor((end - 1) / 8);
    const below = 7 - ((end - 1) & 7);
    const count = Math.min(end - offset, 8 - below);
    const size = 2 ** count;
    const mask = (size - 1) << below;
    bytes[at] = (bytes[at] & ~mask) | ((rest % size) << below);
    rest = Math.floor(rest / size);
    end -= count;
  }
}

/** `old + by` in a field of this type; undefined when it does not fit and the rule is `fail`. */
export function addToField(old: Int64, by: Int64, type: FieldType, overflow: Overflow): Int64 | undefined {
  if (type.bits <= NARROW_BITS && typeof old === 'number' && typeof by === 'number') {
    const sum = old + by;
    if (Number.isSafeInteger(sum)) return fitNarrow(sum, type, overflow);
  }
  return fit(BigInt(old) + BigInt(by), type, overflow);
}

/** `value` as SET stores it in a field of this type; undefined when it does not fit and the rule is `fail`. */
export function setInField(value: Int64, type: FieldType, overflow: Overflow): Int64 | undefined {
  if (overflow === 'sat') return saturated(BigInt(value), type);
  return type.bits <= NARROW_BITS && typeof value === 'number'
    ? fitNarrow(value, type, overflow)
    : fit(BigInt(value), type, overflow);
}

/**
 * C sees a negative value for an unsigned field as one that is far too large. For a signed one it computes `max - value` in 64
 * bits, so that a value that is less than the least by enough ends at the greatest.
 */
function saturated(value: bigint, type: FieldType): Int64 {
  const { greatest } = limits(type);
  const wraps = type.signed ? type.bits < 64 && greatest - value > INT64_MAX : value < 0n;
  return fit(wraps ? greatest : value, type, 'sat')!;
}

function fitNarrow(sum: number, { signed, bits }: FieldType, overflow: Overflow): number | undefined {
  const size = 2 ** bits;
  const least = signed ? -size / 2 : 0;
  const greatest = least + size - 1;
  if (sum >= least && sum <= greatest) return sum;
  switch (overflow) {
    case 'fail':
      return undefined;
    case 'sat':
      return sum > greatest ? greatest : least;
    case 'wrap': {
      const wrapped = ((sum % size) + size) % size;
      return wrapped > greatest ? wrapped - size : wrapped;
    }
  }
}

function limits({ signed, bits }: FieldType): { least: bigint; greatest: bigint } {
  const size = 1n << BigInt(bits);
  const least = signed ? -(size / 2n) : 0n;
  return { least, greatest: least + size - 1n };
}

function fit(sum: bigint, type: FieldType, overflow: Overflow): Int64 | undefined {
  const { least, greatest } = limits(type);
  if (sum >= least && sum <= greatest) return normalizeInt64(sum);
  switch (overflow) {
    case 'fail':
      return undefined;
    case 'sat':
      return normalizeInt64(sum > greatest ? greatest : least);
    case 'wrap':
      return normalizeInt64(type.signed ? BigInt.asIntN(type.bits, sum) : BigInt.asUintN(type.bits, sum));
  }
}
