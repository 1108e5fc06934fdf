/**
 * What happened while a server was watched, and what of it still stands: a replica stays reported as gone until it is back, a
 * restart for as long as somebody may need to see it. Small however long the watch: the same thing again is counted, not
 * listed again. Kept by `Watch`, shown by `--watch`, by its NDJSON and by the page of `--report`.
 */
import {
  backChange,
  goneChanges,
  isTool,
  lastSeenIn,
  lastWords,
  MOST_NAMED,
  names,
  reconnected,
  restarted,
  serverChanges,
  syncedHow,
  unseenReturns,
  whyFullSync,
  type Change,
  type LastSeen,
  type WatchEvent,
} from './changes.js';
import { raiseBacklog } from './findings/rule.js';
import { namedReplicas } from './history.js';
import { type Finding, type ReplicaReport, type Report } from './model.js';
import { RaisedFindings } from './raised.js';
import { formatSeconds } from './units.js';

/** An event, and how often it happened. */
export interface LoggedEvent extends WatchEvent {
  readonly times: number;
  readonly firstAt: string;
}

const MOST_EVENTS = 200;
/** Replicas that are gone and remembered. */
const MOST_GONE = 500;
/** How long a finding about something that happened stays. */
const STANDS_MS = 10 * 60_000;
/** The replicas of a server that was restarted have so long to come back before they count as gone. */
const GRACE_MS = 5000;
/** A raised backlog should outlast the outage that was seen so many times over. */
const OUTAGE_ROOM = 2;

/** Times at which a server could not be asked. */
export interface Outages {
  readonly count: number;
  readonly seconds: number;
}

interface Standing {
  readonly finding: Finding;
  /** The replica that it is about: its number may change. */
  readonly name?: string;
  readonly untilMs: number;
}

export class EventLog {
  private readonly logged = new Map<string, LoggedEvent>();
  private readonly gone = new Map<string, LastSeen>();
  /** Until when nobody is called gone, and who would have been. */
  private graceUntilMs = 0;
  private unannounced: LastSeen[] = [];
  private readonly standing = new Map<string, Standing>();
  /** Warnings and worse that are there, since when. */
  private readonly raised = new RaisedFindings();
  private away: { readonly sinceMs: number; readonly attempts: number } | undefined;
  /** The replicas that a server had before it came back empty. */
  private emptied: readonly string[] = [];
  private pastOutages: Outages = { count: 0, seconds: 0 };
  private linkDownMs: number | undefined;
  private rate = 0;
  private fresh: WatchEvent[] = [];

  /** Newest first. */
  all(): LoggedEvent[] {
    return [...this.logged.values()].reverse();
  }

  /** Since when the server cannot be asked. */
  get awaySinceMs(): number | undefined {
    return this.away?.sinceMs;
  }

  /** How often the server was away, and for how long in all, those times that are over. */
  get outages(): Outages {
    return this.pastOutages;
  }

  /** A look that failed, begun at `sinceMs`. Returns what is new. */
  lost(message: string, atMs: number, sinceMs: number): WatchEvent[] {
    this.fresh = [];
    if (!this.away) {
      const text = `the server cannot be asked: ${message}`;
      this.log({ id: 'server-away', severity: 'critical', text }, atMs);
    }
    this.away = { sinceMs: this.away?.sinceMs ?? sinceMs, attempts: (this.away?.attempts ?? 0) + 1 };
    return this.fresh;
  }

  /** The view goes on with another server: nothing of the old one is compared with it. Returns what is new. */
  switched(text: string, atMs: number): WatchEvent[] {
    this.fresh = [];
    this.log({ id: 'master-switched', severity: 'warning', text }, atMs);
    this.gone.clear();
    this.unannounced = [];
    this.graceUntilMs = 0;
    this.standing.clear();
    this.raised.clear();
    if (this.away) this.outageOver(this.away.sinceMs, atMs);
    this.linkDownMs = undefined;
    this.rate = 0;
    return this.fresh;
  }

  /** A look that succeeded, after `before`. Returns what is new. */
  observe(before: Report | undefined, now: Report): WatchEvent[] {
    this.fresh = [];
    const atMs = Date.parse(now.at);
    if (this.away) this.answersAgain(this.away, atMs);
    if (before) {
      for (const change of serverChanges(before, now)) this.serverChanged(change, before, now, atMs);
      this.linkCameBack(before, now, atMs);
      this.replicas(before, now, atMs);
    }
    if (now.rate) this.rate = now.rate.bytesPerSecond;
    this.findingsOver(now, atMs, before !== undefined && restarted(before, now));
    return this.fresh;
  }

