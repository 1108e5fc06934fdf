/**
 * The manual drive (`handshake --step`): the steps of a replica's handshake are proposed one by one, and whoever drives sends
 * them, changes them, leaves them out, or sends something else. What comes back is read as a replica would read it and told as
 * the events of a trace, so that the same renderer and the same rules serve it.
 *
 *   replies --PSYNC or SYNC taken--> snapshot --> stream        free commands are answered by replies until then
 */
import { type ChannelClose } from '../base/byte-channel.js';
import { ascii, EMPTY, flat, fromText, isWord, lower, type Bytes } from '../base/bytes.js';
import { parseSafeInt } from '../base/numbers.js';
import { splitArgs } from '../base/split-args.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { ReplyFormatError } from '../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../protocol/reply-decoder.js';
import { judge, parseContinue, parseFullResync, type Outcome } from '../replication/handshake/machine.js';
import {
  MAX_EVIDENCE_BYTES,
  type Stage,
  type Untold,
  type VisitEvent,
} from '../replication/handshake/observer.js';
import {
  MASK,
  stepArgs,
  STEPS,
  type HandshakeOptions,
  type StepId,
  type StepSpec,
} from '../replication/handshake/steps.js';
import { SnapshotReading } from '../replication/handshake/snapshot-reading.js';
import { StreamReader } from '../replication/handshake/stream-reader.js';
import { diagnose } from './diagnose.js';
import { addEvidence, noEvidence, type Asked } from './evidence.js';
import { Peer, type Ports } from './peer.js';
import { replyLines } from './reply-lines.js';
import { type Finding } from './rule.js';

export interface StepSetup extends Ports {
  readonly options: HandshakeOptions;
  readonly tls: boolean;
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly largestKeys?: number;
  readonly observer: (event: VisitEvent) => void;
  /** A reply to a free command, as lines of text. */
  readonly replied: (lines: readonly string[]) => void;
}

/** What is due, as it would be typed; secrets are masked. */
export interface Proposal {
  readonly id: StepId;
  readonly line: string;
}

/** After a message that needs no answer, or bytes of which nobody knows what they are: what comes that soon is shown. */
const LOOK_MS = 300;
/** Events kept for the diagnosis. */
const MAX_EVENTS = 5000;

export class StepDrive {
  private readonly todo: StepSpec[];
  private readonly events: VisitEvent[] = [];
  private readonly originUs: number;
  private readonly sentCapa: Bytes[] = [];
  private sentPort: number | undefined;
  private asked: Asked['psync'] = 'none';
  private mode: 'replies' | 'snapshot' | 'stream' | 'over' = 'replies';
  private outcome: Outcome | undefined;
  private taken: SnapshotReading | undefined;
  private reader: StreamReader | undefined;
  private closeTold = false;
  private toldCount = 0;
  /** Raw bytes were sent: nobody knows what answers them. */
  private rawSent = false;

  private constructor(
    private readonly setup: StepSetup,
    private readonly peer: Peer,
    originUs: number,
  ) {
    this.originUs = originUs;
    this.todo = STEPS.filter((spec) => spec.needed(setup.options));
    const { local, remote } = peer;
    const connect = { local: local.address, remote, localPort: local.port };
    this.tell({ kind: 'connect', step: 'connect', ...connect });
    peer.onIdle = () => this.arrived();
  }

  /** Connects. Rejects with Unreachable. */
  static async open(setup: StepSetup): Promise<StepDrive> {
    const originUs = setup.clock.monotonicUs();
    return new StepDrive(setup, await Peer.open(setup, setup.timeoutMs), originUs);
  }

  /** The step that is due; undefined when all were sent or left out, and once the connection is gone. */
  get next(): Proposal | undefined {
    const spec = this.mode === 'replies' ? this.todo.at(0) : undefined;
    if (spec === undefined) return undefined;
    const { shown } = stepArgs(spec, this.setup.options);
    return { id: spec.id, line: shown.map(typed).join(' ') };
  }

  /** PSYNC was taken, and what comes is the stream. */
  get inStream(): boolean {
    return this.mode === 'stream';
  }

  /** The connection has ended. */
  get over(): boolean {
    return this.mode === 'over';
  }

  /** Leaves the step out that is due. */
  skip(): void {
    this.todo.shift();
  }

