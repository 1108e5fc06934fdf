/**
 * From facts to a report: who is behind by how much, what the backlog covers, how full the output buffers are, and what is wrong.
 * Pure; called by the `inspect` command and by the library.
 */
import { findField, type ParsedSection } from '../info/parse.js';
import { type ParsedLink, type ParsedReplica } from '../info/replication.js';
import { addressesDiffer, matchReplicas, type ReplicaClient } from './client-list.js';
import { type Facts, type Sample } from './facts.js';
import { findFindings } from './findings.js';
import {
  type BacklogReport,
  type Draft,
  type Finding,
  type LinkReport,
  type ReplicaReport,
  type Report,
  type ServerReport,
  type Severity,
  type Thresholds,
} from './model.js';
import { type OutputLimit } from './settings.js';

/** The report on `facts`. */
export function report(facts: Facts, thresholds: Thresholds = {}): Report {
  const { replication, section } = facts.last;
  const rate = rateBetween(facts.first, facts.last);
  const backlog = backlogReport(facts, rate?.bytesPerSecond);
  const draft: Draft = {
    schema: 1,
    target: facts.target,
    at: new Date(facts.collectedAtMs).toISOString(),
    server: serverReport(facts),
    ...(rate && { rate }),
    info: section.fields.map(([name, value]) => ({ name, value })),
    ...(replication.link && { link: linkReport(facts, replication.link, rate?.bytesPerSecond) }),
    replicas: replicaReports(facts, rate?.bytesPerSecond),
    backlog,
    settings: facts.settings,
    missing: facts.missing,
    connectedReplicas: replication.connectedReplicas ?? replication.replicas.length,
    goodReplicas: replication.goodReplicas,
    failoverState: replication.failoverState,
    partialSyncsRefused: number(findField(facts.sections, 'sync_partial_err')),
  };
  const findings = findFindings(draft, thresholds);
  const {
    connectedReplicas: _a,
    goodReplicas: _b,
    failoverState: _c,
    partialSyncsRefused: _d,
    ...rest
  } = draft;
  return { ...rest, status: worst(findings), findings };
}

function worst(findings: readonly Finding[]): Report['status'] {
  const has = (severity: Severity) => findings.some((finding) => finding.severity === severity);
  return has('critical') ? 'critical' : has('warning') ? 'warning' : 'ok';
}

/** Servers that put a version of their own beside (or instead of) `redis_version`. */
const PRODUCTS: readonly (readonly [field: string, product: string])[] = [
  ['valkey_version', 'valkey'],
  ['dragonfly_version', 'dragonfly'],
  ['kvrocks_version', 'kvrocks'],
  ['pika_version', 'pika'],
  ['garnet_version', 'garnet'],
  ['redis_version', 'redis'],
];

/** What kind of server INFO describes, and its own version. */
export function productOf(sections: readonly ParsedSection[]): { product: string; version?: string } {
  const known = PRODUCTS.find(([field]) => findField(sections, field) !== undefined);
  return known === undefined
    ? { product: 'server' }
    : { product: known[1], version: findField(sections, known[0]) };
}

function serverReport({ sections, last }: Facts): ServerReport {
  const { replication } = last;
  const { product, version } = productOf(sections);
  return {
    product,
    version,
    mode: findField(sections, 'redis_mode'),
    role: replication.role ?? 'unknown',
    uptimeSeconds: number(findField(sections, 'uptime_in_seconds')),
    runId: findField(sections, 'run_id'),
    replid: replication.replid,
    replid2: replication.replid2,
    offset: replication.offset,
    secondOffset: replication.secondOffset,
  };
}

