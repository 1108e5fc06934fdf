/**
 * Which rule recognises which finding. A rule looks at the report's draft and yields sentences with the figures in them, and
 * advice with values computed from those figures. The findings of the topology have no rule here: `tree` makes them.
 */
import { type Draft, type Finding, type Severity, type Thresholds } from '../model.js';
import { CATALOGUE, FINDING_IDS, type FindingId } from './catalogue.js';
import * as history from './history.js';
import * as link from './link.js';
import * as product from './product.js';
import * as replicas from './replicas.js';
import { type Rule } from './rule.js';
import * as server from './server.js';
import * as watched from './watched.js';

const RULES: Readonly<Partial<Record<FindingId, Rule>>> = {
  'follows-itself': link.followsItself,
  'link-down': link.linkDown,
  'sub-replicas-cut-off': link.subReplicasCutOff,
  'reads-refused': link.readsRefused,
  'sync-attempts-failing': link.syncAttemptsFailing,
  'sync-in-progress': link.syncInProgress,
  'sync-stalled': link.syncStalled,
  'master-not-answering': link.masterNotAnswering,
  'master-silent': link.masterSilent,
  'version-below-master': link.versionBelowMaster,
  'key-count-differs': link.keyCountDiffers,
  'maxmemory-below-master': link.maxmemoryBelowMaster,
  'replica-writable': link.replicaWritable,
  'chained-replica': link.chainedReplica,
  'not-promotable': link.notPromotable,
  'min-replicas-not-met': replicas.minReplicasNotMet,
  'replicas-missing': replicas.replicasMissing,
  'replicas-unexpected': replicas.replicasUnexpected,
  'min-replicas-at-edge': replicas.minReplicasAtEdge,
  'offset-ahead': replicas.offsetAhead,
  'output-buffer-near-limit': replicas.outputBufferNearLimit,
  'output-buffer-growing': replicas.outputBufferGrowing,
  'output-limit-drops': replicas.outputLimitDrops,
  'output-limit-below-backlog': replicas.outputLimitBelowBacklog,
  'replica-never-acks': replicas.replicaNeverAcks,
  'ack-old': replicas.ackOld,
  'replica-lagging': replicas.replicaLagging,
  'full-sync-loop': replicas.fullSyncLoop,
  'snapshot-waits': replicas.snapshotWaits,
  'announced-not-peer': replicas.announcedNotPeer,
  'duplicate-announced-address': replicas.duplicateAnnounced,
  'timeout-too-close-to-ping-period': replicas.timeoutTooClose,
  'replica-not-online': replicas.replicaNotOnline,
  'replica-without-port': replicas.replicaWithoutPort,
  'failover-in-progress': replicas.failoverInProgress,
  'no-replicas': replicas.noReplicas,
  'backlog-too-small': history.backlogTooSmall,
  'backlog-expires': history.backlogExpires,
  'backlog-inactive': history.backlogInactive,
  'partial-sync-refused': history.partialSyncRefused,
  promoted: history.promoted,
  'master-without-persistence': history.masterWithoutPersistence,
  loading: server.loading,
  'snapshot-failed': server.snapshotFailed,
  'aof-write-failed': server.aofWriteFailed,
  'slow-fork': server.slowFork,
  'near-maxclients': server.nearMaxclients,
  'memory-full': server.memoryFull,
  'replication-memory': server.replicationMemory,
  'sentinel-watches': watched.sentinelWatches,
  'sentinel-master-down': watched.sentinelMasterDown,
  'sentinel-quorum': watched.sentinelQuorum,
  'sentinel-replica-down': watched.sentinelReplicas,
  'sentinel-phantom-replica': watched.sentinelPhantoms,
  'cluster-down': watched.clusterDown,
  'cluster-slots-missing': watched.clusterSlotsMissing,
  'cluster-node-failed': watched.clusterNodeFailed,
  'cluster-shard-without-replica': watched.clusterShardWithoutReplica,
  'replication-ring': link.replicationRing,
  'several-masters': product.severalMasters,
  'keydb-active-replica': product.keydbActiveReplica,
  'dragonfly-limits': product.dragonflyLimits,
  'own-replication': product.ownReplication,
  'managed-service': product.managedService,
};

const ORDER: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Every finding on `draft`, the worst first, in the order of the catalogue within one severity. */
export function findFindings(draft: Draft, thresholds: Thresholds): Finding[] {
  const found = FINDING_IDS.flatMap((id) =>
    [...(RULES[id]?.(draft, thresholds) ?? [])].map((detail) => ({ id, ...detail })),
  );
  const itself = found.some(({ id }) => id === 'follows-itself');
  return worstFirst(itself ? found.filter(({ id }) => !ofTheLink(id) || id === 'follows-itself') : found);
}

/** What is said of the link of a server that follows itself is said of nothing. */
function ofTheLink(id: FindingId): boolean {
  return CATALOGUE[id].chapter === 'link' || id === 'replication-ring';
}

/** `findings` by severity; the order within one severity stays. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

/** `findings` without those of the ids in `accept`, and those, where there are any. */
export function withoutAccepted<F extends Finding>(
  all: readonly F[],
  accept: readonly FindingId[] = [],
): { readonly findings: F[]; readonly accepted: { readonly accepted?: F[] } } {
  const accepted = all.filter(({ id }) => accept.includes(id));
  return {
    findings: all.filter(({ id }) => !accept.includes(id)),
    accepted: accepted.length > 0 ? { accepted } : {},
  };
}
