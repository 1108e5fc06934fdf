/**
 * What changed from one report to the next, as events: a replica that is gone, came back or has a new connection, a server that
 * was restarted, promoted or given another master. Pure; what must be remembered in between is kept by event-log.ts.
 */
import { hostPort } from '../net/target.js';
import { namedReplicas } from './history.js';
import { type Finding, type LinkReport, type ReplicaReport, type Report, type Severity } from './model.js';
import { formatBytes, formatCount, formatSeconds } from './units.js';

export type EventId =
  | 'replica-gone'
  | 'replica-back'
  | 'replica-attached'
  | 'server-restarted'
  | 'role-changed'
  | 'master-changed'
  | 'master-switched'
  | 'history-changed'
  | 'link-lost'
  | 'link-back'
  | 'server-away'
  | 'server-back'
  | 'finding-over';

/** Something that happened while we watched. */
export interface WatchEvent {
  readonly id: EventId;
  readonly severity: Severity;
  /** ISO 8601. */
  readonly at: string;
  /** The replica, or the finding, that it is about: one with the same id and subject is the same thing again. */
  readonly subject?: string;
  readonly text: string;
}

export type Change = Omit<WatchEvent, 'at'>;

/** Where a replica stood when it was last seen, and in which history. */
export interface LastSeen {
  readonly name: string;
  readonly replica: ReplicaReport;
  readonly replid?: string;
  readonly atMs: number;
}

/** The replicas of `report`, as they may have to be described when they are gone. */
export function lastSeenIn({ replicas, server }: Report, atMs: number): LastSeen[] {
  return namedReplicas(replicas).map(([name, replica]) => ({ name, replica, replid: server.replid, atMs }));
}

/** Tools come and go: what announces no port serves nobody. */
export function isTool({ replica }: LastSeen): boolean {
  return !replica.announced.port;
}

/** Whether the process is another one: its run id changed, or, where there is none, its uptime went back. */
export function restarted(before: Report, now: Report): boolean {
  const [was, is] = [before.server, now.server];
  if (was.runId !== undefined && is.runId !== undefined) return was.runId !== is.runId;
  return (is.uptimeSeconds ?? 0) < (was.uptimeSeconds ?? 0);
}

/** Where a connection comes from, where that is sure: among several of one address it is a guess. */
function peerOf({ from }: ReplicaReport): string | undefined {
  return from === undefined || from.matchedBy === 'order' ? undefined : from.address;
}

/** `last seen from 10.0.0.7:40001, online, offset 98,211,004, 4.0 MB behind, last ACK 4 s before` */
export function lastWords(replica: ReplicaReport): string {
  const peer = peerOf(replica);
  const { state, offset, behindBytes, ackAgeSeconds } = replica;
  const parts = [state];
  if (offset !== undefined) parts.push(`offset ${formatCount(offset)}`);
  if (behindBytes !== undefined) parts.push(`${formatBytes(behindBytes)} behind`);
  if (ackAgeSeconds !== undefined) parts.push(`last ACK ${formatSeconds(ackAgeSeconds)} before`);
  return `last seen ${peer === undefined ? '' : `from ${peer}, `}${parts.join(', ')}`;
}

/** More names than this are counted. */
export const MOST_NAMED = 3;

export function names(all: readonly string[]): string {
  const left = all.length - MOST_NAMED;
  return left <= 0 ? all.join(', ') : `${all.slice(0, MOST_NAMED).join(', ')} and ${left} more`;
}

/** Replicas that are not in the table any more; many at once are one event. */
export function goneChanges(gone: readonly LastSeen[]): Change[] {
  const severity = (of: readonly LastSeen[]): Severity => (of.every(isTool) ? 'info' : 'warning');
  if (gone.length > MOST_NAMED) {
    const text = `${gone.length} replicas are gone: ${names(gone.map(({ name }) => name))}`;
    return [{ id: 'replica-gone', severity: severity(gone), subject: '*', text }];
  }
  return gone.map((each) => ({
    id: 'replica-gone',
    severity: severity([each]),
    subject: each.name,
    text: `replica ${each.name} is gone: ${lastWords(each.replica)}`,
  }));
}