function number(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Below this, two samples are one. */
const MIN_SAMPLE_SECONDS = 0.05;

function rateBetween(first: Sample, last: Sample): Report['rate'] {
  const overSeconds = (last.atUs - first.atUs) / 1e6;
  const from = positionOf(first);
  const to = positionOf(last);
  // An offset that went back is another history (a restart, a full sync), not a rate.
  if (overSeconds < MIN_SAMPLE_SECONDS || from === undefined || to === undefined || to < from)
    return undefined;
  return { bytesPerSecond: (to - from) / overSeconds, overSeconds: Number(overSeconds.toFixed(3)) };
}

/** A replica's position is what it applied; a master's, what it produced. */
function positionOf({ replication }: Sample): number | undefined {
  return replication.link ? (replication.link.offset ?? replication.offset) : replication.offset;
}

function backlogReport({ last }: Facts, bytesPerSecond = 0): BacklogReport {
  const { active, sizeBytes, firstByteOffset, histlenBytes } = last.replication.backlog;
  const on = active === true;
  const known = on && firstByteOffset !== undefined && histlenBytes !== undefined;
  return {
    active: on,
    sizeBytes,
    ...(known && { firstByteOffset, histlenBytes, lastByteOffset: firstByteOffset + histlenBytes - 1 }),
    ...(on && sizeBytes !== undefined && bytesPerSecond > 0 && { coverSeconds: sizeBytes / bytesPerSecond }),
  };
}

function linkReport(facts: Facts, link: ParsedLink, bytesPerSecond = 0): LinkReport {
  const { upstream } = facts;
  const { offset, readOffset } = link;
  // Offsets compare only within one history: a replica that never synced counts from 1.
  const sameHistory = upstream?.replid === facts.last.replication.replid;
  const behindBytes = sameHistory ? difference(upstream?.offset, offset) : undefined;
  return {
    master: { host: link.host ?? '', port: link.port },
    up: link.up,
    state: facts.linkState,
    lastIoSecondsAgo: link.lastIoSecondsAgo === -1 ? undefined : link.lastIoSecondsAgo,
    downSeconds: link.downSinceSeconds === -1 ? undefined : link.downSinceSeconds,
    offset,
    unappliedBytes: difference(readOffset, offset),
    behindBytes,
    behindSeconds: secondsBehind(behindBytes, bytesPerSecond),
    transfer: link.transfer,
    priority: link.priority,
    readOnly: link.readOnly,
    announced: link.announced,
    upstream,
  };
}

function replicaReports(facts: Facts, bytesPerSecond = 0): ReplicaReport[] {
  const { replication } = facts.last;
  const clients = matchReplicas(replication.replicas, facts.clients ?? []);
  return replication.replicas.map((replica) => {
    const match = clients.get(replica);
    const behind = replica.state === 'online' ? aheadOf(replication.offset, replica) : undefined;
    const limit = facts.settings.replicaOutputLimit;
    return {
      index: replica.index,
      announced: { ip: replica.ip ?? '', port: replica.port },
      ...(match && whereFrom(replica, match)),
      state: replica.state ?? 'unknown',
      offset: replica.offset,
      behindBytes: behind,
      behindSeconds: secondsBehind(behind, bytesPerSecond),
      ackAgeSeconds: replica.state === 'online' ? replica.lag : undefined,
      outputBytes: match?.client.outputBytes,
      outputLimitBytes: limit && hardLimit(limit, replication.backlog.sizeBytes),
      linkSeconds: match?.client.ageSeconds,
      extra: Object.fromEntries(replica.extra.filter(([name]) => name !== '')),
    };
  });
}

function whereFrom(replica: ParsedReplica, { client, by }: ReplicaClient) {
  return {
    from: { address: client.address, ip: client.ip, matchedBy: by },
    announcedElsewhere: addressesDiffer(replica.ip ?? '', client.ip),
  };
}

/** Redis ignores a hard limit below the backlog's size: the two share their memory. */
function hardLimit(limit: OutputLimit, backlogBytes = 0): number {
  return limit.hardBytes === 0 ? 0 : Math.max(limit.hardBytes, backlogBytes);
}

/** Negative for a replica that claims more than the master has. */
function aheadOf(master: number | undefined, replica: ParsedReplica): number | undefined {
  return master === undefined || replica.offset === undefined ? undefined : master - replica.offset;
}

/** a - b, not below 0: the two were read one after the other. */
function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(0, a - b);
}

function secondsBehind(bytes: number | undefined, bytesPerSecond: number): number | undefined {
  if (bytes === undefined || bytes < 0) return undefined;
  if (bytes === 0) return 0;
  return bytesPerSecond > 0 ? bytes / bytesPerSecond : undefined;
}
