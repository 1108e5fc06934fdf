/**
 * From facts to a report: who is behind by how much, what the backlog covers, how full the output buffers are, and what is wrong.
 * Pure; called by the `inspect` command and by the library.
 */
import { fieldMap, infoInteger } from '../info/parse.js';
import { type ParsedLink, type ParsedReplica } from '../info/replication.js';
import { addressesDiffer, matchReplicas, type ClientLine, type ReplicaClient } from './client-list.js';
import { type Facts, type Sample } from './facts.js';
import { LIMITS } from './findings/rule.js';
import { findFindings, withoutAccepted, worstFirst } from './findings/rules.js';
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
import { keysIn, productOf } from './product.js';
import { type OutputLimit } from './settings.js';
import { Trail } from './trail.js';

/** The report on `facts`. */
export function report(facts: Facts, thresholds: Thresholds = {}): Report {
  const draft = draftOf(facts);
  const { findings, accepted } = withoutAccepted(findFindings(draft, thresholds), thresholds.accept);
  const {
    connectedReplicas: _a,
    goodReplicas: _b,
    failoverState: _c,
    masterTrouble: _g,
    masterLogin: _i,
    refusedLogin: _j,
    knownBefore: _h,
    text: _d,
    now: _e,
    grown: _f,
    ...rest
  } = draft;
  const { expectReplicas } = thresholds;
  const expected = expectReplicas === undefined ? {} : { expectedReplicas: expectReplicas };
  return { ...rest, ...expected, status: worst(findings), findings, ...accepted };
}

/** `base` with findings that were not made from its two samples: before its own of the same severity. */
export function withFindings(base: Report, more: readonly Finding[], { accept }: Thresholds = {}): Report {
  if (more.length === 0) return base;
  const { findings: counted, accepted } = withoutAccepted(more, accept);
  const findings = worstFirst([...counted, ...base.findings]);
  const all = [...(base.accepted ?? []), ...(accepted.accepted ?? [])];
  return { ...base, status: worst(findings), findings, ...(all.length > 0 && { accepted: all }) };
}

function draftOf(facts: Facts): Draft {
  const { replication, section } = facts.last;
  const perSecond = rateBetween(facts.first, facts.last);
  const fields = fieldMap(facts.last.sections);
  const before = facts.first === facts.last ? fields : fieldMap(facts.first.sections);
  const now = (field: string) => infoInteger(fields.get(field));
  const [link, ...others] = replication.links.map((each, n) =>
    linkReport(facts, each, n === 0, ageBy(facts, perSecond?.bytesPerSecond)),
  );
  const { sentinels, sentinel, cluster } = facts;
  return {
    schema: 1,
    target: facts.target,
    at: new Date(facts.collectedAtMs).toISOString(),
    server: serverReport(facts, fields),
    sampledSeconds: Number(((facts.last.atUs - facts.first.atUs) / 1e6).toFixed(3)),
    ...(perSecond && { rate: perSecond }),
    info: section.fields.map(([name, value]) => ({ name, value })),
    ...(link && { link }),
    ...(others.length > 0 && { otherLinks: others }),
    replicas: replicaReports(facts, ageBy(facts, perSecond?.bytesPerSecond)),
    backlog: backlogReport(facts, perSecond?.bytesPerSecond),
    syncs: {
      full: now('sync_full'),
      partialAccepted: now('sync_partial_ok'),
      partialRefused: now('sync_partial_err'),
      sentBytes: now('total_net_repl_output_bytes'),
      receivedBytes: now('total_net_repl_input_bytes'),
    },
    ...(sentinels && { sentinels }),
    ...(sentinel && { sentinel }),
    ...(cluster && { cluster }),
    settings: facts.settings,
    missing: facts.missing,
    connectedReplicas: replication.connectedReplicas ?? replication.replicas.length,
    goodReplicas: replication.goodReplicas,
    failoverState: replication.failoverState,
    masterTrouble: facts.last.masterTrouble,
    masterLogin: facts.last.masterLogin,
    refusedLogin: facts.last.refusedLogin,
    text: (field) => fields.get(field),
    knownBefore: ({ announced: { ip, port } }) =>
      facts.first.replication.replicas.some((each) => each.ip === ip && each.port === port),
    now,
    grown: (field) => Math.max(0, (now(field) ?? 0) - (infoInteger(before.get(field)) ?? now(field) ?? 0)),
  };
}

function worst(findings: readonly Finding[]): Report['status'] {
  const has = (severity: Severity) => findings.some((finding) => finding.severity === severity);
  return has('critical') ? 'critical' : has('warning') ? 'warning' : 'ok';
}

