/** Rules about what lets a replica go on where it stopped: the backlog, the replication id, and what survives a restart. */
import { type Draft, type ReplicaReport } from '../model.js';
import { formatBytes, formatCount, formatSeconds, MEGABYTE } from '../units.js';
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
  const held = `${formatBytes(histlenBytes)}${histlenBytes > sizeBytes ? ` (${formatBytes(sizeBytes)} set; it is freed in blocks)` : ''}`;
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
      text: `${who} and the backlog holds ${held}: if ${whose} now, ${it} must do a full sync.`,
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
      'a replica that attaches later does a full sync.',
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

export function* partialSyncRefused(draft: Draft): Generator<Detail> {
  const { syncs, grown } = draft;
  const total = syncs.partialRefused ?? 0;
  const fresh = grown('sync_partial_err');
  if (total === 0) return;
  const share =
    syncs.partialAccepted === undefined
      ? ''
      : ` (${formatCount(syncs.partialAccepted)} ${syncs.partialAccepted === 1 ? 'was' : 'were'} served)`;
  const lately = fresh > 0 ? `, ${fresh} of them between the two samples` : '';
  const { why, ...help } = refusal(draft);
  yield {
    severity: fresh > 0 ? 'warning' : 'info',
    text:
      `${plural(total, 'partial resync')} could not be served since the server started (sync_partial_err)${share}${lately}; each was a ` +
      `full sync. ${why}`,
    ...help,
  };
}

type Refusal = { readonly why: string } & Pick<Detail, 'advice' | 'commands'>;

/**
 * What the backlog and the ids, as they are now, say about refusals of before: redis 7.2.6 replication.c:masterTryPartialResynchronization
 * refuses another id, an offset beyond second_repl_offset with the second one, and an offset that is not in the backlog.
 */
function refusal(draft: Draft): Refusal {
  const { backlog, server, settings } = draft;
  const { active, histlenBytes = 0, sizeBytes = 0 } = backlog;
  if (!active) {
    const ttl = settings.backlogTtlSeconds;
    return {
      why:
        `There is no backlog any more: it is freed when no replica was there for repl-backlog-ttl` +
        `${ttl ? ` (${formatSeconds(ttl)})` : ''}, and the replication id changes with it. The next replica is refused, too.`,
      advice: 'To keep both from now on:',
      commands: ['CONFIG SET repl-backlog-ttl 0'],
    };
  }
  const full = histlenBytes >= sizeBytes;
  const { secondOffset = -1, replid2 = '' } = server;
  if (secondOffset >= 0 && !/^0*$/.test(replid2)) {
    const history =
      `this server was promoted at offset ${formatCount(secondOffset)}, and a replica that had read further, if only a ping, ` +
      'or whose data come from yet another master, cannot go on where it stopped.';
    if (full) {
      const { why, ...help } = sizeRefusal(draft);
      return { why: `${why} Another history can be a reason, too: ${history}`, ...help };
    }
    return {
      why: `Another history is the likely reason: ${history}`,
      advice:
        'Fail over with FAILOVER, or through Sentinel with all replicas attached: it waits until they are level.',
    };
  }
  if (!full) return restartRefusal(draft);
  return sizeRefusal(draft);
}

/** A backlog that was never full has held everything since it was made. */
function restartRefusal({ backlog, server, settings }: Draft): Refusal {
  const { histlenBytes = 0, sizeBytes = 0 } = backlog;
  const up =
    server.uptimeSeconds === undefined ? '' : ` (it is up for ${formatSeconds(server.uptimeSeconds)})`;
  const why =
    `The backlog was not too small: it holds ${formatBytes(histlenBytes)} of ${formatBytes(sizeBytes)}, everything since it was made. So the replicas ` +
    `asked with another replication id, or for an offset from before that: the server was restarted${up}, or got its data from another master.`;
  if (settings.save !== '') {
    const advice =
      'A restart keeps the id only in a snapshot that is made at the shutdown: stop it with SHUTDOWN SAVE, never with SIGKILL.';
    return { why, advice };
  }
  return {
    why: `${why} It keeps no snapshots, so each restart makes a new id.`,
    advice: 'To keep the id over a restart (SHUTDOWN and SIGTERM then save it):',
    commands: ['CONFIG SET save "3600 1 300 100 60 10000"'],
  };
}

/** A backlog of so much costs no thought. */
const CHEAP_BACKLOG_BYTES = 64 * MEGABYTE;

function sizeRefusal({ backlog, rate, settings, server, now }: Draft): Refusal {
  const { sizeBytes = 0, firstByteOffset = 0 } = backlog;
  const perSecond = rate?.bytesPerSecond ?? 0;
  // What came in bounds what was streamed, where the offset is older than the process.
  const streamed = Math.min(server.offset ?? 0, now('total_net_input_bytes') ?? Infinity);
  const mean = streamed / Math.max(1, server.uptimeSeconds ?? Infinity);
  const [pace, words] =
    perSecond >= mean
      ? [perSecond, `${formatBytes(perSecond)}/s`]
      : [mean, `${formatBytes(mean)}/s, the mean since the start`];
  const seconds = Math.max(LIMITS.coverGoalSeconds, settings.replTimeoutSeconds ?? 0);
  const head = `The backlog is full and begins at ${formatCount(firstByteOffset)}: a replica that stopped before that must do a full sync`;
  if (pace <= 0) return { why: `${head}, and so must one with another replication id.` };
  const cover = `At ${words}, its ${formatBytes(sizeBytes)} cover an outage of ${formatSeconds(sizeBytes / pace)}.`;
  const enough = pace * seconds <= sizeBytes;
  // A mean hides the burst that did it; a backlog of all that was ever streamed would have served everybody.
  if (enough && streamed > sizeBytes && streamed <= CHEAP_BACKLOG_BYTES) {
    return {
      why: `${head}. It holds little of the ${formatBytes(streamed)} that were streamed since the start: a burst in one outage was enough.`,
      ...raiseBacklog(Math.max(streamed, MEGABYTE), 0),
    };
  }
  return {
    why: `${head}. ${cover}`,
    ...(enough
      ? {
          advice:
            'That should do: the outages were longer, the writes faster, or the replication id was another one. The log names both.',
        }
      : raiseBacklog(pace * seconds, pace)),
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
