/**
 * A visit to a master: handshake, snapshot, stream, on one connection, as a tool makes it. Nothing is stored and nothing is
 * applied: what is learned goes to the observer, event by event.
 *
 *   handshake --full--> snapshot --> [stream] --> beforeClose --> over
 *       |  `--continue---------------> [stream] ------^
 *       `--anything else----------------------------------------> over
 *
 * It acknowledges nothing, so it never satisfies anybody's WAIT; in the EOF form, and only to follow the stream, it sends
 * `REPLCONF ACK 0`, without which the master withholds the stream (redis 7.2.6 replication.c:updateSlavesWaitingBgsave). The
 * master ignores it until it has reaped the child that made the snapshot, so it is repeated until the first byte comes.
 */
import { type ChannelClose } from '../../base/byte-channel.js';
import { ascii, EMPTY, flat, type Bytes } from '../../base/bytes.js';
import { type Timer } from '../../base/clock.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import { type Outcome } from './machine.js';
import { MAX_EVIDENCE_BYTES, type Observer, type Untold, type VisitEvent } from './observer.js';
import { runHandshake, type HandshakeRun, type HandshakeSetup, type Link } from './run.js';
import { SnapshotReading, STALL_MS } from './snapshot-reading.js';
import { StreamReader, type StreamEnd } from './stream-reader.js';

/** Where a snapshot is kept: `write` answers false when it wants `onDrain` to be waited for. */
export interface SnapshotSink {
  write(chunk: Buffer): boolean;
  onDrain(fn: () => void): void;
}

export interface FollowOptions {
  readonly forMs?: number;
  readonly count?: number;
}

export interface VisitSetup extends Omit<HandshakeSetup, 'observer' | 'done'> {
  /** Read the stream; without it the visit ends after the snapshot. */
  readonly follow?: FollowOptions;
  /** Whether to look, without `follow`, at what comes right behind +CONTINUE. Asked when that came. */
  readonly lookBehindContinue?: () => boolean;
  readonly sink?: SnapshotSink;
  /** How many of the snapshot's largest keys are named. */
  readonly largestKeys?: number;
  readonly observer: Observer<VisitEvent>;
  /** Called when nothing more is wanted from a connection that still stands; `close` ends it. */
  readonly beforeClose?: (close: () => void) => void;
  readonly done: (outcome: Outcome) => void;
}

export interface Visit {
  /** Ends it now, in order: what was seen so far is reported. */
  stop(): void;
}

/** Starts a visit. */
export function startVisit(setup: VisitSetup): Visit {
  return new Visiting(setup);
}

/** How long after a snapshot or a +CONTINUE we look for bytes that do not belong there, in ms. */
export const SETTLE_MS = 150;
/** `ACK 0` is repeated this often until the stream begins, in ms: as often as a replica acknowledges. */
export const ACK_MS = 1000;

class Visiting implements Visit {
  private readonly run: HandshakeRun;
  private link: Link | undefined;
  private outcome: Outcome = { kind: 'failed', step: 'connect', why: 'closed' };
  private mode: 'handshake' | 'snapshot' | 'settle' | 'stream' | 'closing' | 'over' = 'handshake';
  private snapshot: SnapshotReading | undefined;
  private reader: StreamReader | undefined;
  private timer: Timer | undefined;
  private ackTimer: Timer | undefined;
  private lateTold = false;

  constructor(private readonly setup: VisitSetup) {
    const { dial, clock, options, timers, conn, originUs, localPort, observer, beforePsync } = setup;
    this.run = runHandshake({
      ...{ dial, clock, options, timers, conn, originUs, localPort, observer, beforePsync },
      done: (outcome, link) => this.handshakeDone(outcome, link),
    });
  }

  stop(): void {
    if (this.mode === 'over') return;
    if (this.mode === 'handshake') {
      this.mode = 'over';
      this.run.abort();
      return this.setup.done({ kind: 'failed', step: 'connect', why: 'closed' });
    }
    if (this.mode === 'stream') this.endStream('stopped');
    this.close();
  }

