/**
 * ReplyWriter: builds a connection's output in RESP2 or RESP3.
 *
 * Output is a list of latin1 strings of up to 64 KB (V8's longest string is shorter than the longest reply, and a rope of
 * that size flattens cheaply), with long values and long aggregates between them: copied into output blocks, the longest values
 * as they are. Once there is a piece of a block, what follows goes there too. Handlers call the typed methods; what differs between RESP2 and RESP3 is decided here and nowhere else. Aggregates announce their length
 * first, as on the wire.
 */
import { ascii, type Bytes } from '../base/bytes.js';
import { formatDouble } from '../base/numbers.js';
import {
  BULK_FRAME,
  INT_FRAME,
  MAX_PLAIN_INT,
  MAX_SHORT_BULK,
  openPiece,
  OutputPiece,
} from './output-block.js';

/** A string is handed on once it is this long. */
export const CHUNK_BYTES = 64 * 1024;
/** Bulks from this length on are copied into an output block. */
const LONG_BULK_BYTES = 1024;
/** Bulks from this length on are handed on by themselves. */
const HUGE_BULK_BYTES = 32 * 1024;
/** A longer string is not copied into a block to make one write of two. */
const MAX_COPIED_TAIL = 4096;
/** Aggregates from this length on are written into an output block: a rope of their parts costs three objects for each. */
const PACKED_LENGTH = 8;
/** So many short parts in a row, most often replies of a pipeline, go into a block as well. */
const PACKED_PARTS = 6;

/** What the output consists of: strings of one byte per char, pieces of output blocks, and Buffers of its own. */
export type OutputPart = string | OutputPiece | Buffer;

const SHARED_LENGTHS = 256;
const bulkHeaders: string[] = [];
const arrayHeaders: string[] = [];
const integers: string[] = [];
for (let i = 0; i < SHARED_LENGTHS; i++) {
  bulkHeaders.push(`$${i}\r\n`);
  arrayHeaders.push(`*${i}\r\n`);
  integers.push(`:${i}\r\n`);
}

export class ReplyWriter {
  /** The protocol that the client asked for with HELLO. */
  resp: 2 | 3 = 2;
  /** Full parts, oldest first; `tail` follows them. */
  private full: OutputPart[] = [];
  /** The last of `full` while everything is appended to it; `tail` is empty then. */
  private piece: OutputPiece | undefined;
  private tail = '';
  /** How often `tail` was added to. */
  private parts = 0;
  /** Bytes of `full` without the piece that is written to. */
  private fullBytes = 0;
  /** Hears of every error line, for a link to a master that must not miss one. */
  onError: ((line: string) => void) | undefined;
  /** Asked whenever another part is full, whether what is waiting is wanted at all; otherwise it is dropped. */
  isWanted: (() => boolean) | undefined;

  /** Bytes waiting to be taken. */
  get length(): number {
    return this.fullBytes + (this.piece === undefined ? this.tail.length : this.piece.length);
  }

  /** Everything written so far, in order; the writer is empty afterwards. Pieces are to be released by the caller. */
  take(): OutputPart[] {
    if (this.tail !== '') this.full.push(this.tail);
    const out = this.full;
    this.reset();
    return out;
  }

  private reset(): void {
    this.full = [];
    this.piece = undefined;
    this.tail = '';
    this.parts = 0;
    this.fullBytes = 0;
  }

  /** The whole output as one string when it is short (the common case); undefined: call `take`. */
  takeShort(): string | undefined {
    if (this.full.length !== 0) return undefined;
    const out = this.tail;
    this.tail = '';
    this.parts = 0;
    return out;
  }

  /** Drops everything that was written and not taken. */
  clear(): void {
    for (const part of this.full) if (part instanceof OutputPiece) part.release();
    this.reset();
  }

  /** Moves everything that was written to `other` behind what is here. */
  moveFrom(other: ReplyWriter): void {
    for (const part of other.take()) {
      if (typeof part === 'string') {
        this.raw(part);
        continue;
      }
      if (this.tail !== '') this.seal();
      this.closePiece();
      this.full.push(part);
      this.fullBytes += part.length;
    }
  }

