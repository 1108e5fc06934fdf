/**
 * Findings: what is wrong or worth knowing, one rule per finding in a table. A rule looks at the report's draft and yields
 * sentences with the figures in them, and the advice with values computed from those figures. docs/inspect.md
 * lists them all.
 */
import { hostPort } from '../net/target.js';
import {
  FINDING_IDS,
  type Draft,
  type Finding,
  type FindingId,
  type ReplicaReport,
  type Severity,
  type Thresholds,
} from './model.js';
import { configMegabytes, formatBytes, formatSeconds, MEGABYTE } from './units.js';

type Detail = Omit<Finding, 'id'>;
type Rule = (draft: Draft, thresholds: Thresholds) => Iterable<Detail>;

/** Times and shares at which the rules speak, where the user drew no line. */
export const LIMITS = {
  /** An ACK comes each second; `lag` is in whole seconds. */
  ackAgeSeconds: 3,
  /** Allowed beyond the age of the last ACK, before a replica counts as lagging. */
  lagSeconds: 5,
  /** Less than this is no lag, whatever the rate. */
  lagFloorBytes: 64 * 1024,
  /** A backlog that covers less at the present rate will not outlast a restart of the network. */
  coverWarnSeconds: 10,
  /** What a raised backlog should cover; also repl-timeout's default, after which a silent link is given up. */
  coverGoalSeconds: 60,
  outputWarnShare: 0.5,
  outputCriticalShare: 0.9,
  /** repl-timeout should be at least so many ping periods. */
  pingsPerTimeout: 3,
  defaultTimeoutSeconds: 60,
  defaultPingPeriodSeconds: 10,
} as const;

const RULES: Readonly<Record<FindingId, Rule>> = {
  'link-down': linkDown,
  'sync-in-progress': syncInProgress,
  'master-silent': masterSilent,
  'min-replicas-not-met': minReplicasNotMet,
  'offset-ahead': offsetAhead,
  'output-buffer-near-limit': outputBufferNearLimit,
  'ack-old': ackOld,
  'replica-lagging': replicaLagging,
  'backlog-too-small': backlogTooSmall,
  'announced-not-peer': announcedNotPeer,
  'duplicate-announced-address': duplicateAnnounced,
  'timeout-too-close-to-ping-period': timeoutTooClose,
  'replica-writable': replicaWritable,
  'replica-not-online': replicaNotOnline,
  'replica-without-port': replicaWithoutPort,
  'failover-in-progress': failoverInProgress,
  'no-replicas': noReplicas,
  'backlog-inactive': backlogInactive,
  'partial-sync-refused': partialSyncRefused,
};

