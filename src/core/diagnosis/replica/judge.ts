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
import { type Finding } from '../rule.js';
import { type DiagnosisId } from '../table.js';
import { severityOf, told } from '../told-finding.js';
import { AckJudge } from './acks.js';
import { type ReplicaEvent, type StepVerdict, type UntimedReplicaEvent } from './events.js';
import { ReplicaDecoder, type FromReplica } from './from-replica.js';
import { Introduction, SILENT_MS, type IntroductionOptions } from './introduction.js';
import { MAX_FIRST, type Preamble } from './miscounts.js';
import { Positions } from './positions.js';
import { lineOf, MasterDecoder } from './to-replica.js';
import { masked, seconds, shown } from './words.js';

/** Between two ACKs; longer than SILENT_MS, because a busy replica is late. */
const NO_ACK_MS = 10_000;
/** How fast a snapshot is loaded, at least. */
const LOADED_BYTES_PER_MS = 20_000;
/** What comes so soon behind the snapshot may be read together with its end. */
const TOGETHER_MS = 100;
/** A line feed and an ACK may be read together once, by chance. */
const COALESCED = 2;

export interface JudgeOptions extends IntroductionOptions {
  /** The master's repl-timeout, for the texts. */
  readonly replTimeoutMs?: number;
  /** How fast a snapshot of this replica is loaded at least, in bytes per ms. */
  readonly loadedBytesPerMs?: number;
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
  private readonly introduction: Introduction;
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
  ) {
    this.introduction = new Introduction((finding) => this.find(finding), options);
  }

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
    // What was found before is why it is silent.
    if (this.phase === 'introducing' && this.found.length === 0)
      this.introduction.silent(this.nowMs - this.heardMs);
    else if (this.phase === 'online' && !this.introduction.preSync && !this.introduction.rdbOnly)
      this.judgeSilence();
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
    if (!this.introduction.command(name, argv)) return;
    if (name === 'psync' || name === 'sync') this.phase = 'waiting';
    this.expectAnswer();
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
    const { introduction } = this;
    if (introduction.next === 'psync') this.master.expectPsync();
    else if (introduction.next === 'sync') {
      introduction.answered();
      this.master.expectSnapshot();
      this.phase = 'receiving';
    }
  }

  private replied(reply: Reply): void {
    const to = this.introduction.answered();
    const line = lineOf(reply);
    const verdict = verdictOn(to, line);
    this.tell({ kind: 'reply', line, verdict });
    if (verdict !== 'ok') this.introduction.refused(to, line);
    this.expectAnswer();
  }

  private answered(line: Bytes): 'snapshot' | 'stream' | 'replies' {
    const { introduction } = this;
    introduction.answered();
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
        offset: introduction.asked,
        ...(wrong && { verdict: 'fault' }),
      });
      this.preamble.behind = 'the answer to PSYNC';
      this.begin(replid === '' ? introduction.askedReplid : replid, introduction.asked - 1, true);
      this.goOnline();
      return 'stream';
    }
    const later = /^-(LOADING|NOMASTERLINK)/.test(line);
    this.tell({ kind: 'reply', line, verdict: later ? 'ignored' : 'fault' });
    introduction.refused('psync', line);
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
    const { introduction } = this;
    if (positions.beganInside !== undefined && this.options.masterIsOurs && !introduction.goesOn)
      introduction.asksForLast(`byte ${introduction.asked} is the line feed that ends a command`);
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
    if (judged !== undefined) this.options.memory?.acknowledged(this.introduction.name, this.replid, offset);
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

function verdictOn(to: string | undefined, line: Bytes): StepVerdict {
  if (!line.startsWith('-')) return 'ok';
  return to === 'auth' ? 'fault' : 'ignored';
}