  /** Appends bytes that are already encoded. */
  raw(encoded: string): void {
    const piece = this.room(encoded.length);
    if (piece !== undefined) {
      piece.append(encoded);
      return;
    }
    this.tail += encoded;
    if (++this.parts === PACKED_PARTS) this.pack();
    else if (this.tail.length >= CHUNK_BYTES) this.seal();
  }

  /** The piece, or the one that follows it, with room for `bytes`; undefined: there is none any more. */
  private room(bytes: number): OutputPiece | undefined {
    const { piece } = this;
    if (piece === undefined || piece.hasRoom(bytes)) return piece;
    if (piece.isLast && bytes < HUGE_BULK_BYTES) return this.nextPiece(bytes);
    // Two writers that take turns would leave a piece for every word.
    if (this.full.length === 1 && piece.length <= MAX_COPIED_TAIL) this.unpack(piece);
    else this.closePiece();
    return undefined;
  }

  /** Makes a string again of what has been written, all of it in this piece: one write instead of two. */
  private unpack(piece: OutputPiece): void {
    this.tail = piece.view().latin1Slice();
    piece.release();
    this.full = [];
    this.piece = undefined;
  }

  /** What follows goes elsewhere. */
  private closePiece(): void {
    if (this.piece === undefined) return;
    this.fullBytes += this.piece.length;
    this.piece = undefined;
  }

  private nextPiece(bytes: number): OutputPiece {
    this.closePiece();
    if (this.full.length > 0) this.grown();
    const piece = openPiece(bytes);
    this.piece = piece;
    this.full.push(piece);
    return piece;
  }

  /** Many short parts follow: they go into a piece. */
  private pack(): void {
    if (this.piece?.isLast) return;
    if (this.tail.length > MAX_COPIED_TAIL) this.seal();
    const { tail } = this;
    this.tail = '';
    this.nextPiece(tail.length).append(tail);
  }

  private seal(): void {
    this.full.push(this.tail);
    this.fullBytes += this.tail.length;
    this.tail = '';
    this.grown();
  }

  private grown(): void {
    if (this.isWanted !== undefined && !this.isWanted()) this.clear();
  }

  ok(): void {
    this.raw('+OK\r\n');
  }

  /** A status line; `text` has no CR or LF. */
  simple(text: string): void {
    this.raw(`+${text}\r\n`);
  }

  /**
   * An error line; `line` begins with its code (`ERR …`). CR and LF become blanks, those at the end go
   * (redis 7.2.6 networking.c:addReplyErrorFormatInternal).
   */
  error(line: string): void {
    const clean = /[\r\n]/.test(line) ? line.replace(/[\r\n]+$/, '').replace(/[\r\n]/g, ' ') : line;
    this.onError?.(clean);
    this.raw(`-${clean}\r\n`);
  }

  int(n: number | bigint): void {
    if (this.piece !== undefined && typeof n === 'number' && n >= 0 && n <= MAX_PLAIN_INT) this.packInt(n);
    else this.raw(typeof n === 'number' && n >= 0 && n < SHARED_LENGTHS ? integers[n] : `:${n}\r\n`);
  }

  private packInt(n: number): void {
    const piece = this.room(INT_FRAME);
    if (piece === undefined) this.raw(`:${n}\r\n`);
    else piece.appendInt(n);
  }

  bulk(bytes: Bytes): void {
    const n = bytes.length;
    if (this.piece !== undefined && n <= MAX_SHORT_BULK) this.packBulk(bytes);
    else if (n < LONG_BULK_BYTES)
      this.raw((n < SHARED_LENGTHS ? bulkHeaders[n] : `$${n}\r\n`) + bytes + '\r\n');
    else if (n < HUGE_BULK_BYTES) {
      const piece = this.pieceFor(n);
      piece.append(bytes);
      piece.endLine();
    } else this.hugeBulk(bytes);
  }

  /** Bulk strings of `items[from, to)`. */
  bulkRun(items: readonly Bytes[], from: number, to: number): void {
    for (let i = from; i < to;) {
      if (this.piece !== undefined) i = this.piece.appendBulks(items, i, to);
      // The one that does not fit, or every one where there is no piece.
      if (i < to) this.bulk(items[i++]);
    }
  }