  /**
   * Sends a line: the step that is due when it is still its command (and option), a free command otherwise. Answers why it
   * cannot be sent, when it cannot.
   */
  async send(line: string): Promise<string | undefined> {
    const spec = this.mode === 'replies' ? this.todo.at(0) : undefined;
    const proposal = this.next;
    const asProposed = spec !== undefined && proposal?.line === line;
    const args = asProposed ? stepArgs(spec, this.setup.options).args : splitArgs(fromText(line));
    if (args === undefined) return 'the quotes are not balanced';
    if (args.length === 0) return 'nothing to send';
    const shown = asProposed ? stepArgs(spec, this.setup.options).shown : masked(args);
    const step = spec !== undefined && standsFor(args, spec, this.setup.options) ? spec : undefined;
    if (step) this.todo.shift();
    this.note(args);
    const stage: Stage = step?.id ?? 'side';
    const bytes = flat(encodeCommand(shown));
    this.tell({ kind: 'send', step: stage, bytes, args: shown });
    this.peer.write(flat(encodeCommand(args)));
    await this.read(args, step, asProposed);
    return undefined;
  }

  /** Sends bytes, given as hex digits; answers why it cannot, when it cannot. */
  async hex(digits: string): Promise<string | undefined> {
    const packed = digits.replaceAll(/[\s,]+|0x/g, '');
    if (!/^([0-9a-f]{2})+$/i.test(packed)) return 'not hex digits in pairs: :hex 2a 31 0d 0a';
    const bytes = ascii(Buffer.from(packed, 'hex').toString('latin1'));
    this.tell({ kind: 'send', step: 'side', bytes, args: [bytes] });
    this.rawSent = true;
    this.peer.write(bytes);
    await this.wait(LOOK_MS);
    return undefined;
  }

  /** Reads what comes within that time; answers whether something was told of it, and how many bytes wait for their rest. */
  async wait(ms: number): Promise<{ readonly told: boolean; readonly waitingBytes: number }> {
    const { toldCount } = this;
    await this.peer.within(() => {
      this.arrived();
      return false;
    }, ms);
    this.arrived();
    const { bytesSeen = 0, bytesRead = 0 } = this.reader ?? {};
    return { told: this.toldCount > toldCount, waitingBytes: bytesSeen - bytesRead };
  }

  /** Ends the connection; what the events show. */
  finish(): readonly Finding[] {
    if (this.reader && this.mode === 'stream') this.endStream('stopped');
    this.mode = 'over';
    this.closeTold = true;
    this.peer.close();
    const { options, tls } = this.setup;
    const evidence = noEvidence({
      ...(this.sentPort !== undefined && { listeningPort: this.sentPort }),
      ...{ capa: this.sentCapa, tls, password: options.pass !== undefined, psync: this.asked, probe: false },
    });
    for (const event of this.events) addEvidence(evidence, event);
    return diagnose(evidence);
  }

  // ---- answers

  /** What was said decides how the answer is read. */
  private async read(args: readonly Bytes[], step: StepSpec | undefined, asProposed: boolean): Promise<void> {
    const [name, option = EMPTY] = args;
    const silent = isWord(name, 'replconf') && (isWord(option, 'ack') || isWord(option, 'getack'));
    if (this.mode !== 'replies' || silent) {
      await this.wait(LOOK_MS);
      return;
    }
    if (isWord(name, 'psync')) return this.psync(args, asProposed);
    if (isWord(name, 'sync')) return this.sync();
    if (step) return this.stepAnswer(step, asProposed);
    return this.freeAnswer();
  }

  private async stepAnswer(spec: StepSpec, asProposed: boolean): Promise<void> {
    const line = await this.line(spec.id, this.setup.timeoutMs);
    if (line === undefined) return;
    const note = judge(spec, line);
    const verdict = note.kind === 'keepalive' ? 'ok' : note.kind;
    const expected = note.kind === 'odd' ? { expected: note.expected } : {};
    this.tell({ kind: 'receive', step: spec.id, bytes: ended(line), line, verdict, ...expected });
    if (note.kind === 'fault' && asProposed) this.fault(spec.id, note.why);
  }

