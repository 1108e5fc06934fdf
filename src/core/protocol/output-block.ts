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
/** Free blocks kept for the next turn. */
const MAX_SPARE = 32;

interface Block {
  readonly bytes: Buffer;
  /** Bytes in use from the beginning. */
  at: number;
  /** Pieces that are not released. */
  pieces: number;
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

  /** Whether `bytes` more can follow: nobody else has written to the block behind it. */
  hasRoom(bytes: number): boolean {
    const { block } = this;
    return block === current && block.at === this.end && block.at + bytes <= BLOCK_BYTES;
  }

  /** Appends Bytes; the caller has made sure of the room. */
  append(bytes: Bytes | string): void {
    this.block.bytes.latin1Write(bytes, this.end);
    this.block.at = this.end += bytes.length;
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
    bytes[this.end++] = 13;
    bytes[this.end++] = 10;
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
  return { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), at: 0, pieces: 0 };
}

/** An empty piece with room for `bytes` (up to BLOCK_BYTES). */
export function openPiece(bytes: number): OutputPiece {
  if (current.at + bytes > BLOCK_BYTES) current = spare.pop() ?? newBlock();
  return new OutputPiece(current, current.at);
}
