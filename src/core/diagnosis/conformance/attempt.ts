/**
 * One attempt of a variant: a connection, what is said on it, and the evidence that the rules of the diagnosis read. Its
 * methods are the moves of a replica; each states what a real Redis answers and ends the variant with a Deviation when
 * something else comes.
 */
import { EMPTY, ascii, flat, fromText, quote, type Bytes } from '../../base/bytes.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import { parseContinue, parseFullResync, type Outcome } from '../../replication/handshake/machine.js';
import { type PsyncRequest, type StepId } from '../../replication/handshake/steps.js';
import { type Untold, type VisitEvent } from '../../replication/handshake/observer.js';
import { SnapshotReading } from '../../replication/handshake/snapshot-reading.js';
import { type SnapshotReport } from '../../replication/snapshot-check.js';
import { addEvidence, noEvidence, type Evidence } from '../evidence.js';
import { type DiagnosisId } from '../table.js';
import { Peer, type Ports } from '../peer.js';

export interface Env extends Ports {
  readonly user?: Bytes;
  readonly pass?: Bytes;
  readonly tls: boolean;
  readonly listeningPort: number;
  readonly timeoutMs: number;
  readonly idleMs: number;
}

/** Silence that proves that no answer comes, in ms. */
export const SILENCE_MS = 150;

/** The server did something else than Redis does. */
export class Deviation extends Error {
  constructor(
    /** What happened, as a sentence. */
    message: string,
    /** Of the attempt on which it was seen; none when the fault needs no bytes. */
    readonly evidence?: Evidence,
    /** The diagnosis, when the rules would not find it by themselves. */
    readonly id?: DiagnosisId,
  ) {
    super(message);
  }
}

/** The variant says nothing about this server. */
export class Skip extends Error {}

export interface Manner {
  /** `capa` names to announce, in one REPLCONF; none by default. */
  readonly capa?: readonly string[];
  /** null: announce none. */
  readonly port?: number | null;
  readonly ip?: string;
  readonly localPort?: number;
  /** Further REPLCONFs, each of which must be answered by +OK. */
  readonly extra?: readonly (readonly string[])[];
  /** How the bytes leave. */
  readonly send?: 'one-by-one' | 'one-segment' | 'byte-by-byte';
  /** What is done to the commands before they leave. */
  readonly spell?: 'lower' | 'upper';
}

interface Said {
  readonly step: StepId;
  readonly args: readonly string[];
}

export class Attempt {
  readonly evidence: Evidence;
  /** The offset before the next byte of the stream, once PSYNC was answered. */
  offset: number | undefined;

  private constructor(
    readonly peer: Peer,
    private readonly env: Env,
    readonly manner: Manner,
    psync: PsyncRequest,
  ) {
    this.evidence = noEvidence({
      ...(manner.port !== null && { listeningPort: manner.port ?? env.listeningPort }),
      ...(manner.ip !== undefined && { announceIp: fromText(manner.ip) }),
      capa: (manner.capa ?? []).map(fromText),
      tls: env.tls,
      password: env.pass !== undefined,
      psync,
      probe: false,
    });
    this.evidence.local = peer.local;
    this.evidence.remote = peer.remote;
  }

  /** Connects. Throws Unreachable. */
  static async open(env: Env, manner: Manner = {}, psync: PsyncRequest = 'full'): Promise<Attempt> {
    return new Attempt(await Peer.open(env, env.timeoutMs, manner.localPort), env, manner, psync);
  }

  /** PING, AUTH when there is a password, the REPLCONFs of the manner. */
  async introduce(): Promise<void> {
    await this.ping();
    const { send } = this.manner;
    const messages = this.introduction();
    for (const { step } of messages) this.evidence.sent.add(step);
    if (send === 'one-segment') {
      this.evidence.inOneGo = true;
      this.peer.write(ascii(messages.map((said) => this.wire(said.args)).join('')));
      for (const { step } of messages) await this.expectOk(step);
      return;
    }
    for (const { step, args } of messages) {
      await this.write(this.wire(args));
      await this.expectOk(step);
    }
  }

