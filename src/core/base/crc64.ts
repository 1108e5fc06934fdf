/** CRC-64 Jones. */

/** A running checksum. */
export class Crc64 {
  lo = 0;
  hi = 0;
  /** Adds `buf[start, end)`. */
  update(buf: Uint8Array, start = 0, end = buf.length): this {
    throw new Error('not written yet ' + start + end);
  }
  /** The 8 bytes that end an RDB, little endian. */
  digestLE(): Buffer {
    throw new Error('not written yet');
  }
  /** 16 lower-case hex digits, most significant first. */
  hex(): string {
    throw new Error('not written yet');
  }
}

/** Adds `buf[start, end)` to `crc` and returns it. */
export function crc64(crc: Crc64, buf: Uint8Array, start = 0, end = buf.length): Crc64 {
  return crc.update(buf, start, end);
}
