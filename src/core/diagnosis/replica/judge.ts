/**
 * ReplicaJudge: what a replica does wrong, seen from its master. It is given the bytes of one connection in both directions with
 * their times, and tells steps, ACKs and findings (events.ts). It changes nothing and opens nothing.
 *
 *   introducing ──PSYNC──► waiting ─┬─ +FULLRESYNC ──► receiving ──snapshot over──► online
 *        ▲                          ├─ +CONTINUE ─────────────────────────────────► online
 *        └────────── -ERR ──────────┘
 *
 * Used by `serve --trace` on every connection that looks like a replica, and by `handshake --between`. Each id is told once per
 * connection. What can be right is never called wrong: a real redis-server gets no finding.
 */
import { ascii, isWord, lower, quote, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { type Reply } from '../../protocol/reply-decoder.js';
import { MASK } from '../../replication/handshake/steps.js';
import { type Finding } from '../rule.js';
import { type DiagnosisId } from '../table.js';
import { severityOf, told } from '../told-finding.js';
import { AckJudge } from './acks.js';
import { type ReplicaEvent, type StepVerdict, type UntimedReplicaEvent } from './events.js';
import { ReplicaDecoder, type FromReplica } from './from-replica.js';
import { type ReplicaMemory } from './memory.js';
import { MAX_FIRST, type Preamble } from './miscounts.js';
import { Positions } from './positions.js';
import { lineOf, MasterDecoder } from './to-replica.js';

/** A replica says something each second: after so long without a word something is wrong. */
const SILENT_MS = 5000;
/** Between two ACKs; longer than SILENT_MS, because a busy replica is late. */
const NO_ACK_MS = 10_000;
/** How fast a snapshot is loaded, at least. */
const LOADED_BYTES_PER_MS = 20_000;
/** What comes so soon behind the snapshot may be read together with its end. */
const TOGETHER_MS = 100;
/** A line feed and an ACK may be read together once, by chance. */
const COALESCED = 2;

/** REPLCONF options of redis 7.2.6, and those of newer servers, which an older master refuses without harm. */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  'listening-port',
  'ip-address',
  'capa',
  'ack',
  'getack',
  'fack',
  'rdb-only',
  'rdb-filter-only',
  'version',
  'rdb-channel',
  'main-ch-client-id',
  'set-rdb-client-id',
  'uuid',
]);

export interface JudgeOptions {
  /** The master's repl-timeout, for the texts. */
  readonly replTimeoutMs?: number;
  /** How fast a snapshot of this replica is loaded at least, in bytes per ms. */
  readonly loadedBytesPerMs?: number;
  /** What is known of earlier connections, and the address that this one comes from. */
  readonly memory?: ReplicaMemory;
  readonly peerHost?: string;
  /** The master is one of ours: what a stream begins with is what was asked for. */
  readonly masterIsOurs?: boolean;
}

/** The beginning of an ACK that could not be read: something else than bulk strings is in it. */
const TYPED_ACK = /^\*\d+\r\n(\$8\r\n|\+)REPLCONF\r\n(\$3\r\n|\+)ACK\r\n/i;

type Phase = 'introducing' | 'waiting' | 'receiving' | 'online' | 'closed';

export class ReplicaJudge {
  /** Ids that were told. */
  readonly found: DiagnosisId[] = [];
  private phase: Phase = 'introducing';
  private readonly decoder = new ReplicaDecoder();
  private readonly master = new MasterDecoder({
    reply: (reply) => this.replied(reply),
    psyncAnswer: (line) => this.answered(line),
    keepalive: () => this.tell({ kind: 'keepalive' }),
    snapshotBegins: (form, length, headerBytes) => this.snapshotBegins(form, length, headerBytes),
    snapshotEnds: (bytes) => this.snapshotEnds(bytes),
    snapshotFails: (line) => this.snapshotFails(line),
    stream: (buf, start, end) => this.streamed(buf, start, end),
    unreadable: () => this.tell({ kind: 'blind' }),
  });
  /** Commands whose replies have not come, by name. */
  private readonly expected: string[] = [];
  private sentAuth = false;
  private introduced = false;
  private announcedPort: Bytes | undefined;
  /** It wants the snapshot alone. */
  private rdbOnly = false;
  /** It came with SYNC, and sends no ACKs. */
  private preSync = false;
  /** What PSYNC asked for: the first byte wanted. */
  private asked = 0;
  private askedReplid = '';
  /** PSYNC asked for what follows its last ACK. */
  private goesOn = false;
  /** The history that it is sent. */
  private replid = '';
  private form: 'length' | 'eof' | undefined;
  private readonly preamble: Preamble = {
    handshakeBytes: 0,
    headerBytes: 0,
    snapshotBytes: 0,
    first: [],
    behind: 'the end of the snapshot',
  };
  private positions: Positions | undefined;
  private acks: AckJudge | undefined;
  private nowMs = 0;
  private heardMs = 0;
  private newlineMs: number | undefined;
  private ackMs: number | undefined;
  private snapshotMs = 0;
  private onlineMs = 0;
  private coalesced = 0;

