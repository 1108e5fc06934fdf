/**
 * ByteQueue: what has arrived on a connection and was not read yet.
 *
 * One queue is handed from one decoder to the next (handshake replies, then the snapshot, then the stream), each taking
 * exactly what is its own, so no byte is lost in between. It keeps the buffers that are pushed, it does not copy them: their
 * owner must not write to them again. Bytes that lie in one buffer come out without a copy, others are copied once.
 */

import { ascii, type Bytes } from './bytes.js';

/** Consumed buffers are dropped from the list in batches, so that taking one does not move all the others. */
const COMPACT_AFTER = 64;

/** No line end within the number of bytes that the reader allows. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';

  constructor(readonly maxBytes: number) {
    super(`no line end within ${maxBytes} bytes`);
  }
}

export class ByteQueue {
  private chunks: Buffer[] = [];
  /** The chunk that the next byte is in, and where in it. */
  private head = 0;
  private at = 0;
  private held = 0;
  /** No LF lies before this index: readLine looks on from there. */
  private searched = 0;

  /** Bytes held. */
  get length(): number {
    return this.held;
  }

  /** Appends; keeps `buf` itself, so its owner must not write to it again. */
  push(buf: Buffer): void {
    if (buf.length === 0) return;
    this.chunks.push(buf);
    this.held += buf.length;
  }

  /** The byte at `i` (0 is the next to be read), or -1 beyond the end. */
  peek(i: number): number {
    if (i < 0 || i >= this.held) return -1;
    let offset = this.at + i;
    for (let c = this.head; ; c++) {
      const chunk = this.chunks[c];
      if (offset < chunk.length) return chunk[offset];
      offset -= chunk.length;
    }
  }

  /** The next bytes, at most so many; they stay. */
  peekText(maxBytes: number): Bytes {
    const n = Math.min(this.held, maxBytes);
    let out = '';
    for (let i = 0; i < n; i++) out += String.fromCharCode(this.peek(i));
    return ascii(out);
  }

  /** Index of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    let before = -this.at;
    for (let c = this.head; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      const start = Math.max(from - before, c === this.head ? this.at : 0);
      const found = start < chunk.length ? chunk.indexOf(byte, start) : -1;
      if (found >= 0) return before + found;
      before += chunk.length;
    }
    return -1;
  }

  /**
   * Removes and returns the next line, up to and including its LF; undefined when that has not arrived.
   * Throws LineTooLongError, removing nothing, when the line is longer than `maxBytes`.
   */
  readLine(maxBytes: number): Buffer | undefined {
    const lf = this.indexOf(10, this.searched);
    const length = lf < 0 ? this.held : lf + 1;
    if (length > maxBytes) throw new LineTooLongError(maxBytes);
    if (lf >= 0) return this.take(length);
    this.searched = this.held;
    return undefined;
  }

  /** Removes and returns the next `n` bytes, without a copy when they lie in one buffer. RangeError when fewer are held. */
  take(n: number): Buffer {
    this.check(n);
    if (n === 0) return Buffer.alloc(0);
    const first = this.chunks[this.head];
    if (this.at + n <= first.length) {
      const part = first.subarray(this.at, this.at + n);
      this.skip(n);
      return part;
    }
    const joined = Buffer.allocUnsafe(n);
    let filled = 0;
    while (filled < n) {
      const chunk = this.chunks[this.head];
      const part = Math.min(n - filled, chunk.length - this.at);
      chunk.copy(joined, filled, this.at, this.at + part);
      filled += part;
      this.skip(part);
    }
    return joined;
  }

  /** Removes the next `n` bytes. RangeError when fewer are held. */
  skip(n: number): void {
    this.check(n);
    this.held -= n;
    this.searched = Math.max(0, this.searched - n);
    this.at += n;
    while (this.head < this.chunks.length && this.at >= this.chunks[this.head].length) {
      this.at -= this.chunks[this.head].length;
      this.head++;
    }
    if (this.head === this.chunks.length || this.head >= COMPACT_AFTER) {
      this.chunks = this.chunks.slice(this.head);
      this.head = 0;
    }
  }

  private check(n: number): void {
    if (n < 0 || n > this.held) throw new RangeError(`asked for ${n} of ${this.held} bytes`);
  }
}
