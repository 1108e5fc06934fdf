/**
 * ByteRange: bytes in a buffer that somebody else reads into. The request parser leaves a long value where it arrived, and the
 * store copies it from there: in between it is no string, which would cost two copies more and work for the collector.
 */
import { type Bytes, sliceBytes } from './bytes.js';

const NOTHING: Buffer = Buffer.alloc(0);

export class ByteRange {
  private buf = NOTHING;
  private start = 0;
  /** In bytes; 0: there is nothing. */
  length = 0;

  /** Becomes `buf[start, start + length)`. */
  set(buf: Buffer, start: number, length: number): void {
    this.buf = buf;
    this.start = start;
    this.length = length;
  }

  clear(): void {
    this.buf = NOTHING;
    this.length = 0;
  }

  /** Copies all of it to `target`, from `at` on, where there must be room. */
  copyTo(target: Buffer, at: number): void {
    this.buf.copy(target, at, this.start, this.start + this.length);
  }

  toBytes(): Bytes {
    return sliceBytes(this.buf, this.start, this.start + this.length);
  }
}
