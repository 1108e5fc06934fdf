/**
 * Drives the handshake machine over a channel: dials, cuts lines out of the byte queue, arms the timers, tells the
 * observer. Used by the real replica and by the `handshake` command, which differ in their observers only.
 *
 * After an outcome that goes on (full, continue, sync, introduced) the link is handed over with its queue, in which
 * everything after the last line of the handshake still waits: no byte is lost between the decoders. After any other
 * outcome the channel is closed here.
 */
import {
  type ByteChannel,
  type ChannelClose,
  type ChannelError,
  type Dial,
} from '../../base/byte-channel.js';
import { ByteQueue, LineTooLongError } from '../../base/byte-queue.js';
import { ascii, EMPTY, fromBuffer, type Bytes } from '../../base/bytes.js';
import { type Clock, type Timer } from '../../base/clock.js';
import { advance, begin, currentStep, type Advance, type HandshakeInput, type Outcome } from './machine.js';
import {
  type HandshakeEvent,
  MAX_EVIDENCE_BYTES,
  type Observer,
  type Untold,
  type Verdict,
} from './observer.js';
import { MASK, type HandshakeOptions, type PsyncRequest, type StepId } from './steps.js';

/** Longest line a master may answer with, in bytes. The refusal of protected mode is the longest known: under 1 KB. */
export const MAX_LINE_BYTES = 16 * 1024;

export interface HandshakeTimers {
  /** Reaching the port, TLS included. */
  readonly connectMs: number;
  /** Each answer before PSYNC's (CONFIG_REPL_SYNCIO_TIMEOUT: 5 s). */
  readonly replyMs: number;
  /** Silence while PSYNC's answer is waited for; every keepalive starts it anew. */
  readonly psyncIdleMs: number;
  /** From PSYNC to its answer, keepalives or not; absent: as long as they come, which is what a replica does. */
  readonly psyncMaxMs?: number;
  /** From the dial to PSYNC (repl-timeout). */
  readonly overallMs: number;
}

/** What Redis waits: redis 7.2.6 server.h and the default of repl-timeout. */
export const REDIS_TIMERS: HandshakeTimers = {
  connectMs: 60_000,
  replyMs: 5_000,
  psyncIdleMs: 60_000,
  overallMs: 60_000,
};

/** A connection that went through the handshake, and the bytes that came after it. */
export interface Link {
  readonly channel: ByteChannel;
  readonly queue: ByteQueue;
  /** When the last bytes were pushed into the queue. */
  readonly lastReadUs: () => number;
  /** Takes over: `onData` after each push into the queue. What the queue holds already is not announced. */
  listen(onData: () => void, onClose: (close: ChannelClose) => void): void;
}

export interface HandshakeSetup {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly options: HandshakeOptions;
  readonly timers: HandshakeTimers;
  /** Number of this connection in the events, and the moment they count from. */
  readonly conn: number;
  readonly originUs: number;
  readonly localPort?: number;
  readonly observer: Observer;
  /** With `holdPsync`: called before PSYNC; nothing is sent until it calls `release`. */
  readonly beforePsync?: (release: (psync?: PsyncRequest) => void) => void;
  /** Called once. `link` is there when the outcome goes on. */
  readonly done: (outcome: Outcome, link?: Link) => void;
}

export interface HandshakeRun {
  /** Gives up: the channel is closed and `done` is not called. */
  abort(): void;
}

/** Starts a handshake. Nothing is called before it has returned. */
export function runHandshake(setup: HandshakeSetup): HandshakeRun {
  return new Run(setup);
}

class Run implements HandshakeRun {
  private state;
  private readonly queue = new ByteQueue();
  private channel: ByteChannel | undefined;
  private readonly abandon: () => void;
  private stepTimer: Timer | undefined;
  private readonly overallTimer: Timer;
  private patienceTimer: Timer | undefined;
  private impatient = false;
  private waitingSinceUs: number;
  private readAtUs = 0;
  private finished = false;
  private handedOver: { onData: () => void; onClose: (close: ChannelClose) => void } | undefined;

