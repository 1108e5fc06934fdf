/**
 * BlockOutput: bytes gathered into blocks of 64 KB, with the running checksum, and the primitives of the format.
 *
 * A block handed to `out` is not written to again, unless it is given back (`recycle`): blocks that are only left to the collector
 * count against V8's heap and make it collect while a snapshot is written. Called by the writer and by `dumpValue`.
 */
import { type Bytes, toBuffer } from '../../base/bytes.js';
import { Crc64 } from '../../base/crc64.js';
import { lzfPack } from '../../base/lzf.js';
import { parseSafeInt } from '../../base/numbers.js';
import { LENGTH_32, LENGTH_64, STRING_INT16, STRING_INT32, STRING_INT8, STRING_LZF } from './format.js';
import { writeInt64LE } from './packed/int64-le.js';

export const BLOCK_BYTES = 64 * 1024;
/** Longest string that is tried as an integer: "-2147483648". */
const INT_TEXT_MAX = 11;
/** Up to this length LZF cannot win (redis 7.2.6 rdb.c:rdbSaveRawString). */
const LZF_MIN = 21;
const WORD = 4294967296;
/** Blocks kept for reuse. */
const MAX_SPARE = 64;

/** Strings up to this length are compressed in memory that is used again and again. */
const SCRATCH_BYTES = 64 * 1024;
const plainScratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
const packedScratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** The bytes of a string, at the beginning of a Buffer that is only good until the next call. */
function scratchFor(bytes: Bytes): Buffer {
  if (bytes.length > SCRATCH_BYTES) return toBuffer(bytes);
  plainScratch.latin1Write(bytes, 0);
  return plainScratch;
}

/** Up to this length bytes are copied one by one: no view of them has to be made. */
const FEW_BYTES = 256;

export class BlockOutput {
  private block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  private readonly spare: Buffer[] = [];
  private at = 0;
  private flushed = 0;
  readonly crc: Crc64 | undefined;

  constructor(
    private readonly out: (block: Buffer) => void,
    checksum: boolean,
    private readonly compression: boolean,
  ) {
    if (checksum) this.crc = new Crc64();
  }

  /** Bytes written so far. */
  get bytesWritten(): number {
    return this.flushed + this.at;
  }

  u8(byte: number): void {
    if (this.at === BLOCK_BYTES) this.flush();
    this.block[this.at++] = byte;
  }

  /** A signed 64-bit little-endian integer. */
  int64(value: number | bigint): void {
    this.reserve(8);
    writeInt64LE(this.block, value, this.at);
    this.at += 8;
  }

  /** A little-endian double. */
  double(value: number): void {
    this.reserve(8);
    this.block.writeDoubleLE(value, this.at);
    this.at += 8;
  }

  /** An unsigned integer in the form of a length. */
  length(value: number | bigint): void {
    this.reserve(9);
    const { block, at } = this;
    if (value < 64) {
      block[at] = Number(value);
      this.at = at + 1;
    } else if (value < 16384) {
      block[at] = 0x40 | (Number(value) >> 8);
      block[at + 1] = Number(value) & 255;
      this.at = at + 2;
    } else if (value < WORD) {
      block[at] = LENGTH_32;
      block.writeUInt32BE(Number(value), at + 1);
      this.at = at + 5;
    } else {
      block[at] = LENGTH_64;
      if (typeof value === 'bigint') block.writeBigUInt64BE(value, at + 1);
      else {
        block.writeUInt32BE(Math.floor(value / WORD), at + 1);
        block.writeUInt32BE(value % WORD, at + 5);
      }
      this.at = at + 9;
    }
  }

  /** Raw bytes. */
  bytes(bytes: Bytes): void {
    const length = bytes.length;
    if (length <= BLOCK_BYTES - this.at) {
      this.block.latin1Write(bytes, this.at, length);
      this.at += length;
      return;
    }
    for (let from = 0; from < length;) {
      if (this.at === BLOCK_BYTES) this.flush();
      const part = bytes.slice(from, from + BLOCK_BYTES - this.at);
      this.block.latin1Write(part, this.at, part.length);
      this.at += part.length;
      from += part.length;
    }
  }