  private async ping(): Promise<void> {
    await this.write(this.wire(['PING']));
    const line = await this.answer('ping');
    // The default user may not PING before AUTH: then AUTH decides.
    const login = this.env.pass !== undefined && /^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(line);
    if (line !== '+PONG' && !login) this.deviate('ping', `PING was answered ${shown(line)}, not +PONG`);
  }

  private introduction(): Said[] {
    const { manner, env } = this;
    const { user, pass } = env;
    const port = manner.port === undefined ? env.listeningPort : manner.port;
    const capa = (manner.capa ?? []).flatMap((name) => ['capa', name]);
    const said: (Said | false)[] = [
      pass !== undefined && { step: 'auth', args: ['AUTH', ...(user === undefined ? [] : [user]), pass] },
      port !== null && { step: 'listening-port', args: ['REPLCONF', 'listening-port', String(port)] },
      manner.ip !== undefined && { step: 'ip-address', args: ['REPLCONF', 'ip-address', manner.ip] },
      capa.length > 0 && { step: 'capa', args: ['REPLCONF', ...capa] },
      ...(manner.extra ?? []).map((args): Said => ({ step: stepOf(args), args: ['REPLCONF', ...args] })),
    ];
    return said.filter((one) => one !== false);
  }

  private async expectOk(step: StepId): Promise<void> {
    const line = await this.answer(step);
    if (line === '+OK') return;
    const name = step === 'auth' ? 'AUTH' : `REPLCONF ${step}`;
    this.deviate(step, `${name} was answered ${shown(line)}, not +OK`);
  }

  // ---- single messages

  /** A REPLCONF of its own, and its answer. */
  async replconf(...args: readonly string[]): Promise<Bytes> {
    await this.write(this.wire(['REPLCONF', ...args]));
    return this.answer(stepOf(args));
  }

  /** Sends a command as it is; nothing is waited for. */
  say(...args: readonly string[]): void {
    this.peer.write(encoded(args));
  }

  /** The next line; a Deviation when none comes. */
  async answer(step: StepId, silenceMs = this.env.timeoutMs): Promise<Bytes> {
    const from = this.env.clock.monotonicUs();
    const came = await this.peer.line(silenceMs);
    if ('none' in came) {
      const waitedMs = (this.env.clock.monotonicUs() - from) / 1000;
      const why = came.none === 'garbage' ? 'unexpected' : came.none;
      this.evidence.fault = { step, why, bytes: this.peer.waiting(), waitedMs, onlyKeepalives: false };
      throw new Deviation(`${step}: ${NO_LINE[came.none]}`, this.evidence);
    }
    const { raw } = came;
    const line = ascii(raw.replace(/\r?\n$/, ''));
    if (line !== '' || step !== 'psync') {
      const refused = step === 'psync' ? 'fault' : 'ignored';
      this.evidence.answers.set(step, { line, bytes: raw, verdict: line.startsWith('-') ? refused : 'ok' });
    }
    return line;
  }

  /** Nothing must come for a moment. */
  async expectSilence(what: string, id?: DiagnosisId): Promise<void> {
    const came = await this.peer.until(() => this.peer.queue.length > 0, SILENCE_MS);
    if (!came) return;
    // The stream may go on: a command of it is no answer.
    const bytes = this.peer.waiting();
    if (bytes.startsWith('*')) return;
    throw new Deviation(`${what} was answered ${shown(bytes)}; Redis answers nothing`, this.evidence, id);
  }

  // ---- PSYNC and what follows

  /** Sends PSYNC and reads its answer, keepalives passed over. Throws a Deviation when it is refused. */
  async psync(request: PsyncRequest): Promise<Outcome & { kind: 'full' | 'continue' }> {
    this.evidence.asked.psync = request;
    const args = typeof request === 'string' ? ['?', '-1'] : [request.replid, String(request.offset)];
    await this.write(this.wire(['PSYNC', ...args]));
    let line = EMPTY;
    while (line === EMPTY) {
      line = await this.answer('psync', this.env.idleMs);
      if (line === EMPTY) this.evidence.keepalives++;
    }
    if (line.startsWith('+FULLRESYNC')) {
      const outcome = { kind: 'full', ...parseFullResync(line), line } as const;
      this.offset = outcome.offset;
      return (this.evidence.outcome = outcome);
    }
    if (line.startsWith('+CONTINUE') && typeof request !== 'string') {
      this.offset = request.offset - 1;
      return (this.evidence.outcome = { kind: 'continue', ...parseContinue(line), line });
    }
    return this.deviate('psync', `PSYNC ${args.join(' ')} was answered ${shown(line)}`);
  }

