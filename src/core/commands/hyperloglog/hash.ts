/**
 * Where an element belongs in a HyperLogLog: MurmurHash64A of its bytes, of which 14 bits choose the register and the run of
 * zeros in the other 50 is what the register counts.
 *
 * 64 bits are two words of 32, multiplied in halves of 16: bigint would take ten times as long. The hash, its seed and the use of its bits are those of
 * redis 7.2.6 hyperloglog.c (MurmurHash64A, hllPatLen); values are exchanged between servers, so none of them may differ.
 */
import { type Bytes } from '../../base/bytes.js';

export const INDEX_BITS = 14;
export const REGISTERS = 1 << INDEX_BITS;
/** Bits of the hash whose zeros are counted. */
export const ZERO_BITS = 64 - INDEX_BITS;

const SEED = 0xadc83b19;
const M_HIGH = 0xc6a4a793;
const M_LOW = 0x5bd1e995;
const M_LOW_0 = M_LOW & 0xffff;
const M_LOW_1 = M_LOW >>> 16;
const SHIFT = 47 - 32;

/** The state of the hash that is being made; nothing is kept between two calls. */
let high = 0;
let low = 0;

/** (high, low) times the multiplier, modulo 2^64. */
function multiply(): void {
  const a0 = low & 0xffff;
  const a1 = low >>> 16;
  const first = a0 * M_LOW_0;
  const second = a1 * M_LOW_0 + (first >>> 16);
  const third = a0 * M_LOW_1 + (second & 0xffff);
  const carried = a1 * M_LOW_1 + (second >>> 16) + (third >>> 16);
  high = (carried + Math.imul(high, M_LOW) + Math.imul(low, M_HIGH)) | 0;
  low = (third << 16) | (first & 0xffff);
}

/** Up to four bytes from `at` on, the first one lowest. */
function wordAt(bytes: Bytes, at: number, end: number): number {
  let word = 0;
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) word = (word << 8) | bytes.charCodeAt(i);
  return word;
}

function hash(bytes: Bytes): void {
  const { length } = bytes;
  high = 0;
  low = length;
  multiply();
  low ^= SEED;
  const whole = length - (length & 7);
  for (let at = 0; at < whole; at += 8) {
    const [h, l] = [high, low];
    low = wordAt(bytes, at, length);
    high = wordAt(bytes, at + 4, length);
    multiply();
    low ^= high >>> SHIFT;
    multiply();
    high ^= h;
    low ^= l;
    multiply();
  }
  if (whole < length) {
    low ^= wordAt(bytes, whole, length);
    high ^= wordAt(bytes, whole + 4, length);
    multiply();
  }
  low ^= high >>> SHIFT;
  multiply();
  low ^= high >>> SHIFT;
}

/** The register of an element, and in the bits above INDEX_BITS the count for it: 1 to ZERO_BITS + 1. */
export function placeOf(element: Bytes): number {
  hash(element);
  const index = low & (REGISTERS - 1);
  const upper = low >>> INDEX_BITS;
  const zeros = upper !== 0 ? trailingZeros(upper) : 32 - INDEX_BITS + trailingZeros(high);
  return ((zeros + 1) << INDEX_BITS) | index;
}

/** 32 for 0. */
function trailingZeros(word: number): number {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}
