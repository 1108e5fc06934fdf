/** Signed 64-bit little-endian integers, as `number` while safe and `bigint` past 2^53: what all packed encodings store. */

const WORD = 4294967296;
/** High words from -2^21 to 2^21 - 1 keep the whole within 2^53. */
const SAFE_HIGH = 0x200000;

/** The integer in the 8 bytes at `at`. */
export function readInt64LE(buf: Buffer, at: number): number | bigint {
  const high = buf.readInt32LE(at + 4);
  const low = buf.readUInt32LE(at);
  if (high >= -SAFE_HIGH && high < SAFE_HIGH) {
    const value = high * WORD + low;
    if (value !== Number.MIN_SAFE_INTEGER - 1) return value;
  }
  return buf.readBigInt64LE(at);
}

/** Writes an integer into the 8 bytes at `at`. */
export function writeInt64LE(buf: Buffer, value: number | bigint, at: number): void {
  if (typeof value === 'bigint') {
    buf.writeBigInt64LE(value, at);
    return;
  }
  const high = Math.floor(value / WORD);
  buf.writeInt32LE(high, at + 4);
  buf.writeUInt32LE(value - high * WORD, at);
}
