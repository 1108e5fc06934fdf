/**
 * The whole topology around a server: its master, that one's master, and everything below, each asked for its own view. Bounded
 * in nodes and in time. A login goes only to the server that the user named, unless they allowed more; whoever cannot be
 * asked stays in the picture as the others describe it. Two addresses with one run id are one server.
 */
import { type Clock } from '../base/clock.js';
import { hostPort } from '../net/target.js';
import { InspectError, type Login } from './client.js';
import { collect, type Reach } from './collect.js';
import { type ClusterFacts } from './cluster.js';
import { type Report, type Severity, type Thresholds } from './model.js';
import { type Facts } from './facts.js';
import { withoutAccepted, worstFirst } from './findings/rules.js';
import { report } from './report.js';
import { ownFindings, type TopologyFinding, topologyFindings } from './tree-findings.js';

export interface TreeOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly login?: Login;
  readonly shareLogin?: boolean;
  /** Lines that the user drew, and findings that do not count. */
  readonly thresholds?: Thresholds;
  /** How to reach an address that a server names. */
  readonly reach: (host: string, port: number) => Reach;
  readonly mostNodes?: number;
  readonly mostMs?: number;
}

export interface TreeNode {
  /** Where it was found first, and where else. */
  readonly address: string;
  readonly aliases: readonly string[];
  /** Why it was not asked, or could not be. */
  readonly notSeen?: string;
  readonly product?: string;
  readonly version?: string;
  readonly role?: string;
  readonly runId?: string;
  readonly replid?: string;
  readonly offset?: number;
  /** Its master's address, as it names it. */
  readonly master?: string;
  readonly linkUp?: boolean;
  readonly priority?: number;
  /** What its master says of it: the state of its link, and how far behind it is. */
  readonly state?: string;
  readonly behindBytes?: number;
  readonly ackAgeSeconds?: number;
  /** The server under which it is drawn. */
  readonly parent?: string;
  /** Addresses of the replicas that it lists. */
  readonly replicas: readonly string[];
  readonly status?: Report['status'];
}

export interface Topology {
  readonly schema: 1;
  readonly target: string;
  readonly at: string;
  readonly status: 'ok' | 'warning' | 'critical';
  /** The servers, the target first; by address in `address` and `aliases`. */
  readonly nodes: readonly TreeNode[];
  /** Addresses at which a drawing begins: the topmost masters, or one server of each ring. */
  readonly roots: readonly string[];
  /** There was more than could be asked within the limits. */
  readonly truncated?: string;
  readonly cluster?: ClusterFacts;
  readonly findings: readonly TopologyFinding[];
  readonly accepted?: readonly TopologyFinding[];
}

const MOST_NODES = 200;
const MOST_MS = 15_000;
/** Servers that are asked at one time. */
const AT_ONCE = 8;
/** A server that another one names gets less patience. */
const NODE_TIMEOUT_MS = 2000;

interface Queued {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Where the replica connects from, when that is not what it announces: tried when the announced address is no use. */
  readonly fallback?: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type Found = Writable<TreeNode>;

/** Asks the server behind `target`, then everybody it leads to. Rejects with InspectError when the target cannot be asked. */
export async function crawl(target: Reach, options: TreeOptions): Promise<Topology> {
  const walk = new Walk(target, options);
  await walk.run();
  return walk.topology();
}

class Walk {
  private readonly nodes: Found[] = [];
  private readonly byAddress = new Map<string, Found>();
  private readonly queue: Queued[] = [];
  private readonly startUs: number;
  /** What each server's own report warns of. */
  private readonly own: TopologyFinding[] = [];
  private truncated: string | undefined;
  private cluster: ClusterFacts | undefined;

  constructor(
    private readonly target: Reach,
    private readonly options: TreeOptions,
  ) {
    this.startUs = options.clock.monotonicUs();
  }

