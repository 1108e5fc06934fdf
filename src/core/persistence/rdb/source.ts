/**
 * RdbSource: the bytes of an RDB as they arrive, read by plain calls.
 *
 * `feed` takes a chunk, the reader reads as far as it can, `settle` keeps a copy of what is left: a chunk is never held after
 * that. A `try…` method that lacks bytes consumes nothing, notes in `need` how many it wants from the current position, and
 * returns undefined (-1 for a length); its caller yields and asks again. Nothing is allocated from an announced length: what
 * is kept is what arrived.
 *
 *   lengths:  00xxxxxx   01xxxxxx +1   80 u32   81 u64 (all big endian)   11xxxxxx a string in a special form
 */
import { type Bytes, sliceBytes } from '../../base/bytes.js';
import { Crc64 } from '../../base/crc64.js';
import { lzfDecompress, LzfError } from '../../base/lzf.js';
import { readArgument } from '../../protocol/argument.js';
import { makeString, type StringValue } from '../../store/types/value.js';
import {
  LENGTH_32,
  LENGTH_64,
  LZF_MAX_RATIO,
  RdbError,
  STRING_INT16,
  STRING_INT32,
  STRING_INT8,
  STRING_LZF,
} from './format.js';
import { readInt64LE } from './packed/int64-le.js';

/** V8's longest string: no key or value can be longer here. */
const STRING_MAX = 536_870_888;
const WORD = 4294967296;
const SAFE_HIGH = 0x1fffff;
const NO_BYTES = Buffer.alloc(0);

export class RdbSource {
  buf: Buffer = NO_BYTES;
  pos = 0;
  end = 0;
  /** Bytes wanted from `pos` on before it is worth to go on. */
  need = 1;
  readonly crc: Crc64 | undefined;
  /** Offset in the RDB of the first byte of `buf`. */
  private base = 0;
  private crcFrom = 0;
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  constructor(checksum: boolean) {
    if (checksum) this.crc = new Crc64();
  }

  /** Offset in the RDB of the next byte. */
  get offset(): number {
    return this.base + this.pos;
  }

  /** Bytes that arrived and were not consumed. */
  get held(): number {
    return this.pendingBytes + this.end - this.pos;
  }

  /** Takes a chunk; true when there is enough to go on. */
  feed(chunk: Buffer): boolean {
    if (this.pendingBytes === 0) {
      this.buf = chunk;
    } else {
      this.pendingBytes += chunk.length;
      if (this.pendingBytes < this.need) {
        this.pending.push(Buffer.from(chunk));
        return false;
      }
      this.pending.push(chunk);
      this.buf = Buffer.concat(this.pending, this.pendingBytes);
      this.pending = [];
      this.pendingBytes = 0;
    }
    this.pos = 0;
    this.crcFrom = 0;
    this.end = this.buf.length;
    return true;
  }

  /** Gives the chunk back: sums what was consumed, copies what was not. */
  settle(): void {
    this.sum();
    const rest = this.takeRest();
    if (rest.length > 0) this.pending = [rest];
    this.pendingBytes = rest.length;
  }

  /** A copy of what was not consumed, which leaves the source empty. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.buf.subarray(this.pos, this.end));
    this.base += this.pos;
    this.buf = NO_BYTES;
    this.pos = 0;
    this.crcFrom = 0;
    this.end = 0;
    return rest;
  }

  /** Brings the checksum up to the current position. */
  sum(): void {
    this.crc?.update(this.buf, this.crcFrom, this.pos);
    this.crcFrom = this.pos;
  }

  /** An error at the current position, or `back` bytes before it. */
  error(reason: string, what: string, expected?: string, got?: string, back = 0): RdbError {
    return new RdbError({ offset: this.offset - back, reason, what, expected, got });
  }

  /** Whether `n` more bytes are here. */
  has(n: number): boolean {
    if (this.end - this.pos >= n) return true;
    this.need = n;
    return false;
  }

  /** The next byte; only after `has(1)`. */
  u8(): number {
    return this.buf[this.pos++];
  }

  /** Skips up to `n` bytes that are here; returns how many. */
  skipSome(n: number): number {
    const skipped = Math.min(n, this.end - this.pos);
    this.pos += skipped;
    this.need = 1;
    return skipped;
  }

  /** A signed 64-bit little-endian integer as a number; beyond 2^53 the nearest one. */
  tryInt64(): number | undefined {
    if (!this.has(8)) return undefined;
    const value = readInt64LE(this.buf, this.pos);
    this.pos += 8;
    return typeof value === 'number' ? value : Number(value);
  }

  /** A little-endian double. */
  tryDouble(): number | undefined {
    if (!this.has(8)) return undefined;
    this.pos += 8;
    return this.buf.readDoubleLE(this.pos - 8);
  }

  /** A length or count, -1 when bytes lack. Throws for a special string form or a number beyond 2^53. */
  tryLength(what: string): number {
    if (!this.has(1)) return -1;
    const head = this.buf[this.pos];
    if (head < 0x80) return this.shortLength(head);
    const value = this.tryLength64(what);
    if (value === undefined) return -1;
    if (typeof value === 'bigint') {
      throw this.error('Length out of range', what, 'at most 2^53', String(value), 9);
    }
    return value;
  }

  /** An unsigned 64-bit number in the form of a length, undefined when bytes lack. */
  tryLength64(what: string): number | bigint | undefined {
    if (!this.has(1)) return undefined;
    const head = this.buf[this.pos];
    if (head < 0x80) {
      const value = this.shortLength(head);
      return value < 0 ? undefined : value;
    }
    if (head === LENGTH_32) {
      if (!this.has(5)) return undefined;
      this.pos += 5;
      return this.buf.readUInt32BE(this.pos - 4);
    }
    if (head === LENGTH_64) {
      if (!this.has(9)) return undefined;
      this.pos += 9;
      const high = this.buf.readUInt32BE(this.pos - 8);
      const low = this.buf.readUInt32BE(this.pos - 4);
      return high <= SAFE_HIGH ? high * WORD + low : (BigInt(high) << 32n) | BigInt(low);
    }
    throw this.error(`Unknown length encoding ${head >> 6} in rdbLoadLen()`, what, 'a length', hex(head));
  }