  constructor(
    private readonly observer: (event: ReplicaEvent) => void,
    private readonly options: JudgeOptions = {},
  ) {}

  /** Whether it has asked to be synchronised. */
  get isReplica(): boolean {
    return this.phase !== 'introducing';
  }

  // ---- what it is fed with

  /** Bytes that the replica sent, `chunk[start, end)`: copied where they are kept. */
  fromReplica(chunk: Buffer, atMs: number, start = 0, end = chunk.length): void {
    if (this.phase === 'closed') return;
    this.nowMs = atMs;
    for (const item of this.decoder.push(chunk, start, end)) this.take(item);
    this.heardMs = atMs;
  }

  /** Bytes that the master sent it, `chunk[start, end)`: used until this returns. */
  toReplica(chunk: Buffer, atMs: number, start = 0, end = chunk.length): void {
    if (this.phase === 'closed') return;
    this.nowMs = atMs;
    this.master.push(chunk, start, end);
  }

  /** Time has passed: about once a second. */
  tick(atMs: number): void {
    this.nowMs = atMs;
    if (this.phase === 'introducing') this.judgeIntroduction();
    else if (this.phase === 'online' && !this.preSync && !this.rdbOnly) this.judgeSilence();
  }

  /** The connection has ended. */
  closed(atMs: number, by: 'replica' | 'master' | 'error'): void {
    if (this.phase === 'closed') return;
    this.tick(atMs);
    this.phase = 'closed';
    this.tell({ kind: 'closed', by });
  }

  // ---- what the replica says

  private take(item: FromReplica): void {
    switch (item.kind) {
      case 'newline':
        this.newline(item.alone);
        return;
      case 'command':
        if (item.argv.length > 0) this.command(item.argv);
        return;
      case 'reply':
        this.odd(item.bytes, this.phase === 'receiving' || this.phase === 'online');
        return;
      case 'garbage':
        this.odd(item.bytes, false);
        return;
    }
  }

  private newline(alone: boolean): void {
    this.tell({ kind: 'newline' });
    if (this.phase === 'waiting') this.talks('a line feed');
    if (this.phase !== 'online') return;
    this.sign();
    this.newlineMs = this.nowMs;
    if (!alone && ++this.coalesced >= COALESCED)
      this.find({
        id: 'newline-before-ack',
        text: `${this.coalesced} times a line feed and an ACK came in one piece.`,
      });
  }

  private odd(bytes: Bytes, reply: boolean): void {
    this.tell({ kind: 'odd', bytes });
    if (this.phase === 'waiting') this.talks(`\`${quote(bytes, false)}\``);
    else if (reply)
      this.find({
        id: 'replies-to-stream',
        text: `It sent \`${quote(bytes, false)}\` on the connection on which it receives the stream.`,
      });
    else if (TYPED_ACK.test(bytes))
      this.find({
        id: 'ack-malformed',
        text: `It sent \`${quote(bytes, false)}\`, which is not an array of bulk strings.`,
      });
    else if (this.phase !== 'introducing') this.sendsCommand(quote(bytes, false));
  }

  private command(argv: readonly Bytes[]): void {
    const name = lower(argv[0]) as string;
    switch (this.phase) {
      case 'introducing':
        this.introduce(name, argv);
        return;
      case 'waiting':
        this.tell({ kind: 'command', args: argv });
        this.talks(`\`${shown(argv)}\``);
        return;
      case 'receiving':
      case 'online':
        if (name === 'replconf' && argv.length > 1 && isWord(argv[1], 'ack')) this.ack(argv);
        else {
          this.tell({ kind: 'command', args: argv });
          this.sendsCommand(shown(argv));
        }
        return;
      case 'closed':
        return;
    }
  }

