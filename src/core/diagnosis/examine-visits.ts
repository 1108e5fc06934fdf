/**
 * The connections of an examination to the master, and the trace of them: each visit with its evidence, what is asked and said around
 * its PSYNC, and every event on its way to the observer. examine.ts says which visits are made; examine-reconnect.ts asks some of them to
 * continue.
 */
import { type Dial } from '../base/byte-channel.js';
import { fromText, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { type Outcome } from '../replication/handshake/machine.js';
import { type Untold, type VisitEvent } from '../replication/handshake/observer.js';
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
import { type ExamineEvent, type TraceEvent, type VisitRole } from './trace.js';

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

/** Questions on the side may take this long, in ms: they must not hold the handshake up. */
const SIDE_LIMIT_MS = 1500;
/** Keepalives before PSYNC's answer after which it is worth asking what the master is doing. */
const BEATS_BEFORE_ASKING = 2;
const PATIENCE_IN_IDLES = 10;

/** A visit that has ended. */
export interface Visited {
  /** Number of its connection. */
  readonly conn: number;
  readonly outcome: Outcome;
  readonly evidence: Evidence;
}

/** How a connection introduces itself, and what it is for. */
export interface Manner {
  readonly role: VisitRole;
  readonly listeningPort?: number;
  /** The port to bind our end to. */
  readonly localPort?: number;
}

export class Visits {
  readonly door: SideDoor;
  readonly casebook = new Casebook();
  stopped = false;
  /** What INFO and others said before PSYNC. */
  facts: MasterFacts = { sentinels: 0 };
  /** INFO before PSYNC or after a refusal, and at the end, as far as it was asked for. */
  askedBefore: InfoAnswer | undefined;
  askedAfter: InfoAnswer | undefined;
  private readonly originUs: number;
  private conn = 0;
  private visit: Visit | undefined;
  private warned = false;
  private over = false;

  constructor(readonly setup: ExamineSetup) {
    this.originUs = setup.clock.monotonicUs();
    this.door = {
      dial: setup.dial,
      clock: setup.clock,
      timeoutMs: Math.min(setup.timeoutMs, SIDE_LIMIT_MS),
      ...this.login(),
    };
  }

  /** Ends the visit that is under way; no other will be made. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.tell({ kind: 'stopped', step: 'examine' });
    this.visit?.stop();
  }

  /** One visit with its evidence, PSYNC held back until it is known what it costs. */
  makeVisit(manner: Manner): Promise<Visited> {
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

  /** One visit as it is told; `asked` is what it will say of itself. */
  startVisit(
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

  /** How a visit introduces itself, with this port. */
  options(listeningPort: number | undefined): HandshakeOptions {
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

  /** Once, while only keepalives come: is another child running? */
  private async lookWhileWaiting(conn: number): Promise<void> {
    if (this.casebook.evidence(conn).keepalives !== BEATS_BEFORE_ASKING || this.stopped) return;
    const info = await askInfo(this.door);
    if (info) this.found(conn, { waiting: infoFacts(info) });
  }

  // ---- telling

  /** What was found out beside connection `of`. */
  found(of: number, found: ProbeResults): void {
    this.tell({ kind: 'probe', step: 'examine', of, found });
  }

  tell(event: Untold<ExamineEvent>): void {
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
