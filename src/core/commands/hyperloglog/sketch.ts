/**
 * A HyperLogLog as Redis keeps it: a string with a header and, dense or sparse, 16,384 registers. Byte for byte what Redis makes of
 * the same elements in the same order.
 *
 * Source: redis 7.2.6 hyperloglog.c. The estimate is Otmar Ertl's, arXiv:1702.01284.
 */
import { type Bytes } from '../../base/bytes.js';
import { INT64_MIN, type Int64 } from '../../base/numbers.js';
import { RawString } from '../../store/types/raw-string.js';
import { DENSE_BYTES, denseGet, denseHistogram, denseMerge, densePut } from './dense.js';
import { INDEX_BITS, placeOf, REGISTERS, ZERO_BITS } from './hash.js';
import { DENSE, encodingOf, hasMagic, HEADER_BYTES, SPARSE, writeHeader } from './header.js';
import { SPARSE_VALUE_MAX, sparseHistogram, sparseMerge, sparseRaise, sparseToDense } from './sparse.js';

/** Values that a register of six bits can have. */
const REGISTER_VALUES = 64;
/** 0.5 / ln 2 */
const ALPHA = 0.7213475204444817;

/** An empty one: sparse, one XZERO over all registers. */
export function newSketch(): RawString {
  const bytes = Buffer.alloc(HEADER_BYTES + 2);
  writeHeader(bytes, SPARSE);
  bytes[HEADER_BYTES] = 0x40 | ((REGISTERS - 1) >> 8);
  bytes[HEADER_BYTES + 1] = (REGISTERS - 1) & 0xff;
  return RawString.ofBuffer(bytes);
}

/** Whether a string may be a HyperLogLog; the runs of a sparse one are not looked at. */
export function isSketch(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES || !hasMagic(bytes)) return false;
  const encoding = encodingOf(bytes);
  return encoding === SPARSE || (encoding === DENSE && bytes.length === DENSE_BYTES);
}

/** What became of the string: raised or not, or found to be corrupt. */
export type Raised = 'unchanged' | 'changed' | 'corrupt';

/**
 * Raises a register to `count`. A sparse value becomes dense, in place, when it could not hold the register or would take more
 * than `maxBytes`. The cache is the caller's business.
 */
export function raise(raw: RawString, index: number, count: number, maxBytes: number): Raised {
  if (encodingOf(raw.view()) === SPARSE) {
    const outcome = count > SPARSE_VALUE_MAX ? 'too-long' : sparseRaise(raw, index, count, maxBytes);
    if (outcome !== 'too-long') return outcome;
    if (!makeDense(raw)) return 'corrupt';
  } else if (denseGet(raw.view(), index) >= count) return 'unchanged';
  densePut(raw.writable(), index, count);
  return 'changed';
}

/** Adds an element; otherwise as `raise`. */
export function addElement(raw: RawString, element: Bytes, maxBytes: number): Raised {
  const place = placeOf(element);
  return raise(raw, place & (REGISTERS - 1), place >>> INDEX_BITS, maxBytes);
}

/** Makes a sparse value dense. @returns false when it is corrupt; then it has not changed */
export function makeDense(raw: RawString): boolean {
  const dense = Buffer.alloc(DENSE_BYTES);
  const sparse = raw.view();
  if (!sparseToDense(sparse, dense)) return false;
  sparse.copy(dense, 0, 0, HEADER_BYTES);
  writeHeader(dense, DENSE);
  raw.become(dense);
  return true;
}

/** Raises each of `registers` (a byte each) to what the value has. @returns false when it is corrupt */
export function mergeInto(registers: Uint8Array, bytes: Uint8Array): boolean {
  if (encodingOf(bytes) === SPARSE) return sparseMerge(bytes, registers);
  denseMerge(bytes, registers);
  return true;
}

/** The estimated number of elements; undefined when the value is corrupt. */
export function countSketch(bytes: Uint8Array): Int64 | undefined {
  const histogram = new Uint32Array(REGISTER_VALUES);
  if (encodingOf(bytes) === DENSE) denseHistogram(bytes, histogram);
  else if (!sparseHistogram(bytes, histogram)) return undefined;
  return estimate(histogram);
}

/** The estimated number of elements in registers of a byte each. */
export function countRegisters(registers: Uint8Array): Int64 {
  const histogram = new Uint32Array(REGISTER_VALUES);
  for (let i = 0; i < REGISTERS; i++) histogram[registers[i]]++;
  return estimate(histogram);
}

function estimate(histogram: Uint32Array): Int64 {
  let z = REGISTERS * tau((REGISTERS - histogram[ZERO_BITS + 1]) / REGISTERS);
  for (let value = ZERO_BITS; value >= 1; value--) z = (z + histogram[value]) * 0.5;
  z += REGISTERS * sigma(histogram[0] / REGISTERS);
  const count = Math.round((ALPHA * REGISTERS * REGISTERS) / z);
  // What llroundl makes of a number beyond its range.
  return count < 2 ** 63 ? toInt64(count) : INT64_MIN;
}

function toInt64(count: number): Int64 {
  return Number.isSafeInteger(count) ? count : BigInt(count);
}

function sigma(share: number): number {
  if (share === 1) return Infinity;
  let x = share;
  let y = 1;
  let z = x;
  for (let before = NaN; before !== z;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let x = share;
  let y = 1;
  let z = 1 - x;
  for (let before = NaN; before !== z;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}