  async run(): Promise<void> {
    const { clock, timeoutMs, login } = this.options;
    const node = this.add(this.target.name);
    const base = { clock, name: this.target.name, timeoutMs, intervalMs: 0 };
    const { expectReplicas } = this.options.thresholds ?? {};
    const first = this.report(await collect(this.target.dial, { ...base, login }), expectReplicas);
    this.cluster = first.cluster;
    this.learn(node, first);
    for (const shard of first.cluster?.shards ?? []) {
      for (const member of [shard.master, ...shard.replicas]) if (member) this.name(member.address);
    }
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work()));
  }

  topology(): Topology {
    const { clock } = this.options;
    for (const node of this.nodes) {
      const above = this.parentOf(node);
      if (above) node.parent = above.address;
    }
    const all = worstFirst([
      ...topologyFindings(this.nodes, (address) => this.byAddress.get(address)),
      ...this.own,
    ]);
    const { findings, accepted } = withoutAccepted(all, this.options.thresholds?.accept);
    const has = (severity: Severity) => findings.some((finding) => finding.severity === severity);
    return {
      schema: 1,
      target: this.target.name,
      at: new Date(clock.nowMs()).toISOString(),
      status: has('critical') ? 'critical' : has('warning') ? 'warning' : 'ok',
      nodes: this.nodes,
      roots: this.roots(),
      ...(this.truncated !== undefined && { truncated: this.truncated }),
      ...(this.cluster && { cluster: this.cluster }),
      findings,
      ...accepted,
    };
  }

  /**
   * Everything is looked at once; what is accepted is sorted out at the end, so that it is listed. The number of replicas that
   * the user gave is the target's.
   */
  private report(facts: Facts, expectReplicas?: number): Report {
    return report(facts, { ...this.options.thresholds, expectReplicas, accept: undefined });
  }

  private busy = 0;
  private idle: (() => void)[] = [];

  /** Takes servers from the queue until it is empty and nobody is being asked any more. */
  private async work(): Promise<void> {
    for (;;) {
      const next = this.queue.shift();
      if (next) {
        this.busy++;
        await this.visit(next).finally(() => this.busy--);
        for (const wake of this.idle.splice(0)) wake();
      } else if (this.busy === 0) return;
      else await new Promise<void>((resolve) => this.idle.push(resolve));
    }
  }

  private async visit({ address, host, port, fallback }: Queued): Promise<void> {
    const { clock, login, shareLogin, mostMs = MOST_MS } = this.options;
    const node = this.byAddress.get(address)!;
    const withheld = login?.pass !== undefined && !shareLogin;
    if (this.leftMs() <= 0) {
      this.truncated ??= `after ${mostMs / 1000} s nobody else was asked`;
      node.notSeen = 'not asked: out of time';
      return;
    }
    for (const at of fallback === undefined ? [host] : [host, fallback]) {
      const { dial, name } = this.options.reach(at, port);
      const timeoutMs = Math.max(1, Math.min(this.options.timeoutMs, NODE_TIMEOUT_MS, this.leftMs()));
      const base = { clock, name, timeoutMs, intervalMs: 0, ...(shareLogin && { login }) };
      try {
        const found = this.report(await collect(dial, base));
        if (at !== host) node.aliases = [...node.aliases, name];
        delete node.notSeen;
        this.learn(node, found);
        return;
      } catch (error) {
        if (!(error instanceof InspectError)) throw error;
        node.notSeen ??= withheld && error.message.includes('NOAUTH') ? this.keptLogin() : error.message;
      }
    }
  }

  /** Alive, and as much as can be told without the login, which was given for another server. */
  private keptLogin(): string {
    return `not asked with your login, which was given for ${this.target.name} alone: it is alive and wants one (--share-login sends it)`;
  }

  private leftMs(): number {
    const { clock, mostMs = MOST_MS } = this.options;
    return mostMs - (clock.monotonicUs() - this.startUs) / 1000;
  }

  /** Takes in what `node` says of itself, and queues whom it names. */
  private learn(node: Found, { server, link, replicas, status, findings }: Report): void {
    const twin = this.nodes.find(
      (other) => other !== node && server.runId !== undefined && other.runId === server.runId,
    );
    if (twin) {
      this.merge(node, twin);
      return;
    }
    this.own.push(...ownFindings(node.address, findings, node.address === this.target.name));
    Object.assign(node, {
      product: server.product,
      ...(server.version !== undefined && { version: server.version }),
      role: server.role,
      runId: server.runId,
      replid: server.replid,
      offset: link?.offset ?? server.offset,
      status,
    });
    if (link) {
      node.linkUp = link.up;
      node.priority = link.priority;
      if (link.master.port !== undefined && link.master.host !== '') {
        node.master = hostPort(link.master.host, link.master.port);
        this.name(node.master);
      }
    }
    node.replicas = replicas.flatMap(
      ({ announced, announcedElsewhere, from, state, behindBytes, ackAgeSeconds }) => {
        // Without a port it is a tool: nothing to connect to.
        if (!announced.port) return [];
        const address = hostPort(announced.ip, announced.port);
        const fallback = announcedElsewhere && from?.matchedBy !== 'order' ? from?.ip : undefined;
        const below = this.name(address, fallback);
        if (below) Object.assign(below, { state, behindBytes, ackAgeSeconds });
        return [address];
      },
    );
  }

  /** The node at `address`; a new one is queued. Undefined when there is no room for more. */
  private name(address: string, fallback?: string): Found | undefined {
    const known = this.byAddress.get(address);
    if (known || address === '') return known;
    const { mostNodes = MOST_NODES } = this.options;
    if (this.byAddress.size >= mostNodes) {
      this.truncated = `only the first ${mostNodes} servers are shown`;
      return undefined;
    }
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    const node = this.add(address);
    this.queue.push({ address, host, port: Number(address.slice(colon + 1)), fallback });
    return node;
  }

  private add(address: string): Found {
    const node: Found = { address, aliases: [], replicas: [] };
    this.nodes.push(node);
    this.byAddress.set(address, node);
    return node;
  }

  /** `node` turned out to be `twin` under another address. */
  private merge(node: Found, twin: Found): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.byAddress.set(node.address, twin);
    twin.aliases = [...twin.aliases, node.address];
    if (twin.state === undefined && node.state !== undefined) {
      const { state, behindBytes, ackAgeSeconds } = node;
      Object.assign(twin, { state, behindBytes, ackAgeSeconds });
    }
  }

  /** The topmost servers; of a ring, whoever was found first. */
  private roots(): string[] {
    const roots = new Set<Found>();
    for (const node of this.nodes) {
      const path = new Set<Found>();
      let top: Found = node;
      for (let up = this.parentOf(top); up && !path.has(top); up = this.parentOf(top)) {
        path.add(top);
        top = up;
      }
      roots.add(path.has(top) ? this.nodes.find((each) => path.has(each) && this.inRing(each))! : top);
    }
    return [...roots].map(({ address }) => address);
  }

  /** The server above: the master that it names, else, when it could not be asked, the one that lists it. */
  private parentOf(node: Found): Found | undefined {
    if (node.master !== undefined) return this.byAddress.get(node.master);
    if (node.notSeen === undefined) return undefined;
    return this.nodes.find((other) => other !== node && this.lists(other, node));
  }

  private inRing(node: Found): boolean {
    const seen = new Set<Found>();
    for (let up = this.parentOf(node); up && !seen.has(up); up = this.parentOf(up)) {
      if (up === node) return true;
      seen.add(up);
    }
    return false;
  }

  private lists(above: Found, node: Found): boolean {
    return above.replicas.some((address) => this.byAddress.get(address) === node);
  }
}
