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
import { ascii, type Bytes } from '../base/bytes.js';
import { type Outcome } from '../replication/handshake/machine.js';
import { type Evidence } from './evidence.js';
import { checkReconnect } from './examine-reconnect.js';
import { Visits, type ExamineSetup, type Visited } from './examine-visits.js';
import { askInfo, askInfoOrWhy, infoFacts, looksGenuine, replicaLines } from './master-facts.js';
import { OWN_PORT_ATTEMPTS, probeOtherTls, randomPort, worthTryingTls } from './probes.js';
import { looksKeyedByAddress } from './rules/psync.js';
import { type Finding } from './rule.js';
import { probeManners, walkUpstream } from './side-probes.js';
import { uncheckedOf, uncheckedText } from './unchecked.js';
import { TRACE_SCHEMA, type Verdict } from './trace.js';

export { type ExamineSetup } from './examine-visits.js';

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

/** How often INFO is asked whether our closed connections are off its list, and the pause between, in ms. */
const CLOSED_LOOKS = 4;
const CLOSED_PAUSE_MS = 100;
/** What a replica announces that was told no port. */
const USUAL_PORT = 6380;
/** Answers of a master that tells of itself although it takes no replica. */
const TALKS = /^(\+|-(LOADING|MASTERDOWN|MISCONF|BUSY|NOPERM|NOMASTERLINK)\b)/;
const OWN_LINK_DOWN = /^-(MASTERDOWN|NOMASTERLINK Can't SYNC while not connected)/;

class Examiner {
  private readonly visits: Visits;

  constructor(private readonly setup: ExamineSetup) {
    this.visits = new Visits(setup);
  }

  stop(): void {
    this.visits.stop();
  }

  private get stopped(): boolean {
    return this.visits.stopped;
  }

  async run(): Promise<Examination> {
    const { target, tls } = this.setup;
    this.visits.tell({ kind: 'target', step: 'examine', schema: TRACE_SCHEMA, target, tls });
    const first = await this.visits.makeVisit({ role: 'main', listeningPort: this.setup.listeningPort });
    if (!this.stopped) await this.confirmTls(first);
    const keyed = !this.stopped && looksKeyedByAddress(first.evidence);
    const second = keyed ? await this.confirmKeyedByAddress(first) : undefined;
    const last = second ?? first;
    if (!this.stopped) await this.lookAround(last);
    if (!this.stopped) await this.checkManners(last);
    if (!this.stopped) await checkReconnect(this.visits, last, second !== undefined);
    if (!this.stopped) await this.checkClosed(last);
    if (!this.stopped) this.tellUnchecked(last);
    return this.conclude(last);
  }

  // ---- probes

  private async confirmTls({ conn, evidence }: Visited): Promise<void> {
    if (!worthTryingTls(evidence)) return;
    const otherTls = await probeOtherTls(this.setup, this.setup.tls, this.setup.timeoutMs);
    this.visits.found(conn, { otherTls });
  }

  /** What a server that refused us, or broke its snapshot off, says about itself and about who is above it. */
  private async lookAround({ conn, evidence, outcome }: Visited): Promise<void> {
    const line = 'line' in outcome ? (outcome.line ?? '') : '';
    const refused = outcome.kind === 'failed' || outcome.kind === 'retry' || outcome.kind === 'sync';
    let { info } = this.visits.facts;
    if (refused && info === undefined && TALKS.test(line)) {
      this.visits.askedBefore = await askInfoOrWhy(this.visits.door);
      ({ info } = this.visits.askedBefore);
      if (info) this.visits.found(conn, { before: infoFacts(info) });
    }
    if (evidence.snapshot?.fault && evidence.probes.after === undefined && !this.stopped) {
      const after = await askInfo(this.visits.door);
      if (after) this.visits.found(conn, { after: infoFacts(after) });
    }
    if (info && OWN_LINK_DOWN.test(line) && this.setup.dialHost && !this.stopped) {
      this.visits.tell({
        kind: 'note',
        step: 'examine',
        text: 'its own link is down: following its master_host up the chain',
      });
      const upstream = await walkUpstream(this.visits.door, this.setup.dialHost, info);
      this.visits.found(conn, { upstream });
    }
  }

  /** A home-made server may take one command a read, or names in one case only; real replicas send otherwise than we did. */
  private async checkManners({ conn, outcome }: Visited): Promise<void> {
    const answers = outcome.kind === 'full' || outcome.kind === 'continue';
    if (!answers || looksGenuine(this.visits.facts.info)) return;
    this.visits.tell({
      kind: 'note',
      step: 'examine',
      text: 'not plainly a Redis: does it take several commands in one segment, and names in any case?',
    });
    const listeningPort = this.setup.listeningPort ?? USUAL_PORT;
    const manners = await probeManners(this.visits.door, {
      listeningPort,
      capa: ['eof', 'psync2'].map(ascii),
    });
    this.visits.found(conn, { manners });
  }

  /** A master that keys by announced address finds a replica whose announced port is its source port. */
  private async confirmKeyedByAddress(first: Visited): Promise<Visited | undefined> {
    this.visits.tell({
      kind: 'note',
      step: 'examine',
      text: 'is the master looking for our source port? trying again, announcing the port that we come from',
    });
    for (let attempt = 0; attempt < OWN_PORT_ATTEMPTS && !this.stopped; attempt++) {
      const port = randomPort(this.setup.random);
      const visited = await this.visits.makeVisit({ role: 'own-port', listeningPort: port, localPort: port });
      // Somebody else had the port: another one.
      if (visited.evidence.unreachable) continue;
      const line = visited.evidence.answers.get('psync')?.line ?? ('' as Bytes);
      const accepted = visited.outcome.kind === 'full' || visited.outcome.kind === 'continue';
      this.visits.found(first.conn, { ownPort: { port, accepted, line } });
      return accepted ? visited : undefined;
    }
    return undefined;
  }

  /** Our connections are closed: are they off the master's list? Asked where INFO showed us, and a little patience is had. */
  private async checkClosed({ conn, evidence }: Visited): Promise<void> {
    const port = evidence.asked.listeningPort;
    const { info } = this.visits.facts;
    if (port === undefined || !info || looksGenuine(info) || !evidence.listing?.lines.length) return;
    const before = replicaLines(info, port).ours.length;
    let lines: readonly string[] = [];
    for (let look = 0; look < CLOSED_LOOKS && !this.stopped; look++) {
      if (look > 0) await this.pause(CLOSED_PAUSE_MS);
      const now = await askInfo(this.visits.door);
      if (now === undefined) return;
      lines = replicaLines(now, port).ours;
      if (lines.length <= before) return;
    }
    this.visits.found(conn, { stillListed: { lines, before } });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setup.clock.after(ms, resolve, true));
  }

  // ---- findings

  private tellUnchecked({ outcome, evidence }: Visited): void {
    const { askedBefore: before, askedAfter: after } = this.visits;
    const unchecked = uncheckedOf({
      ...(before && { before }),
      ...(after && { after }),
      ...{ outcome, psync: evidence.asked.psync, psyncSent: evidence.sent.has('psync') },
    });
    if (unchecked)
      this.visits.tell({ kind: 'note', step: 'examine', text: uncheckedText(unchecked), unchecked });
  }

  private conclude(last: Visited): Examination {
    const findings = this.visits.casebook.findings();
    let verdict: Verdict = 'passed';
    for (const event of this.visits.casebook.conclusion()) {
      if (event.kind === 'end') ({ verdict } = event);
      this.visits.tell(event);
    }
    return { verdict, outcome: last.outcome, findings, snapshotWhole: isWhole(last.evidence) };
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