  constructor(private readonly setup: HandshakeSetup) {
    this.state = begin(setup.options);
    this.waitingSinceUs = setup.clock.monotonicUs();
    this.overallTimer = setup.clock.after(setup.timers.overallMs, () => this.take({ type: 'timeout' }), true);
    // The dial keeps connectMs itself, and tells which layer did not answer.
    this.abandon = setup.dial(
      {
        onOpen: (channel) => this.opened(channel),
        onFail: (error) => this.unreachable(error),
        onData: (chunk, atUs) => this.read(chunk, atUs),
        onClose: (close) => this.closed(close),
      },
      { localPort: setup.localPort, timeoutMs: setup.timers.connectMs },
    );
  }

  abort(): void {
    if (this.finished && this.handedOver === undefined && this.channel === undefined) return;
    this.finished = true;
    this.disarm();
    if (this.channel) this.channel.close();
    else this.abandon();
  }

  private opened(channel: ByteChannel): void {
    this.channel = channel;
    this.tell({
      kind: 'connect',
      step: 'connect',
      local: channel.local.address,
      remote: channel.remote.address,
      localPort: channel.local.port,
      ...(channel.tried && channel.tried.length > 0 && { tried: channel.tried }),
    });
    this.take({ type: 'connected' });
  }

  private unreachable(error: ChannelError): void {
    this.tell({ kind: 'unreachable', step: 'connect', error });
    this.take({ type: 'unreachable' });
  }

  private read(chunk: Buffer, atUs: number): void {
    this.readAtUs = atUs;
    this.queue.push(Buffer.from(chunk));
    if (this.handedOver) this.handedOver.onData();
    else this.readLines();
  }

  /** Feeds whole lines to the machine until it is done; the line that ends it is the last one taken from the queue. */
  private readLines(): void {
    while (!this.finished) {
      const raw = this.nextLine();
      if (raw === 'garbage') return this.take({ type: 'garbage' });
      if (raw === undefined) return;
      this.takeLine(raw);
    }
  }

  private nextLine(): Bytes | 'garbage' | undefined {
    try {
      const raw = this.queue.readLine(MAX_LINE_BYTES);
      return raw === undefined ? undefined : fromBuffer(raw);
    } catch (error) {
      if (error instanceof LineTooLongError) return 'garbage';
      throw error;
    }
  }

  private takeLine(raw: Bytes): void {
    const line = ascii(raw.replace(/\r?\n$/, ''));
    const step = currentStep(this.state) ?? 'connect';
    const result = advance(this.state, { type: 'line', line });
    const note = result.notes.find((n) => n.step === step) ?? result.notes[0];
    if (note.kind === 'keepalive') this.tell({ kind: 'keepalive', step }, this.readAtUs);
    else {
      this.tell(
        {
          kind: 'receive',
          step,
          bytes: this.masked(raw),
          line: this.masked(line),
          verdict: note.kind satisfies Verdict,
          ...(note.kind === 'odd' ? { expected: note.expected } : {}),
        },
        this.readAtUs,
      );
    }
    this.apply(result);
  }

  private take(event: HandshakeInput): void {
    if (this.finished) return;
    this.apply(advance(this.state, event));
  }

  /** Takes over the machine's new state: sends, arms the timer of the step that is waited for now, ends. */
  private apply(result: Advance): void {
    this.state = result.state;
    // One write for a burst, as a replica's buffered commands leave in one segment.
    const sentUs = this.setup.clock.monotonicUs();
    if (result.send.length > 0) this.channel?.write(ascii(result.send.map((m) => m.bytes).join('')));
    for (const message of result.send) {
      this.tell({ kind: 'send', step: message.step, bytes: message.shown, args: message.args }, sentUs);
    }
    if (result.state.phase === 'done') this.finish(result.state.outcome, result);
    else if (result.state.phase === 'held') this.hold();
    else this.arm(currentStep(result.state) ?? 'connect');
  }

  /** No answer is due while PSYNC is held back: no timer runs. */
  private hold(): void {
    this.disarm();
    const release = (psync?: PsyncRequest): void => this.take({ type: 'release', ...(psync && { psync }) });
    if (this.setup.beforePsync) this.setup.beforePsync(release);
    else release();
  }

