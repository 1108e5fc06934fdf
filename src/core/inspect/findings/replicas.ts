/** Rules about the replicas of a server: are they there, do they keep up, will their links hold. */
import { hostPort } from '../../net/target.js';
import { compareVersions } from '../product.js';
import { type Draft, type ReplicaReport, type Thresholds } from '../model.js';
import { formatBytes, formatCount, formatSeconds } from '../units.js';
import { address, LIMITS, nameOf, outputLimitCommand, plural, type Detail } from './rule.js';

export function* minReplicasNotMet({ settings, goodReplicas }: Draft): Generator<Detail> {
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

/** The replicas that count where a number was given: a tool that reads along is no copy that would survive. */
function attachedReplicas({ replicas, connectedReplicas }: Draft) {
  const tools = replicas.filter(({ announced }) => announced.port === 0);
  const listed = replicas.filter((replica) => !tools.includes(replica));
  // Some list none, and say how many there are.
  const count = replicas.length === 0 ? connectedReplicas : listed.length;
  return { count, listed, tools: tools.length };
}

const ONLINE: ReadonlySet<string> = new Set(['online', 'stable_sync']);
const whereOf = ({ announced }: ReplicaReport): string => address(announced.ip, announced.port);

export function* replicasMissing(draft: Draft, { expectReplicas }: Thresholds): Generator<Detail> {
  if (expectReplicas === undefined) return;
  const { count, listed, tools } = attachedReplicas(draft);
  const not = listed.filter(({ state }) => !ONLINE.has(state));
  const of = (n: number) => `${n} of ${plural(expectReplicas, 'expected replica')} ${n === 1 ? 'is' : 'are'}`;
  const asked = `(--expect-replicas ${expectReplicas})`;
  const toolText =
    tools === 0
      ? ''
      : ` ${tools} more ${tools === 1 ? 'announces no port: a tool, which is' : 'announce no port: tools, which are'} not counted.`;
  const missing = expectReplicas - count === 1 ? 'the missing one' : 'the missing ones';
  const advice = `Find ${missing}: see whether the process runs, and what its log says. redis-ts inspect of it says why its link is down.`;
  if (count < expectReplicas) {
    const names = listed.length === 0 ? '' : `: ${listed.map(whereOf).join(', ')}`;
    const text =
      count === 0
        ? `no replica is attached, ${expectReplicas} expected ${asked}`
        : `${of(count)} attached ${asked}${names}`;
    yield { severity: 'critical', text: `${text}.${toolText}`, advice };
  } else if (count - not.length < expectReplicas) {
    const names = not.map((replica) => `${whereOf(replica)} (${replica.state})`).join(', ');
    yield {
      severity: 'warning',
      text: `${of(count - not.length)} online ${asked}; not yet: ${names}.${toolText}`,
      advice: 'Wait until its full sync has ended; if it does not end, see full-sync-loop.',
    };
  }
}

export function* replicasUnexpected(draft: Draft, { expectReplicas }: Thresholds): Generator<Detail> {
  const { count } = attachedReplicas(draft);
  if (expectReplicas === undefined || count <= expectReplicas) return;
  yield {
    severity: 'info',
    text: `${plural(count, 'replica')} ${count === 1 ? 'is' : 'are'} attached, ${expectReplicas} expected (--expect-replicas ${expectReplicas}).`,
    advice: 'Is each of them yours? If so, raise the number.',
  };
}

export function* minReplicasAtEdge({ settings, goodReplicas }: Draft): Generator<Detail> {
  const wanted = settings.minReplicasToWrite ?? 0;
  if (wanted === 0 || goodReplicas !== wanted) return;
  yield {
    severity: 'info',
    text: `exactly the ${plural(wanted, 'good replica')} that min-replicas-to-write asks for: the loss of one stops all writes.`,
    advice: `Attach one more, so that there are ${wanted + 1}.`,
  };
}

export function* offsetAhead({ replicas }: Draft): Generator<Detail> {
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

export function* outputBufferNearLimit({ replicas, settings }: Draft): Generator<Detail> {
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
    const hard = Math.max(2 * outputLimitBytes, 4 * outputBytes);
    const raised = Math.max(2 * limit.softBytes, 2 * outputBytes);
    yield {
      severity: share >= LIMITS.outputCriticalShare ? 'critical' : 'warning',
      replica: replica.index,
      text: `the output buffer of ${nameOf(replica)} holds ${formatBytes(outputBytes)}${hardText}.${softText}`,
      advice: 'Find out why it reads slowly; to give it room meanwhile:',
      commands: [outputLimitCommand(hard, raised, limit.softSeconds)],
    };
  }
}

export function* outputBufferGrowing({ replicas, settings }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    const { outputBytes = 0, outputLimitBytes = 0, outputGrowthPerSecond = 0 } = replica;
    if (outputLimitBytes === 0 || outputGrowthPerSecond <= 0 || outputBytes >= outputLimitBytes) continue;
    const seconds = (outputLimitBytes - outputBytes) / outputGrowthPerSecond;
    if (seconds > LIMITS.outputWarnSeconds) continue;
    const wanted = outputBytes + outputGrowthPerSecond * LIMITS.outputRoomSeconds;
    const { softBytes = 0, softSeconds = 60 } = settings.replicaOutputLimit ?? {};
    yield {
      severity: seconds <= LIMITS.outputCriticalSeconds ? 'critical' : 'warning',
      replica: replica.index,
      text:
        `the output buffer of ${nameOf(replica)} grows by ${formatBytes(outputGrowthPerSecond)}/s: its link will be dropped in ` +
        `${formatSeconds(seconds)}, at ${formatBytes(outputLimitBytes)}.`,
      advice: 'To keep the link for two minutes at this rate, if the machine has that memory:',
      commands: [outputLimitCommand(wanted, Math.max(softBytes, wanted / 2), softSeconds)],
    };
  }
}