  /** Reads the snapshot after +FULLRESYNC or SYNC, to its end. */
  async snapshot(): Promise<SnapshotReport> {
    const { clock, idleMs } = this.env;
    const { queue } = this.peer;
    const reading = new SnapshotReading({
      queue,
      nowMs: () => clock.monotonicUs() / 1000,
      wallMs: clock.nowMs(),
      largestKeys: 0,
      tell: (event) => this.proves(event),
    });
    while (reading.read() === 'reading') {
      const had = queue.length;
      if (await this.peer.until(() => queue.length > had, reading.patienceMs(idleMs))) continue;
      if (this.peer.closed) reading.fails('closed', this.peer.waiting());
      else reading.silent();
    }
    const { report, fault } = this.evidence.snapshot ?? {};
    if (reading.state === 'whole' && report) return report;
    const why = SNAPSHOT_WHYS[fault?.why ?? 'unexpected'];
    throw new Deviation(`the snapshot did not come whole: ${why}`, this.evidence);
  }

  private proves(event: Untold<VisitEvent>): void {
    if (event.kind === 'keepalive') this.evidence.keepalives++;
    addEvidence(this.evidence, { ...event, atUs: this.env.clock.monotonicUs(), conn: 1 });
  }

  // ---- the rest

  /** A fault of a step, for the rules, and the end of the variant. */
  deviate(step: StepId, message: string, id?: DiagnosisId): never {
    const line = this.evidence.answers.get(step)?.line ?? EMPTY;
    const why = line.startsWith('-') ? 'error-reply' : 'unexpected';
    this.evidence.fault = { step, why, bytes: this.peer.waiting(), waitedMs: 0, onlyKeepalives: false };
    throw new Deviation(message, this.evidence, id);
  }

  close(): void {
    this.peer.close();
  }

  private wire(args: readonly string[]): Bytes {
    const { spell } = this.manner;
    const cased =
      spell === undefined ? args : args.map((arg, i) => (isName(args, i) ? recase(arg, spell) : arg));
    return encoded(cased);
  }

  private async write(bytes: Bytes): Promise<void> {
    if (this.manner.send === 'byte-by-byte') await this.peer.writeByteByByte(bytes);
    else this.peer.write(bytes);
  }
}

const NO_LINE = {
  timeout: 'no answer came in time',
  closed: 'the connection was closed instead of an answer',
  garbage: 'what came is no line',
};

const SNAPSHOT_WHYS = {
  'error-reply': 'the master gave up',
  unexpected: 'no `$` header came',
  timeout: 'nothing came any more',
  closed: 'the connection was closed',
  stalled: 'the RDB ended and more bytes were announced',
};

const REPLCONF_STEPS: readonly StepId[] = [
  'listening-port',
  'ip-address',
  'capa',
  'rdb-only',
  'rdb-filter-only',
];

function stepOf([option]: readonly string[]): StepId {
  return REPLCONF_STEPS.find((step) => step === option) ?? 'capa';
}

/** Names of commands, of options and of capabilities; ids and addresses keep their case. */
function isName(args: readonly string[], i: number): boolean {
  if (i === 0) return true;
  return args[0] === 'REPLCONF' && (i % 2 === 1 || args[i - 1] === 'capa');
}

function recase(text: string, to: 'lower' | 'upper'): string {
  return to === 'lower' ? text.toLowerCase() : text.toUpperCase();
}

export function encoded(args: readonly string[]): Bytes {
  return flat(encodeCommand(args.map((arg) => arg as Bytes)));
}

/** Bytes of a server within a sentence. */
export function shown(bytes: Bytes): string {
  return `\`${quote(bytes.slice(0, 120) as Bytes, false)}\``;
}
