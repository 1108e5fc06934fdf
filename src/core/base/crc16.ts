/**
 * CRC-16/XMODEM (polynomial 0x1021, start 0) and the cluster slot made from it, for CLUSTER KEYSLOT and whoever talks to a
 * node of a Redis Cluster (redis 7.2.6 crc16.c, cluster.c:keyHashSlot).
 */
import { type Bytes } from './bytes.js';

const TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  TABLE[byte] = crc;
}

const SLOT_MASK = 16383;

/** CRC-16/XMODEM of `bytes[start, end)`. */
export function crc16(bytes: Bytes, start = 0, end = bytes.length): number {
  let crc = 0;
  for (let i = start; i < end; i++) {
    crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes.charCodeAt(i)];
  }
  return crc;
}

/** The cluster slot (0-16383) of `key`: of the part between its first `{` and the next `}`, unless that is empty. */
export function keySlot(key: Bytes): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const slot = close > open + 1 ? crc16(key, open + 1, close) : crc16(key);
  return slot & SLOT_MASK;
}