  private introduce(name: string, argv: readonly Bytes[]): void {
    this.tell({ kind: 'command', args: masked(name, argv) });
    if (name === 'auth' || (name === 'hello' && argv.some((arg) => isWord(arg, 'auth'))))
      this.sentAuth = true;
    if (name === 'replconf' && !this.replconf(argv)) return;
    if (name === 'psync') this.psync(argv);
    if (name === 'sync') {
      this.preSync = true;
      this.phase = 'waiting';
    }
    this.expected.push(name);
    this.expectAnswer();
  }

  /** @returns whether it is answered */
  private replconf(argv: readonly Bytes[]): boolean {
    this.introduced = true;
    if (argv.length % 2 === 0) {
      this.find({ id: 'replconf-odd-options', text: `It sent \`${shown(argv)}\`.` });
      return true;
    }
    for (let i = 1; i < argv.length; i += 2) {
      const option = lower(argv[i]) as string;
      if (option === 'ack') return false;
      if (option === 'listening-port') this.announcedPort = argv[i + 1];
      if (option === 'rdb-only' || option === 'rdb-channel') this.rdbOnly ||= argv[i + 1] !== '0';
      if (!KNOWN_OPTIONS.has(option))
        this.find({
          id: 'replconf-option-unknown',
          text: `It sent \`${shown(argv)}\`: no server knows the option \`${quote(argv[i], false)}\`.`,
        });
    }
    return true;
  }

  private psync(argv: readonly Bytes[]): void {
    if (this.expected.length > 0) this.tooEarly();
    const offset = argv.length === 3 ? parseSafeInt(argv[2]) : undefined;
    if (offset === undefined)
      this.find({
        id: 'psync-malformed',
        text: `It sent \`${shown(argv)}\`, which is not an id and a number.`,
      });
    if (this.announcedPort === undefined && !this.rdbOnly) this.find({ id: 'no-listening-port' });
    this.asked = offset ?? 0;
    this.askedReplid = offset === undefined ? '' : lower(argv[1]);
    const { memory } = this.options;
    this.goesOn = memory?.continues(this.name, this.askedReplid, this.asked) ?? false;
    const held = this.goesOn ? undefined : memory?.holds(this.name, this.askedReplid, this.asked);
    if (held !== undefined) this.asksForLast(held);
    this.phase = 'waiting';
  }

  /** The same replica, as far as that can be known. */
  private get name(): string {
    return `${this.options.peerHost ?? ''} ${this.announcedPort ?? ''}`;
  }

  private asksForLast(why: string): void {
    this.find({
      id: 'psync-asks-for-last-byte',
      text: `PSYNC asked for byte ${this.asked}, which the replica has: ${why}. The first one that it lacks is ${this.asked + 1}.`,
    });
  }

  private tooEarly(): void {
    const names = this.expected.map((name) => `\`${name.toUpperCase()}\``).join(', ');
    this.find({
      id: 'psync-before-replies',
      text: `PSYNC came while the answers to ${names} were not sent yet: they were sent in one go.`,
    });
  }

  private talks(what: string): void {
    this.find({
      id: 'talks-while-waiting',
      text: `Between PSYNC and its answer it sent ${what}. Each such byte begins repl-diskless-sync-delay anew.`,
    });
  }

  private sendsCommand(what: string): void {
    this.find({
      id: 'replica-sends-commands',
      text: `After PSYNC it sent \`${what}\` on the replication link.`,
    });
  }

  // ---- what the master says

  private expectAnswer(): void {
    if (this.expected[0] === 'psync') this.master.expectPsync();
    else if (this.expected[0] === 'sync') {
      this.expected.shift();
      this.master.expectSnapshot();
      this.phase = 'receiving';
    }
  }

  private replied(reply: Reply): void {
    const to = this.expected.shift();
    const line = lineOf(reply);
    const verdict = this.judgeReply(to, line);
    this.tell({ kind: 'reply', line, verdict });
    if (verdict !== 'ok') this.explainRefusal(to, line);
    this.expectAnswer();
  }

  private judgeReply(to: string | undefined, line: Bytes): StepVerdict {
    if (!line.startsWith('-')) return 'ok';
    return to === 'auth' ? 'fault' : 'ignored';
  }

  private explainRefusal(to: string | undefined, line: Bytes): void {
    // A replica that will log in next is refused its PING first.
    if (/^-(NOAUTH|ERR operation not permitted)/.test(line)) {
      if (to !== 'ping' && !this.sentAuth)
        this.find({
          id: 'replica-sent-no-auth',
          text: `${(to ?? '').toUpperCase()} was answered \`${line}\`, and the replica has sent no AUTH.`,
        });
    } else if (/^-WRONGPASS/.test(line))
      this.find({ id: 'wrongpass', text: `AUTH was answered \`${line}\`.` });
    else if (/^-NOPERM/.test(line) && to !== 'ping')
      this.find({ id: 'noperm-psync', text: `${(to ?? '').toUpperCase()} was answered \`${line}\`.` });
    else if (/^-ERR SYNC and PSYNC are invalid with pending output/.test(line))
      this.find({ id: 'psync-before-replies', text: `PSYNC was answered \`${line}\`.` });
  }

