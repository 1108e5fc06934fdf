/**
 * Listpack: elements in one blob, walked in both directions.
 *
 *   | total bytes u32 | count u16 (65535: unknown) | entry … | FF |       entry: | head, data | back length, 1-5 bytes |
 *
 *   0xxxxxxx 7-bit int   10xxxxxx string < 64     110xxxxx +1 13-bit int    1110xxxx +1 string < 4096
 *   F0 u32 string        F1 int16   F2 int24   F3 int32   F4 int64          (redis 7.2.6 listpack.c)
 */
import { type Bytes } from '../../../base/bytes.js';
import { readArgument } from '../../../protocol/argument.js';
import { backLengthSize, int64Of } from '../../../store/types/int-text.js';
import { readInt64LE, writeInt64LE } from './int64-le.js';
import { check } from './packed-error.js';

const HEADER = 6;
const END = 0xff;
const COUNT_UNKNOWN = 0xffff;
const BROKEN = 'Listpack integrity check failed';

/** How many elements the header announces, or -1 when it does not know. Checks header and end only. */
export function listpackCount(blob: Buffer): number {
  checkFrame(blob);
  const count = blob.readUInt16LE(4);
  return count === COUNT_UNKNOWN ? -1 : count;
}

/** All elements, integers as their text. Throws PackedError. */
export function decodeListpack(blob: Buffer): Bytes[] {
  const walk = new ListpackWalk(blob);
  const out: Bytes[] = [];
  while (!walk.done) out.push(walk.next());
  walk.finish();
  return out;
}

function checkFrame(blob: Buffer): void {
  check(blob.length >= HEADER + 1, BROKEN, 0);
  check(blob.readUInt32LE(0) === blob.length, BROKEN, 0);
  check(blob[blob.length - 1] === END, BROKEN, blob.length - 1);
}

/** A walk over the entries from the front. */
export class ListpackWalk {
  private at = HEADER;
  private count = 0;
  private readonly last: number;

  constructor(private readonly blob: Buffer) {
    checkFrame(blob);
    this.last = blob.length - 1;
  }

  /** Whether the end byte is reached. */
  get done(): boolean {
    return this.blob[this.at] === END;
  }

  /** The next element as bytes. */
  next(): Bytes {
    const value = this.read();
    return typeof value === 'string' ? value : (String(value) as Bytes);
  }

  /** The next element, which must be an integer. */
  nextInt(): number | bigint {
    const from = this.at;
    const value = this.read();
    if (typeof value !== 'string') return value;
    const int = int64Of(value);
    check(int !== undefined, BROKEN, from);
    return int;
  }

  /** Checks that the walk ended at the end byte after as many elements as the header says. */
  finish(): void {
    check(this.at === this.last, BROKEN, this.at);
    const announced = this.blob.readUInt16LE(4);
    check(announced === COUNT_UNKNOWN || announced === this.count, BROKEN, 4);
  }

  private read(): Bytes | number | bigint {
    const { blob, at } = this;
    const head = blob[at];
    if (head < 0x80) return this.int(1, head);
    if (head < 0xc0) return this.string(1, head & 0x3f);
    if (head < 0xe0) {
      this.need(2);
      const value = ((head & 0x1f) << 8) | blob[at + 1];
      return this.int(2, value >= 4096 ? value - 8192 : value);
    }
    if (head < 0xf0) {
      this.need(2);
      return this.string(2, ((head & 0x0f) << 8) | blob[at + 1]);
    }
    switch (head) {
      case 0xf0:
        this.need(5);
        return this.string(5, blob.readUInt32LE(at + 1));
      case 0xf1:
        this.need(3);
        return this.int(3, blob.readInt16LE(at + 1));
      case 0xf2:
        this.need(4);
        return this.int(4, blob.readIntLE(at + 1, 3));
      case 0xf3:
        this.need(5);
        return this.int(5, blob.readInt32LE(at + 1));
      case 0xf4:
        this.need(9);
        return this.int(9, readInt64LE(blob, at + 1));
      default:
        check(false, BROKEN, at);
    }
  }

  private int<T extends number | bigint>(size: number, value: T): T {
    this.pass(size);
    return value;
  }

  private string(head: number, length: number): Bytes {
    this.need(head + length);
    const start = this.at + head;
    const value = readArgument(this.blob, start, length);
    this.pass(head + length);
    return value;
  }