/** How replicas that are new in the table were synced, by the counters; undefined where they leave it open. */
export function syncedHow(
  before: Report,
  now: Report,
  replica: ReplicaReport,
): 'full' | 'partial' | undefined {
  if (replica.state !== 'online' && replica.state !== 'stable_sync') return 'full';
  const from = restarted(before, now) ? {} : before.syncs;
  const full = (now.syncs.full ?? 0) - (from.full ?? 0);
  const partial = (now.syncs.partialAccepted ?? 0) - (from.partialAccepted ?? 0);
  if (full > 0 === partial > 0) return undefined;
  return full > 0 ? 'full' : 'partial';
}

const same = (id: string | undefined) => id !== undefined && !/^0*$/.test(id);

/** Why a replica that stood at `seen` could not go on there, as far as the backlog and the ids of `now` tell. */
export function whyFullSync({ replid, replica }: LastSeen, now: Report): string | undefined {
  const { server, backlog } = now;
  const { offset } = replica;
  if (offset === undefined || offset === 0 || !same(replid)) return undefined;
  const secondOffset = server.secondOffset ?? -1;
  if (server.replid !== replid) {
    if (server.replid2 !== replid) {
      return `the server has another replication id now (${short(server.replid)}, before ${short(replid)})`;
    }
    if (offset >= secondOffset) {
      return `it had read to ${formatCount(offset)}, beyond ${formatCount(secondOffset)}, where the histories part`;
    }
  }
  if (!backlog.active) return 'there was no backlog';
  const { firstByteOffset: first, lastByteOffset: last } = backlog;
  if (first === undefined || last === undefined) return undefined;
  if (offset + 1 < first) {
    return `it had stopped at ${formatCount(offset)} and the backlog begins at ${formatCount(first)}, ${formatBytes(first - offset - 1)} later`;
  }
  if (offset > last)
    return `it had acknowledged ${formatCount(offset)}, more than was written (${formatCount(last)})`;
  return undefined;
}

function short(id: string | undefined): string {
  return id === undefined ? 'unknown' : `${id.slice(0, 8)}…`;
}

/** A replica that is back; or, when it was there at the last look, too, whose connection is another one. */
export function backChange(
  seen: LastSeen,
  replica: ReplicaReport,
  before: Report,
  now: Report,
  wasThere = false,
): Change {
  const awaySeconds = Math.max(0, (Date.parse(now.at) - seen.atMs) / 1000);
  const how = syncedHow(before, now, replica);
  const was = peerOf(seen.replica);
  const address = peerOf(replica);
  const moved =
    address === undefined
      ? ''
      : `, from ${address}${was === undefined || was === address ? '' : ` (before: ${was})`}`;
  const why = how === 'full' ? whyFullSync(seen, now) : undefined;
  const sync =
    how === undefined
      ? ''
      : how === 'partial'
        ? ': it went on where it had stopped (partial resync)'
        : `: full sync${why === undefined ? '' : `, because ${why}`}`;
  return {
    id: 'replica-back',
    severity: how === 'full' && !isTool(seen) ? 'warning' : 'info',
    subject: seen.name,
    text: `replica ${seen.name} ${wasThere ? 'has a new connection' : `is back after ${formatSeconds(awaySeconds)}`}${moved}${sync}`,
  };
}

/** Its connection comes from another port than at the last look, and is a younger one. */
export function reconnected(was: ReplicaReport, is: ReplicaReport): boolean {
  const [before, now] = [peerOf(was), peerOf(is)];
  if (before === undefined || now === undefined || before === now) return false;
  return is.linkSeconds === undefined || was.linkSeconds === undefined || is.linkSeconds <= was.linkSeconds;
}

