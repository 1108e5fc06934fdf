/**
 * Output blocks: memory that long values of replies are copied into, shared by all connections and used again and again.
 *
 *   block:  [ piece of client 7 | piece of client 3 | piece of client 7 | free … ]
 *
 * A rope of strings would be copied twice more on its way out (flattened, then encoded) and leave garbage as long as the reply.
 * A piece that was written is released; a block without pieces is filled from its beginning again. A piece that a slow
 * connection still reads is never released: its block goes to the collector once that connection is done.
 */
import { type Bytes } from '../base/bytes.js';

const BLOCK_BYTES = 128 * 1024;
/** Up to here a string is copied char by char: a call out of JavaScript costs more. */
const SHORT_CHARS = 32;
/** The longest bulk with a header of at most three digits. */
export const MAX_SHORT_BULK = 999;
/** What the header and the line end of such a bulk take at most. */
export const BULK_FRAME = 8;
/** Free blocks kept for the next turn. */
const MAX_SPARE = 32;

/** An integer up to here is written digit by digit. */
export const MAX_PLAIN_INT = 999_999_999;
/** What such an integer takes at most. */
export const INT_FRAME = 12;

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const COLON = 58;
const ZERO = 48;

interface Block {
  readonly bytes: Buffer;
  /** The same memory, to write several bytes at once. */
  readonly words: DataView;
  /** Bytes in use from the beginning. */
  at: number;
  /** Pieces that are not released. */
  pieces: number;
}

/** Writes a string of one byte per char. @returns where it ends */
function put({ bytes, words }: Block, at: number, text: string): number {
  const { length } = text;
  if (length > SHORT_CHARS) {
    bytes.latin1Write(text, at);
    return at + length;
  }
  let i = 0;
  // Four at a time: what is checked for each access costs as much as the access.
  for (; i + 4 <= length; i += 4) {
    const low = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8);
    const high = text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 8);
    words.setInt32(at + i, low | (high << 16), true);
  }
  for (; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + length;
}

/** Writes a bulk of at most MAX_SHORT_BULK bytes. @returns where it ends */
function putBulk(block: Block, start: number, bytes: Bytes): number {
  const buf = block.bytes;
  const { length } = bytes;
  let at = start;
  buf[at++] = DOLLAR;
  if (length >= 100) buf[at++] = ZERO + ((length / 100) | 0);
  if (length >= 10) buf[at++] = ZERO + (((length / 10) | 0) % 10);
  buf[at++] = ZERO + (length % 10);
  buf[at++] = CR;
  buf[at++] = LF;
  at = put(block, at, bytes);
  buf[at++] = CR;
  buf[at++] = LF;
  return at;
}

/** A run of bytes in a block. */
export class OutputPiece {
  private end: number;

  constructor(
    private readonly block: Block,
    private readonly start: number,
  ) {
    this.end = start;
    block.pieces++;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Whether nobody else has written to the block behind it. */
  get isLast(): boolean {
    return this.block === current && this.block.at === this.end;
  }

  /** Whether `bytes` more can follow. */
  hasRoom(bytes: number): boolean {
    return this.isLast && this.end + bytes <= BLOCK_BYTES;
  }

  /** Appends Bytes; the caller has made sure of the room. */
  append(bytes: Bytes | string): void {
    this.block.at = this.end = put(this.block, this.end, bytes);
  }

  /** Appends a bulk of at most MAX_SHORT_BULK bytes; the caller has made sure of room for those and a BULK_FRAME. */
  appendBulk(bytes: Bytes): void {
    this.block.at = this.end = putBulk(this.block, this.end, bytes);
  }

  /** Appends the reply of an integer from 0 to MAX_PLAIN_INT; the caller has made sure of room for an INT_FRAME. */
  appendInt(n: number): void {
    const buf = this.block.bytes;
    let digits = 1;
    for (let bound = 10; n >= bound; bound *= 10) digits++;
    let at = this.end;
    buf[at] = COLON;
    let left = n | 0;
    for (let i = at + digits; i > at; i--) {
      const rest = (left / 10) | 0;
      buf[i] = ZERO + left - rest * 10;
      left = rest;
    }
    at += digits + 1;
    buf[at++] = CR;
    buf[at++] = LF;
    this.block.at = this.end = at;
  }

  /**
   * Appends bulks of the strings from `from` on, before `to`, as long as there is room and they have at most MAX_SHORT_BULK bytes.
   * @returns the first one that was not appended
   */
  appendBulks(items: readonly Bytes[], from: number, to: number): number {
    const { block } = this;
    if (!this.isLast) return from;
    let at = this.end;
    let i = from;
    for (; i < to; i++) {
      const { length } = items[i];
      if (length > MAX_SHORT_BULK || at + length + BULK_FRAME > BLOCK_BYTES) break;
      at = putBulk(block, at, items[i]);
    }
    block.at = this.end = at;
    return i;
  }

  /** Appends the bytes of a Buffer. */
  appendBuffer(bytes: Uint8Array): void {
    const end = this.end + bytes.length;
    this.block.bytes.fill(bytes, this.end, end);
    this.block.at = this.end = end;
  }

  /** Appends CR and LF. */
  endLine(): void {
    const { bytes } = this.block;
    bytes[this.end++] = CR;
    bytes[this.end++] = LF;
    this.block.at = this.end;
  }

  /** Its bytes, good until `release`. */
  view(): Buffer {
    return this.block.bytes.subarray(this.start, this.end);
  }

  /** Nobody reads it any more. */
  release(): void {
    const { block } = this;
    if (--block.pieces > 0) return;
    block.at = 0;
    if (block !== current && spare.length < MAX_SPARE) spare.push(block);
  }
}

let current: Block = newBlock();
const spare: Block[] = [];

function newBlock(): Block {
  const bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  return { bytes, words: new DataView(bytes.buffer), at: 0, pieces: 0 };
}

/** An empty piece with room for `bytes` (up to BLOCK_BYTES). */
export function openPiece(bytes: number): OutputPiece {
  if (current.at + bytes > BLOCK_BYTES) current = spare.pop() ?? newBlock();
  return new OutputPiece(current, current.at);
}