function serverReport({ last }: Facts, fields: ReadonlyMap<string, string>): ServerReport {
  const { replication, sections } = last;
  const { product, version } = productOf(sections);
  const keys = keysIn(sections);
  return {
    product,
    version,
    mode: fields.get('redis_mode'),
    role: replication.role ?? 'unknown',
    uptimeSeconds: infoInteger(fields.get('uptime_in_seconds')),
    runId: fields.get('run_id'),
    replid: replication.replid,
    replid2: replication.replid2,
    offset: replication.offset,
    secondOffset: replication.secondOffset,
    ...(keys !== undefined && { keys }),
  };
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

/** @param main the link that ROLE describes and whose master was asked */
function linkReport({ first, last }: Facts, link: ParsedLink, main: boolean, age: Age): LinkReport {
  const upstream = main ? last.upstream : undefined;
  const { offset, readOffset } = link;
  // Offsets compare only within one history: a replica that never synced counts from 1.
  const itself = upstream?.runId !== undefined && upstream.runId !== '' && upstream.runId === ownRunId(last);
  const sameHistory = !itself && upstream !== undefined && upstream.replid === last.replication.replid;
  const behindBytes = sameHistory ? difference(upstream.offset, offset) : undefined;
  return {
    master: { host: link.host ?? '', port: link.port },
    up: link.up,
    state: main ? last.linkState : undefined,
    lastIoSecondsAgo: link.lastIoSecondsAgo === -1 ? undefined : link.lastIoSecondsAgo,
    downSeconds: link.downSinceSeconds === -1 ? undefined : link.downSinceSeconds,
    ...(!itself && { offset, unappliedBytes: difference(readOffset, offset) }),
    behindBytes,
    behindSeconds: age(behindBytes, offset),
    transfer: link.transfer && { ...link.transfer, ...transferPace(first, last) },
    priority: link.priority,
    readOnly: link.readOnly,
    announced: link.announced,
    upstream,
  };
}

function ownRunId({ sections }: Sample): string | undefined {
  return fieldMap(sections).get('run_id');
}

/** How fast the snapshot comes, and how long it will take yet where its length was announced. */
function transferPace(first: Sample, last: Sample): { bytesPerSecond?: number; secondsLeft?: number } {
  const seconds = (last.atUs - first.atUs) / 1e6;
  const before = first.replication.link?.transfer?.readBytes;
  const { readBytes, totalBytes = 0 } = last.replication.link?.transfer ?? {};
  if (seconds < MIN_SAMPLE_SECONDS || before === undefined || readBytes === undefined || readBytes <= before)
    return {};
  const bytesPerSecond = (readBytes - before) / seconds;
  if (totalBytes < readBytes) return { bytesPerSecond };
  return { bytesPerSecond, secondsLeft: (totalBytes - readBytes) / bytesPerSecond };
}

function replicaReports(facts: Facts, age: Age): ReplicaReport[] {
  const { replication } = facts.last;
  const clients = matchReplicas(replication.replicas, facts.last.clients ?? []);
  const growth = bufferGrowth(facts);
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
      behindSeconds: age(behind, replica.offset, replica.lag),
      ackAgeSeconds: replica.state === 'online' ? replica.lag : undefined,
      outputBytes: match?.client.outputBytes,
      outputLimitBytes: limit && hardLimit(limit, replication.backlog.sizeBytes),
      ...(match && growth(match.client)),
      linkSeconds: match?.client.ageSeconds,
      extra: Object.fromEntries(replica.extra.filter(([name]) => name !== '')),
    };
  });
}

/** How fast the output buffer of a connection grew between the samples. */
function bufferGrowth({ first, last }: Facts): (client: ClientLine) => Partial<ReplicaReport> {
  const seconds = (last.atUs - first.atUs) / 1e6;
  const before = new Map((first.clients ?? []).map(({ id, outputBytes }) => [id, outputBytes]));
  return ({ id, outputBytes }) => {
    const was = id === undefined ? undefined : before.get(id);
    if (
      seconds < MIN_SAMPLE_SECONDS ||
      was === undefined ||
      outputBytes === undefined ||
      outputBytes <= was
    ) {
      return {};
    }
    return { outputGrowthPerSecond: (outputBytes - was) / seconds };
  };
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
  if (master === undefined || replica.offset === undefined) return undefined;
  // No ACK ever, as of a tool: where it stands is not known.
  if (replica.offset === 0 && master > 0) return undefined;
  return master - replica.offset;
}

/** a - b, not below 0: the two were read one after the other. */
function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(0, a - b);
}

/** How old the data of who is behind by so many bytes is, in seconds. */
type Age = (
  bytes: number | undefined,
  offset: number | undefined,
  ackAgeSeconds?: number,
) => number | undefined;

/** An ACK comes each second: one that is older says since when nothing was applied. */
const FRESH_ACK_SECONDS = 2;

/** Measured where the master was seen at that offset; else by the rate, unless the stream is idle: then by the last ACK. */
function ageBy({ trail, first, last }: Facts, bytesPerSecond = 0): Age {
  const seen = trail ?? new Trail();
  if (!trail) for (const each of [first, last]) seen.add(each.atUs, masterOffset(each));
  return (bytes, offset, ackAgeSeconds = 0) => {
    if (bytes === undefined || bytes < 0) return undefined;
    if (bytes === 0) return 0;
    const measured = offset === undefined ? undefined : seen.age(offset);
    if (measured !== undefined && measured > 0) return measured;
    if (bytesPerSecond >= LIMITS.idleBytesPerSecond) return bytes / bytesPerSecond;
    return ackAgeSeconds >= FRESH_ACK_SECONDS ? ackAgeSeconds : undefined;
  };
}

/** Where the history that replicas follow stands: the master's own offset, or what our master said of it. */
export function masterOffset({ replication, upstream }: Sample): number | undefined {
  return replication.link ? upstream?.offset : replication.offset;
}
