/**
 * CRC-64 Jones: the checksum that ends an RDB, a DUMP payload and what DEBUG DIGEST is compared by.
 *
 * Polynomial 0xad93d23594c935a9, bits reflected, start 0, no final xor (redis 7.2.6 crc64.c); the check value of
 * "123456789" is e9c6d914c4b8d9ca. Hundreds of megabytes pass through it, so eight bytes are taken at a step (slicing by 8)
 * and the 64 bits are two 32-bit halves: TABLE[2 * (256 * k + byte)] is the low half, the next entry the high half, of what
 * `byte` followed by k zero bytes contributes.
 */

const POLY_REFLECTED_LO = 0xac4bc9b5 | 0;
const POLY_REFLECTED_HI = 0x95ac9329 | 0;
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 256; byte++) {
    let lo = byte;
    let hi = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = lo & 1;
      lo = (lo >>> 1) | (hi << 31);
      hi = hi >>> 1;
      if (carry) {
        lo ^= POLY_REFLECTED_LO;
        hi ^= POLY_REFLECTED_HI;
      }
    }
    table[2 * byte] = lo;
    table[2 * byte + 1] = hi;
  }
  for (let i = 256; i < 8 * 256; i++) {
    const lo = table[2 * (i - 256)];
    const hi = table[2 * (i - 256) + 1];
    const out = 2 * (lo & 255);
    table[2 * i] = ((lo >>> 8) | (hi << 24)) ^ table[out];
    table[2 * i + 1] = (hi >>> 8) ^ table[out + 1];
  }
  return table;
}

/** A running checksum. Its two halves are signed 32-bit integers. */
export class Crc64 {
  lo = 0;
  hi = 0;

  /** Adds `buf[start, end)`. */
  update(buf: Uint8Array, start = 0, end = buf.length): this {
    const t = TABLE;
    let lo = this.lo;
    let hi = this.hi;
    let i = start;
    for (const last = end - 8; i <= last; i += 8) {
      lo ^= buf[i] | (buf[i + 1] << 8) | (buf[i + 2] << 16) | (buf[i + 3] << 24);
      hi ^= buf[i + 4] | (buf[i + 5] << 8) | (buf[i + 6] << 16) | (buf[i + 7] << 24);
      const a = 3584 + ((lo & 255) << 1);
      const b = 3072 + ((lo >>> 7) & 510);
      const c = 2560 + ((lo >>> 15) & 510);
      const d = 2048 + ((lo >>> 23) & 510);
      const e = 1536 + ((hi & 255) << 1);
      const f = 1024 + ((hi >>> 7) & 510);
      const g = 512 + ((hi >>> 15) & 510);
      const h = (hi >>> 23) & 510;
      lo = t[a] ^ t[b] ^ t[c] ^ t[d] ^ t[e] ^ t[f] ^ t[g] ^ t[h];
      hi = t[a + 1] ^ t[b + 1] ^ t[c + 1] ^ t[d + 1] ^ t[e + 1] ^ t[f + 1] ^ t[g + 1] ^ t[h + 1];
    }
    for (; i < end; i++) {
      const entry = 2 * ((lo ^ buf[i]) & 255);
      lo = ((lo >>> 8) | (hi << 24)) ^ t[entry];
      hi = (hi >>> 8) ^ t[entry + 1];
    }
    this.lo = lo;
    this.hi = hi;
    return this;
  }

  /** The 8 bytes that end an RDB: little endian. */
  digestLE(): Buffer {
    const out = Buffer.allocUnsafe(8);
    out.writeInt32LE(this.lo, 0);
    out.writeInt32LE(this.hi, 4);
    return out;
  }

  /** 16 lower-case hexadecimal digits, the most significant first. */
  hex(): string {
    return hex32(this.hi) + hex32(this.lo);
  }
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** Adds `buf[start, end)` to `crc` and returns it. */
export function crc64(crc: Crc64, buf: Uint8Array, start = 0, end = buf.length): Crc64 {
  return crc.update(buf, start, end);
}
