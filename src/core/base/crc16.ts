/** CRC-16 and cluster slots. */
import { type Bytes } from './bytes.js';

/** CRC-16/XMODEM of `bytes[start, end)`. */
export function crc16(bytes: Bytes, start = 0, end = bytes.length): number {
  throw new Error('not written yet ' + start + end);
}
/** The cluster slot (0-16383) of `key`, honouring a {hash tag}. */
export function keySlot(key: Bytes): number {
  throw new Error('not written yet ' + key);
}
