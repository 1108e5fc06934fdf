/**
 * The casebook of an examination: takes every event of the trace in order, keeps the evidence of each connection, and
 * comes to the findings and the verdict. The live examination and `--replay` both keep one, and neither knows anything
 * that is not an event: so a saved trace is diagnosed exactly as the run that wrote it.
 *
 *   visit --> evidence of `conn`   aim, asked, probe, listing --> added to it   stopped --> the verdict
 *
 * A watched connection that has ended is closed as a case: its findings stay, its evidence goes.
 */
import { diagnose } from './diagnose.js';
import { addEvidence, noEvidence, type Asked, type Evidence, type ProbeResults } from './evidence.js';
import { type Untold } from '../replication/handshake/observer.js';
import { type Finding } from './rule.js';
import { seconds } from './rules/words.js';
import { Histories } from './between/histories.js';
import { severityOf, told } from './told-finding.js';
import { type ExamineEvent, type TraceEvent, type Verdict, type VisitRole } from './trace.js';

/** An event that the casebook comes to itself. */
export type Conclusion = Extract<Untold<ExamineEvent>, { kind: 'finding' | 'end' }>;

interface Case {
  readonly role: VisitRole;
  readonly evidence: Evidence;
  /** The replica's own fault was seen on it: that the master then ended it is no fault of the master. */
  replicaFaulty?: boolean;
  /** It asked for a byte that it has: that the stream begins there is no fault of the master. */
  askedForLast?: boolean;
  /** It has acknowledged something. */
  acked?: boolean;
}

/** Of a connection that no `visit` announced: nothing is known of what we said. */
const NOTHING_ASKED: Asked = { capa: [], tls: false, password: false, psync: 'none', probe: false };

/** A master that leaves a replica so soon does so by itself; later somebody may have ended the link. */
const AT_ONCE_MS = 1000;
/** Connections of one examination; a trace with more was not written by us. */
const MAX_VISITS = 1000;

export class Casebook {
  private readonly cases = new Map<number, Case>();
  private found: readonly Finding[] = [];
  private stopped = false;
  /** Of watched connections that have ended: how many there were, and whether one of them reached the target. */
  private watched = { closed: 0, reached: false };
  private between = false;
  private readonly histories = new Histories();

  /** Takes the next event. Findings of a trace that is read again are not taken over: they are made anew. */
  see(event: TraceEvent): void {
    if (event.step !== 'examine') {
      addEvidence(this.evidence(event.conn), event);
      if (event.kind === 'outcome') this.answered(event.conn);
      return;
    }
    switch (event.kind) {
      case 'visit':
        if (this.cases.size >= MAX_VISITS) return;
        this.cases.set(event.conn, { role: event.role, evidence: noEvidence({ ...event.asked }) });
        return;
      case 'aim':
        this.evidence(event.conn).asked.psync = event.psync;
        return;
      case 'probe':
        return this.probed(event.of, event.found);
      case 'listing':
        this.evidence(event.conn).listing = { lines: event.lines };
        if (event.masterOffset !== undefined) {
          this.evidence(event.conn).probes.masterOffset = event.masterOffset;
        }
        return;
      case 'ack': {
        const known = this.cases.get(event.conn);
        if (known) known.acked = true;
        return;
      }
      case 'stopped':
        this.stopped = true;
        return;
      case 'asked':
        Object.assign(this.evidence(event.conn).asked, event.asked);
        return;
      case 'noticed':
        return event.side === 'replica' ? this.noticed(event) : undefined;
      case 'detached':
        return this.close(event.conn, event.by);
      case 'target':
        this.between = event.between !== undefined;
        return;
      case 'recording':
      case 'attached':
      case 'passed-on':
      case 'stream-progress':
      case 'getack':
      case 'odd':
      case 'cost':
      case 'warning':
      case 'note':
      case 'finding':
      case 'end':
        return;
    }
  }

  /** What is known of a connection until now. */
  evidence(conn: number): Evidence {
    const known = this.cases.get(conn);
    if (known) return known.evidence;
    const made: Case = { role: 'reconnect', evidence: noEvidence({ ...NOTHING_ASKED }) };
    if (this.cases.size < MAX_VISITS) this.cases.set(conn, made);
    return made.evidence;
  }

  /** What the evidence shows until now, each id once, in the order in which it was found. */
  findings(): readonly Finding[] {
    let found = this.found;
    for (const one of this.cases.values()) {
      if (one.role === 'reconnect' || (one.role === 'own-port' && !wentOn(one.evidence))) continue;
      found = added(found, findingsOf(one));
    }
    const leaving = this.histories.leaving();
    return leaving ? added(found, [leaving]) : found;
  }