  /** The findings that what happened leaves, on the report `now`. */
  findings(now: Report): Finding[] {
    const atMs = Date.parse(now.at);
    for (const [key, { untilMs }] of this.standing) if (untilMs <= atMs) this.standing.delete(key);
    return [
      ...[...this.standing.values()].map(({ finding, name }) => ({
        ...numbered(finding, name, now),
        ...(finding.id === 'server-restarted' && finding.severity === 'critical' && this.saveWhatIsLeft(now)),
      })),
      ...goneFindings(
        atMs < this.graceUntilMs ? [] : [...this.gone.values()].filter((each) => !isTool(each)),
        now,
        atMs,
      ),
    ];
  }

  /** Replicas that follow a server which came back empty have copied that; those that do not may have the data yet. */
  private saveWhatIsLeft(now: Report): Pick<Finding, 'advice' | 'commands'> {
    const here = new Set(namedReplicas(now.replicas).map(([name]) => name));
    const attached = this.emptied.filter((name) => here.has(name));
    const apart = this.emptied.filter((name) => !here.has(name));
    const copies = attached.length === 0 ? '' : `, and its replicas copy that: ${names(attached)}`;
    if (apart.length === 0) {
      const advice = `It came back without its data${copies}. If a copy of the data is left (a snapshot, an AOF, another server), keep it from being overwritten.`;
      return { advice };
    }
    const advice = `It came back without its data${copies}. Not attached now, and perhaps with the data yet: ${names(apart)}. As soon as one of them attaches again it copies what is here. Keep them from that; on each of them:`;
    return { advice, commands: ['REPLICAOF NO ONE'] };
  }

  private log(change: Change, atMs: number): void {
    const event: WatchEvent = { ...change, at: new Date(atMs).toISOString() };
    this.fresh.push(event);
    const key = `${event.id} ${event.subject ?? ''}`;
    const known = this.logged.get(key);
    this.logged.delete(key);
    this.logged.set(key, {
      ...event,
      times: (known?.times ?? 0) + 1,
      firstAt: known?.firstAt ?? event.at,
    });
    const [oldest] = this.logged.keys();
    if (this.logged.size > MOST_EVENTS) this.logged.delete(oldest);
  }

  private stand(finding: Omit<Finding, 'since'>, atMs: number, name?: string): void {
    const since = new Date(atMs).toISOString();
    const untilMs = atMs + STANDS_MS;
    this.standing.set(`${finding.id} ${name ?? ''}`, { finding: { ...finding, since }, name, untilMs });
  }

  private answersAgain({ sinceMs, attempts }: { sinceMs: number; attempts: number }, atMs: number): void {
    this.outageOver(sinceMs, atMs);
    const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    const text = `the server answers again, after ${formatSeconds((atMs - sinceMs) / 1000)} and ${tries}`;
    this.log({ id: 'server-back', severity: 'info', text }, atMs);
  }

  private outageOver(sinceMs: number, atMs: number): void {
    const { count, seconds } = this.pastOutages;
    this.pastOutages = { count: count + 1, seconds: seconds + (atMs - sinceMs) / 1000 };
    this.away = undefined;
  }

  private serverChanged(change: Change, before: Report, now: Report, atMs: number): void {
    this.log(change, atMs);
    const { id, severity, text } = change;
    if (
      id === 'role-changed' ||
      id === 'server-restarted' ||
      (id === 'history-changed' && severity !== 'info')
    ) {
      this.stand({ id, severity, text: `${text}.` }, atMs);
    }
    if (id === 'server-restarted') {
      this.graceUntilMs = atMs + GRACE_MS;
      if (severity === 'critical') this.emptied = namedReplicas(before.replicas).map(([name]) => name);
    }
    // The replicas of a server that is one itself now follow somebody else: they are not lost.
    if (id === 'role-changed' && now.link) this.gone.clear();
  }

  private linkCameBack(before: Report, now: Report, atMs: number): void {
    const up = now.link?.up === true;
    // Without a master there is no link that could come back.
    if (!now.link) this.linkDownMs = undefined;
    else if (before.link?.up === true && !up) this.linkDownMs = atMs;
    if (!up || this.linkDownMs === undefined) return;
    const text = `the link to the master is up again, after ${formatSeconds((atMs - this.linkDownMs) / 1000)}`;
    this.log({ id: 'link-back', severity: 'info', text }, atMs);
    this.linkDownMs = undefined;
  }

  private replicas(before: Report, now: Report, atMs: number): void {
    const here = new Map(namedReplicas(now.replicas));
    const beforeMs = Date.parse(before.at);
    const was = new Map(lastSeenIn(before, beforeMs).map((each) => [each.name, each]));
    const demoted = now.link !== undefined && before.link === undefined;
    const left = demoted ? [] : [...was.values()].filter(({ name }) => !here.has(name));
    for (const each of left) if (this.gone.size < MOST_GONE) this.gone.set(each.name, each);
    this.unannounced.push(...left);
    this.announceGone(here, atMs);
    let returns = 0;
    for (const [name, replica] of here) {
      const away = this.gone.get(name);
      const last = was.get(name);
      if (away) this.cameBack(away, replica, before, now, atMs);
      else if (last && reconnected(last.replica, replica))
        this.cameBack(last, replica, before, now, atMs, true);
      else if (!last) {
        const text = `replica ${name} attached, ${replica.state}`;
        this.log({ id: 'replica-attached', severity: 'info', subject: name, text }, atMs);
      } else continue;
      returns++;
      this.gone.delete(name);
    }
    const unseen = unseenReturns(before, now, returns);
    if (unseen) this.log(unseen, atMs);
  }

