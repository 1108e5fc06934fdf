/**
 * A Redis Cluster as one of its nodes sees it: CLUSTER NODES (every version has it) for the shards, CLUSTER INFO for the
 * verdict, CLUSTER SHARDS (Redis 7) for the offsets that the nodes gossip. Pure; asked for by `collect`.
 */
import { infoInteger, parseInfo } from '../info/parse.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { hostPort } from '../net/target.js';
import { command, integerOf, itemsOf, pairsOf, scalar, textOf } from './replies.js';

export interface ClusterNode {
  readonly id: string;
  /** `host:port`; empty when the node does not know. */
  readonly address: string;
  readonly role: 'master' | 'replica';
  /** `pfail` is one node's opinion, `fail` the majority's. */
  readonly health: 'ok' | 'pfail' | 'fail' | 'handshake';
  /** The cluster bus to it is connected. */
  readonly connected: boolean;
  readonly self: boolean;
  /** Its replication offset, as it gossips it (Redis 7). */
  readonly offset?: number;
}

export interface ClusterShard {
  /** Ranges as in `0-5460`; empty for a master without slots. */
  readonly slots: readonly string[];
  readonly slotCount: number;
  readonly master?: ClusterNode;
  readonly replicas: readonly ClusterNode[];
}

export interface ClusterFacts {
  /** `ok` or `fail`, as this node judges. */
  readonly state?: string;
  readonly slotsAssigned: number;
  readonly shards: readonly ClusterShard[];
}

export const SLOTS = 16_384;

/** What is asked, in one group. */
export const CLUSTER_COMMANDS = [
  command('CLUSTER', 'NODES'),
  command('CLUSTER', 'INFO'),
  command('CLUSTER', 'SHARDS'),
];

/** From the replies to CLUSTER_COMMANDS; undefined when CLUSTER NODES was refused. */
export function readCluster([nodes, info, shards]: readonly Reply[]): ClusterFacts | undefined {
  const text = textOf(nodes);
  if (text === undefined) return undefined;
  const offsets = gossipedOffsets(shards);
  const lines = text.split('\n').flatMap((line) => nodeLine(line, offsets));
  const masters = lines.filter(({ node }) => node.role === 'master');
  const known = new Set(masters.map(({ node }) => node.id));
  const orphans = lines.filter(({ node, masterId }) => node.role === 'replica' && !known.has(masterId));
  const all: ClusterShard[] = [
    ...masters.map(({ node, slots }) => ({
      slots,
      slotCount: slots.reduce((sum, range) => sum + width(range), 0),
      master: node,
      replicas: lines
        .filter((line) => line.node.role === 'replica' && line.masterId === node.id)
        .map((line) => line.node),
    })),
    ...orphans.map(({ node }) => ({ slots: [], slotCount: 0, replicas: [node] })),
  ];
  return {
    state: clusterState(info),
    slotsAssigned: all.reduce((sum, shard) => sum + shard.slotCount, 0),
    shards: all.sort((a, b) => firstSlot(a) - firstSlot(b)),
  };
}

function clusterState(info: Reply): string | undefined {
  const fields = parseInfo(textOf(info) ?? '').at(0)?.fields ?? [];
  return fields.find(([name]) => name === 'cluster_state')?.[1];
}

interface NodeLine {
  readonly node: ClusterNode;
  readonly masterId: string;
  readonly slots: readonly string[];
}

/** `id ip:port@busport[,hostname] flags master ping pong epoch link slot…`. redis 7.2.6 cluster.c:clusterGenNodeDescription. */
function nodeLine(line: string, offsets: ReadonlyMap<string, number>): NodeLine[] {
  const [id, where, flagText, masterId, , , , link, ...slots] = line.trim().split(' ');
  if (link === undefined) return [];
  const flags = flagText.split(',');
  if (flags.includes('noaddr')) return [];
  const at = where.split('@')[0];
  const colon = at.lastIndexOf(':');
  const port = infoInteger(at.slice(colon + 1));
  const host = at.slice(0, colon);
  const node: ClusterNode = {
    id,
    address: host === '' || port === undefined ? '' : hostPort(host, port),
    role: flags.includes('master') ? 'master' : 'replica',
    health: flags.includes('fail')
      ? 'fail'
      : flags.includes('fail?')
        ? 'pfail'
        : flags.includes('handshake')
          ? 'handshake'
          : 'ok',
    connected: link === 'connected',
    self: flags.includes('myself'),
    ...(offsets.has(id) && { offset: offsets.get(id) }),
  };
  // A slot that moves is listed as [slot->-node]: it is counted where it is.
  return [{ node, masterId, slots: slots.filter((slot) => /^\d+(-\d+)?$/.test(slot)) }];
}

function gossipedOffsets(shards: Reply): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const shard of itemsOf(shards)) {
    for (const node of itemsOf(pairsOf(shard).get('nodes'))) {
      const fields = pairsOf(node);
      const offset = integerOf(fields.get('replication-offset'));
      if (offset !== undefined) offsets.set(scalar(fields.get('id')), offset);
    }
  }
  return offsets;
}

function width(range: string): number {
  const [from, to = from] = range.split('-').map(Number);
  return to - from + 1;
}

function firstSlot({ slots }: ClusterShard): number {
  return slots.length === 0 ? SLOTS : Number(slots[0].split('-')[0]);
}