  /** Whether a fault is among them. */
  hasFault(): boolean {
    return this.findings().some((finding) => severityOf(finding) === 'fault');
  }

  /** The events that end the trace: a finding each, and the verdict. */
  conclusion(): readonly Conclusion[] {
    const severe = this.findings().map(told);
    const ids = (of: string): string[] =>
      severe.filter(({ severity }) => severity === of).map(({ finding }) => finding.id);
    const verdict = this.verdict(ids('fault').length > 0);
    return [
      ...severe.map((one) => ({ kind: 'finding', step: 'examine', ...one }) as const),
      { kind: 'end', step: 'examine', verdict, faults: ids('fault'), warnings: ids('warning') },
    ];
  }

  private probed(of: number, found: ProbeResults): void {
    // What the reconnect shows stands behind what was found before it was asked for.
    if (found.reconnect) this.found = this.findings();
    Object.assign(this.evidence(of).probes, found);
  }

  /** The judge of replicas has found something. */
  private noticed(event: Extract<TraceEvent, { kind: 'noticed' }>): void {
    this.found = added(this.found, [event.finding]);
    const watched = this.cases.get(event.conn);
    if (watched && event.severity === 'fault') watched.replicaFaulty = true;
    if (watched && event.finding.id === 'psync-asks-for-last-byte') watched.askedForLast = true;
  }

  /** PSYNC was answered on a watched connection. */
  private answered(conn: number): void {
    const known = this.cases.get(conn);
    const found = known?.role === 'watched' ? this.histories.answered(known.evidence) : undefined;
    if (found) this.found = added(this.found, [found]);
  }

  /** A watched connection has ended. */
  private close(conn: number, by: 'replica' | 'master'): void {
    const known = this.cases.get(conn);
    if (known?.role !== 'watched') return;
    this.found = added(this.found, findingsOf(known));
    this.histories.ended(conn, known.evidence, by, known.acked === true);
    this.cases.delete(conn);
    this.watched = {
      closed: this.watched.closed + 1,
      reached: this.watched.reached || wasReached(known.evidence),
    };
  }

  private verdict(faulty: boolean): Verdict {
    if (this.stopped) return 'stopped';
    return this.wasReached() ? (faulty || this.nobodyCame() ? 'failed' : 'passed') : 'unreachable';
  }

  private nobodyCame(): boolean {
    return this.between && this.watched.closed === 0 && this.cases.size === 0;
  }

  private wasReached(): boolean {
    if (this.between) {
      const open = [...this.cases.values()].some(({ evidence }) => wasReached(evidence));
      return open || this.watched.reached || this.nobodyCame();
    }
    const main = [...this.cases.values()].find(({ role }) => role === 'main');
    return main === undefined || wasReached(main.evidence);
  }
}

/** What the rules say of one connection. */
function findingsOf(one: Case): readonly Finding[] {
  const { evidence, replicaFaulty, askedForLast } = one;
  const found = diagnose(evidence).filter(
    ({ id }) =>
      !(replicaFaulty === true && id === 'stream-closed') &&
      !(askedForLast === true && id === 'offset-inside-command'),
  );
  return one.role === 'watched' ? found.map((finding) => watchedClose(finding, evidence)) : found;
}

/** The link of another's replica was ended: why cannot be seen from between. */
function watchedClose(finding: Finding, { stream }: Evidence): Finding {
  const { lastedMs = 0, commands = 0 } = stream ?? {};
  if (finding.id !== 'stream-closed' || lastedMs < AT_ONCE_MS) return finding;
  return {
    id: finding.id,
    severity: 'warning',
    text: `The master closed the link ${seconds(lastedMs)} after the stream had begun, ${commands} command${commands === 1 ? '' : 's'} in. CLIENT KILL, a restart and a change of its role end links so, and no fault is in that; so do repl-timeout and client-output-buffer-limit.`,
    fix: 'Nothing, if the replica came back with a partial resync and somebody had ended the link. Otherwise the log of the master says why.',
  };
}

/** Findings and those of `more` whose ids are new. */
function added(findings: readonly Finding[], more: readonly Finding[]): readonly Finding[] {
  const fresh = more.filter((finding) => !findings.some(({ id }) => id === finding.id));
  return fresh.length === 0 ? findings : [...findings, ...fresh];
}

/** Whoever speaks, if only TLS, was reached. */
function wasReached({ unreachable, fault }: Evidence): boolean {
  return unreachable ? unreachable.layer !== 'connect' : fault?.step !== 'connect';
}

/** Whether PSYNC was answered so that a replica goes on. */
function wentOn({ outcome }: Evidence): boolean {
  return outcome?.kind === 'full' || outcome?.kind === 'continue';
}