  /** Who left; after a restart not before the time to come back is over, and who did come back in it is not told of. */
  private announceGone(here: ReadonlyMap<string, unknown>, atMs: number): void {
    if (atMs < this.graceUntilMs) return;
    const left = this.unannounced.filter(({ name }) => this.gone.has(name) && !here.has(name));
    this.unannounced = [];
    for (const change of goneChanges(left)) this.log(change, atMs);
  }

  private cameBack(
    seen: LastSeen,
    replica: ReplicaReport,
    before: Report,
    now: Report,
    atMs: number,
    wasThere = false,
  ): void {
    const change = backChange(seen, replica, before, now, wasThere);
    this.log(change, atMs);
    if (isTool(seen) || syncedHow(before, now, replica) !== 'full') return;
    const outageSeconds = Math.max(1, (atMs - seen.atMs) / 1000);
    const first = now.backlog.firstByteOffset ?? 0;
    const late = !restarted(before, now) && (seen.replica.offset ?? Infinity) + 1 < first;
    // What was written since it stopped would have had to fit.
    const missed = (now.server.offset ?? 0) - (seen.replica.offset ?? 0);
    const raise = late
      ? raiseBacklog(OUTAGE_ROOM * Math.max(missed, this.rate * outageSeconds), this.rate)
      : {};
    const why = whyFullSync(seen, now);
    this.stand(
      {
        id: 'replica-resynced',
        severity: 'warning',
        text: `${change.text}.`,
        ...(late
          ? raise
          : why === undefined && {
              advice: 'The log of the server says why: it names the id and the offset that were asked for.',
            }),
      },
      atMs,
      seen.name,
    );
  }

  /** What was a warning and is none any more: it may have been there for one look only. */
  private findingsOver(now: Report, atMs: number, anew: boolean): void {
    // What was said of a process that is gone is no good news.
    if (anew) this.raised.clear();
    for (const { key, finding, seconds } of this.raised.observe(now, atMs)) {
      // The rest of the sentence is about what to expect of it.
      const [what] = finding.text.split(/[:;]? (?:if|so|which|that|its|and) |[:;] |\. /);
      const text = `${finding.id} is over, after ${formatSeconds(seconds)}: ${what}`;
      this.log({ id: 'finding-over', severity: 'info', subject: key, text }, atMs);
    }
  }
}

function numbered(finding: Finding, name: string | undefined, now: Report): Finding {
  const replica = namedReplicas(now.replicas).find(([each]) => each === name)?.[1].index;
  return replica === undefined ? finding : { ...finding, replica };
}

/** One for each replica that is gone, or one for all when there are many. */
function goneFindings(gone: readonly LastSeen[], now: Report, atMs: number): Finding[] {
  const seconds = ({ atMs: lastMs }: LastSeen) => Math.max(0, (atMs - lastMs) / 1000);
  const since = (each: LastSeen) => new Date(each.atMs).toISOString();
  if (gone.length > MOST_NAMED) {
    const oldest = gone.reduce((a, b) => (b.atMs < a.atMs ? b : a));
    return [
      {
        id: 'replica-gone',
        severity: 'warning',
        since: since(oldest),
        text: `${gone.length} replicas that were there are not attached any more, the first for ${formatSeconds(seconds(oldest))}: ${names(gone.map(({ name }) => name))}.`,
        advice: 'So many at once: look at the network, and at the log of this server.',
      },
    ];
  }
  return gone.map((each) => ({
    id: 'replica-gone',
    severity: 'warning',
    since: since(each),
    text: `replica ${each.name} is not attached any more, for ${formatSeconds(seconds(each))}: ${lastWords(each.replica)}. ${comeback(each, now)}`,
    advice: 'Its own view, if it runs:',
    commands: [`redis-ts inspect ${each.name}`],
  }));
}

/** Whether it can go on where it stopped, and for how long yet. */
function comeback(seen: LastSeen, now: Report): string {
  const why = whyFullSync(seen, now);
  if (why !== undefined) return `When it comes back, it must do a full sync: ${why}.`;
  const { backlog, server, rate } = now;
  const { offset } = seen.replica;
  if (!offset || server.offset === undefined || backlog.sizeBytes === undefined)
    return 'Whether it can go on where it stopped is not known.';
  const left = backlog.sizeBytes - (server.offset - offset);
  if (!rate?.bytesPerSecond || left <= 0) return 'The backlog still has what it lacks.';
  return `The backlog has what it lacks for about ${formatSeconds(left / rate.bytesPerSecond)} more; then it must do a full sync.`;
}