const ORDER: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Every finding on `draft`, the worst first, in the order of the table within one severity. */
export function findFindings(draft: Draft, thresholds: Thresholds): Finding[] {
  const found = FINDING_IDS.flatMap((id) =>
    [...RULES[id](draft, thresholds)].map((detail) => ({ id, ...detail })),
  );
  return found.sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

function* linkDown({ link, connectedReplicas }: Draft): Generator<Detail> {
  if (!link || link.up !== false || link.transfer) return;
  const master = address(link.master.host, link.master.port);
  const since =
    link.downSeconds === undefined
      ? 'is down and never was up'
      : `has been down for ${formatSeconds(link.downSeconds)}`;
  const state = link.state === undefined || link.state === 'connected' ? '' : ` (now: ${link.state})`;
  const below =
    connectedReplicas > 0 ? ` Its own replicas (${connectedReplicas}) get nothing meanwhile.` : '';
  yield {
    severity: 'critical',
    text: `the link to the master ${master} ${since}${state}.${below}`,
    advice: "See why a replica cannot attach there, with this server's masteruser and masterauth:",
    commands: [`redis-ts handshake ${master}`],
  };
}

function* syncInProgress({ link }: Draft): Generator<Detail> {
  if (!link?.transfer) return;
  const { readBytes = 0, totalBytes = 0, lastIoSecondsAgo = 0 } = link.transfer;
  const share =
    totalBytes > 0 ? ` of ${formatBytes(totalBytes)} (${Math.floor((readBytes / totalBytes) * 100)}%)` : '';
  yield {
    severity: 'warning',
    text:
      `a full sync is running: ${formatBytes(readBytes)}${share} received, the last byte ` +
      `${formatSeconds(lastIoSecondsAgo)} ago. Until it ends this replica serves its old data, or none.`,
  };
}

function* masterSilent({ link, settings }: Draft): Generator<Detail> {
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  const period = settings.replPingPeriodSeconds ?? LIMITS.defaultPingPeriodSeconds;
  if (link?.up !== true || (link.lastIoSecondsAgo ?? 0) <= 2 * period) return;
  yield {
    severity: link.lastIoSecondsAgo! > timeout / 2 ? 'critical' : 'warning',
    text:
      `the master was last heard ${formatSeconds(link.lastIoSecondsAgo!)} ago; it pings every ${period} s. ` +
      `The link is given up after ${timeout} s of silence.`,
    advice: 'Look at the network between the two, and whether the master is blocked (SLOWLOG GET).',
  };
}

function* minReplicasNotMet({ settings, goodReplicas }: Draft): Generator<Detail> {
  const wanted = settings.minReplicasToWrite ?? 1;
  if (goodReplicas === undefined || goodReplicas >= wanted) return;
  const lag = settings.minReplicasMaxLagSeconds;
  const within = lag === undefined ? '' : ` with an ACK of the last ${lag} s`;
  yield {
    severity: 'critical',
    text: `writes are refused (NOREPLICAS): ${goodReplicas} good ${goodReplicas === 1 ? 'replica' : 'replicas'}${within}, ${wanted} needed.`,
    advice: 'Bring the replicas back, or lower what is asked for:',
    commands: [`CONFIG SET min-replicas-to-write ${goodReplicas}`],
  };
}

function* offsetAhead({ replicas }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    if ((replica.behindBytes ?? 0) >= 0) continue;
    yield {
      severity: 'critical',
      replica: replica.index,
      text:
        `${nameOf(replica)} acknowledges ${formatBytes(-replica.behindBytes!)} more than this master has written: it counts ` +
        'bytes twice, or it has another history. Its next PSYNC will be a full sync.',
      advice: 'Count every byte of the stream after the snapshot once, and nothing before it.',
    };
  }
}

function* outputBufferNearLimit({ replicas, settings }: Draft): Generator<Detail> {
  const limit = settings.replicaOutputLimit;
  if (!limit) return;
  for (const replica of replicas) {
    const { outputBytes = 0, outputLimitBytes = 0 } = replica;
    const share = outputLimitBytes > 0 ? outputBytes / outputLimitBytes : 0;
    const soft = limit.softBytes > 0 && outputBytes >= limit.softBytes;
    if (share < LIMITS.outputWarnShare && !soft) continue;
    const softText = soft
      ? ` It is above the soft limit of ${formatBytes(limit.softBytes)}: ${limit.softSeconds} s of that drop it, too.`
      : '';
    const hardText =
      outputLimitBytes > 0
        ? ` of ${formatBytes(outputLimitBytes)} (${Math.floor(share * 100)}%) at which its link is dropped`
        : '';
    const hard = configMegabytes(Math.max(2 * outputLimitBytes, 4 * outputBytes));
    const raised = configMegabytes(Math.max(2 * limit.softBytes, 2 * outputBytes));
    yield {
      severity: share >= LIMITS.outputCriticalShare ? 'critical' : 'warning',
      replica: replica.index,
      text: `the output buffer of ${nameOf(replica)} holds ${formatBytes(outputBytes)}${hardText}.${softText}`,
      advice: 'Find out why it reads slowly; to give it room meanwhile:',
      commands: [
        `CONFIG SET client-output-buffer-limit "replica ${hard} ${raised} ${limit.softSeconds || 60}"`,
      ],
    };
  }
}

function* ackOld({ replicas, settings }: Draft, { maxAckAgeSeconds }: Thresholds): Generator<Detail> {
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  const allowed = maxAckAgeSeconds ?? LIMITS.ackAgeSeconds;
  for (const replica of replicas) {
    const age = replica.ackAgeSeconds ?? 0;
    if (age <= allowed) continue;
    yield {
      severity: maxAckAgeSeconds !== undefined || age > timeout / 2 ? 'critical' : 'warning',
      replica: replica.index,
      text:
        `${nameOf(replica)} last acknowledged ${formatSeconds(age)} ago; replicas do it every second. ` +
        `Its link is dropped at ${timeout} s.`,
      advice:
        'It is blocked (a slow command, a save, swapping) or cannot be reached: look at its SLOWLOG GET and LATENCY LATEST.',
    };
  }
}

