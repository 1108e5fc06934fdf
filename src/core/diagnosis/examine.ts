/**
 * An examination: one visit to a master, the probes that confirm what it suspects, and the findings. This is what the
 * `handshake` command and the library's `handshake()` run.
 *
 *   visit --> other kind of port?      (TLS or not)                     one connection, one PING
 *         --> what is it, who is above it?  INFO                        after a refusal; up the chain when its own link is down
 *         --> keyed by address?        a second visit that announces its own source port; it goes on where the first ended
 *         --> does it take a burst, and names in any case?              only on servers that are not plainly Redis
 *         --> would a reconnect work?  PSYNC for the position reached   only on servers that are not plainly Redis, or found faulty
 *         --> findings
 *
 * Every probe is harmless to a real master: none of them makes it fork.
 */
import { type Dial } from '../base/byte-channel.js';
import { ascii, fromText, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { type Outcome } from '../replication/handshake/machine.js';
import { type VisitEvent } from '../replication/handshake/observer.js';
import { type HandshakeTimers } from '../replication/handshake/run.js';
import { type HandshakeOptions, type PsyncRequest } from '../replication/handshake/steps.js';
import {
  startVisit,
  type FollowOptions,
  type SnapshotSink,
  type Visit,
} from '../replication/handshake/visit.js';
import { costOf, countedBy, factsFound, requestFor, type Aim } from './before-psync.js';
import { Casebook } from './casebook.js';
import { type Asked, type Evidence, type ProbeResults } from './evidence.js';
import {
  askFacts,
  askInfo,
  askInfoOrWhy,
  databasesOf,
  infoFacts,
  looksGenuine,
  positionOf,
  replicaLines,
  type InfoAnswer,
  type MasterFacts,
  type SideDoor,
} from './master-facts.js';
import { probeOtherTls, randomPort, worthTryingTls } from './probes.js';
import { resumedWrongly } from './rules/position.js';
import { looksKeyedByAddress } from './rules/psync.js';
import { type Finding } from './rule.js';
import { probeManners, walkUpstream } from './side-probes.js';
import { uncheckedOf, uncheckedText } from './unchecked.js';
import { TRACE_SCHEMA, type ExamineEvent, type TraceEvent, type Verdict, type VisitRole } from './trace.js';
import { type Untold } from '../replication/handshake/observer.js';

export interface ExamineSetup {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: Random;
  /** For a person to read; never with a password. */
  readonly target: string;
  readonly tls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly manner?: 'burst' | 'one-by-one';
  readonly listeningPort?: number;
  readonly announceIp?: string;
  readonly capa: readonly string[];
  readonly aim: Aim;
  readonly follow?: FollowOptions;
  readonly sink?: SnapshotSink;
  /** How many of the snapshot's largest keys are named (default 10). */
  readonly largestKeys?: number;
  /** To connect, and for each answer. */
  readonly timeoutMs: number;
  /** Silence allowed to PSYNC and to the snapshot; keepalives start it anew. */
  readonly idleMs: number;
  /** How long keepalives alone are listened to after PSYNC; ten times `idleMs` when absent. */
  readonly patienceMs?: number;
  /** Dials another server that this one names, with the same TLS options: to follow a chain of masters. */
  readonly dialHost?: (host: string, port: number) => Dial;
  readonly observer: (event: TraceEvent) => void;
}

export interface Examination {
  readonly verdict: Verdict;
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
  /** A snapshot came, and nothing is wrong with it. */
  readonly snapshotWhole: boolean;
}

export interface RunningExamination {
  readonly done: Promise<Examination>;
  /** Ends it now; `done` resolves with what was found so far. */
  stop(): void;
}

/** Starts an examination. `done` never rejects for what a server does. */
export function examine(setup: ExamineSetup): RunningExamination {
  const examiner = new Examiner(setup);
  return { done: examiner.run(), stop: () => examiner.stop() };
}

/** Questions on the side may take this long, in ms: they must not hold the handshake up. */
const SIDE_LIMIT_MS = 1500;
const OWN_PORT_ATTEMPTS = 5;
/** How long after +CONTINUE the bytes of a backlog are waited for, in ms: a master sends them at once. */
const BACKLOG_MS = 500;
/** How often INFO is asked whether our closed connections are off its list, and the pause between, in ms. */
const CLOSED_LOOKS = 4;
const CLOSED_PAUSE_MS = 100;
/** Keepalives before PSYNC's answer after which it is worth asking what the master is doing. */
const BEATS_BEFORE_ASKING = 2;
const PATIENCE_IN_IDLES = 10;
/** What a replica announces that was told no port. */
const USUAL_PORT = 6380;
/** Answers of a master that tells of itself although it takes no replica. */
const TALKS = /^(\+|-(LOADING|MASTERDOWN|MISCONF|BUSY|NOPERM|NOMASTERLINK)\b)/;
const OWN_LINK_DOWN = /^-(MASTERDOWN|NOMASTERLINK Can't SYNC while not connected)/;

interface Visited {
  /** Number of its connection. */
  readonly conn: number;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
}

/** How a connection introduces itself, and what it is for. */
interface Manner {
  readonly role: VisitRole;
  readonly listeningPort?: number;
  /** The port to bind our end to. */
  readonly localPort?: number;
}

class Examiner {
  private readonly originUs: number;
  private readonly door: SideDoor;
  private readonly casebook = new Casebook();
  private conn = 0;
  private visit: Visit | undefined;
  private stopped = false;
  private warned = false;
  private over = false;
  private facts: MasterFacts = { sentinels: 0 };
  /** INFO before PSYNC or after a refusal, and at the end, as far as it was asked for. */
  private askedBefore: InfoAnswer | undefined;
  private askedAfter: InfoAnswer | undefined;

  constructor(private readonly setup: ExamineSetup) {
    this.originUs = setup.clock.monotonicUs();
    this.door = {
      dial: setup.dial,
      clock: setup.clock,
      timeoutMs: Math.min(setup.timeoutMs, SIDE_LIMIT_MS),
      ...this.login(),
    };
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.tell({ kind: 'stopped', step: 'examine' });
    this.visit?.stop();
  }

  async run(): Promise<Examination> {
    const { target, tls } = this.setup;
    this.tell({ kind: 'target', step: 'examine', schema: TRACE_SCHEMA, target, tls });
    const first = await this.makeVisit({ role: 'main', listeningPort: this.setup.listeningPort });
    if (!this.stopped) await this.confirmTls(first);
    const keyed = !this.stopped && looksKeyedByAddress(first.evidence);
    const second = keyed ? await this.confirmKeyedByAddress(first) : undefined;
    const last = second ?? first;
    if (!this.stopped) await this.lookAround(last);
    if (!this.stopped) await this.checkManners(last);
    if (!this.stopped) await this.checkReconnect(last, second !== undefined);
    if (!this.stopped) await this.checkClosed(last);
    if (!this.stopped) this.tellUnchecked(last);
    return this.conclude(last);
  }

  // ---- visits

  /** One visit with its evidence, PSYNC held back until it is known what it costs. */
  private makeVisit(manner: Manner): Promise<Visited> {
    const { setup } = this;
    const probe = setup.aim === 'probe';
    return this.startVisit(manner, this.asked(manner.listeningPort), this.options(manner.listeningPort), {
      follow: probe ? undefined : setup.follow,
      ...{ sink: setup.sink, largestKeys: setup.largestKeys },
      lookBehindContinue: () => setup.aim !== 'probe' || !looksGenuine(this.facts.info),
      beforePsync: (release) => void this.beforePsync(release),
      beforeClose: (close) => void this.beforeClose(manner.listeningPort, close),
    });
  }

  private startVisit(
    manner: Manner,
    asked: Asked,
    options: HandshakeOptions,
    more: Partial<Parameters<typeof startVisit>[0]>,
  ): Promise<Visited> {
    const { dial, clock, timeoutMs, idleMs, patienceMs } = this.setup;
    const timers: HandshakeTimers = {
      connectMs: timeoutMs,
      replyMs: timeoutMs,
      psyncIdleMs: idleMs,
      psyncMaxMs: patienceMs ?? PATIENCE_IN_IDLES * idleMs,
      overallMs: Math.max(idleMs, 20 * timeoutMs),
    };
    const conn = ++this.conn;
    this.tell({ kind: 'visit', step: 'examine', role: manner.role, asked });
    const evidence = this.casebook.evidence(conn);
    return new Promise((resolve) => {
      this.visit = startVisit({
        ...{
          dial,
          clock,
          timers,
          options,
          conn,
          originUs: this.originUs,
          localPort: manner.localPort,
          ...more,
        },
        observer: (event: VisitEvent) => {
          this.pass(event);
          if (event.kind === 'keepalive' && event.step === 'psync') void this.lookWhileWaiting(conn);
        },
        done: (outcome) => resolve({ conn, outcome, evidence }),
      });
    });
  }

  private options(listeningPort: number | undefined): HandshakeOptions {
    const { announceIp, capa, manner, aim } = this.setup;
    return {
      manner: manner ?? 'one-by-one',
      ...this.login(),
      ...(listeningPort === undefined ? {} : { listeningPort }),
      ...(announceIp === undefined ? {} : { announceIp: fromText(announceIp) }),
      capa: capa.map(fromText),
      psync: aim === 'probe' ? 'full' : aim,
      holdPsync: aim !== 'none',
      syncFallback: false,
    };
  }

  private asked(listeningPort: number | undefined): Asked {
    const { announceIp, capa, aim, tls, pass } = this.setup;
    return {
      ...(listeningPort === undefined ? {} : { listeningPort }),
      ...(announceIp === undefined ? {} : { announceIp: fromText(announceIp) }),
      capa: capa.map(fromText),
      tls,
      password: pass !== undefined,
      psync: aim === 'probe' ? 'full' : aim,
      probe: aim === 'probe',
    };
  }

  private login(): { user?: Bytes; pass?: Bytes } {
    const { user, pass } = this.setup;
    if (pass === undefined) return {};
    return { ...(user === undefined ? {} : { user: fromText(user) }), pass: fromText(pass) };
  }

  // ---- around PSYNC

  /** PSYNC is held back: who counts us, what it costs, and where to aim. */
  private async beforePsync(release: (psync?: PsyncRequest) => void): Promise<void> {
    this.facts = await askFacts(this.door);
    const { info, infoWhy = '' } = this.facts;
    this.askedBefore = info ? { info } : { why: infoWhy };
    if (this.stopped) return;
    this.found(this.conn, factsFound(this.setup.target, this.facts));
    const aim = this.aimAt();
    if (aim !== 'none' && this.setup.aim !== 'none') this.announce(this.setup.aim);
    this.tell({ kind: 'aim', step: 'examine', psync: aim });
    release(aim);
  }

  private aimAt(): PsyncRequest {
    const request = requestFor(this.setup.aim, this.facts);
    if (typeof request === 'string' || !('impossible' in request)) return request;
    this.found(this.conn, { probeImpossible: request.impossible });
    return 'none';
  }

  /** Says what PSYNC costs, and once who will count us. */
  private announce(aim: Exclude<Aim, 'none'>): void {
    const delay = this.setup.capa.includes('eof') ? this.facts.disklessDelaySeconds : undefined;
    this.tell(costOf(aim, delay));
    if (this.warned) return;
    this.warned = true;
    for (const text of countedBy(this.facts)) this.tell({ kind: 'warning', step: 'examine', text });
  }

  /** The connection still stands: how does the master list us, and has its offset moved? */
  private async beforeClose(port: number | undefined, close: () => void): Promise<void> {
    const evidence = this.casebook.evidence(this.conn);
    const { kind } = evidence.outcome ?? {};
    const listed = kind === 'full' || (kind === 'continue' && this.setup.follow !== undefined);
    if (this.stopped || this.setup.aim === 'probe' || !listed) return close();
    this.askedAfter = await askInfoOrWhy(this.door);
    const { info } = this.askedAfter;
    if (info) {
      const { offset } = positionOf(info);
      this.found(this.conn, { after: infoFacts(info), databases: databasesOf(info) });
      const { ours, all } = replicaLines(info, port ?? 0);
      const weAre = `${evidence.local?.address ?? 'we'}, announced port ${port ?? 'none'}`;
      const master = offset === undefined ? {} : { masterOffset: offset };
      this.tell({ kind: 'listing', step: 'examine', lines: ours, listed: all, weAre, ...master });
    }
    close();
  }

  // ---- probes

  private async confirmTls({ conn, evidence }: Visited): Promise<void> {
    if (!worthTryingTls(evidence)) return;
    const otherTls = await probeOtherTls(this.setup, this.setup.tls, this.setup.timeoutMs);
    this.found(conn, { otherTls });
  }

  /** Once, while only keepalives come: is another child running? */
  private async lookWhileWaiting(conn: number): Promise<void> {
    if (this.casebook.evidence(conn).keepalives !== BEATS_BEFORE_ASKING || this.stopped) return;
    const info = await askInfo(this.door);
    if (info) this.found(conn, { waiting: infoFacts(info) });
  }

  /** What a server that refused us, or broke its snapshot off, says about itself and about who is above it. */
  private async lookAround({ conn, evidence, outcome }: Visited): Promise<void> {
    const line = 'line' in outcome ? (outcome.line ?? '') : '';
    const refused = outcome.kind === 'failed' || outcome.kind === 'retry' || outcome.kind === 'sync';
    let { info } = this.facts;
    if (refused && info === undefined && TALKS.test(line)) {
      this.askedBefore = await askInfoOrWhy(this.door);
      ({ info } = this.askedBefore);
      if (info) this.found(conn, { before: infoFacts(info) });
    }
    if (evidence.snapshot?.fault && evidence.probes.after === undefined && !this.stopped) {
      const after = await askInfo(this.door);
      if (after) this.found(conn, { after: infoFacts(after) });
    }
    if (info && OWN_LINK_DOWN.test(line) && this.setup.dialHost && !this.stopped) {
      this.tell({
        kind: 'note',
        step: 'examine',
        text: 'its own link is down: following its master_host up the chain',
      });
      const upstream = await walkUpstream(this.door, this.setup.dialHost, info);
      this.found(conn, { upstream });
    }
  }

  /** A home-made server may take one command a read, or names in one case only; real replicas send otherwise than we did. */
  private async checkManners({ conn, outcome }: Visited): Promise<void> {
    const answers = outcome.kind === 'full' || outcome.kind === 'continue';
    if (!answers || looksGenuine(this.facts.info)) return;
    this.tell({
      kind: 'note',
      step: 'examine',
      text: 'not plainly a Redis: does it take several commands in one segment, and names in any case?',
    });
    const listeningPort = this.setup.listeningPort ?? USUAL_PORT;
    const manners = await probeManners(this.door, { listeningPort, capa: ['eof', 'psync2'].map(ascii) });
    this.found(conn, { manners });
  }

  /** A master that keys by announced address finds a replica whose announced port is its source port. */
  private async confirmKeyedByAddress(first: Visited): Promise<Visited | undefined> {
    this.tell({
      kind: 'note',
      step: 'examine',
      text: 'is the master looking for our source port? trying again, announcing the port that we come from',
    });
    for (let attempt = 0; attempt < OWN_PORT_ATTEMPTS && !this.stopped; attempt++) {
      const port = randomPort(this.setup.random);
      const visited = await this.makeVisit({ role: 'own-port', listeningPort: port, localPort: port });
      // Somebody else had the port: another one.
      if (visited.evidence.unreachable) continue;
      const line = visited.evidence.answers.get('psync')?.line ?? ('' as Bytes);
      const accepted = visited.outcome.kind === 'full' || visited.outcome.kind === 'continue';
      this.found(first.conn, { ownPort: { port, accepted, line } });
      return accepted ? visited : undefined;
    }
    return undefined;
  }

  /**
   * Would a replica whose link drops now come back without a full sync? Asked where the answer is in doubt: of a server
   * with a fault, or of one whose INFO lacks what every Redis prints.
   */
  private async checkReconnect(last: Visited, ownPort: boolean): Promise<void> {
    const { outcome, evidence } = last;
    const position = this.askedAfter?.info && positionOf(this.askedAfter.info);
    const doubt = this.casebook.hasFault() || !looksGenuine(this.askedAfter?.info);
    if (outcome.kind !== 'full' || outcome.replid === undefined || !position || !doubt) return;
    if (position.backlogActive === false || position.offset === undefined || this.setup.aim === 'probe')
      return;
    this.tell({
      kind: 'note',
      step: 'examine',
      text: "would a replica that lost its link come back? asking to continue at the master's own position",
    });
    const { replid } = outcome;
    const own = await this.askToContinue(evidence, { replid, offset: position.offset + 1 }, ownPort);
    const resumed = await this.askForCommand(last, replid, position.offset, ownPort);
    if (own.line === undefined) return;
    const early = position.offset > 0 && own.stream?.noise?.startsWith('\n') === true;
    const reconnect = { line: own.line, outcome: own.answered, ...(early && { shift: 'early' as const }) };
    this.found(last.conn, { reconnect, ...(resumed && { resumed }) });
  }

  /**
   * Does the stream go on at the byte that is asked for? Asked for one with which a command begins that was read, where the
   * master counts as we do: the second one, because before the first there may be no byte that could come too early.
   */
  private async askForCommand(
    { evidence }: Visited,
    replid: Bytes,
    masterOffset: number,
    ownPort: boolean,
  ): Promise<ProbeResults['resumed']> {
    const { heads = [], noise, startOffset, bytesRead = 0 } = evidence.stream ?? {};
    const head = heads[heads.length - 1] as (typeof heads)[number] | undefined;
    const counted = startOffset !== undefined && startOffset + bytesRead === masterOffset;
    const real = looksGenuine(this.askedAfter?.info);
    if (real || head === undefined || noise !== undefined || !counted || this.stopped) return undefined;
    const offset = head.offset + 1;
    const follow = { forMs: BACKLOG_MS };
    const { line, stream, answered } = await this.askToContinue(
      evidence,
      { replid, offset },
      ownPort,
      follow,
    );
    if (line === undefined) return undefined;
    const shift = answered.kind === 'continue' ? resumedWrongly(head.bytes, stream) : undefined;
    return { offset, line, ...(shift && { shift }) };
  }

  /** Our connections are closed: are they off the master's list? Asked where INFO showed us, and a little patience is had. */
  private async checkClosed({ conn, evidence }: Visited): Promise<void> {
    const port = evidence.asked.listeningPort;
    const { info } = this.facts;
    if (port === undefined || !info || looksGenuine(info) || !evidence.listing?.lines.length) return;
    const before = replicaLines(info, port).ours.length;
    let lines: readonly string[] = [];
    for (let look = 0; look < CLOSED_LOOKS && !this.stopped; look++) {
      if (look > 0) await this.pause(CLOSED_PAUSE_MS);
      const now = await askInfo(this.door);
      if (now === undefined) return;
      lines = replicaLines(now, port).ours;
      if (lines.length <= before) return;
    }
    this.found(conn, { stillListed: { lines, before } });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setup.clock.after(ms, resolve, true));
  }

  /** One PSYNC for a position; with `ownPort` from a port that is announced, another one when somebody has it. */
  private async askToContinue(
    evidence: Evidence,
    psync: PsyncRequest,
    ownPort: boolean,
    follow?: FollowOptions,
  ): Promise<{ line?: Bytes; answered: Outcome; stream: Evidence['stream'] }> {
    for (let attempt = 1; ; attempt++) {
      const listeningPort = ownPort ? randomPort(this.setup.random) : this.setup.listeningPort;
      const asked: Asked = { ...evidence.asked, psync, probe: true };
      const options: HandshakeOptions = { ...this.options(listeningPort), psync, holdPsync: false };
      const manner: Manner = {
        role: 'reconnect',
        ...(ownPort && listeningPort !== undefined && { localPort: listeningPort }),
      };
      const again = await this.startVisit(manner, asked, options, {
        ...(follow && { follow }),
        lookBehindContinue: () => true,
      });
      const line = again.evidence.answers.get('psync')?.line;
      const taken = ownPort && again.evidence.unreachable !== undefined;
      if (!taken || attempt === OWN_PORT_ATTEMPTS || this.stopped) {
        const { outcome = again.outcome, stream } = again.evidence;
        return { ...(line && { line }), answered: outcome, stream };
      }
    }
  }

  // ---- findings

  private tellUnchecked({ outcome, evidence }: Visited): void {
    const { askedBefore: before, askedAfter: after } = this;
    const unchecked = uncheckedOf({
      ...(before && { before }),
      ...(after && { after }),
      ...{ outcome, psync: evidence.asked.psync, psyncSent: evidence.sent.has('psync') },
    });
    if (unchecked) this.tell({ kind: 'note', step: 'examine', text: uncheckedText(unchecked), unchecked });
  }

  private conclude(last: Visited): Examination {
    const findings = this.casebook.findings();
    let verdict: Verdict = 'passed';
    for (const event of this.casebook.conclusion()) {
      if (event.kind === 'end') ({ verdict } = event);
      this.tell(event);
    }
    return { verdict, outcome: last.outcome, findings, snapshotWhole: isWhole(last.evidence) };
  }

  private found(of: number, found: ProbeResults): void {
    this.tell({ kind: 'probe', step: 'examine', of, found });
  }

  private tell(event: Untold<ExamineEvent>): void {
    const atUs = this.setup.clock.monotonicUs() - this.originUs;
    this.pass({ ...event, atUs, conn: Math.max(1, this.conn) });
  }

  /**
   * Every event goes through here: what the observer does not see is no evidence. A trace ends with its verdict: that a socket
   * of ours is closed a moment later belongs to nothing.
   */
  private pass(event: TraceEvent): void {
    if (this.over) return;
    this.over = event.kind === 'end';
    this.casebook.see(event);
    this.setup.observer(event);
  }
}

function isWhole({ snapshot }: Evidence): boolean {
  const report = snapshot?.report;
  if (!report || snapshot.fault) return false;
  return (
    report.problem === undefined &&
    report.extraBytes === 0 &&
    ['ok', 'zero', 'none'].includes(report.checksum.state)
  );
}
