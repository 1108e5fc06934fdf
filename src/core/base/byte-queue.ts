/** A queue of bytes. */

export class ByteQueue {
  length = 0;
  /** Appends; keeps `buf` itself, so its owner must not write to it again. */
  push(buf: Buffer): void {
    throw new Error('not written yet ' + buf.length);
  }
  /** The byte at `i` (0 is the next to be read); -1 beyond the end. */
  peek(i: number): number {
    throw new Error('not written yet ' + i);
  }
  /** Index of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    throw new Error('not written yet ' + byte + from);
  }
  /** The next line up to and including LF; undefined when it has not all arrived. Throws LineTooLongError. */
  readLine(maxBytes: number): Buffer | undefined {
    throw new Error('not written yet ' + maxBytes);
  }
  /** Removes and returns the next `n` bytes (RangeError when fewer are held). Zero-copy when contiguous. */
  take(n: number): Buffer {
    throw new Error('not written yet ' + n);
  }
  /** Removes the next `n` bytes. */
  skip(n: number): void {
    throw new Error('not written yet ' + n);
  }
}
/** No line end within the allowed number of bytes. */
export class LineTooLongError extends Error {}
