/**
 * The snapshot of a full sync, taken out of the byte queue as it comes. Pure: no clock, no socket.
 *
 *   LF*  `$<length>` CR LF  <length bytes>                  no CR LF follows
 *   LF*  `$EOF:<40 bytes>` CR LF  <bytes>  <the same 40 bytes>
 *   LF*  `-<error>` CR LF
 *
 * LFs are keepalives while the master prepares. What follows the end stays in the queue, untouched: the command stream
 * may share a segment with the snapshot's tail. Form and tolerances after redis 7.2.6 replication.c:readSyncBulkPayload.
 */
import { type ByteQueue, LineTooLongError } from '../base/byte-queue.js';
import { ascii, fromBuffer, toBuffer, type Bytes } from '../base/bytes.js';
import { parseSafeInt } from '../base/numbers.js';

/** Longest header line, CR LF included (the 1024 of readSyncBulkPayload). */
export const MAX_HEADER_BYTES = 1024;
/** Length of the mark of the EOF form. */
export const MARK_BYTES = 40;
/** Largest payload piece handed out, in bytes: bounds what a piece that spans chunks copies. */
export const MAX_PIECE_BYTES = 64 * 1024;

export type TransferEvent =
  | { readonly kind: 'keepalive' }
  | { readonly kind: 'header'; readonly form: 'length'; readonly length: number; readonly line: Bytes }
  | { readonly kind: 'header'; readonly form: 'eof'; readonly mark: Bytes; readonly line: Bytes }
  /** `bytes` may share memory with what the queue was given: used before the next push, or copied. */
  | { readonly kind: 'payload'; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly totalBytes: number }
  /** The master gave up. */
  | { readonly kind: 'error'; readonly line: Bytes }
  /** Not a snapshot. The bytes are still in the queue when `line` is missing. */
  | { readonly kind: 'unexpected'; readonly line?: Bytes };

type Phase =
  | { readonly kind: 'header' }
  | { readonly kind: 'length'; readonly left: number }
  | { readonly kind: 'eof'; readonly mark: Buffer }
  | { readonly kind: 'over' };

const LF = 10;
const CR = 13;
const MINUS = 45;
const DOLLAR = 36;

export class TransferDecoder {
  /** Payload bytes handed out so far. */
  payloadBytes = 0;
  private phase: Phase = { kind: 'header' };

  /** @param queue shared with the decoders before (the handshake's lines) and after (the command stream) */
  constructor(private readonly queue: ByteQueue) {}

  /** The next event, or undefined when more bytes are needed or all is over. */
  next(): TransferEvent | undefined {
    switch (this.phase.kind) {
      case 'header':
        return this.header();
      case 'length':
        return this.counted(this.phase.left);
      case 'eof':
        return this.marked(this.phase.mark);
      case 'over':
        return undefined;
    }
  }

  private header(): TransferEvent | undefined {
    const first = this.queue.peek(0);
    if (first < 0) return undefined;
    if (![LF, CR, MINUS, DOLLAR].includes(first)) return this.over({ kind: 'unexpected' });
    const line = this.headerLine();
    if (line === 'too-long') return this.over({ kind: 'unexpected' });
    if (line === undefined) return undefined;
    if (line === '') return { kind: 'keepalive' };
    if (first === MINUS) return this.over({ kind: 'error', line });
    if (line.startsWith('$EOF:') && line.length >= 5 + MARK_BYTES) {
      const mark = ascii(line.slice(5, 5 + MARK_BYTES));
      this.phase = { kind: 'eof', mark: toBuffer(mark) };
      return { kind: 'header', form: 'eof', mark, line };
    }
    const length = first === DOLLAR ? parseSafeInt(ascii(line.slice(1))) : undefined;
    if (length === undefined || length < 0) return this.over({ kind: 'unexpected', line });
    this.phase = { kind: 'length', left: length };
    return { kind: 'header', form: 'length', length, line };
  }

  private headerLine(): Bytes | 'too-long' | undefined {
    try {
      const raw = this.queue.readLine(MAX_HEADER_BYTES);
      return raw === undefined ? undefined : withoutLineEnd(raw);
    } catch (error) {
      if (error instanceof LineTooLongError) return 'too-long';
      throw error;
    }
  }

  private counted(left: number): TransferEvent | undefined {
    if (left === 0) return this.end();
    if (this.queue.length === 0) return undefined;
    const size = Math.min(left, this.queue.length, MAX_PIECE_BYTES);
    this.phase = { kind: 'length', left: left - size };
    return this.payload(size);
  }

  /**
   * Everything before the first possible beginning of the mark is payload. A beginning that the end of the queue cuts
   * short stays in the queue until the next bytes decide, so the mark may be split anywhere.
   */
  private marked(mark: Buffer): TransferEvent | undefined {
    let from = 0;
    for (;;) {
      const at = this.queue.indexOf(mark[0], from);
      if (at < 0) return this.queue.length === 0 ? undefined : this.payload(this.piece(this.queue.length));
      const matched = this.matchedAt(mark, at);
      if (matched === MARK_BYTES) {
        if (at > 0) return this.payload(this.piece(at));
        this.queue.skip(MARK_BYTES);
        return this.end();
      }
      if (at + matched === this.queue.length) return at === 0 ? undefined : this.payload(this.piece(at));
      if (at >= MAX_PIECE_BYTES) return this.payload(MAX_PIECE_BYTES);
      from = at + 1;
    }
  }

  private matchedAt(mark: Buffer, at: number): number {
    let n = 0;
    while (n < MARK_BYTES && this.queue.peek(at + n) === mark[n]) n++;
    return n;
  }

  private piece(bytes: number): number {
    return Math.min(bytes, MAX_PIECE_BYTES);
  }

  private payload(size: number): TransferEvent {
    this.payloadBytes += size;
    return { kind: 'payload', bytes: this.queue.take(size) };
  }

  private end(): TransferEvent {
    return this.over({ kind: 'end', totalBytes: this.payloadBytes });
  }

  private over(event: TransferEvent): TransferEvent {
    this.phase = { kind: 'over' };
    return event;
  }
}

/** A line without its LF or CR LF. */
export function withoutLineEnd(raw: Buffer): Bytes {
  let end = raw.length;
  if (end > 0 && raw[end - 1] === LF) end--;
  if (end > 0 && raw[end - 1] === CR) end--;
  return fromBuffer(raw.subarray(0, end));
}
