/**
 * The master's side of a connection that is watched: tells the same events that a visit of our own tells, so that the same
 * rules find the master's faults. The replica is somebody else's: what it sent decides what an answer belongs to.
 *
 *   handshake --+FULLRESYNC--> snapshot --> stream        not a replica, or TLS --> passed on
 *       |  `----+CONTINUE------------------^
 *       `--SYNC--> snapshot
 *
 * The snapshot is read in constant memory; of the stream only counts are kept.
 */
import { ByteQueue, LineTooLongError } from '../../base/byte-queue.js';
import { ascii, flat, fromBuffer, lower, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import { judge, readPsyncAnswer, type FailWhy } from '../../replication/handshake/machine.js';
import {
  MAX_EVIDENCE_BYTES,
  type Stage,
  type Untold,
  type VisitEvent,
} from '../../replication/handshake/observer.js';
import { MAX_LINE_BYTES } from '../../replication/handshake/run.js';
import { SETTLE_MS } from '../../replication/handshake/visit.js';
import { MASK, STEPS, type PsyncRequest, type StepId } from '../../replication/handshake/steps.js';
import { SnapshotReading } from '../../replication/handshake/snapshot-reading.js';
import { StreamReader } from '../../replication/handshake/stream-reader.js';

/** An answer that is due this long when the replica leaves was not given in its time, in ms. */
const PATIENCE_MS = 1000;
/** Answers that are due: a replica sends at most five commands before PSYNC. */
const MAX_DUE = 64;

type Tell = (event: Untold<VisitEvent>) => void;

export class MasterSide {
  /** What PSYNC asked for. */
  asked: PsyncRequest = 'none';
  private mode: 'handshake' | 'snapshot' | 'stream' | 'over' = 'handshake';
  private readonly queue = new ByteQueue();
  private readonly due: { readonly step: Stage; readonly sinceMs: number }[] = [];
  private readonly secrets: Bytes[] = [];
  private snapshot: SnapshotReading | undefined;
  private startOffset: number | undefined;
  private reader: StreamReader | undefined;
  private failed = false;
  private nowMs = 0;
  private heardMs = 0;

  /** @param wallMs the time of day, for what has expired in a snapshot */
  constructor(
    private readonly wallMs: number,
    private readonly tell: Tell,
  ) {}

  get inStream(): boolean {
    return this.mode === 'stream';
  }

  /** Of the stream until now. */
  progress(): { commands: number; bytesRead: number; offset?: number } | undefined {
    if (!this.reader) return undefined;
    const { commands, bytesRead, offset } = this.reader;
    return { commands, bytesRead, ...(offset !== undefined && { offset }) };
  }

  // ---- what the replica sends

  /** A command of the replica. @returns false when it is none of a handshake */
  sent(argv: readonly Bytes[], inline: boolean, nowMs: number): boolean {
    this.nowMs = nowMs;
    if (this.mode !== 'handshake') return true;
    const step = stepOf(argv);
    if (step === undefined || this.due.length >= MAX_DUE) return false;
    const args = this.masked(argv);
    const bytes = inline ? ascii(`${args.join(' ')}\r\n`) : flat(encodeCommand(args));
    this.tell({ kind: 'send', step, bytes, args });
    this.due.push({ step, sinceMs: nowMs });
    if (step === 'psync') this.asked = requestOf(argv);
    if (step === 'sync' && this.due.length === 1) this.beginSnapshot();
    return true;
  }

  // ---- what the master sends

  /** Bytes of the master; kept until they are read. */
  received(chunk: Buffer, nowMs: number): void {
    this.nowMs = this.heardMs = nowMs;
    if (this.mode === 'over') return;
    this.queue.push(chunk);
    if (this.mode === 'handshake') this.readLines();
    if (this.mode === 'snapshot') this.readSnapshot();
    if (this.mode === 'stream') this.readStream();
  }

  /** Time has passed: about once a second. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.mode === 'snapshot') {
      this.snapshot?.judgeSilence(Infinity);
      if (this.snapshot?.state === 'failed') this.mode = 'over';
    } else if (this.mode === 'stream' && nowMs - this.heardMs >= SETTLE_MS) this.reader?.finish();
  }

  /** The connection is over. */
  closed(by: 'replica' | 'master', nowMs: number): void {
    this.nowMs = nowMs;
    const due = this.due.at(0);
    if (this.mode === 'handshake' && !this.failed) {
      if (by === 'master') this.fails(due?.step ?? 'ping', 'closed', nowMs - (due?.sinceMs ?? nowMs));
      else if (due && nowMs - due.sinceMs >= PATIENCE_MS)
        this.fails(due.step, 'timeout', nowMs - due.sinceMs);
    } else if (this.mode === 'snapshot' && by === 'master') this.snapshot?.fails('closed', this.waiting());
    else if (this.mode === 'stream') this.endStream(by === 'master' ? 'closed' : 'stopped');
    this.mode = 'over';
  }

  /** Watching ends while the connection stands. */
  stop(): void {
    if (this.mode === 'stream') this.endStream('stopped');
    this.mode = 'over';
  }

  // ---- answers

  private readLines(): void {
    while (this.mode === 'handshake') {
      let raw: Bytes;
      try {
        const line = this.queue.readLine(MAX_LINE_BYTES);
        if (line === undefined) return;
        raw = fromBuffer(line);
      } catch (error) {
        if (!(error instanceof LineTooLongError)) throw error;
        this.mode = 'over';
        return this.fails(this.due.at(0)?.step ?? 'ping', 'unexpected', 0);
      }
      this.answered(raw);
    }
  }

  private answered(raw: Bytes): void {
    // What comes before anything was asked is meant for the first command: a refusal, or another service's greeting.
    const { step, sinceMs } = this.due.at(0) ?? { step: 'ping' as const, sinceMs: this.nowMs };
    const bytes = this.withoutSecrets(raw);
    const line = ascii(bytes.replace(/\r?\n$/, ''));
    if (step === 'psync') return this.psyncAnswered(line, bytes, sinceMs);
    this.due.shift();
    const spec = STEPS.find(({ id }) => id === step);
    if (!spec) {
      const verdict = line.startsWith('-') ? 'ignored' : 'ok';
      this.tell({ kind: 'receive', step, bytes, line, verdict });
    } else {
      const note = judge(spec, line);
      const expected = note.kind === 'odd' ? { expected: note.expected } : {};
      const verdict = note.kind === 'keepalive' ? 'odd' : note.kind;
      this.tell({ kind: 'receive', step, bytes, line, verdict, ...expected });
      if (note.kind === 'fault') this.fails(step, note.why, this.nowMs - sinceMs);
    }
    if (this.due.at(0)?.step === 'sync') this.beginSnapshot();
  }

  private psyncAnswered(line: Bytes, bytes: Bytes, sinceMs: number): void {
    const step = 'psync';
    const { outcome, note } = readPsyncAnswer(line, this.asked);
    if (outcome === undefined) return this.tell({ kind: 'keepalive', step });
    this.due.shift();
    const fault = note.kind === 'fault';
    this.tell({ kind: 'receive', step, bytes, line, verdict: fault ? 'fault' : 'ok' });
    if (note.kind === 'fault') this.faultTold(step, note.why, this.nowMs - sinceMs);
    this.tell({ kind: 'outcome', step, outcome });
    if (outcome.kind === 'full') this.beginSnapshot(outcome.offset);
    else if (outcome.kind === 'continue') {
      this.beginStream(typeof this.asked === 'string' ? undefined : this.asked.offset - 1);
    } else if (this.due.at(0)?.step === 'sync') this.beginSnapshot();
  }

  private fails(step: Stage, why: FailWhy, waitedMs: number): void {
    if (this.failed || step === 'snapshot' || step === 'stream' || step === 'side' || step === 'other')
      return;
    this.faultTold(step, why, waitedMs);
    this.tell({ kind: 'outcome', step, outcome: { kind: 'failed', step, why } });
  }

  private faultTold(step: StepId, why: FailWhy, waitedMs: number): void {
    this.failed = true;
    this.tell({ kind: 'fault', step, why, bytes: this.waiting(), waitedMs });
  }

  // ---- the snapshot

  private beginSnapshot(offset?: number): void {
    this.startOffset = offset;
    this.mode = 'snapshot';
    this.snapshot = new SnapshotReading({
      queue: this.queue,
      nowMs: () => this.nowMs,
      wallMs: this.wallMs,
      tell: (event) =>
        this.tell(
          event.kind === 'snapshot-fault' ? { ...event, bytes: this.withoutSecrets(event.bytes) } : event,
        ),
    });
  }

  private readSnapshot(): void {
    const state = this.snapshot?.read();
    if (state === 'whole') this.beginStream(this.startOffset);
    else if (state === 'failed') this.mode = 'over';
  }

  // ---- the stream

  private beginStream(offset: number | undefined): void {
    this.mode = 'stream';
    this.reader = new StreamReader(offset, undefined, (event) =>
      this.tell(this.snapshot?.marked(event, this.reader?.commands ?? 0) ?? event),
    );
    this.tell({ kind: 'stream-begin', step: 'stream', ...(offset !== undefined && { offset }) });
  }

  private readStream(): void {
    if (this.queue.length === 0) return;
    if (this.reader?.read(this.queue.take(this.queue.length))) {
      this.endStream('fault');
      this.mode = 'over';
    }
  }

  private endStream(why: 'closed' | 'stopped' | 'fault'): void {
    this.reader?.finish();
    const progress = this.progress();
    if (progress) this.tell({ kind: 'stream-end', step: 'stream', why, ...progress });
  }

  // ---- bytes

  private masked(argv: readonly Bytes[]): readonly Bytes[] {
    const name = lower(argv[0]);
    const at = name === 'auth' ? argv.length - 1 : -1;
    if (at < 1) return argv;
    this.secrets.push(argv[at]);
    return argv.map((arg, i) => (i === at ? MASK : arg));
  }

  /** An error may echo the arguments of a command it does not know: the password among them. */
  private withoutSecrets(bytes: Bytes): Bytes {
    return this.secrets.reduce(
      (out, secret) => (secret.length < 4 ? out : ascii(out.replaceAll(secret, MASK))),
      bytes,
    );
  }

  private waiting(): Bytes {
    return this.withoutSecrets(this.queue.peekText(MAX_EVIDENCE_BYTES));
  }
}

const REPLCONF_STEPS: ReadonlySet<string> = new Set([
  'listening-port',
  'ip-address',
  'capa',
  'rdb-only',
  'rdb-filter-only',
]);

/** The step that a command is; undefined when replicas do not send it before the stream. */
function stepOf(argv: readonly Bytes[]): Stage | undefined {
  const name: string = lower(argv[0]);
  if (name === 'ping' || name === 'auth' || name === 'psync' || name === 'sync') return name;
  if (name !== 'replconf') return undefined;
  const option: string = argv.length > 1 ? lower(argv[1]) : '';
  return REPLCONF_STEPS.has(option) ? (option as StepId) : 'other';
}

/** What a PSYNC asks for; nonsense counts as a full sync, as a master takes it. */
function requestOf(argv: readonly Bytes[]): PsyncRequest {
  const offset = argv.length === 3 ? parseSafeInt(argv[2]) : undefined;
  return offset === undefined || argv[1] === '?' ? 'full' : { replid: argv[1], offset };
}