  private handshakeDone(outcome: Outcome, link: Link | undefined): void {
    this.outcome = outcome;
    this.link = link;
    if (!link) return this.over();
    link.listen(
      () => this.readable(),
      (close) => this.lost(close),
    );
    switch (outcome.kind) {
      case 'full':
      case 'sync':
        return this.beginSnapshot(link);
      case 'continue':
        if (this.setup.follow) return this.beginStream();
        return this.setup.lookBehindContinue?.() === true ? this.settle() : this.finish();
      case 'introduced':
        return this.finish();
      case 'retry':
      case 'failed':
        return this.over();
    }
  }

  private readable(): void {
    if (this.mode === 'snapshot') this.readSnapshot();
    else if (this.mode === 'stream') this.readStream();
    else if (this.mode === 'settle') this.settling();
    else if (this.mode === 'closing') this.late();
  }

  /** What comes while the questions at the end are asked is not read any more, only told once. */
  private late(): void {
    const queue = this.link?.queue;
    if (!queue || queue.length === 0) return;
    const bytesSeen = queue.length;
    queue.skip(bytesSeen);
    if (this.reader && !this.lateTold) this.tell({ kind: 'stream-late', step: 'stream', bytesSeen });
    this.lateTold = true;
  }

  // ---- snapshot

  private beginSnapshot(link: Link): void {
    this.mode = 'snapshot';
    const { clock, largestKeys } = this.setup;
    this.snapshot = new SnapshotReading({
      queue: link.queue,
      nowMs: () => clock.monotonicUs() / 1000,
      wallMs: clock.nowMs(),
      largestKeys,
      tell: (event) => this.tell(event),
      keep: (piece) => this.keep(piece),
    });
    this.watchForStall();
    this.readSnapshot();
  }

  private readSnapshot(): void {
    const state = this.snapshot?.read();
    if (state === 'whole') this.snapshotEnds();
    else if (state === 'failed') this.finish();
  }

  /** Hands a piece to the sink; a full one stops the reading from the master until it has drained. */
  private keep(bytes: Buffer): void {
    const { sink } = this.setup;
    const reading = this.snapshot;
    if (!sink || !reading || sink.write(bytes)) return;
    reading.paused = true;
    this.link?.channel.pause();
    sink.onDrain(() => {
      reading.paused = false;
      this.link?.channel.resume();
      this.readable();
    });
  }

  private snapshotEnds(): void {
    this.timer?.cancel();
    if (this.outcome.kind === 'full' && this.setup.follow) return this.beginStream();
    this.settle();
  }

  /** Waits a moment for what does not belong here. */
  private settle(): void {
    this.mode = 'settle';
    this.timer = this.setup.clock.after(SETTLE_MS, () => this.settled(), true);
    this.settling();
  }

  /** What is no command may go on; only a command is certain at once. */
  private settling(): void {
    if (this.waiting().startsWith('*')) this.settled();
  }

  /** After the snapshot, and after +CONTINUE, comes the command stream, or nothing yet. */
  private settled(): void {
    if (this.mode !== 'settle') return;
    this.timer?.cancel();
    this.tellRest();
    this.finish();
  }

  private tellRest(): void {
    const rest = this.waiting();
    if (rest !== EMPTY && !rest.startsWith('*')) {
      this.tell({ kind: 'stream-noise', step: 'stream', bytes: rest });
    }
  }

  private watchForStall(): void {
    this.timer = this.setup.clock.after(
      STALL_MS / 4,
      () => {
        if (this.mode !== 'snapshot') return;
        this.snapshot?.judgeSilence(this.setup.timers.psyncIdleMs);
        if (this.snapshot?.state === 'failed') this.finish();
        else this.watchForStall();
      },
      true,
    );
  }

  // ---- stream