  private answered(line: Bytes): 'snapshot' | 'stream' | 'replies' {
    this.expected.shift();
    this.preamble.handshakeBytes = this.master.handshakeBytes;
    const full = /^\+FULLRESYNC ([^ ]+) ([0-9]+)$/.exec(line);
    if (full) {
      const offset = Number(full[2]);
      this.tell({ kind: 'full', replid: full[1] as Bytes, offset });
      this.phase = 'receiving';
      this.begin(full[1], offset);
      return 'snapshot';
    }
    if (line.startsWith('+CONTINUE')) {
      const replid = line.slice('+CONTINUE '.length) as Bytes;
      const wrong = this.found.includes('psync-asks-for-last-byte');
      this.tell({
        kind: 'continue',
        ...(replid !== '' && { replid }),
        offset: this.asked,
        ...(wrong && { verdict: 'fault' }),
      });
      this.preamble.behind = 'the answer to PSYNC';
      this.begin(replid === '' ? this.askedReplid : replid, this.asked - 1, true);
      this.goOnline();
      return 'stream';
    }
    const later = /^-(LOADING|NOMASTERLINK)/.test(line);
    this.tell({ kind: 'reply', line, verdict: later ? 'ignored' : 'fault' });
    this.explainRefusal('psync', line);
    this.phase = 'introducing';
    return 'replies';
  }

  private begin(replid: string, offset: number, resumed = false): void {
    this.positions = new Positions(offset, resumed);
    this.replid = lower(replid as Bytes);
    this.acks = new AckJudge(this.positions, this.preamble);
  }

  private snapshotBegins(form: 'length' | 'eof', length: number | undefined, headerBytes: number): void {
    this.form = form;
    this.preamble.headerBytes = headerBytes;
    this.snapshotMs = this.nowMs;
    this.tell({ kind: 'snapshot-begin', form, ...(length !== undefined && { length }) });
  }

  private snapshotFails(line: Bytes): void {
    this.tell({ kind: 'reply', line, verdict: 'fault' });
    this.phase = 'introducing';
  }

  private snapshotEnds(bytes: number): void {
    this.preamble.snapshotBytes = bytes;
    this.tell({ kind: 'snapshot-end', bytes, ms: this.nowMs - this.snapshotMs });
    this.goOnline();
  }

  private goOnline(): void {
    this.phase = 'online';
    this.onlineMs = this.nowMs;
  }

  private streamed(buf: Buffer, start: number, end: number): void {
    const { positions } = this;
    if (positions === undefined) return;
    const before = positions.questions.at(-1);
    const wasLost = positions.lost;
    positions.push(buf, start, end, this.nowMs);
    this.noteFirst(positions);
    for (const question of positions.questions) {
      if (before === undefined || question.start > before.start)
        this.tell({ kind: 'getack', offset: question.start });
    }
    if (positions.lost && !wasLost) this.tell({ kind: 'blind' });
  }

  /** What may have come in one piece with the end of the snapshot; a stream that shows where commands end is remembered. */
  private noteFirst(positions: Positions): void {
    const { first } = this.preamble;
    const end = positions.newest().end;
    const whole = positions.sent === end;
    if (whole && first.length < MAX_FIRST && this.nowMs - this.onlineMs <= TOGETHER_MS)
      first.push(end - positions.base);
    if (positions.beganInside !== undefined && this.options.masterIsOurs && !this.goesOn)
      this.asksForLast(`byte ${this.asked} is the line feed that ends a command`);
    if (end > positions.base) this.options.memory?.begins(this.replid, positions);
  }

  // ---- ACKs and silence