/** Syncs that were counted beside those of the replicas whose return was seen: some came back between two looks. */
export function unseenReturns(before: Report, now: Report, seen: number): Change | undefined {
  if (restarted(before, now)) return undefined;
  const full = Math.max(0, (now.syncs.full ?? 0) - (before.syncs.full ?? 0));
  const partial = Math.max(0, (now.syncs.partialAccepted ?? 0) - (before.syncs.partialAccepted ?? 0));
  if (full + partial <= seen) return undefined;
  const kinds = [...(partial > 0 ? [`${partial} partial`] : []), ...(full > 0 ? [`${full} full`] : [])];
  return {
    id: 'replica-back',
    severity: full > seen ? 'warning' : 'info',
    subject: '?',
    text: `replicas attached between two looks: syncs ${kinds.join(', ')} (which of them is not told by the server)`,
  };
}

const masterOf = ({ master }: LinkReport) => hostPort(master.host, master.port ?? 0);

/** What changed about the server itself. */
export function* serverChanges(before: Report, now: Report): Generator<Change> {
  if (restarted(before, now)) yield restartChange(before, now);
  yield* roleChanges(before, now);
  const [was, is] = [before.server.replid, now.server.replid];
  if (same(was) && same(is) && was !== is && !restarted(before, now)) {
    const kept = now.server.replid2 === was;
    // A master without a backlog takes a new id for its first replica.
    const first = !now.link && !before.backlog.active && now.backlog.active;
    const means = kept
      ? 'and the old one is kept as the second one: replicas can go on with a partial resync'
      : first
        ? 'as always when the first replica attaches and there is no backlog'
        : 'and the old one is not kept: replicas that have it do a full sync';
    yield {
      id: 'history-changed',
      severity: kept || first ? 'info' : 'warning',
      text: `the replication id changed: ${short(is)}, before ${short(was)}, ${means}`,
    };
  }
}

function restartChange(before: Report, now: Report): Change {
  const { server, findings } = now;
  const loading = findings.some(({ id }) => id === 'loading');
  const empty = !loading && server.keys === 0 && (before.server.keys ?? 0) > 0;
  const up = server.uptimeSeconds === undefined ? '' : ` (up ${formatSeconds(server.uptimeSeconds)})`;
  const [was, is] = [before.server.replid, server.replid];
  const id =
    was === is || server.replid2 === was
      ? 'its replication id is kept'
      : `its replication id was ${short(was)} and is ${short(is)}: every replica does a full sync`;
  const had = before.server.keys;
  const keys = loading
    ? ', it is loading its data'
    : server.keys === undefined || !had
      ? ''
      : `, with ${formatCount(server.keys)} of ${formatCount(had)} keys`;
  return {
    id: 'server-restarted',
    severity: empty ? 'critical' : 'warning',
    text: `the server was restarted${up}${keys}; ${id}`,
  };
}

function* roleChanges(before: Report, now: Report): Generator<Change> {
  const [was, is] = [before.link, now.link];
  if (!was !== !is) {
    yield {
      id: 'role-changed',
      severity: 'warning',
      text: is
        ? `the server is a replica of ${masterOf(is)} now: it was a master`
        : `the server is a master now: it was a replica of ${masterOf(was!)}`,
    };
    return;
  }
  if (!was || !is) return;
  if (masterOf(was) !== masterOf(is)) {
    const text = `the server follows ${masterOf(is)} now: before, ${masterOf(was)}`;
    yield { id: 'master-changed', severity: 'warning', text };
  }
  if (was.up === true && is.up !== true) {
    const at = is.offset === undefined ? '' : `, at offset ${formatCount(is.offset)}`;
    const text = `the link to the master ${masterOf(is)} is down${at}`;
    yield { id: 'link-lost', severity: 'warning', text };
  }
}

/** The name of the replica that a finding is about: its number changes when another one goes. */
export function replicaNameOf({ replica }: Finding, { replicas }: Report): string | undefined {
  if (replica === undefined) return undefined;
  return namedReplicas(replicas).find(([, each]) => each.index === replica)?.[0];
}