  private packBulk(bytes: Bytes): void {
    const piece = this.room(bytes.length + BULK_FRAME);
    if (piece === undefined) this.raw(`$${bytes.length}\r\n${bytes}\r\n`);
    else piece.appendBulk(bytes);
  }

  /** A bulk string of the bytes of a Buffer, which are copied. */
  bulkBuffer(bytes: Buffer): void {
    const n = bytes.length;
    if (n >= HUGE_BULK_BYTES) this.hugeBulk(Buffer.from(bytes));
    else {
      const piece = this.pieceFor(n);
      piece.appendBuffer(bytes);
      piece.endLine();
    }
  }

  /** A piece that ends with the header of a bulk of `n` bytes, with room for those and a line end. */
  private pieceFor(n: number): OutputPiece {
    if (this.tail.length > MAX_COPIED_TAIL) this.seal();
    const head = `${this.tail}$${n}\r\n`;
    this.tail = '';
    const length = head.length + n + 2;
    const piece = this.piece?.hasRoom(length) ? this.piece : this.nextPiece(length);
    piece.append(head);
    return piece;
  }

  /** It is handed on as it is: putting it together with its header could exceed V8's longest string. */
  private hugeBulk(bytes: Bytes | Buffer): void {
    this.closePiece();
    this.tail += `$${bytes.length}\r\n`;
    this.seal();
    this.full.push(bytes);
    this.fullBytes += bytes.length;
    this.raw('\r\n');
    this.grown();
  }

  /** A bulk string of ASCII text that the server itself made. */
  bulkText(text: string): void {
    this.bulk(ascii(text));
  }

  /** A bulk string of the decimal digits of `n`. */
  bulkInt(n: number | bigint): void {
    this.bulk(ascii(String(n)));
  }

  /** The null of a missing value. */
  null(): void {
    this.raw(this.resp === 3 ? '_\r\n' : '$-1\r\n');
  }

  /** The null of a missing array (EXEC aborted, a blocking pop timed out). */
  nullArray(): void {
    this.raw(this.resp === 3 ? '_\r\n' : '*-1\r\n');
  }

  bulkOrNull(bytes: Bytes | undefined): void {
    if (bytes === undefined) this.null();
    else this.bulk(bytes);
  }

  array(length: number): void {
    if (length >= PACKED_LENGTH) this.pack();
    this.raw(length < SHARED_LENGTHS ? arrayHeaders[length] : `*${length}\r\n`);
  }

  /** `pairs` key-value pairs follow. */
  map(pairs: number): void {
    if (pairs * 2 >= PACKED_LENGTH) this.pack();
    this.raw(this.resp === 3 ? `%${pairs}\r\n` : `*${pairs * 2}\r\n`);
  }

  set(length: number): void {
    if (length >= PACKED_LENGTH) this.pack();
    this.raw(this.resp === 3 ? `~${length}\r\n` : `*${length}\r\n`);
  }

  /** An out-of-band message: a push in RESP3, a plain array in RESP2. */
  push(length: number): void {
    if (length >= PACKED_LENGTH) this.pack();
    this.raw(this.resp === 3 ? `>${length}\r\n` : `*${length}\r\n`);
  }

  attribute(pairs: number): void {
    this.raw(`|${pairs}\r\n`);
  }

  bool(value: boolean): void {
    this.raw(this.resp === 3 ? (value ? '#t\r\n' : '#f\r\n') : value ? ':1\r\n' : ':0\r\n');
  }

  double(value: number): void {
    if (this.resp === 3) this.raw(`,${formatDouble(value)}\r\n`);
    else this.bulk(formatDouble(value));
  }

  bigNumber(digits: Bytes): void {
    if (this.resp === 3) this.raw(`(${digits}\r\n`);
    else this.bulk(digits);
  }

  /** Text for people; `format` is three letters (`txt`, `mkd`). */
  verbatim(text: Bytes, format = 'txt'): void {
    if (this.resp === 3) this.raw(`=${text.length + 4}\r\n${format}:${text}\r\n`);
    else this.bulk(text);
  }

  /** An array of bulk strings. */
  bulks(items: readonly Bytes[]): void {
    this.array(items.length);
    this.bulkRun(items, 0, items.length);
  }
}