  private async psync(args: readonly Bytes[], asProposed: boolean): Promise<void> {
    let line: Bytes | undefined = EMPTY;
    while (line === EMPTY) {
      line = await this.line('psync', this.setup.idleMs);
      if (line === EMPTY) this.tell({ kind: 'keepalive', step: 'psync' });
    }
    if (line === undefined) return;
    const outcome = psyncOutcome(args, line);
    const verdict = outcome.kind === 'failed' ? 'fault' : 'ok';
    this.tell({ kind: 'receive', step: 'psync', bytes: ended(line), line, verdict });
    if (outcome.kind === 'failed') {
      if (asProposed) this.fault('psync', outcome.why);
      return;
    }
    this.outcome = outcome;
    this.tell({ kind: 'outcome', step: 'psync', outcome });
    if (outcome.kind === 'full') return this.snapshot();
    this.beginStream((parseSafeInt(args[2]) ?? 0) - 1);
  }

  private async sync(): Promise<void> {
    this.outcome = { kind: 'sync', line: EMPTY };
    return this.snapshot();
  }

  private async freeAnswer(): Promise<void> {
    const decoder = new ReplyDecoder(this.peer.queue);
    const reply = await this.reply(decoder, this.setup.timeoutMs);
    if (reply === undefined) this.tellSilence('side');
    else this.setup.replied(replyLines(reply).map((line) => this.hidden(ascii(line))));
  }

  private async reply(decoder: ReplyDecoder, silenceMs: number): Promise<Reply | undefined> {
    let reply: Reply | undefined;
    try {
      await this.peer.until(() => (reply = decoder.next()) !== undefined, silenceMs);
    } catch (error) {
      if (!(error instanceof ReplyFormatError)) throw error;
      this.tellNoise();
    }
    return reply;
  }

  /** A line without its end; undefined when none came, which is told. */
  private async line(step: StepId, silenceMs: number): Promise<Bytes | undefined> {
    const came = await this.peer.line(silenceMs);
    if ('raw' in came) return ascii(came.raw.replace(/\r?\n$/, ''));
    if (came.none === 'timeout') this.tellSilence(step);
    else if (came.none === 'garbage') this.tellNoise();
    else this.arrived();
    return undefined;
  }

  private tellSilence(step: Stage): void {
    if (this.peer.closed) return this.arrived();
    const waitedMs = step === 'psync' ? this.setup.idleMs : this.setup.timeoutMs;
    this.tell({ kind: 'fault', step, why: 'timeout', bytes: this.peer.waiting(), waitedMs });
  }

  private fault(
    step: StepId,
    why: 'error-reply' | 'unexpected' | 'unreachable' | 'timeout' | 'closed',
  ): void {
    this.tell({ kind: 'fault', step, why, bytes: this.peer.waiting(), waitedMs: 0 });
  }

  private tellNoise(): void {
    const bytes = this.peer.waiting();
    this.peer.takeAll();
    this.tell({ kind: 'receive', step: 'side', bytes, line: bytes, verdict: 'fault' });
  }

  // ---- snapshot and stream

  private async snapshot(): Promise<void> {
    this.mode = 'snapshot';
    const { clock, largestKeys, idleMs } = this.setup;
    const reading = (this.taken = new SnapshotReading({
      queue: this.peer.queue,
      nowMs: () => clock.monotonicUs() / 1000,
      wallMs: clock.nowMs(),
      largestKeys,
      tell: (event) => this.tell(event),
    }));
    const ended = await this.peer.until(() => reading.read() !== 'reading', idleMs);
    if (!ended) {
      if (this.peer.closed) reading.fails('closed', this.peer.waiting());
      else reading.silent();
    }
    const { outcome } = this;
    this.beginStream(reading.state === 'whole' && outcome?.kind === 'full' ? outcome.offset : undefined);
  }

  private beginStream(offset: number | undefined): void {
    this.mode = 'stream';
    this.reader = new StreamReader(offset, undefined, (event) =>
      this.tell(this.taken?.marked(event, this.reader?.commands ?? 0) ?? event),
    );
    this.tell({ kind: 'stream-begin', step: 'stream', ...(offset !== undefined && { offset }) });
    this.arrived();
  }

  private endStream(why: 'stopped' | 'closed' | 'fault'): void {
    const { commands = 0, bytesRead = 0, offset } = this.reader ?? {};
    this.reader = undefined;
    const position = offset === undefined ? {} : { offset };
    this.tell({ kind: 'stream-end', step: 'stream', why, commands, bytesRead, ...position });
  }