const DROPS = 'client_output_buffer_limit_disconnections';

export function* outputLimitDrops({ now, grown }: Draft): Generator<Detail> {
  const total = now(DROPS) ?? 0;
  const fresh = grown(DROPS);
  if (total === 0) return;
  const lately = fresh > 0 ? `, ${fresh} of them between the two samples` : '';
  yield {
    severity: fresh > 0 ? 'warning' : 'info',
    text: `${plural(total, 'client')} dropped at an output buffer limit since the server started${lately}.`,
    advice: 'The log names each one: "scheduled to be closed ASAP for overcoming of output buffer limits".',
  };
}

export function* outputLimitBelowBacklog({ settings, backlog, server }: Draft): Generator<Detail> {
  const limit = settings.replicaOutputLimit;
  const size = backlog.sizeBytes ?? 0;
  if (!limit || limit.hardBytes === 0 || limit.hardBytes >= size) return;
  const old = server.product === 'redis' && compareVersions(server.version ?? '9', '7.0.9') < 0;
  yield {
    severity: old ? 'warning' : 'info',
    text:
      `the output buffer limit of replicas (${formatBytes(limit.hardBytes)}) is below the backlog (${formatBytes(size)}): ` +
      (old
        ? 'a replica that asks for much of the backlog is dropped as soon as it gets it, again and again.'
        : 'the size of the backlog is the limit in force.'),
    advice: 'Set the limit above the backlog:',
    commands: [outputLimitCommand(2 * size, Math.max(limit.softBytes, size), limit.softSeconds)],
  };
}

/** Online, and has acknowledged nothing at all. */
function neverAcks({ state, offset, ackAgeSeconds = 0 }: ReplicaReport): boolean {
  return state === 'online' && offset === 0 && ackAgeSeconds >= LIMITS.ackAgeSeconds;
}

export function* replicaNeverAcks({ replicas, server, settings }: Draft): Generator<Detail> {
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  for (const replica of replicas) {
    if (!neverAcks(replica) || !server.offset) continue;
    const left = Math.max(0, timeout - (replica.ackAgeSeconds ?? 0));
    yield {
      severity: 'warning',
      replica: replica.index,
      text:
        `${nameOf(replica)} is online and has acknowledged nothing for ${formatSeconds(replica.ackAgeSeconds ?? 0)}: a tool, or a ` +
        `home-made replica. Its link is dropped in ${formatSeconds(left)}, at repl-timeout; WAIT does not count it.`,
      advice: 'Let it send REPLCONF ACK with its offset each second.',
    };
  }
}

