/**
 * Ziplist: the packed encoding before listpack, written up to RDB version 9.
 *
 *   | total bytes u32 | offset of the last entry u32 | count u16 (65535: unknown) | entry … | FF |
 *   entry: | length of the entry before, 1 byte, or FE and u32 | head | data |
 *
 *   00xxxxxx string < 64   01xxxxxx +1 string < 16384 (big endian)   80 u32 string (big endian)
 *   C0 int16   D0 int32   E0 int64   F0 int24   FE int8   F1-FD the numbers 0-12      (redis 7.2.6 ziplist.c)
 */
import { type Bytes } from '../../../base/bytes.js';
import { readArgument } from '../../../protocol/argument.js';
import { int64Of } from '../../../store/types/int-text.js';
import { readInt64LE, writeInt64LE } from './int64-le.js';
import { check } from './packed-error.js';

const HEADER = 10;
const END = 0xff;
const BIG_PREVIOUS = 0xfe;
const COUNT_UNKNOWN = 0xffff;
/** Longer text is not tried as an integer. */
const INT_TEXT_MAX = 31;
const BROKEN = 'Ziplist integrity check failed';

/** How many elements the header announces, or -1 when it does not know. Checks header and end only. */
export function ziplistCount(blob: Buffer): number {
  checkFrame(blob);
  const count = blob.readUInt16LE(8);
  return count === COUNT_UNKNOWN ? -1 : count;
}

/** All elements, integers as their text. Throws PackedError. */
export function decodeZiplist(blob: Buffer): Bytes[] {
  checkFrame(blob);
  const last = blob.length - 1;
  const out: Bytes[] = [];
  let at = HEADER;
  let previous = 0;
  let tail = HEADER;
  while (blob[at] !== END) {
    let head = at + 1;
    let before = blob[at];
    if (before === BIG_PREVIOUS) {
      check(at + 5 < last, BROKEN, at);
      before = blob.readUInt32LE(at + 1);
      head = at + 5;
    }
    check(before === previous && head < last, BROKEN, at);
    const end = decodeEntry(blob, head, last, out);
    tail = at;
    previous = end - at;
    at = end;
  }
  check(at === last, BROKEN, at);
  check(out.length === 0 || tail === blob.readUInt32LE(4), BROKEN, 4);
  const announced = blob.readUInt16LE(8);
  check(announced === COUNT_UNKNOWN || announced === out.length, BROKEN, 8);
  return out;
}

function checkFrame(blob: Buffer): void {
  check(blob.length >= HEADER + 1, BROKEN, 0);
  check(blob.readUInt32LE(0) === blob.length, BROKEN, 0);
  check(blob[blob.length - 1] === END, BROKEN, blob.length - 1);
  check(blob.readUInt32LE(4) <= blob.length - 1, BROKEN, 4);
}

/** Reads what begins at `head` into `out`; returns where the next entry begins. */
function decodeEntry(blob: Buffer, head: number, last: number, out: Bytes[]): number {
  const code = blob[head];
  if (code < 0xc0) return decodeString(blob, head, last, out);
  const size = INT_SIZES[code] ?? (code >= 0xf1 && code <= 0xfd ? 0 : -1);
  check(size >= 0 && head + 1 + size <= last, BROKEN, head);
  out.push(String(readInt(blob, head + 1, size, code)) as Bytes);
  return head + 1 + size;
}

const INT_SIZES: Readonly<Record<number, number>> = { 0xc0: 2, 0xd0: 4, 0xe0: 8, 0xf0: 3, 0xfe: 1 };

function readInt(blob: Buffer, at: number, size: number, code: number): number | bigint {
  if (size === 0) return (code & 15) - 1;
  return size === 8 ? readInt64LE(blob, at) : blob.readIntLE(at, size);
}

function decodeString(blob: Buffer, head: number, last: number, out: Bytes[]): number {
  const code = blob[head];
  let start = head + 1;
  let length = code & 0x3f;
  if (code >= 0x80) {
    check(code === 0x80 && head + 5 <= last, BROKEN, head);
    length = blob.readUInt32BE(head + 1);
    start = head + 5;
  } else if (code >= 0x40) {
    check(head + 2 <= last, BROKEN, head);
    length = (length << 8) | blob[head + 1];
    start = head + 2;
  }
  check(start + length <= last, BROKEN, head);
  out.push(readArgument(blob, start, length));
  return start + length;
}

/** Builds a ziplist. */
export class ZiplistBuilder {
  private buf = Buffer.allocUnsafe(256);
  private at = HEADER;
  private count = 0;
  private tail = HEADER;
  private previous = 0;

  /** Bytes so far, the end byte included. */
  get byteLength(): number {
    return this.at + 1;
  }

  get length(): number {
    return this.count;
  }

  /** Adds an element; the text of an integer is stored as one. */
  append(value: Bytes): void {
    this.reserve(value.length + 15);
    const start = this.at;
    const { buf } = this;
    let at = start;
    if (this.previous < BIG_PREVIOUS) {
      buf[at++] = this.previous;
    } else {
      buf[at] = BIG_PREVIOUS;
      buf.writeUInt32LE(this.previous, at + 1);
      at += 5;
    }
    const int = value.length > 0 && value.length <= INT_TEXT_MAX ? int64Of(value) : undefined;
    at = int === undefined ? writeString(buf, at, value) : writeInt(buf, at, int);
    this.tail = start;
    this.previous = at - start;
    this.at = at;
    this.count++;
  }

  /** The finished blob: a view of the builder's buffer, valid until the next `reset`. */
  finish(): Buffer {
    this.reserve(1);
    this.buf[this.at] = END;
    this.buf.writeUInt32LE(this.at + 1, 0);
    this.buf.writeUInt32LE(this.tail, 4);
    this.buf.writeUInt16LE(Math.min(this.count, COUNT_UNKNOWN), 8);
    return this.buf.subarray(0, this.at + 1);
  }

  /** Starts a new ziplist. */
  reset(): void {
    this.at = HEADER;
    this.tail = HEADER;
    this.previous = 0;
    this.count = 0;
  }

  private reserve(size: number): void {
    if (this.at + size <= this.buf.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buf.length * 2, this.at + size));
    this.buf.copy(grown, 0, 0, this.at);
    this.buf = grown;
  }
}

function writeString(buf: Buffer, at: number, value: Bytes): number {
  const length = value.length;
  let start = at + 1;
  if (length < 64) {
    buf[at] = length;
  } else if (length < 16384) {
    buf[at] = 0x40 | (length >> 8);
    buf[at + 1] = length & 255;
    start = at + 2;
  } else {
    buf[at] = 0x80;
    buf.writeUInt32BE(length, at + 1);
    start = at + 5;
  }
  buf.latin1Write(value, start, length);
  return start + length;
}

/** Widths in bytes of the integers with their code and lowest value. */
const INTS: readonly [width: number, code: number, low: number][] = [
  [1, 0xfe, -128],
  [2, 0xc0, -32768],
  [3, 0xf0, -8388608],
  [4, 0xd0, -2147483648],
];

function writeInt(buf: Buffer, at: number, value: number | bigint): number {
  if (value >= 0 && value <= 12) {
    buf[at] = 0xf1 + Number(value);
    return at + 1;
  }
  for (const [width, code, low] of INTS) {
    if (value < low || value >= -low) continue;
    buf[at] = code;
    buf.writeIntLE(Number(value), at + 1, width);
    return at + 1 + width;
  }
  buf[at] = 0xe0;
  writeInt64LE(buf, value, at + 1);
  return at + 9;
}
