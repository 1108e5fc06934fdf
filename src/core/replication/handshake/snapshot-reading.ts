/**
 * SnapshotReading: a snapshot as a tool reads it. It takes the transfer out of the queue, checks the RDB in it, in constant memory, and
 * tells what comes as the events of a trace. Used by every tool that looks at a master: the visit, `--between`, `--step` and
 * the variants of `--conformance`; how long silence may last, and what follows, is theirs to say.
 *
 *   reading ──end──► whole        what comes behind it may still be the rest of it: `marked`
 *      └──error, or `fails`──► failed
 */
import { type ByteQueue } from '../../base/byte-queue.js';
import { type Bytes } from '../../base/bytes.js';
import { LARGEST_KEYS } from '../snapshot-census.js';
import { SnapshotCheck } from '../snapshot-check.js';
import { TransferDecoder, type TransferEvent } from '../transfer.js';
import {
  MAX_EVIDENCE_BYTES,
  type SnapshotFault,
  type TransferTraceEvent,
  type Untold,
  type VisitEvent,
} from './observer.js';

/** A snapshot that has ended but for bytes that never come is given up after this silence, in ms. */
export const STALL_MS = 2000;
/** Progress is told this often, in ms. */
const PROGRESS_MS = 250;

export interface ReadingSetup {
  readonly queue: ByteQueue;
  /** A clock that only goes forward, in ms. */
  readonly nowMs: () => number;
  /** The time of day, in ms: for keys that have expired. */
  readonly wallMs: number;
  /** How many of the largest keys are named. */
  readonly largestKeys?: number | undefined;
  readonly tell: (event: Untold<VisitEvent>) => void;
  /** Is given each piece of the payload; it shares memory with the queue's chunk, which nobody writes to again. */
  readonly keep?: (piece: Buffer) => void;
}

export class SnapshotReading {
  state: 'reading' | 'whole' | 'failed' = 'reading';
  /** Known from the header on. */
  form: 'length' | 'eof' | undefined;
  /** Nothing is taken from the queue meanwhile. */
  paused = false;
  private length: number | undefined;
  private readonly decoder: TransferDecoder;
  private readonly check: SnapshotCheck;
  private beganMs: number;
  private heardMs: number;
  private toldMs: number;

  constructor(private readonly setup: ReadingSetup) {
    this.decoder = new TransferDecoder(setup.queue);
    this.check = new SnapshotCheck(setup.wallMs, setup.largestKeys ?? LARGEST_KEYS);
    this.beganMs = this.heardMs = this.toldMs = setup.nowMs();
  }

  /** Bytes of the payload until now. */
  get receivedBytes(): number {
    return this.decoder.payloadBytes;
  }

  /** Reads what the queue holds: to be called when something has come. */
  read(): typeof this.state {
    this.heardMs = this.setup.nowMs();
    while (this.state === 'reading' && !this.paused) {
      const event = this.decoder.next();
      if (event === undefined) break;
      this.take(event);
    }
    return this.state;
  }

  /**
   * How long silence may last now, in ms. When the RDB itself has ended and more was announced, it will never come; otherwise
   * a master may prepare, or read its disk, for as long as `idleMs`.
   */
  patienceMs(idleMs: number): number {
    return this.check.endSeen ? Math.min(STALL_MS, idleMs) : idleMs;
  }

  /** Gives up when nothing has come for too long. */
  judgeSilence(idleMs: number): void {
    if (this.state !== 'reading' || this.paused) return;
    if (this.setup.nowMs() - this.heardMs >= this.patienceMs(idleMs)) this.silent();
  }

  /** Nothing more comes. */
  silent(): void {
    this.fails(this.check.endSeen ? 'stalled' : 'timeout', this.setup.queue.peekText(MAX_EVIDENCE_BYTES));
  }

  /** It will not end well. `bytes`: what came instead. */
  fails(why: SnapshotFault, bytes: Bytes): void {
    this.state = 'failed';
    const { receivedBytes } = this;
    const report = receivedBytes > 0 ? { report: this.check.finish() } : {};
    const waitedMs = this.setup.nowMs() - this.heardMs;
    this.tell({ kind: 'snapshot-fault', step: 'snapshot', why, receivedBytes, waitedMs, bytes, ...report });
  }

  /**
   * An event of what follows: noise before the first command is marked when it is the rest of this snapshot's checksum, because
   * then the announced length was too small.
   */
  marked<E extends Untold<VisitEvent>>(event: E, commands: number): E {
    const rest = event.kind === 'stream-noise' && commands === 0 && this.check.completedBy(event.bytes);
    return rest ? { ...event, endsSnapshot: true } : event;
  }

  private take(event: TransferEvent): void {
    switch (event.kind) {
      case 'keepalive':
        return this.tell({ kind: 'keepalive', step: 'snapshot' });
      case 'header':
        return this.begins(event);
      case 'payload':
        return this.payload(event.bytes);
      case 'end':
        return this.ends();
      case 'error':
        return this.fails('error-reply', event.line);
      case 'unexpected':
        return this.fails('unexpected', event.line ?? this.setup.queue.peekText(MAX_EVIDENCE_BYTES));
    }
  }

  private begins(event: Extract<TransferEvent, { kind: 'header' }>): void {
    this.form = event.form;
    this.length = event.form === 'length' ? event.length : undefined;
    this.beganMs = this.toldMs = this.setup.nowMs();
    const { form, line } = event;
    this.tell({ kind: 'snapshot-begin', step: 'snapshot', form, ...this.announced(), bytes: line });
  }

  private payload(bytes: Buffer): void {
    this.check.push(bytes);
    this.setup.keep?.(bytes);
    const now = this.setup.nowMs();
    if (now - this.toldMs < PROGRESS_MS) return;
    this.toldMs = now;
    const progress = { receivedBytes: this.receivedBytes, keys: this.check.keysRead };
    this.tell({ kind: 'snapshot-progress', step: 'snapshot', ...progress, ...this.announced() });
  }

  private ends(): void {
    this.state = 'whole';
    const ms = this.setup.nowMs() - this.beganMs;
    this.tell({ kind: 'snapshot-end', step: 'snapshot', report: this.check.finish(), ms });
  }

  private announced(): { length?: number } {
    return this.length === undefined ? {} : { length: this.length };
  }

  private tell(event: Untold<TransferTraceEvent> | { kind: 'keepalive'; step: 'snapshot' }): void {
    this.setup.tell(event);
  }
}
