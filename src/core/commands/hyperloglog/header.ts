/**
 * The 16 bytes before the registers (redis 7.2.6 hyperloglog.c:hllhdr):
 *
 *   "HYLL" | encoding: 0 dense, 1 sparse | 3 zero bytes | cached cardinality, 8 bytes LE; its top bit: the cache is not valid
 */
import { normalizeInt64, type Int64 } from '../../base/numbers.js';

export const HEADER_BYTES = 16;
export const DENSE = 0;
export const SPARSE = 1;

const MAGIC = [72, 89, 76, 76];
const ENCODING_AT = 4;
const CACHE_AT = 8;
const CACHE_TOP_AT = 15;
const NOT_VALID = 0x80;

/** Writes magic and encoding; the cache says 0, which an empty HyperLogLog has. */
export function writeHeader(bytes: Buffer, encoding: number): void {
  bytes.set(MAGIC);
  bytes[ENCODING_AT] = encoding;
}

export function hasMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

export function encodingOf(bytes: Uint8Array): number {
  return bytes[ENCODING_AT];
}

/** The cached cardinality; undefined when registers have changed since. */
export function cachedCount(bytes: Buffer): Int64 | undefined {
  if ((bytes[CACHE_TOP_AT] & NOT_VALID) !== 0) return undefined;
  return normalizeInt64(bytes.readBigUInt64LE(CACHE_AT));
}

export function cacheCount(bytes: Buffer, count: Int64): void {
  bytes.writeBigInt64LE(BigInt(count), CACHE_AT);
}

export function invalidateCache(bytes: Uint8Array): void {
  bytes[CACHE_TOP_AT] |= NOT_VALID;
}