  private need(size: number): void {
    check(this.at + size < this.last + 1, BROKEN, this.at);
  }

  /** Steps over an entry of `size` bytes and its back length, which must say the same. */
  private pass(size: number): void {
    const back = backLengthSize(size);
    this.need(size + back);
    const end = this.at + size + back;
    let length = 0;
    for (let i = end - 1, scale = 1, k = 0; k < back; i--, k++, scale *= 128) {
      const byte = this.blob[i];
      length += (byte & 127) * scale;
      // only the leftmost byte of a back length has no continuation bit
      check((byte & 128) === 0 ? k === back - 1 : k < back - 1, BROKEN, i);
    }
    check(length === size && end <= this.last, BROKEN, this.at);
    this.at = end;
    this.count++;
  }
}

/** Builds a listpack. */
export class ListpackBuilder {
  private buf = Buffer.allocUnsafe(256);
  private at = HEADER;
  private count = 0;

  /** Bytes so far, the end byte included. */
  get byteLength(): number {
    return this.at + 1;
  }

  get length(): number {
    return this.count;
  }

  /** Adds an element; the text of an integer is stored as one. */
  append(value: Bytes): void {
    const int = value.length <= 20 ? int64Of(value) : undefined;
    if (int !== undefined) this.appendInt(int);
    else this.appendString(value);
  }

  /** Adds an integer. */
  appendInt(value: number | bigint): void {
    this.reserve(10);
    const { buf, at } = this;
    if (value >= 0 && value <= 127) {
      buf[at] = Number(value);
      this.close(1);
    } else if (value >= -4096 && value <= 4095) {
      const bits = Number(value) & 0x1fff;
      buf[at] = 0xc0 | (bits >> 8);
      buf[at + 1] = bits & 255;
      this.close(2);
    } else {
      this.close(writeWideInt(buf, at, value));
    }
  }

  /** The finished blob: a view of the builder's buffer, valid until the next `reset`. */
  finish(): Buffer {
    this.reserve(1);
    this.buf[this.at] = END;
    this.buf.writeUInt32LE(this.at + 1, 0);
    this.buf.writeUInt16LE(Math.min(this.count, COUNT_UNKNOWN), 4);
    return this.buf.subarray(0, this.at + 1);
  }

  /** Starts a new listpack. */
  reset(): void {
    this.at = HEADER;
    this.count = 0;
  }

  private appendString(value: Bytes): void {
    const length = value.length;
    this.reserve(length + 10);
    const { buf, at } = this;
    let head = 1;
    if (length < 64) {
      buf[at] = 0x80 | length;
    } else if (length < 4096) {
      buf[at] = 0xe0 | (length >> 8);
      buf[at + 1] = length & 255;
      head = 2;
    } else {
      buf[at] = 0xf0;
      buf.writeUInt32LE(length, at + 1);
      head = 5;
    }
    buf.latin1Write(value, at + head, length);
    this.close(head + length);
  }

  /** Writes the back length of an entry of `size` bytes. */
  private close(size: number): void {
    const back = backLengthSize(size);
    let rest = size;
    for (let i = back - 1; i >= 0; i--) {
      this.buf[this.at + size + i] = (rest & 127) | (i === 0 ? 0 : 128);
      rest = Math.floor(rest / 128);
    }
    this.at += size + back;
    this.count++;
  }

  private reserve(size: number): void {
    if (this.at + size <= this.buf.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buf.length * 2, this.at + size));
    this.buf.copy(grown, 0, 0, this.at);
    this.buf = grown;
  }
}

function writeWideInt(buf: Buffer, at: number, value: number | bigint): number {
  if (value >= -32768 && value <= 32767) {
    buf[at] = 0xf1;
    buf.writeInt16LE(Number(value), at + 1);
    return 3;
  }
  if (value >= -8388608 && value <= 8388607) {
    buf[at] = 0xf2;
    buf.writeIntLE(Number(value), at + 1, 3);
    return 4;
  }
  if (value >= -2147483648 && value <= 2147483647) {
    buf[at] = 0xf3;
    buf.writeInt32LE(Number(value), at + 1);
    return 5;
  }
  buf[at] = 0xf4;
  writeInt64LE(buf, value, at + 1);
  return 9;
}
