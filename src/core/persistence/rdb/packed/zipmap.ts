/**
 * Zipmap: the packed hash of Redis 2.4, read only.
 *
 *   | count u8 (254: unknown) | length field | length free value, free bytes | … | FF |
 *   length: 1 byte up to 253, or FE and u32                              (redis 7.2.6 zipmap.c)
 */
import { type Bytes, sliceBytes } from '../../../base/bytes.js';
import { check } from './packed-error.js';

const END = 0xff;
const BIG = 0xfe;
const BROKEN = 'Zipmap integrity check failed';

/** field, value, field, value… Throws PackedError. */
export function decodeZipmap(blob: Buffer): Bytes[] {
  check(blob.length >= 2 && blob[blob.length - 1] === END, BROKEN, 0);
  const last = blob.length - 1;
  const out: Bytes[] = [];
  let at = 1;
  while (blob[at] !== END) {
    for (let part = 0; part < 2; part++) {
      let start = at + 1;
      let length = blob[at];
      if (length === BIG) {
        check(at + 5 <= last, BROKEN, at);
        length = blob.readUInt32LE(at + 1);
        start = at + 5;
      }
      // a value is followed by as many unused bytes as this byte says
      let free = 0;
      if (part === 1) {
        check(start < last, BROKEN, at);
        free = blob[start++];
      }
      check(blob[at] !== END && start + length + free <= last, BROKEN, at);
      out.push(sliceBytes(blob, start, start + length));
      at = start + length + free;
    }
  }
  check(at === last && out.length > 0, BROKEN, at);
  check(blob[0] >= BIG || blob[0] === out.length / 2, BROKEN, 0);
  return out;
}