  /** Something came that nobody waits for. */
  private arrived(): void {
    if (this.mode === 'stream') this.readStream();
    else if (this.mode === 'replies' && this.peer.queue.length > 0) this.unasked();
    if (this.peer.closed && !this.closeTold) this.closed(this.peer.closed);
  }

  private readStream(): void {
    if (this.peer.queue.length === 0 || !this.reader) return;
    if (this.reader.read(this.peer.takeAll()) === 'fault') this.endStream('fault');
  }

  private unasked(): void {
    const bytes = this.peer.waiting();
    this.peer.takeAll();
    const verdict = this.rawSent
      ? ({ verdict: 'ok' } as const)
      : ({ verdict: 'odd', expected: 'nothing' } as const);
    this.tell({ kind: 'receive', step: 'side', bytes, line: bytes, ...verdict });
  }

  private closed(close: ChannelClose): void {
    this.closeTold = true;
    if (this.reader) this.endStream('closed');
    this.mode = 'over';
    this.tell({ kind: 'close', step: 'side', close, bytes: EMPTY });
  }

  // ---- what is kept

  /** What we said about ourselves decides what a right answer is. */
  private note(args: readonly Bytes[]): void {
    if (isWord(args[0], 'psync') && args.length === 3) {
      this.asked = args[1] === '?' ? 'full' : { replid: args[1], offset: parseSafeInt(args[2]) ?? 0 };
    }
    if (!isWord(args[0], 'replconf')) return;
    for (let i = 1; i + 1 < args.length; i += 2) {
      if (isWord(args[i], 'capa')) this.sentCapa.push(lower(args[i + 1]));
      else if (isWord(args[i], 'listening-port')) this.sentPort = parseSafeInt(args[i + 1]);
    }
  }

  /** An error may echo what it does not know: the password among it. */
  private hidden(bytes: Bytes): Bytes {
    const { pass = EMPTY } = this.setup.options;
    return pass === EMPTY || !bytes.includes(pass) ? bytes : ascii(bytes.replaceAll(pass, MASK));
  }

  private tell(event: Untold<VisitEvent>): void {
    const told =
      event.kind === 'receive'
        ? { ...event, line: this.hidden(event.line), bytes: this.hidden(event.bytes) }
        : event;
    const us = event.kind === 'receive' ? this.peer.readAtUs : this.setup.clock.monotonicUs();
    const whole = { ...told, atUs: us - this.originUs, conn: 1 };
    this.toldCount++;
    if (this.events.length < MAX_EVENTS && event.kind !== 'command') this.events.push(whole);
    this.setup.observer(whole);
  }
}

function psyncOutcome(
  args: readonly Bytes[],
  line: Bytes,
): Outcome & { kind: 'full' | 'continue' | 'failed' } {
  if (line.startsWith('+FULLRESYNC')) return { kind: 'full', ...parseFullResync(line), line };
  if (line.startsWith('+CONTINUE') && args[1] !== '?')
    return { kind: 'continue', ...parseContinue(line), line };
  const why = line.startsWith('-') ? 'error-reply' : 'unexpected';
  return { kind: 'failed', step: 'psync', why, line };
}

/** Whether a line is still the command of a step; of a REPLCONF the option counts, too, and SYNC stands for PSYNC. */
function standsFor(args: readonly Bytes[], spec: StepSpec, options: HandshakeOptions): boolean {
  const due = spec.args(options);
  const same = (a: Bytes | undefined, b: Bytes | undefined): boolean =>
    a !== undefined && b !== undefined && lower(a) === lower(b);
  if (spec.id === 'psync' && isWord(args[0], 'sync')) return true;
  if (!same(args[0], due[0])) return false;
  return !isWord(due[0], 'replconf') || same(args[1], due[1]);
}

/** No trace shows a password. */
function masked(args: readonly Bytes[]): readonly Bytes[] {
  const secret = isWord(args[0], 'auth') && args.length > 1 ? args.length - 1 : -1;
  return args.map((arg, i) => (i === secret ? MASK : arg));
}

/** An argument as it would be typed. */
function typed(arg: Bytes): string {
  if (/^[!-~]+$/.test(arg) && !/["'\\]/.test(arg)) return arg;
  return `"${arg.replace(/[\\"]/g, '\\$&')}"`;
}

function ended(line: Bytes): Bytes {
  return ascii(`${line.slice(0, MAX_EVIDENCE_BYTES)}\r\n`);
}