export function* ackOld({ replicas, settings }: Draft, { maxAckAgeSeconds }: Thresholds): Generator<Detail> {
  const timeout = settings.replTimeoutSeconds ?? LIMITS.defaultTimeoutSeconds;
  const allowed = maxAckAgeSeconds ?? LIMITS.ackAgeSeconds;
  for (const replica of replicas) {
    const age = replica.ackAgeSeconds ?? 0;
    if (age <= allowed || neverAcks(replica)) continue;
    yield {
      severity: maxAckAgeSeconds !== undefined || age > timeout / 2 ? 'critical' : 'warning',
      replica: replica.index,
      text:
        `${nameOf(replica)} last acknowledged ${formatSeconds(age)} ago; replicas do it every second. ` +
        `Its link is dropped at ${timeout} s.`,
      advice:
        'It is blocked (a slow command, a save, swapping), stopped, or cannot be reached: look at its process, then at its SLOWLOG GET and LATENCY LATEST.',
    };
  }
}

export function* replicaLagging(draft: Draft, { maxLagBytes }: Thresholds): Generator<Detail> {
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
    const byRate = behindSeconds === behindBytes / rate ? ` at ${formatBytes(rate)}/s` : '';
    const time = behindSeconds === undefined ? '' : `, about ${formatSeconds(behindSeconds)}${byRate}`;
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

/** Known before, and being synced, or on a connection that is younger than the time between the samples. */
function cameBack({ replicas, sampledSeconds, knownBefore }: Draft): boolean {
  return replicas.some(
    (replica) =>
      knownBefore(replica) &&
      (replica.state !== 'online' || (replica.linkSeconds ?? Infinity) <= sampledSeconds),
  );
}

/**
 * A first attach is a full sync like any other, so only those count that exceed the replicas that are there. A tool that
 * comes and goes asks for a full sync each time and is refused nothing: a loop shows in refused partial resyncs.
 */
export function* fullSyncLoop(draft: Draft): Generator<Detail> {
  const { now, grown, server, replicas, rate, settings } = draft;
  const total = now('sync_full') ?? 0;
  const firstAttaches = replicas.filter((replica) => !draft.knownBefore(replica)).length;
  const fresh = cameBack(draft) ? Math.max(0, grown('sync_full') - firstAttaches) : 0;
  const up = server.uptimeSeconds ?? 0;
  const repeated = Math.min(total - replicas.length, now('sync_partial_err') ?? 0);
  const often = repeated >= LIMITS.fullSyncs && up / repeated < LIMITS.secondsPerFullSync;
  if (fresh === 0 && !(often && replicas.length > 0)) return;
  const pace = often
    ? `, ${repeated} of them not first attaches, one in ${formatSeconds(up / repeated)} on average`
    : '';
  const lately = fresh > 0 ? `, ${fresh} of them between the two samples` : '';
  const forkSeconds = now('rdb_last_bgsave_time_sec') ?? 0;
  const { hardBytes = 0, softSeconds = 60 } = settings.replicaOutputLimit ?? {};
  const needed = (rate?.bytesPerSecond ?? 0) * Math.max(60, 4 * Math.max(0, forkSeconds));
  const raise = hardBytes > 0 && needed > hardBytes;
  yield {
    severity: 'warning',
    text:
      `${plural(total, 'full sync')} since the server started${pace}${lately}: each costs a fork and the whole data set ` +
      `on the wire. ${formatCount(now('sync_partial_err') ?? 0)} came after a partial resync was refused.`,
    advice: raise
      ? `The stream carries ${formatBytes(needed)} while a snapshot is made and sent, more than the output buffer limit of ${formatBytes(hardBytes)}:`
      : 'See in the log why the links break: the output buffer limit, repl-timeout, or a replica that cannot load the snapshot.',
    ...(raise && { commands: [outputLimitCommand(2 * needed, needed, softSeconds)] }),
  };
}

const CHILDREN = [
  ['aof_rewrite_in_progress', 'the AOF is rewritten', 'aof_current_rewrite_time_sec'],
  ['rdb_bgsave_in_progress', 'a snapshot is made', 'rdb_current_bgsave_time_sec'],
  ['module_fork_in_progress', "a module's child runs", ''],
] as const;

export function* snapshotWaits({ replicas, now }: Draft): Generator<Detail> {
  const waiting = replicas.filter(({ state }) => state === 'wait_bgsave');
  const child = CHILDREN.find(([field]) => now(field) === 1);
  // A snapshot that is being made may be the one that they wait for; an AOF rewrite never is.
  const since = child ? now(child[2]) : undefined;
  if (!child || waiting.length === 0 || (child[0] === 'rdb_bgsave_in_progress' && (since ?? 0) < 5)) return;
  yield {
    severity: 'warning',
    text:
      `${plural(waiting.length, 'replica')} ${waiting.length === 1 ? 'waits' : 'wait'} for a snapshot while ${child[1]}` +
      `${since === undefined || since < 0 ? '' : `, for ${formatSeconds(since)} so far`}: one child process runs at a time.`,
    advice: 'Wait for it; attach replicas one after the other, and not during an AOF rewrite.',
  };
}

export function* announcedNotPeer({ replicas }: Draft): Generator<Detail> {
  for (const replica of replicas) {
    if (!replica.announcedElsewhere || !replica.from) continue;
    const { ip } = replica.announced;
    const guess = replica.from.matchedBy === 'order' ? ' (as far as the order of connections tells)' : '';
    yield {
      severity: 'warning',
      replica: replica.index,
      text:
        `replica ${replica.index} announces ${ip} but connects from ${replica.from.ip}${guess}: NAT or a container. ` +
        'Sentinel and clients will look for it where it says it is.',
      advice:
        'If clients can connect to the announced address, nothing is wrong: --accept announced-not-peer. If they cannot, tell ' +
        'the replica the address and the port at which they can (the first two commands, on the replica) and reconnect it, ' +
        'because it announces itself only when it connects: the third command, on this server, drops the links of all its ' +
        'replicas; they come back by themselves, with a partial resync where the backlog reaches back far enough.',
      commands: [
        'CONFIG SET replica-announce-ip <address>',
        'CONFIG SET replica-announce-port <port>',
        'CLIENT KILL TYPE replica',
      ],
    };
  }
}

export function* duplicateAnnounced({ replicas }: Draft): Generator<Detail> {
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

export function* timeoutTooClose({ settings }: Draft): Generator<Detail> {
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

const STATES: Readonly<Record<string, string>> = {
  wait_bgsave: 'waits for a snapshot to be made',
  send_bulk: 'is being sent the snapshot',
  send_bulk_and_stream: 'is being sent the snapshot, and the stream beside it',
  full_sync: 'is being sent the snapshot',
  preparation: 'is about to be sent the snapshot',
  bg_transfer: 'is being sent the snapshot on a connection of its own',
};

export function* replicaNotOnline({ replicas }: Draft): Generator<Detail> {
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

export function* replicaWithoutPort({ replicas, sentinels = [] }: Draft): Generator<Detail> {
  const watched = sentinels.length > 0;
  for (const replica of replicas) {
    if (replica.announced.port !== 0) continue;
    yield {
      severity: watched ? 'warning' : 'info',
      replica: replica.index,
      text:
        `replica ${replica.index} announces no port: a tool (redis-cli --replica, a dump, a migration) or a home-made replica. ` +
        (watched
          ? `${plural(sentinels.length, 'Sentinel')} will keep it in the list as a replica with port 0.`
          : 'Sentinel would remember it as a replica.'),
      ...(watched && {
        advice: 'When it is gone, on every Sentinel:',
        commands: ['SENTINEL RESET <master name>'],
      }),
    };
  }
}

export function* failoverInProgress({ failoverState }: Draft): Generator<Detail> {
  if (failoverState === undefined || failoverState === 'no-failover') return;
  yield {
    severity: 'info',
    text: `a FAILOVER is running (${failoverState}): writes wait, and replicas cannot attach until it ends.`,
  };
}

export function* noReplicas(
  { link, connectedReplicas }: Draft,
  { expectReplicas = 0 }: Thresholds,
): Generator<Detail> {
  // Where some are expected, replicas-missing says it.
  if (link || connectedReplicas > 0 || expectReplicas > 0) return;
  yield { severity: 'info', text: 'nothing follows this master: there is no second copy of its data.' };
}
