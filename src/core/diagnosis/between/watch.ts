/**
 * What `handshake --between` sees: every connection through the proxy, watched (watched-link.ts), told as one trace, and
 * diagnosed by one casebook. What is found is told at once, and concluded at the end.
 */
import { type Clock, type Timer } from '../../base/clock.js';
import { type Untold } from '../../replication/handshake/observer.js';
import { SETTLE_MS } from '../../replication/handshake/visit.js';
import { Casebook } from '../casebook.js';
import { told } from '../told-finding.js';
import { TRACE_SCHEMA, type ExamineEvent, type TraceEvent, type Verdict } from '../trace.js';
import { WatchedLink } from './watched-link.js';

export interface WatchSetup {
  readonly clock: Clock;
  /** For a person to read; never with a password. */
  readonly target: string;
  readonly tls: boolean;
  /** Tell each command of the stream; without it only how far it is. */
  readonly commands: boolean;
  readonly observer: (event: TraceEvent) => void;
}

/** After these the rules may know more of the master. */
const TELLING: ReadonlySet<TraceEvent['kind']> = new Set([
  'unreachable',
  'fault',
  'outcome',
  'snapshot-end',
  'snapshot-fault',
  'stream-noise',
  'stream-fault',
  'detached',
]);
/** What shows whether a snapshot without (all of) its checksum only had too small a length announced: then the rest comes here. */
const DECIDING: ReadonlySet<TraceEvent['kind']> = new Set([
  'command',
  'stream-noise',
  'stream-fault',
  'stream-end',
  'detached',
]);
const TICK_MS = 1000;

export class Watch {
  private readonly originUs: number;
  private readonly casebook = new Casebook();
  private readonly links = new Set<WatchedLink>();
  private readonly told = new Set<string>();
  /** Connections whose snapshot lacks (part of) its checksum, and when it ended: what comes behind it is not known yet. */
  private readonly undecided = new Map<number, number>();
  private timer: Timer | undefined;
  private count = 0;
  private over = false;

  constructor(private readonly setup: WatchSetup) {
    this.originUs = setup.clock.monotonicUs();
  }

  /** Begins the trace. `listening` is where the proxy listens. */
  begin(listening: string): void {
    const { target, tls } = this.setup;
    this.tell({ kind: 'target', step: 'examine', schema: TRACE_SCHEMA, target, tls, between: listening });
    this.timer = this.tick();
  }

  private tick(): Timer {
    return this.setup.clock.after(TICK_MS, () => {
      for (const link of this.links) link.tick();
      this.decide();
      this.timer = this.tick();
    });
  }

  /** Somebody has connected to us. The link is left out of account once it was told that it is closed. */
  attach(replica: string): WatchedLink {
    const { tls } = this.setup;
    const link: WatchedLink = new WatchedLink(
      ++this.count,
      (event) => {
        this.pass(event);
        if (event.kind === 'detached') this.links.delete(link);
      },
      () => this.nowUs(),
      { replica, tls, wallMs: this.setup.clock.nowMs() },
    );
    this.links.add(link);
    return link;
  }

  /** Ends the trace. `interrupted`: by Ctrl-C. Nothing is told afterwards. */
  finish(interrupted: boolean): Verdict {
    if (interrupted) this.tell({ kind: 'stopped', step: 'examine' });
    for (const link of this.links) link.stop();
    this.timer?.cancel();
    let verdict: Verdict = 'stopped';
    for (const event of this.casebook.conclusion()) {
      if (event.kind === 'end') ({ verdict } = event);
      this.tell(event);
    }
    return verdict;
  }

  private nowUs(): number {
    return this.setup.clock.monotonicUs() - this.originUs;
  }

  private tell(event: Untold<ExamineEvent>): void {
    this.pass({ ...event, atUs: this.nowUs(), conn: Math.max(1, this.count) });
  }

  private pass(event: TraceEvent): void {
    if (this.over) return;
    this.over = event.kind === 'end';
    this.casebook.see(event);
    if (event.kind !== 'command' || this.setup.commands) this.setup.observer(event);
    if (event.kind === 'noticed') this.told.add(event.finding.id);
    else if (event.kind === 'snapshot-end' && event.report.checksum.state === 'missing')
      this.undecided.set(event.conn, event.atUs);
    else if (TELLING.has(event.kind) || this.undecided.has(event.conn)) this.news(event);
  }

  private news(event: TraceEvent): void {
    if (DECIDING.has(event.kind)) this.undecided.delete(event.conn);
    if (this.undecided.size === 0) this.notice(event);
  }

  /** Nothing came behind a snapshot: there is no rest of it. */
  private decide(): void {
    const atUs = this.nowUs();
    for (const [conn, endedUs] of this.undecided) {
      if (atUs - endedUs < SETTLE_MS * 1000) continue;
      this.undecided.delete(conn);
      if (this.undecided.size === 0) this.notice({ conn, atUs });
    }
  }

  /** Tells what the rules now know of the master and did not know before. */
  private notice({ conn, atUs }: Pick<TraceEvent, 'conn' | 'atUs'>): void {
    for (const finding of this.casebook.findings()) {
      if (this.told.has(finding.id)) continue;
      this.pass({ kind: 'noticed', step: 'examine', side: 'master', ...told(finding), atUs, conn });
    }
  }
}
