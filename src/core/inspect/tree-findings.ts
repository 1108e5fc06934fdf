/** What is wrong with a topology as a whole: rings, histories that do not fit, snapshots that cannot be read. Pure. */
import { type FindingId } from './findings/catalogue.js';
import { SILENT } from './client.js';
import { worstFirst } from './findings/rules.js';
import { type Finding } from './model.js';
import { unreadable } from './product.js';
import { type TreeNode } from './tree.js';
import { formatCount } from './units.js';

export interface TopologyFinding extends Finding {
  /** The server that it is about. */
  readonly node?: string;
}

/** Said better of the topology as a whole. */
const OF_THE_WHOLE: ReadonlySet<FindingId> = new Set([
  'link-down',
  'replication-ring',
  'follows-itself',
  'version-below-master',
]);

/** Warnings of a server's own report: whole for the target, for the others with the way to the rest. */
export function ownFindings(node: string, findings: readonly Finding[], whole: boolean): TopologyFinding[] {
  return findings
    .filter(({ id, severity }) => severity !== 'info' && !OF_THE_WHOLE.has(id))
    .map(({ replica: _, ...finding }) =>
      whole
        ? { ...finding, node, text: `${node}: ${finding.text}` }
        : {
            id: finding.id,
            severity: finding.severity,
            node,
            text: `${node}: ${finding.text}`,
            advice: 'More about it:',
            commands: [`redis-ts inspect ${node}`],
          },
    );
}

type Lookup = (address: string) => TreeNode | undefined;

/** Every finding, the worst first. `at` resolves an address to its server. */
export function topologyFindings(nodes: readonly TreeNode[], at: Lookup): TopologyFinding[] {
  const found = [
    ...rings(nodes, at),
    ...nodes.flatMap((node) => [...onLink(node, at)]),
    ...nodes.flatMap((node) => [...onReplicas(node, at)]),
    ...nodes.flatMap((node) => [...onReach(node, nodes, at)]),
    ...nodes.flatMap((node) => [...onStatus(node)]),
  ];
  return worstFirst(found);
}

const masterOf = (node: TreeNode, at: Lookup) => (node.master === undefined ? undefined : at(node.master));

function* rings(nodes: readonly TreeNode[], at: Lookup): Generator<TopologyFinding> {
  const told = new Set<TreeNode>();
  for (const start of nodes) {
    const path: TreeNode[] = [];
    let node: TreeNode | undefined = start;
    while (node && !path.includes(node)) {
      path.push(node);
      node = masterOf(node, at);
    }
    if (!node) continue;
    const ring = path.slice(path.indexOf(node));
    if (ring.some((member) => told.has(member))) continue;
    for (const member of ring) told.add(member);
    const best = ring.reduce((a, b) => ((b.offset ?? -1) > (a.offset ?? -1) ? b : a));
    yield {
      id: 'replication-ring',
      severity: 'critical',
      node: best.address,
      text:
        ring.length === 1
          ? `${node.address} follows itself.`
          : `a ring: ${[...ring, node].map(({ address }) => address).join(' follows ')}. None of them has a real master.`,
      advice: `Make one of them the master: ${best.address} has the highest offset${best.offset === undefined ? '' : `, ${formatCount(best.offset)}`}. There:`,
      commands: ['REPLICAOF NO ONE'],
    };
  }
}

function* onLink(node: TreeNode, at: Lookup): Generator<TopologyFinding> {
  const master = masterOf(node, at);
  if (!master || master === node || master.notSeen !== undefined) return;
  const make = (id: FindingId, text: string, advice: string): TopologyFinding => ({
    id,
    severity: 'warning',
    node: node.address,
    text,
    advice,
  });
  if (
    node.linkUp === true &&
    node.replid !== undefined &&
    master.replid !== undefined &&
    node.replid !== master.replid
  ) {
    yield make(
      'mixed-replication-ids',
      `${node.address} has the replication id ${node.replid.slice(0, 8)}…, its master ${master.address} ${master.replid.slice(0, 8)}…: two histories.`,
      'If it stays so, attach it anew with REPLICAOF.',
    );
  }
  if (node.product === undefined || master.product === undefined) return;
  const why = unreadable(
    { product: master.product, version: master.version },
    { product: node.product, version: node.version },
  );
  if (why !== undefined) {
    yield make(
      'rdb-unreadable',
      `${node.address} cannot load the snapshots of its master ${master.address}: ${why}.`,
      'Upgrade the replica first.',
    );
  }
}

function* onReplicas(node: TreeNode, at: Lookup): Generator<TopologyFinding> {
  for (const address of node.replicas) {
    const below = at(address);
    if (!below || below.notSeen !== undefined || below === node) continue;
    if (masterOf(below, at) === node) continue;
    yield {
      id: 'follows-another',
      severity: 'warning',
      node: below.address,
      text:
        `${node.address} lists ${below.address} as its replica, which says that it ` +
        (below.master === undefined ? 'is a master.' : `follows ${below.master}.`),
      advice: 'Look again; if it stays so, two replicas may announce one address, or a NAT rewrites it.',
    };
  }
}

function* onReach(
  { address, notSeen }: TreeNode,
  nodes: readonly TreeNode[],
  at: Lookup,
): Generator<TopologyFinding> {
  if (notSeen === undefined) return;
  const asked = !notSeen.startsWith('not asked');
  const why = notSeen.startsWith(`${address} `) ? `it ${notSeen.slice(address.length + 1)}` : notSeen;
  const isMaster = nodes.some(({ master }) => master !== undefined && at(master)?.address === address);
  yield {
    id: 'node-unreachable',
    severity: asked ? 'warning' : 'info',
    node: address,
    text: asked
      ? `${address} is named by another server and cannot be asked: ${why}.`
      : `${address} was ${notSeen}.`,
    ...(asked && { advice: reachAdvice(notSeen, isMaster) }),
  };
}

/** A refused login is no wrong address, and the address of a master is not one that a replica announces. */
function reachAdvice(notSeen: string, isMaster: boolean): string {
  if (/NOAUTH|NOPERM|WRONGPASS|refuses the login/.test(notSeen)) {
    return 'It is there and wants a login: give it (REDISCLI_AUTH, or --pass), with --share-login if every server may be sent it.';
  }
  if (notSeen.includes(' did not answer ')) {
    return (
      SILENT + (isMaster ? '; its replicas still believe that the link is up, until repl-timeout.' : '.')
    );
  }
  if (isMaster) {
    return 'First: is that address right? A master that lives under another one is given to the replicas with REPLICAOF. If it is right and down: promote the replica with the highest offset before it comes back, perhaps empty. If it is alive, look at the network from here to it.';
  }
  return 'It is down, or that address is wrong from here, and then for Sentinel and clients, too: see replica-announce-ip.';
}

function* onStatus(node: TreeNode): Generator<TopologyFinding> {
  if (node.master === undefined || node.linkUp !== false) return;
  yield {
    id: 'link-down',
    severity: 'critical',
    node: node.address,
    text: `the link of ${node.address} to ${node.master} is down.`,
    advice: 'More about it:',
    commands: [`redis-ts inspect ${node.address}`],
  };
}