  private beginStream(): void {
    this.mode = 'stream';
    const { follow, clock } = this.setup;
    const offset = this.streamStart();
    this.reader = new StreamReader(offset, follow?.count, (event) => this.tell(event));
    this.tell({ kind: 'stream-begin', step: 'stream', ...(offset === undefined ? {} : { offset }) });
    if (this.snapshot?.form === 'eof' && this.outcome.kind === 'full') this.acknowledgeNothing();
    if (follow?.forMs !== undefined) {
      this.timer = clock.after(follow.forMs, () => this.streamOver('time'), true);
    }
    this.readStream();
  }

  private acknowledgeNothing(): void {
    if (this.mode !== 'stream' || (this.reader?.bytesSeen ?? 0) > 0) return;
    const args = ['REPLCONF', 'ACK', '0'].map(ascii);
    const bytes = flat(encodeCommand(args));
    this.tell({ kind: 'send', step: 'stream', bytes, args });
    this.link?.channel.write(bytes);
    this.ackTimer = this.setup.clock.after(ACK_MS, () => this.acknowledgeNothing(), true);
  }

  /** The offset before the first byte of the stream: what FULLRESYNC said, or one less than what we asked for. */
  private streamStart(): number | undefined {
    if (this.outcome.kind === 'full') return this.outcome.offset;
    const { psync } = this.setup.options;
    return typeof psync === 'string' ? undefined : psync.offset - 1;
  }

  private readStream(): void {
    const queue = this.link?.queue;
    if (!queue || queue.length === 0) return;
    const end = this.reader?.read(queue.take(queue.length));
    if (end) this.streamOver(end);
  }

  private streamOver(why: StreamEnd): void {
    if (this.mode !== 'stream') return;
    this.endStream(why);
    this.finish();
  }

  private endStream(why: StreamEnd): void {
    this.timer?.cancel();
    this.ackTimer?.cancel();
    this.mode = 'closing';
    const reader = this.reader;
    if (!reader) return;
    reader.finish();
    const { commands, bytesRead, bytesSeen, offset } = reader;
    const position = offset === undefined ? {} : { offset };
    // What lies behind the last command that was wanted is no part of one.
    const whole = why === 'fault' || why === 'count' || bytesSeen === bytesRead;
    const cut = whole ? {} : { cutBytes: bytesSeen - bytesRead };
    this.tell({ kind: 'stream-end', step: 'stream', why, commands, bytesRead, ...cut, ...position });
  }

  // ---- end

  private lost(_close: ChannelClose): void {
    this.timer?.cancel();
    if (this.mode === 'settle') this.tellRest();
    this.link = undefined;
    if (this.mode === 'snapshot') this.brokenOff();
    else if (this.mode === 'stream') this.streamOver('closed');
    else if (this.mode === 'settle') this.finish();
    else if (this.mode === 'closing') this.over();
  }

  private brokenOff(): void {
    this.snapshot?.fails('closed', EMPTY);
    this.finish();
  }

  /** Nothing more is wanted of the master. */
  private finish(): void {
    this.timer?.cancel();
    this.mode = 'closing';
    if (this.link && this.setup.beforeClose) this.setup.beforeClose(() => this.close());
    else this.close();
  }

  private close(): void {
    if (this.mode === 'over') return;
    this.mode = 'closing';
    if (this.link) this.link.channel.close();
    else this.over();
  }

  private over(): void {
    if (this.mode === 'over') return;
    this.mode = 'over';
    this.timer?.cancel();
    this.setup.done(this.outcome);
  }

  private waiting(): Bytes {
    return this.link?.queue.peekText(MAX_EVIDENCE_BYTES) ?? EMPTY;
  }

  private tell(event: Untold<VisitEvent>): void {
    const atUs = this.setup.clock.monotonicUs() - this.setup.originUs;
    const told = this.snapshot?.marked(event, this.reader?.commands ?? 0) ?? event;
    this.setup.observer({ ...told, atUs, conn: this.setup.conn });
  }
}
