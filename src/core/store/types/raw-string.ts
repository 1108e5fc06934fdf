/**
 * RawString: a string that is changed in place (SETBIT, SETRANGE, APPEND, BITFIELD, HyperLogLog), held as a growable Buffer.
 *
 * It is the third encoding of the string type and reports `raw`, but for what `embedded` made. Copy on write: `freeze` and `clone` share the Buffer
 * with the original until one of them is changed, so a running snapshot can serialise the old bytes later at no cost now.
 */
import { type Bytes, fromBuffer, sliceBytes } from '../../base/bytes.js';

/** Up to this size the Buffer doubles when it must grow, above it it grows by this much (redis 7.2.6 SDS_MAX_PREALLOC). */
const MAX_PREALLOC = 1024 * 1024;

export class RawString {
  readonly kind = 'string';
  /** Reports `embstr` until its first change. */
  embedded = false;
  /** What the string was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  private buf: Buffer;
  private size: number;
  private shared: boolean;

  private constructor(buf: Buffer, size: number, shared: boolean) {
    this.buf = buf;
    this.size = size;
    this.shared = shared;
  }

  /** A RawString that holds `bytes`, with room for `capacity` bytes. */
  static of(bytes: Bytes, capacity = bytes.length): RawString {
    const buf = Buffer.alloc(Math.max(capacity, bytes.length, 16));
    buf.latin1Write(bytes, 0);
    return new RawString(buf, bytes.length, false);
  }

  /** A RawString that takes over `buf`: the caller must not use it any more. */
  static ofBuffer(buf: Buffer): RawString {
    return new RawString(buf, buf.length, false);
  }

  /** Text that reads as an integer and was not stored as one: as plain Bytes it would report `int`. */
  static embedded(bytes: Bytes): RawString {
    const raw = RawString.of(bytes);
    raw.embedded = true;
    return raw;
  }

  get length(): number {
    return this.size;
  }

  /** Bytes that its Buffer has room for. */
  get capacity(): number {
    return this.buf.length;
  }

  /** The byte at `index`, 0 beyond the end. */
  byteAt(index: number): number {
    return index < this.size ? this.buf[index] : 0;
  }

  /** Writes one byte, growing with zeros up to it. */
  setByte(index: number, byte: number): void {
    this.reserve(Math.max(this.size, index + 1));
    this.buf[index] = byte;
  }

  /** Adds `bytes` at the end. */
  append(bytes: Bytes): void {
    const at = this.size;
    this.reserve(at + bytes.length);
    this.buf.latin1Write(bytes, at);
  }

  /** Overwrites from `offset` on, growing with zeros as far as needed. */
  setRange(offset: number, bytes: Bytes): void {
    this.reserve(Math.max(this.size, offset + bytes.length));
    this.buf.latin1Write(bytes, offset);
  }

  /** Grows with zeros to at least `length` bytes. */
  grow(length: number): void {
    if (length > this.size) this.reserve(length);
  }

  /** Cuts off what lies behind `length`. */
  truncate(length: number): void {
    if (length >= this.size) return;
    this.reserve(this.size);
    this.buf.fill(0, length, this.size);
    this.size = length;
  }

  /** Takes over `buf` in place of its bytes: the caller must not use it any more. */
  become(buf: Buffer): void {
    this.embedded = false;
    this.buf = buf;
    this.size = buf.length;
    this.shared = false;
  }

  /** All of it as Bytes (a copy). */
  toBytes(): Bytes {
    return sliceBytes(this.buf, 0, this.size);
  }

  /** The bytes in [start, end), clipped to the string (a copy). */
  slice(start: number, end: number): Bytes {
    return sliceBytes(this.buf, Math.min(start, this.size), Math.min(end, this.size));
  }

  /** The bytes themselves, to read only, and only until the next change. */
  view(): Buffer {
    return this.buf.subarray(0, this.size);
  }

  /** The bytes, to change in place (not to lengthen), valid until the next call on this string. */
  writable(): Buffer {
    this.reserve(this.size);
    return this.buf.subarray(0, this.size);
  }

  /** The string as it is now, for a reader that comes later: costs nothing, the owner copies when it next changes. */
  freeze(): RawString {
    return this.clone();
  }

  /** An independent string with the same bytes; whichever of the two is changed first copies them. */
  clone(): RawString {
    this.shared = true;
    const copy = new RawString(this.buf, this.size, true);
    copy.embedded = this.embedded;
    return copy;
  }

  toString(): string {
    return fromBuffer(this.view());
  }

  /** Makes the Buffer ours and at least `length` long; what lies between the old end and `length` is zero. */
  private reserve(length: number): void {
    this.embedded = false;
    if (length > this.buf.length) {
      const grown = Buffer.alloc(length + Math.min(length, MAX_PREALLOC));
      this.buf.copy(grown, 0, 0, this.size);
      this.buf = grown;
      this.shared = false;
    } else if (this.shared) {
      this.buf = Buffer.from(this.buf);
      this.shared = false;
    }
    if (length > this.size) this.size = length;
  }
}