  /** Raw bytes `buf[start, end)`. */
  buffer(buf: Buffer, start = 0, end = buf.length): void {
    if (end - start <= FEW_BYTES && end - start <= BLOCK_BYTES - this.at) {
      const { block } = this;
      let { at } = this;
      for (let from = start; from < end; from++) block[at++] = buf[from];
      this.at = at;
      return;
    }
    for (let from = start; from < end;) {
      if (this.at === BLOCK_BYTES) this.flush();
      const copied = buf.copy(this.block, this.at, from, end);
      this.at += copied;
      from += copied;
    }
  }

  /** A string in its shortest form: a small integer, compressed, or plain (redis 7.2.6 rdb.c:rdbSaveRawString). */
  string(bytes: Bytes): void {
    if (bytes.length <= INT_TEXT_MAX) {
      const int = parseSafeInt(bytes);
      if (int !== undefined && this.tryInteger(int)) return;
    } else if (this.compression && bytes.length >= LZF_MIN) {
      this.blob(scratchFor(bytes), 0, bytes.length);
      return;
    }
    this.length(bytes.length);
    this.bytes(bytes);
  }

  /** A string that is held as an integer (redis 7.2.6 rdb.c:rdbSaveLongLongAsStringObject). */
  integerString(value: number): void {
    if (this.tryInteger(value)) return;
    const text = String(value) as Bytes;
    this.length(text.length);
    this.bytes(text);
  }

  /** A string that is held as `buf[start, end)`; it is no integer. */
  blob(buf: Buffer, start = 0, end = buf.length): void {
    if (this.compression && end - start >= LZF_MIN && this.tryCompressed(buf, start, end)) return;
    this.length(end - start);
    this.buffer(buf, start, end);
  }

  /** Hands out what is gathered. */
  flush(): void {
    if (this.at === 0) return;
    const full = this.block.subarray(0, this.at);
    this.crc?.update(full);
    this.flushed += this.at;
    this.at = 0;
    this.block = this.spare.pop() ?? Buffer.allocUnsafe(BLOCK_BYTES);
    this.out(full);
  }

  /** Takes back a block that was handed out and that nobody reads any more. */
  recycle(block: Buffer): void {
    const whole = block.buffer;
    if (whole.byteLength === BLOCK_BYTES && this.spare.length < MAX_SPARE) {
      this.spare.push(Buffer.from(whole, 0, BLOCK_BYTES));
    }
  }

  private tryInteger(value: number): boolean {
    if (value < -2147483648 || value > 2147483647) return false;
    this.reserve(5);
    const { block, at } = this;
    if (value >= -128 && value <= 127) {
      block[at] = STRING_INT8;
      block.writeInt8(value, at + 1);
      this.at = at + 2;
    } else if (value >= -32768 && value <= 32767) {
      block[at] = STRING_INT16;
      block.writeInt16LE(value, at + 1);
      this.at = at + 3;
    } else {
      block[at] = STRING_INT32;
      block.writeInt32LE(value, at + 1);
      this.at = at + 5;
    }
    return true;
  }

  private tryCompressed(buf: Buffer, start: number, end: number): boolean {
    const most = end - start - 4;
    const out = most <= SCRATCH_BYTES ? packedScratch : Buffer.allocUnsafe(most);
    const packed = lzfPack(buf, start, end, out, most);
    if (packed === 0) return false;
    this.u8(STRING_LZF);
    this.length(packed);
    this.length(end - start);
    this.buffer(out, 0, packed);
    return true;
  }

  private reserve(bytes: number): void {
    if (BLOCK_BYTES - this.at < bytes) this.flush();
  }
}
