/** Rules about what lets a replica go on where it stopped: the backlog, the replication id, and what survives a restart. */
import { type Draft, type ReplicaReport } from '../model.js';
import { formatBytes, formatCount, formatSeconds } from '../units.js';
import { LIMITS, nameOf, plural, raiseBacklog, type Detail } from './rule.js';

export function* backlogTooSmall({ backlog, replicas, rate }: Draft): Generator<Detail> {
  const { histlenBytes, sizeBytes, coverSeconds } = backlog;
  if (histlenBytes === undefined || sizeBytes === undefined) return;
  const perSecond = rate?.bytesPerSecond ?? 0;
  // What was streamed since the last ACK is not known to be missing; the age of the ACK is in whole seconds.
  const lacks = ({ behindBytes = 0, ackAgeSeconds = 0 }: ReplicaReport) =>
    behindBytes - perSecond * (ackAgeSeconds + 1);
  const far = replicas.filter((replica) => lacks(replica) > histlenBytes);
  const goal = Math.max(perSecond * LIMITS.coverGoalSeconds, sizeBytes + 1);
  if (far.length > 0) {
    const most = Math.max(...far.map((replica) => replica.behindBytes!));
    const [who, whose, it] =
      far.length === 1
        ? [`${nameOf(far[0])} is ${formatBytes(most)} behind`, 'its link drops', 'it']
        : [
            `replicas ${far.map(({ index }) => index).join(', ')} are up to ${formatBytes(most)} behind`,
            'a link drops',
            'that one',
          ];
    yield {
      severity: 'warning',
      ...(far.length === 1 && { replica: far[0].index }),
      text: `${who} and the backlog holds ${formatBytes(histlenBytes)}: if ${whose} now, ${it} must do a full sync.`,
      ...raiseBacklog(Math.max(goal, 2 * most), perSecond),
    };
  }
  if (far.length > 0 || coverSeconds === undefined || coverSeconds >= LIMITS.coverGoalSeconds) return;
  yield {
    severity: coverSeconds < LIMITS.coverWarnSeconds ? 'warning' : 'info',
    text:
      `the backlog of ${formatBytes(sizeBytes)} covers ${formatSeconds(coverSeconds)} at ${formatBytes(perSecond)}/s: ` +
      'a replica that is away for longer must do a full sync.',
    ...raiseBacklog(goal, perSecond),
  };
}

export function* backlogExpires({ link, backlog, connectedReplicas, settings }: Draft): Generator<Detail> {
  const ttl = settings.backlogTtlSeconds ?? 0;
  if (link || !backlog.active || connectedReplicas > 0 || ttl === 0) return;
  yield {
    severity: 'info',
    text:
      `no replica is attached: after ${formatSeconds(ttl)} without one the backlog is freed and the replication id changes, and ` +
      'whoever attaches then does a full sync.',
    advice: 'To keep both:',
    commands: ['CONFIG SET repl-backlog-ttl 0'],
  };
}

export function* backlogInactive({ link, backlog, info }: Draft): Generator<Detail> {
  if (link || backlog.active || !info.some(({ name }) => name === 'repl_backlog_active')) return;
  yield {
    severity: 'info',
    text:
      'there is no backlog: it is made when the first replica attaches, with a new replication id, so that replica does a full ' +
      'sync. It is freed when no replica was there for repl-backlog-ttl.',
  };
}

export function* partialSyncRefused({ syncs, grown, backlog, rate }: Draft): Generator<Detail> {
  const total = syncs.partialRefused ?? 0;
  const fresh = grown('sync_partial_err');
  if (total === 0) return;
  const share =
    syncs.partialAccepted === undefined
      ? ''
      : ` (${formatCount(syncs.partialAccepted)} ${syncs.partialAccepted === 1 ? 'was' : 'were'} served)`;
  const lately = fresh > 0 ? `, ${fresh} of them between the two samples` : '';
  const perSecond = rate?.bytesPerSecond ?? 0;
  const goal = perSecond * LIMITS.coverGoalSeconds;
  yield {
    severity: fresh > 0 ? 'warning' : 'info',
    text:
      `${plural(total, 'partial resync')} could not be served since the server started (sync_partial_err)${share}${lately}: the backlog ` +
      'was too short, or the replica came with another history. Each was a full sync.',
    ...(goal > (backlog.sizeBytes ?? Infinity) && raiseBacklog(goal, perSecond)),
  };
}

export function* promoted({ link, server }: Draft): Generator<Detail> {
  const { secondOffset = -1, replid2 = '' } = server;
  if (link || secondOffset < 0 || /^0*$/.test(replid2)) return;
  yield {
    severity: 'info',
    text:
      `this master was promoted, or restarted, at offset ${formatCount(secondOffset)}: replicas with the history ${replid2.slice(0, 8)}… ` +
      'can go on up to there. One that had read more, if only a ping, does a full sync.',
  };
}

export function* masterWithoutPersistence({ link, settings, connectedReplicas }: Draft): Generator<Detail> {
  const { save, appendonly } = settings;
  if (link || connectedReplicas === 0 || save !== '' || appendonly !== false) return;
  yield {
    severity: 'warning',
    text:
      `this master keeps nothing on disk (save "" and appendonly no): restarted, it is empty and has a new replication id, and its ` +
      `${plural(connectedReplicas, 'replica')} will copy that.`,
    advice: 'Keep a snapshot or an AOF, or make sure that nothing restarts it by itself:',
    commands: ['CONFIG SET save "3600 1 300 100 60 10000"', 'CONFIG SET appendonly yes'],
  };
}