function* replicaLagging(draft: Draft, { maxLagBytes }: Thresholds): Generator<Detail> {
  const rate = draft.rate?.bytesPerSecond ?? 0;
  const all = [
    ...draft.replicas.map((replica) => ({
      ...replica,
      name: nameOf(replica),
      age: replica.ackAgeSeconds ?? 0,
    })),
    ...(draft.link ? [{ ...draft.link, name: 'this replica', index: undefined, age: 0 }] : []),
  ];
  for (const { index, name, age, behindBytes = 0, behindSeconds } of all) {
    const tooFar =
      maxLagBytes !== undefined
        ? behindBytes > maxLagBytes
        : behindBytes > LIMITS.lagFloorBytes &&
          behindSeconds !== undefined &&
          behindSeconds > age + LIMITS.lagSeconds;
    if (!tooFar) continue;
    const time =
      behindSeconds === undefined ? '' : `, about ${formatSeconds(behindSeconds)} at ${formatBytes(rate)}/s`;
    const line = maxLagBytes === undefined ? '' : `; --max-lag-bytes allows ${formatBytes(maxLagBytes)}`;
    yield {
      severity: maxLagBytes === undefined ? 'warning' : 'critical',
      ...(index !== undefined && { replica: index }),
      text: `${name} is ${formatBytes(behindBytes)} behind${time}${line}.`,
      advice:
        'Reads there are that old, and a failover to it loses that much. Compare the rate with its network and its CPU.',
    };
  }
}

function* backlogTooSmall({ backlog, replicas, rate }: Draft): Generator<Detail> {
  const { histlenBytes, sizeBytes, coverSeconds } = backlog;
  if (histlenBytes === undefined || sizeBytes === undefined) return;
  const perSecond = rate?.bytesPerSecond ?? 0;
  const far = replicas.filter((replica) => (replica.behindBytes ?? 0) > histlenBytes);
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
      text: `${who} and the backlog holds ${formatBytes(histlenBytes)}: if ${whose} now ${it} must do a full sync.`,
      ...raiseTo(configMegabytes(Math.max(goal, 2 * most)), perSecond),
    };
  }
  if (far.length > 0 || coverSeconds === undefined || coverSeconds >= LIMITS.coverGoalSeconds) return;
  yield {
    severity: coverSeconds < LIMITS.coverWarnSeconds ? 'warning' : 'info',
    text:
      `the backlog of ${formatBytes(sizeBytes)} covers ${formatSeconds(coverSeconds)} at ${formatBytes(perSecond)}/s: ` +
      'a replica that is away for longer must do a full sync.',
    ...raiseTo(configMegabytes(goal), perSecond),
  };
}

function raiseTo(size: string, perSecond: number): Pick<Detail, 'advice' | 'commands'> {
  const megabytes = parseInt(size, 10) * MEGABYTE;
  const cover = perSecond > 0 ? ` for ${formatSeconds(Math.floor(megabytes / perSecond))} of cover` : '';
  return {
    advice: `Raise repl-backlog-size to at least ${formatBytes(megabytes)}${cover}:`,
    commands: [`CONFIG SET repl-backlog-size ${size}`],
  };
}

function* announcedNotPeer({ replicas }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    if (!replica.announcedElsewhere || !replica.from) continue;
    const { ip, port } = replica.announced;
    const guess = replica.from.matchedBy === 'order' ? ' (as far as the order of connections tells)' : '';
    yield {
      severity: 'warning',
      replica: replica.index,
      text:
        `replica ${replica.index} announces ${ip} but connects from ${replica.from.ip}${guess}: NAT or a container. ` +
        'Sentinel and clients will look for it where it says it is.',
      advice: 'If that address cannot be reached from outside, set on the replica:',
      commands: [
        `CONFIG SET replica-announce-ip ${replica.from.ip}`,
        `CONFIG SET replica-announce-port ${port ?? 6379}`,
      ],
    };
  }
}

