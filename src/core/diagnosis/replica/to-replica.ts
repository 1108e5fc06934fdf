/**
 * What a master sends to one replica, taken apart in its phases. Which reply belongs to which command, and what a PSYNC is
 * answered, decides where the snapshot and the stream begin.
 *
 *   replies ──PSYNC──► line ─┬─ +FULLRESYNC ──► snapshot ──► stream
 *                            ├─ +CONTINUE ─────────────────► stream
 *                            └─ -ERR ──► replies             SYNC ──► snapshot
 *
 * Of a snapshot nothing is kept but its size. Chunks may be cut anywhere.
 */
import { ByteQueue, LineTooLongError } from '../../base/byte-queue.js';
import { type Bytes } from '../../base/bytes.js';
import { ReplyFormatError } from '../../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../../protocol/reply-decoder.js';
import { TransferDecoder, withoutLineEnd } from '../../replication/transfer.js';

/** Longest answer to PSYNC (the 1024 of redis 7.2.6 replication.c:readSyncBulkPayload). */
const MAX_LINE_BYTES = 1024;

export interface MasterSink {
  reply(reply: Reply): void;
  /** The line that answers PSYNC. @returns what follows it */
  psyncAnswer(line: Bytes): 'snapshot' | 'stream' | 'replies';
  /** A line feed while a snapshot is prepared. */
  keepalive(): void;
  snapshotBegins(form: 'length' | 'eof', length: number | undefined, headerBytes: number): void;
  snapshotEnds(bytes: number): void;
  snapshotFails(line: Bytes): void;
  /** Bytes of the stream; valid until this returns. */
  stream(buf: Buffer, start: number, end: number): void;
  /** The master's bytes cannot be understood from here on. */
  unreadable(): void;
}

type Phase = 'replies' | 'psync' | 'snapshot' | 'stream' | 'lost';

export class MasterDecoder {
  /** Bytes before the snapshot or the stream: replies and the answer to PSYNC. */
  handshakeBytes = 0;
  private phase: Phase = 'replies';
  private queue = new ByteQueue();
  private replies = new ReplyDecoder(this.queue);
  private transfer: TransferDecoder | undefined;

  constructor(private readonly sink: MasterSink) {}

  get inStream(): boolean {
    return this.phase === 'stream';
  }

  /** The replica has sent PSYNC, and every reply before its answer has come. */
  expectPsync(): void {
    if (this.phase === 'replies') this.phase = 'psync';
  }

  /** The replica has sent SYNC: a snapshot follows without a line. */
  expectSnapshot(): void {
    if (this.phase !== 'replies') return;
    this.transfer = new TransferDecoder(this.queue);
    this.phase = 'snapshot';
  }

  /** Bytes for the replica. They are used until this returns. */
  push(buf: Buffer, start: number, end: number): void {
    if (this.phase === 'lost' || start >= end) return;
    if (this.phase === 'stream') {
      this.sink.stream(buf, start, end);
      return;
    }
    this.queue.push(buf.subarray(start, end));
    this.readAll();
    // What is left may lie in memory that is used again.
    const rest = this.queue.length;
    if (rest > 0) this.queue.push(Buffer.from(this.queue.take(rest)));
  }

  private readAll(): void {
    try {
      while (this.step());
    } catch (error) {
      if (!(error instanceof ReplyFormatError || error instanceof LineTooLongError)) throw error;
      this.lose();
    }
  }

  private lose(): void {
    this.phase = 'lost';
    this.queue.skip(this.queue.length);
    this.sink.unreadable();
  }

  /** @returns whether something was read */
  private step(): boolean {
    switch (this.phase) {
      case 'replies':
        return this.readReply();
      case 'psync':
        return this.readAnswer();
      case 'snapshot':
        return this.readSnapshot();
      case 'stream':
        return this.readStream();
      case 'lost':
        return false;
    }
  }

  private readReply(): boolean {
    const before = this.queue.length;
    const reply = this.replies.next();
    this.handshakeBytes += before - this.queue.length;
    if (reply === undefined) return false;
    this.sink.reply(reply);
    return true;
  }

  private readAnswer(): boolean {
    const raw = this.queue.readLine(MAX_LINE_BYTES);
    if (raw === undefined) return false;
    this.handshakeBytes += raw.length;
    const line = withoutLineEnd(raw);
    if (line === '') {
      this.sink.keepalive();
      return true;
    }
    this.phase = this.sink.psyncAnswer(line);
    if (this.phase === 'snapshot') this.transfer = new TransferDecoder(this.queue);
    return true;
  }

  private readSnapshot(): boolean {
    const event = this.transfer!.next();
    if (event === undefined) return false;
    switch (event.kind) {
      case 'keepalive':
        this.sink.keepalive();
        return true;
      case 'header':
        this.sink.snapshotBegins(
          event.form,
          event.form === 'length' ? event.length : undefined,
          event.line.length + 2,
        );
        return true;
      case 'payload':
        return true;
      case 'end':
        this.phase = 'stream';
        this.sink.snapshotEnds(event.totalBytes);
        return true;
      case 'error':
        // Nobody is a replica by that: what follows is answers again.
        this.phase = 'replies';
        this.sink.snapshotFails(event.line);
        return true;
      case 'unexpected':
        this.lose();
        return false;
    }
  }

  private readStream(): boolean {
    const { length } = this.queue;
    if (length === 0) return false;
    const bytes = this.queue.take(length);
    this.sink.stream(bytes, 0, bytes.length);
    return true;
  }
}

/** The first line of a reply as it came: its sign and its text, for simple strings and errors. */
export function lineOf(reply: Reply): Bytes {
  switch (reply.type) {
    case 'simple':
      return `+${reply.value}` as Bytes;
    case 'error':
      return `-${reply.value}` as Bytes;
    case 'integer':
      return `:${reply.value}` as Bytes;
    default:
      return `(${reply.type})` as Bytes;
  }
}
