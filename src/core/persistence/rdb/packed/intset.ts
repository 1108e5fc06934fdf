/**
 * Intset: a set of integers, ascending, all of one width.
 *
 *   | width u32: 2, 4 or 8 | count u32 | integers, little endian |            (redis 7.2.6 intset.c)
 */
import { type Bytes } from '../../../base/bytes.js';
import { int64Of } from '../../../store/types/int-text.js';
import { readInt64LE, writeInt64LE } from './int64-le.js';
import { check } from './packed-error.js';

const HEADER = 8;
const BROKEN = 'Intset integrity check failed';

/** How many integers the header announces, checked against the size. */
export function intsetCount(blob: Buffer): number {
  check(blob.length >= HEADER, BROKEN, 0);
  const width = blob.readUInt32LE(0);
  check(width === 2 || width === 4 || width === 8, BROKEN, 0);
  const count = blob.readUInt32LE(4);
  check(HEADER + count * width === blob.length && count > 0, BROKEN, 4);
  return count;
}

/** The members as text, ascending. Throws PackedError. */
export function decodeIntset(blob: Buffer): Bytes[] {
  const count = intsetCount(blob);
  const width = blob.readUInt32LE(0);
  const out: Bytes[] = [];
  let before: number | bigint | undefined;
  for (let i = 0; i < count; i++) {
    const at = HEADER + i * width;
    const value = width === 8 ? readInt64LE(blob, at) : blob.readIntLE(at, width);
    check(before === undefined || value > before, BROKEN, at);
    before = value;
    out.push(String(value) as Bytes);
  }
  return out;
}

/** The blob for members that are all texts of 64-bit integers, in any order. */
export function encodeIntset(members: readonly Bytes[]): Buffer {
  const values: (number | bigint)[] = [];
  for (const member of members) {
    const value = int64Of(member);
    if (value === undefined) throw new TypeError('an intset holds integers');
    values.push(value);
  }
  values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const width = widthFor(values[0], values[values.length - 1]);
  const blob = Buffer.alloc(HEADER + values.length * width);
  blob.writeUInt32LE(width, 0);
  blob.writeUInt32LE(values.length, 4);
  values.forEach((value, i) => {
    const at = HEADER + i * width;
    if (width === 8) writeInt64LE(blob, value, at);
    else blob.writeIntLE(Number(value), at, width);
  });
  return blob;
}

function widthFor(low: number | bigint, high: number | bigint): number {
  if (low >= -32768 && high <= 32767) return 2;
  return low >= -2147483648 && high <= 2147483647 ? 4 : 8;
}