function* duplicateAnnounced({ replicas }: Draft): Generator<Detail> {
  const seen = new Map<string, number[]>();
  for (const { announced, index } of replicas) {
    if (!announced.port) continue;
    const address = hostPort(announced.ip, announced.port);
    seen.set(address, [...(seen.get(address) ?? []), index]);
  }
  for (const [address, indexes] of seen) {
    if (indexes.length < 2) continue;
    yield {
      severity: 'warning',
      text:
        `replicas ${indexes.join(' and ')} both announce ${address}: Sentinel will take them for one, and so will everybody ` +
        'who reads this list.',
      advice: 'Give each its own replica-announce-ip or replica-announce-port.',
    };
  }
}

function* timeoutTooClose({ settings }: Draft): Generator<Detail> {
  const { replTimeoutSeconds: timeout, replPingPeriodSeconds: period } = settings;
  if (timeout === undefined || period === undefined || timeout >= LIMITS.pingsPerTimeout * period) return;
  const better = Math.max(LIMITS.defaultTimeoutSeconds, LIMITS.pingsPerTimeout * period);
  yield {
    severity: 'warning',
    text:
      `repl-timeout is ${timeout} s and repl-ping-replica-period ${period} s: on an idle master one late ping is enough to drop ` +
      'a link.',
    advice: `Let the timeout be at least ${LIMITS.pingsPerTimeout} periods, on both sides:`,
    commands: [`CONFIG SET repl-timeout ${better}`],
  };
}

function* replicaWritable({ link }: Draft): Generator<Detail> {
  if (link?.readOnly !== false) return;
  yield {
    severity: 'warning',
    text: 'this replica takes writes of its own (slave_read_only:0): its data drifts from the master, and nobody will be told.',
    commands: ['CONFIG SET replica-read-only yes'],
  };
}

const STATES: Readonly<Record<string, string>> = {
  wait_bgsave: 'waits for a snapshot to be made',
  send_bulk: 'is being sent the snapshot',
  bg_transfer: 'is being sent the snapshot on a connection of its own',
};

function* replicaNotOnline({ replicas }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    if (replica.state === 'online' || replica.state === 'stable_sync') continue;
    const doing = STATES[replica.state] ?? `is in the state ${replica.state}`;
    yield {
      severity: 'info',
      replica: replica.index,
      text: `${nameOf(replica)} ${doing}: it serves nothing new until its full sync has ended.`,
    };
  }
}

function* replicaWithoutPort({ replicas }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    if (replica.announced.port !== 0) continue;
    yield {
      severity: 'info',
      replica: replica.index,
      text:
        `replica ${replica.index} announces no port: a tool (redis-cli --replica, a dump, a migration) or a home-made replica. ` +
        'Sentinel would remember it as a replica.',
    };
  }
}

function* failoverInProgress({ failoverState }: Draft): Generator<Detail> {
  if (failoverState === undefined || failoverState === 'no-failover') return;
  yield {
    severity: 'info',
    text: `a FAILOVER is running (${failoverState}): writes wait, and replicas cannot attach until it ends.`,
  };
}

function* noReplicas({ link, connectedReplicas }: Draft): Generator<Detail> {
  if (link || connectedReplicas > 0) return;
  yield { severity: 'info', text: 'nothing follows this master: there is no second copy of its data.' };
}

function* backlogInactive({ link, backlog, info }: Draft): Generator<Detail> {
  if (link || backlog.active || !info.some(({ name }) => name === 'repl_backlog_active')) return;
  yield {
    severity: 'info',
    text:
      'there is no backlog: it is made when the first replica attaches, with a new replication id, so that replica does a full ' +
      'sync. It is freed when no replica was there for repl-backlog-ttl.',
  };
}

function* partialSyncRefused({ partialSyncsRefused = 0 }: Draft): Generator<Detail> {
  if (partialSyncsRefused === 0) return;
  yield {
    severity: 'info',
    text:
      `${plural(partialSyncsRefused, 'partial resync')} could not be served since the server started (sync_partial_err): the backlog ` +
      'was too short, or the replica came with another history. Each was a full sync.',
  };
}

function nameOf(replica: ReplicaReport): string {
  return `replica ${replica.index} (${address(replica.announced.ip, replica.announced.port)})`;
}

function address(host: string, port: number | undefined): string {
  return port === undefined ? host : hostPort(host, port);
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