  /** A string in any form. */
  tryString(what: string): Bytes | undefined {
    if (!this.has(1)) return undefined;
    const { buf, pos } = this;
    const head = buf[pos];
    if (head < 0x40) {
      if (!this.has(1 + head)) return undefined;
      this.pos = pos + 1 + head;
      return readArgument(buf, pos + 1, head);
    }
    if (head < 0xc0) {
      const length = this.plainLength(what);
      if (length < 0) return undefined;
      this.pos += length;
      return sliceBytes(this.buf, this.pos - length, this.pos);
    }
    if (head === STRING_LZF) return this.tryLzf(what)?.latin1Slice() as Bytes | undefined;
    const int = this.tryInt(head, what);
    return int === undefined ? undefined : (String(int) as Bytes);
  }

  /** A string as the value of a key: integers stay numbers. */
  tryStringValue(what: string): StringValue | undefined {
    if (!this.has(1)) return undefined;
    const head = this.buf[this.pos];
    if (head >= 0xc0 && head !== STRING_LZF) return this.tryInt(head, what);
    const bytes = this.tryString(what);
    return bytes === undefined ? undefined : makeString(bytes);
  }

  /** A string as bytes to look into: a view that is valid until the next yield. */
  tryBlob(what: string): Buffer | undefined {
    if (!this.has(1)) return undefined;
    const head = this.buf[this.pos];
    if (head < 0xc0) {
      const length = this.plainLength(what);
      if (length < 0) return undefined;
      this.pos += length;
      return this.buf.subarray(this.pos - length, this.pos);
    }
    if (head === STRING_LZF) return this.tryLzf(what);
    const int = this.tryInt(head, what);
    return int === undefined ? undefined : Buffer.from(String(int), 'latin1');
  }

  /**
   * The head of a string that is going to be skipped: how many bytes follow it and how many it holds; undefined when bytes
   * lack.
   */
  tryStringHead(what: string): { stored: number; length: number } | undefined {
    if (!this.has(1)) return undefined;
    const head = this.buf[this.pos];
    if (head < 0xc0) {
      const length = this.tryLength(what);
      return length < 0 ? undefined : { stored: length, length };
    }
    if (head !== STRING_LZF) {
      const int = this.tryInt(head, what);
      return int === undefined ? undefined : { stored: 0, length: String(int).length };
    }
    const lengths = this.tryLzfHead(what);
    return lengths && { stored: lengths.packed, length: lengths.length };
  }

  private shortLength(head: number): number {
    if (head < 0x40) {
      this.pos++;
      return head;
    }
    if (!this.has(2)) return -1;
    this.pos += 2;
    return ((head & 0x3f) << 8) | this.buf[this.pos - 1];
  }

  /** The length of a plain string whose bytes are all here, the position before them; -1, nothing consumed, when not. */
  private plainLength(what: string): number {
    const from = this.pos;
    const length = this.tryLength(what);
    if (length < 0) return -1;
    if (length > STRING_MAX) {
      throw this.error(
        'String too long',
        what,
        `at most ${STRING_MAX} bytes`,
        String(length),
        this.pos - from,
      );
    }
    if (this.end - this.pos >= length) return length;
    this.need = this.pos - from + length;
    this.pos = from;
    return -1;
  }

  private tryInt(head: number, what: string): number | undefined {
    const { buf, pos } = this;
    switch (head) {
      case STRING_INT8:
        if (!this.has(2)) return undefined;
        this.pos += 2;
        return buf.readInt8(pos + 1);
      case STRING_INT16:
        if (!this.has(3)) return undefined;
        this.pos += 3;
        return buf.readInt16LE(pos + 1);
      case STRING_INT32:
        if (!this.has(5)) return undefined;
        this.pos += 5;
        return buf.readInt32LE(pos + 1);
      default:
        throw this.error(`Unknown RDB string encoding type ${head & 0x3f}`, what, 'a string', hex(head));
    }
  }

  /** The two lengths of a compressed string; undefined, nothing consumed, when bytes lack. */
  private tryLzfHead(what: string): { packed: number; length: number } | undefined {
    const from = this.pos;
    this.pos++;
    const packed = this.tryLength(what);
    const length = packed < 0 ? -1 : this.tryLength(what);
    if (length < 0) {
      this.need += this.pos - from;
      this.pos = from;
      return undefined;
    }
    if (length > STRING_MAX || length > packed * LZF_MAX_RATIO) {
      throw this.error('Invalid LZF compressed string', what, undefined, `${packed} bytes for ${length}`);
    }
    return { packed, length };
  }

  private tryLzf(what: string): Buffer | undefined {
    const from = this.pos;
    const lengths = this.tryLzfHead(what);
    if (lengths === undefined) return undefined;
    const { packed, length } = lengths;
    if (this.end - this.pos < packed) {
      this.need = this.pos - from + packed;
      this.pos = from;
      return undefined;
    }
    this.pos += packed;
    try {
      return lzfDecompress(this.buf.subarray(this.pos - packed, this.pos), length);
    } catch (error) {
      if (error instanceof LzfError)
        throw this.error('Invalid LZF compressed string', what, undefined, undefined, packed);
      throw error;
    }
  }
}

function hex(byte: number): string {
  return '0x' + byte.toString(16).padStart(2, '0');
}
