/**
 * The dense form: 16,384 registers of 6 bits, packed from the low bits of each byte upwards
 * (redis 7.2.6 hyperloglog.c, HLL_DENSE_GET_REGISTER).
 *
 *   byte 0    byte 1    byte 2
 *   11000000  22221111  33333322    the digit is the number of the register
 *
 * Functions take the bytes of the whole value, header included.
 */
import { REGISTERS } from './hash.js';
import { HEADER_BYTES } from './header.js';

const REGISTER_BITS = 6;
const REGISTER_MAX = 63;
export const DENSE_BYTES = HEADER_BYTES + (REGISTERS * REGISTER_BITS) / 8;

/** The register at `index`. */
export function denseGet(bytes: Uint8Array, index: number): number {
  const bit = index * REGISTER_BITS;
  const at = HEADER_BYTES + (bit >>> 3);
  const shift = bit & 7;
  const value = bytes[at] >>> shift;
  return (shift > 2 ? value | (bytes[at + 1] << (8 - shift)) : value) & REGISTER_MAX;
}

/** Sets the register at `index`. */
export function densePut(bytes: Uint8Array, index: number, value: number): void {
  const bit = index * REGISTER_BITS;
  const at = HEADER_BYTES + (bit >>> 3);
  const shift = bit & 7;
  bytes[at] = (bytes[at] & ~(REGISTER_MAX << shift)) | (value << shift);
  if (shift <= 2) return;
  const rest = 8 - shift;
  bytes[at + 1] = (bytes[at + 1] & ~(REGISTER_MAX >> rest)) | (value >> rest);
}

/** Adds how often each value occurs to `histogram`. */
export function denseHistogram(bytes: Uint8Array, histogram: Uint32Array): void {
  for (let at = HEADER_BYTES; at < DENSE_BYTES; at += 3) {
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    histogram[four & REGISTER_MAX]++;
    histogram[(four >>> 6) & REGISTER_MAX]++;
    histogram[(four >>> 12) & REGISTER_MAX]++;
    histogram[four >>> 18]++;
  }
}

/** Raises each of `registers` (a byte each) to what the value has. */
export function denseMerge(bytes: Uint8Array, registers: Uint8Array): void {
  for (let at = HEADER_BYTES, i = 0; i < REGISTERS; at += 3, i += 4) {
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    raise(registers, i, four & REGISTER_MAX);
    raise(registers, i + 1, (four >>> 6) & REGISTER_MAX);
    raise(registers, i + 2, (four >>> 12) & REGISTER_MAX);
    raise(registers, i + 3, four >>> 18);
  }
}

function raise(registers: Uint8Array, index: number, value: number): void {
  if (value > registers[index]) registers[index] = value;
}