  private ack(argv: readonly Bytes[]): void {
    const offset = parseSafeInt(argv[2] ?? ascii(''));
    const aofOffset = argv.length === 5 && isWord(argv[3], 'fack') ? parseSafeInt(argv[4]) : undefined;
    const wellFormed = argv.length === 3 || (argv.length === 5 && aofOffset !== undefined);
    if (offset === undefined || offset < 0 || !wellFormed) {
      this.tell({ kind: 'command', args: argv });
      this.find({ id: 'ack-malformed', text: `It sent \`${shown(argv)}\`.` });
      return;
    }
    this.sign();
    this.ackMs = this.nowMs;
    const judged = this.phase === 'online' ? this.acks?.ack(offset, this.nowMs) : undefined;
    const { positions } = this;
    const sent = positions && !positions.lost ? positions.sent : undefined;
    const severity = judged?.finding && severityOf(judged.finding);
    if (judged !== undefined) this.options.memory?.acknowledged(this.name, this.replid, offset);
    this.tell({
      kind: 'ack',
      offset,
      ...(aofOffset !== undefined && { aofOffset }),
      ...(sent !== undefined && { sent, behindBytes: Math.max(0, sent - offset) }),
      answersGetack: judged?.answers ?? false,
      verdict: severity ?? 'ok',
      ...(judged?.finding && { why: judged.finding.id }),
    });
    if (judged?.finding) this.find(judged.finding);
  }

  /** It lives: was it silent for too long before? */
  private sign(): void {
    if (this.ackMs !== undefined || this.phase !== 'online') return;
    const since = this.nowMs - Math.max(this.onlineMs, this.newlineMs ?? 0);
    if (since > SILENT_MS && !this.found.includes('first-ack-missing') && !this.found.includes('no-acks'))
      this.find({
        id: 'silent-while-loading',
        text: `After the snapshot nothing came from it for ${seconds(since)}, and then it went on: it was loading.`,
      });
  }

  private judgeIntroduction(): void {
    const silentMs = this.nowMs - this.heardMs;
    if (!this.introduced || this.expected.length > 0 || silentMs <= SILENT_MS) return;
    // What was found before is why.
    if (this.found.length > 0) return;
    this.find({
      id: 'silent-before-psync',
      text: `It has sent REPLCONF, and everything was answered; for ${seconds(silentMs)} nothing has come.`,
    });
  }

  private judgeSilence(): void {
    const heardMs = Math.max(this.onlineMs, this.newlineMs ?? 0, this.ackMs ?? 0);
    const silentMs = this.nowMs - heardMs;
    if (this.ackMs === undefined) this.judgeFirstAck(silentMs);
    else if (silentMs > NO_ACK_MS) this.noAcks(`Its last ACK came ${seconds(silentMs)} ago.`);
    const busy = this.newlineMs !== undefined && this.nowMs - this.newlineMs <= SILENT_MS;
    const overdue = this.ackMs === undefined || busy ? undefined : this.acks?.overdue(this.nowMs, SILENT_MS);
    if (overdue) this.find(overdue);
  }

  private judgeFirstAck(silentMs: number): void {
    const perMs = this.options.loadedBytesPerMs ?? LOADED_BYTES_PER_MS;
    const loadingMs = this.newlineMs === undefined ? this.preamble.snapshotBytes / perMs : 0;
    if (silentMs <= SILENT_MS + loadingMs) return;
    if (this.form === 'eof')
      this.find({
        id: 'first-ack-missing',
        text: `The end of the snapshot was sent ${seconds(silentMs)} ago, and no ACK has come: the stream is held back.`,
      });
    else this.noAcks(`It has had everything for ${seconds(silentMs)} and has sent no ACK.`);
  }

  private noAcks(what: string): void {
    const limit = this.options.replTimeoutMs;
    const then = limit === undefined ? '' : ` After ${seconds(limit)} (repl-timeout) it is disconnected.`;
    this.find({ id: 'no-acks', text: what + then });
  }

  // ---- telling

  private find(finding: Finding): void {
    if (this.found.includes(finding.id)) return;
    this.found.push(finding.id);
    this.tell({ kind: 'finding', ...told(finding) });
  }

  private tell(event: UntimedReplicaEvent): void {
    this.observer({ atMs: this.nowMs, ...event });
  }
}

/** A command as text, cut where it is long. */
function shown(argv: readonly Bytes[]): string {
  const text = argv.map((arg) => quote(arg, false)).join(' ');
  return text.length <= 80 ? text : `${text.slice(0, 80)}...`;
}

/** Without passwords. */
function masked(name: string, argv: readonly Bytes[]): readonly Bytes[] {
  if (name === 'auth') return argv.map((arg, i) => (i > 0 && i === argv.length - 1 ? MASK : arg));
  const auth = name === 'hello' ? argv.findIndex((arg) => isWord(arg, 'auth')) : -1;
  return auth < 0 ? argv : argv.map((arg, i) => (i === auth + 2 ? MASK : arg));
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