  private finish(outcome: Outcome, result: Advance): void {
    const fault = result.notes.find((note) => note.kind === 'fault');
    if (fault) {
      const waitedMs = (this.setup.clock.monotonicUs() - this.waitingSinceUs) / 1000;
      const patience = this.impatient ? { onlyKeepalives: true } : {};
      this.tell({
        ...{ kind: 'fault', step: fault.step, why: fault.why, bytes: this.leftover(), waitedMs },
        ...patience,
      });
    }
    this.finished = true;
    this.disarm();
    this.tell({ kind: 'outcome', step: currentOf(outcome), outcome: this.maskedOutcome(outcome) });
    const goesOn =
      outcome.kind === 'full' ||
      outcome.kind === 'continue' ||
      outcome.kind === 'introduced' ||
      (outcome.kind === 'sync' && this.setup.options.syncFallback);
    if (goesOn && this.channel) return this.setup.done(outcome, this.link(this.channel));
    if (this.channel) this.channel.close();
    else this.abandon();
    this.setup.done(outcome);
  }

  private link(channel: ByteChannel): Link {
    return {
      channel,
      queue: this.queue,
      lastReadUs: () => this.readAtUs - this.setup.originUs,
      listen: (onData, onClose) => void (this.handedOver = { onData, onClose }),
    };
  }

  private closed(close: ChannelClose): void {
    this.tell({ kind: 'close', step: currentStep(this.state) ?? 'stream', close, bytes: this.leftover() });
    this.channel = undefined;
    if (this.handedOver) this.handedOver.onClose(close);
    else this.take({ type: 'closed' });
  }

  private arm(step: StepId): void {
    this.stepTimer?.cancel();
    this.waitingSinceUs = this.setup.clock.monotonicUs();
    const { timers } = this.setup;
    if (step === 'psync') this.atPsync();
    const ms = step === 'psync' ? timers.psyncIdleMs : timers.replyMs;
    this.stepTimer = this.setup.clock.after(ms, () => this.take({ type: 'timeout' }), true);
  }

  /** From here on silence is limited, and with `psyncMaxMs` all of it. */
  private atPsync(): void {
    this.overallTimer.cancel();
    const { psyncMaxMs } = this.setup.timers;
    if (this.patienceTimer || psyncMaxMs === undefined) return;
    const giveUp = (): void => {
      this.impatient = true;
      this.take({ type: 'timeout' });
    };
    this.patienceTimer = this.setup.clock.after(psyncMaxMs, giveUp, true);
  }

  private disarm(): void {
    this.stepTimer?.cancel();
    this.patienceTimer?.cancel();
    this.overallTimer.cancel();
  }

  private leftover(): Bytes {
    return this.masked(this.queue.peekText(MAX_EVIDENCE_BYTES));
  }

  /** An error may echo the arguments of a command it does not know: the password among them. */
  private masked(bytes: Bytes): Bytes {
    const { pass } = this.setup.options;
    if (pass === undefined || pass === EMPTY || !bytes.includes(pass)) return bytes;
    if (pass.length >= 4) return ascii(bytes.replaceAll(pass, MASK));
    return ascii(bytes.replaceAll(`'${pass}'`, `'${MASK}'`).replaceAll(`\`${pass}\``, `\`${MASK}\``));
  }

  private maskedOutcome(outcome: Outcome): Outcome {
    return 'line' in outcome && outcome.line !== undefined
      ? { ...outcome, line: this.masked(outcome.line) }
      : outcome;
  }

  /** `us`: when it happened, if that was not now (the wire tap's time for what was read). */
  private tell(event: Untold<HandshakeEvent>, us = this.setup.clock.monotonicUs()): void {
    this.setup.observer({ ...event, atUs: us - this.setup.originUs, conn: this.setup.conn });
  }
}

/** The step that an outcome belongs to. */
function currentOf(outcome: Outcome): StepId {
  if (outcome.kind === 'failed') return outcome.step;
  return outcome.kind === 'introduced' ? 'capa' : 'psync';
}
