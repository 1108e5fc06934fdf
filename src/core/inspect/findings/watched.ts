/** Rules about those who watch: a Sentinel's view against the server's own, and the cluster as this node sees it. */
import { SLOTS, type ClusterNode, type ClusterShard } from '../cluster.js';
import { type Draft } from '../model.js';
import { formatCount } from '../units.js';
import { address, plural, type Detail } from './rule.js';

export function* sentinelWatches({ sentinels = [], sentinel }: Draft): Generator<Detail> {
  if (sentinels.length === 0 || sentinel) return;
  yield {
    severity: 'info',
    text: `${plural(sentinels.length, 'Sentinel')} ${sentinels.length === 1 ? 'watches' : 'watch'} this server: a tool that attaches here as a replica is added to their list for good.`,
  };
}

const isDown = (flags: readonly string[]) => flags.some((flag) => flag === 's_down' || flag === 'o_down');

export function* sentinelMasterDown({ sentinel }: Draft): Generator<Detail> {
  if (!sentinel || !isDown(sentinel.master.flags)) return;
  yield {
    severity: 'critical',
    text: `the Sentinel ${sentinel.address} thinks that ${sentinel.name} is down (${sentinel.master.flags.join(', ')}), but it answers from here.`,
    advice: 'Look at the network between that Sentinel and the master.',
  };
}

export function* sentinelQuorum({ sentinel }: Draft): Generator<Detail> {
  if (!sentinel?.quorumTrouble) return;
  yield {
    severity: 'critical',
    text: `no failover of ${sentinel.name} can happen: ${sentinel.quorumTrouble} (quorum ${sentinel.quorum ?? '?'}, ${sentinel.sentinels ?? 1} known).`,
    advice: 'Bring the missing Sentinels back.',
    commands: [`SENTINEL CKQUORUM ${sentinel.name}`],
  };
}

export function* sentinelReplicas({ sentinel, replicas }: Draft): Generator<Detail> {
  const listed = new Set(replicas.map(({ announced }) => address(announced.ip, announced.port)));
  for (const replica of sentinel?.replicas ?? []) {
    if (!listed.has(replica.address)) continue;
    if (!isDown(replica.flags) && !replica.flags.includes('disconnected')) continue;
    yield {
      severity: 'warning',
      text: `the Sentinel cannot reach the replica ${replica.address} (${replica.flags.join(', ')}), which is attached here: it is no candidate for a failover.`,
      advice:
        "Check from the Sentinel's machine whether that address can be reached; if not, on the replica:",
      commands: ['CONFIG SET replica-announce-ip <ip>', 'CONFIG SET replica-announce-port <port>'],
    };
  }
}

export function* sentinelPhantoms({ sentinel, replicas }: Draft): Generator<Detail> {
  const listed = new Set(replicas.map(({ announced }) => address(announced.ip, announced.port)));
  const phantoms = (sentinel?.replicas ?? []).filter((replica) => !listed.has(replica.address));
  if (!sentinel || phantoms.length === 0) return;
  yield {
    severity: 'warning',
    text: `the Sentinel lists ${phantoms.map((replica) => `${replica.address} (${replica.flags.join(', ')})`).join(', ')}, which ${phantoms.length === 1 ? 'is' : 'are'} not attached here: replicas that are gone, a former master after a failover, or tools that were attached once.`,
    advice: 'If they will not come back, on every Sentinel, one after the other:',
    commands: [`SENTINEL RESET ${sentinel.name}`],
  };
}

export function* clusterDown({ cluster }: Draft): Generator<Detail> {
  if (cluster?.state === undefined || cluster.state === 'ok') return;
  yield {
    severity: 'critical',
    text: `the cluster is ${cluster.state} as this node sees it: it answers -CLUSTERDOWN.`,
    commands: ['CLUSTER INFO', 'CLUSTER NODES'],
  };
}

export function* clusterSlotsMissing({ cluster, target }: Draft): Generator<Detail> {
  if (!cluster || cluster.slotsAssigned >= SLOTS) return;
  yield {
    severity: 'critical',
    text: `${formatCount(SLOTS - cluster.slotsAssigned)} of ${formatCount(SLOTS)} slots belong to nobody: their keys cannot be read or written.`,
    commands: [`redis-cli --cluster fix ${target}`],
  };
}

const slotsOf = ({ slots }: ClusterShard) => (slots.length === 0 ? 'no slots' : `slots ${slots.join(' ')}`);

export function* clusterNodeFailed({ cluster }: Draft): Generator<Detail> {
  for (const shard of cluster?.shards ?? []) {
    const nodes = [shard.master, ...shard.replicas].filter((node) => node !== undefined);
    for (const node of nodes) {
      if (node.health !== 'fail' && node.health !== 'pfail') continue;
      const owner = node === shard.master && shard.slotCount > 0;
      yield {
        severity: owner && node.health === 'fail' ? 'critical' : 'warning',
        text:
          `the ${node.role} ${nameOf(node)} of ${slotsOf(shard)} ` +
          (node.health === 'fail'
            ? 'has failed.'
            : 'does not answer this node (the others have not agreed yet).'),
        advice: 'Bring it back; if it is gone for good, on every node:',
        commands: [`CLUSTER FORGET ${node.id}`],
      };
    }
  }
}

export function* clusterShardWithoutReplica({ cluster }: Draft): Generator<Detail> {
  for (const shard of cluster?.shards ?? []) {
    if (!shard.master || shard.slotCount === 0) continue;
    if (shard.replicas.some(({ health }) => health === 'ok')) continue;
    yield {
      severity: 'warning',
      text: `the master ${nameOf(shard.master)} of ${slotsOf(shard)} has no replica that is alive: its loss takes the slots with it.`,
      advice: 'On a node that shall become its replica:',
      commands: [`CLUSTER REPLICATE ${shard.master.id}`],
    };
  }
}

function nameOf({ address: where, id }: ClusterNode): string {
  return where === '' ? id.slice(0, 8) : where;
}
