/**
 * `npm run proof:load`: a `redis-ts serve` with two replicas, a real redis-server and one of ours, under the random commands of the
 * differential run. At many moments of the load, and at its end, both replicas hold what the master holds: every database, key by key.
 * Exit code 0 when they did, 1 when not (or when there was nothing to compare), 2 for bad usage, 3 when a server is not there.
 *
 * With one client a seed is one history; with several, the seed says what each of them sends, and the servers in which order it arrives.
 */
import { parseArgs } from 'node:util';
import { filterRows, makeCase, type Request } from '../differential/cases.js';
import { families } from '../differential/families/index.js';
import { type CommandRow, type Family } from '../differential/generator.js';
import { showRequest } from '../differential/lockstep.js';
import { compareServers, type CompareOptions, type Comparison } from '../support/compare-servers.js';
import { realRedisServers, startRealRedis } from '../support/real-redis.js';
import { attach, caughtUp, infoField, type Node } from '../support/replica-pair.js';
import { connectClient, type RespClient } from '../support/resp-client.js';
import { RespConnection } from '../support/resp-connection.js';
import { redisVersion, type RunningServer, splitCommand, startServer } from '../support/server-process.js';
import { loadRows } from './load-rows.js';
import { oursOrThrow, runTool, say, seedFrom } from '../support/tool.js';

const USAGE = `usage: npm run proof:load -- [options]
  --seed N            seed of the load (default: drawn, and printed)
  --count N           commands in all (default 200000)
  --replica path      the real redis-server (default: the one on the PATH)
  --master path       another master than ours, such as a redis-server: does it tell its replicas more?
  --clients N         clients that send at the same time (default 4)
  --compare-every N   commands between two comparisons (default 8000)
  --cuts N            times that the replicas' connections are killed during the load (default 0)
  --field-expiry      fields of hashes that expire, also where the real replica does not know them
  --families a,b      only these: ${[...families, loadRows].map(({ name }) => name).join(', ')}`;

/** Commands that begin on a fresh connection, together. */
const CASE_LENGTH = 400;
/** Commands on their way at a time, of each client. */
const PIPELINE = 40;
const CATCH_UP_MS = 120_000;
/**
 * What the stream of a Redis 7.2 does not say: when a consumer was last seen, which is the replica's own clock, and how many entries a
 * group has read, from which its lag is counted: the XCLAIM that stands for a delivery moves the group on and does not count.
 */
const UNSAID = ['seen-time', 'entries-read', 'lag'];
const OURS = 'redis-ts';

const COMPARED: CompareOptions = {
  ignoreStreamFields: UNSAID,
  ignoreZeroSign: true,
};

const DIFFERENCES_SHOWN = 5;
const REQUESTS_SHOWN = 12;
const REQUEST_CHARS = 160;
const LOG_SHOWN = 1500;

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly clients: number;
  readonly compareEvery: number;
  readonly cuts: number;
  readonly families: readonly Family[];
  readonly newcomer: () => Promise<Follower & { readonly log: () => string }>;
}

interface Follower {
  readonly name: string;
  readonly node: Node;
}

/** What was compared with one replica, over all moments. */
interface Total {
  moments: number;
  keys: number;
  last?: Comparison;
}

/** One load from its beginning to its end. */
class Load {
  private readonly startedAtMs = Date.now();
  private readonly totals = new Map<string, Total>();
  /** What was sent since the last comparison, for the report of a difference. */
  private sent: Request[] = [];
  /** Commands drawn, those that were left out after all included. */
  private planned = 0;
  private commands = 0;
  private refused = 0;
  private cases = 0;

  constructor(
    private readonly master: Node,
    private readonly followers: readonly Follower[],
    private readonly options: Options,
  ) {}

  /** @returns whether all was the same, always */
  async run(): Promise<boolean> {
    const { count, compareEvery, cuts } = this.options;
    let cutsMade = 0;
    while (this.planned < count) {
      const until = Math.min(count, this.planned + compareEvery);
      const due = Math.round((cuts * until) / count) - cutsMade;
      await Promise.all([this.stretch(until), this.cut(due)]);
      cutsMade += due;
      if (!(await this.compare())) return false;
    }
    await this.summary(cutsMade);
    if (!(await this.late())) return false;
    return [...this.totals.values()].every(({ keys, last }) => keys > 0 && (last?.keys ?? 0) > 0);
  }

  /** Cases by all clients, until so many commands were sent. */
  private async stretch(until: number): Promise<void> {
    const { clients, count } = this.options;
    const next = (): Request[] | undefined => {
      if (this.planned >= until) return undefined;
      // A flush would take away what there is to compare: the second half has none, and half of its cases have keys of their own.
      const isSecondHalf = this.planned * 2 >= count;
      const requests = makeCase(this.options.seed, this.cases, Math.min(CASE_LENGTH, until - this.planned), {
        families: isSecondHalf ? filterRows(this.options.families, isNoFlush) : this.options.families,
        startedAtMs: this.startedAtMs,
        resp3: false,
        keySuffix: isSecondHalf && this.cases % 2 === 0 ? `:${this.cases}` : '',
      });
      this.cases++;
      this.planned += requests.length;
      return requests.filter(isTold);
    };
    await Promise.all(Array.from({ length: clients }, () => this.client(next)));
  }

  private async client(next: () => Request[] | undefined): Promise<void> {
    for (let requests = next(); requests !== undefined; requests = next()) {
      const connection = await RespConnection.connect(this.master.port);
      try {
        for (let at = 0; at < requests.length; at += PIPELINE) {
          const slice = requests.slice(at, at + PIPELINE);
          this.sent.push(...slice);
          const replies = await connection.pipeline(slice);
          this.commands += slice.length;
          this.refused += replies.filter(({ type }) => type === 'error').length;
        }
      } finally {
        connection.close();
      }
    }
  }

  /** Kills the connections of all replicas, `times` times, each time when they are connected again. */
  private async cut(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      for (const { node } of this.followers) await linkUp(node);
      await this.master.call('CLIENT', 'KILL', 'TYPE', 'replica');
    }
  }

  private async compare(): Promise<boolean> {
    const ends: string[] = [];
    for (const { name, node } of this.followers) {
      await caughtUp(this.master, node, CATCH_UP_MS);
      const found = await compareServers(this.master.call, node.call, COMPARED);
      const total = this.totals.get(name) ?? { moments: 0, keys: 0 };
      this.totals.set(name, {
        moments: total.moments + 1,
        keys: total.keys + found.keys,
        last: found,
      });
      ends.push(`${found.keys} keys${found.differences.length > 0 ? ` DIFFER in ${name}` : ''}`);
      if (found.differences.length > 0) this.report(name, found);
    }
    console.log(`${String(this.commands).padStart(8)} commands: ${ends.join(', ')}`);
    const isSame = [...this.totals.values()].every(({ last }) => last?.differences.length === 0);
    this.sent = [];
    return isSame;
  }

  /** A real replica that comes only now: what it holds was sent in a snapshot. */
  private async late(): Promise<boolean> {
    const newcomer = await this.options.newcomer();
    const { node, name } = newcomer;
    await attach(node, this.master).catch((error: unknown) => {
      throw new Error(`${name} does not attach; its log ends\n${newcomer.log().slice(-LOG_SHOWN)}`, {
        cause: error,
      });
    });
    const found = await compareServers(this.master.call, node.call, COMPARED);
    if (found.differences.length > 0) this.report(name, found);
    else console.log(`${name}: ${found.keys} keys equal`);
    return found.differences.length === 0;
  }

  private report(name: string, { differences }: Comparison): void {
    console.log(`\nthe master and ${name} differ:`);
    for (const { db, key, what, a, b } of differences.slice(0, DIFFERENCES_SHOWN)) {
      console.log(
        `  database ${db}, key ${JSON.stringify(key)}: ${what}\n    master:  ${a}\n    replica: ${b}`,
      );
      const naming = this.sent.filter((request) => request.includes(key)).slice(-REQUESTS_SHOWN);
      for (const request of naming) console.log(`      ${showRequest(request).slice(0, REQUEST_CHARS)}`);
    }
  }

  private async summary(cuts: number): Promise<void> {
    const field = (name: string) => infoField(this.master, name);
    const percent = ((100 * this.refused) / this.commands).toFixed(0);
    const [offset, full, partial] = await Promise.all(
      ['master_repl_offset', 'sync_full', 'sync_partial_ok'].map(field),
    );
    console.log(
      `\n${this.commands} commands in ${this.cases} cases, ${percent} % of them answered with an error; ` +
        `${(Number(offset) / 1024 / 1024).toFixed(1)} MB of stream\n` +
        `cuts: ${cuts}; full syncs: ${full}, partial: ${partial}`,
    );
    for (const [name, { moments, keys, last }] of this.totals) {
      const types = Object.entries(last?.byType ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
      console.log(
        `${name}: equal at ${moments} moments, ${keys} keys compared; at the end ${last?.keys} keys ` +
          `(${types.map(([type, number]) => `${number} ${type}`).join(', ')}), ${last?.expiring} of them with an expiry`,
      );
    }
  }
}

function isNoFlush({ command }: CommandRow): boolean {
  return command !== 'FLUSHALL' && command !== 'FLUSHDB';
}

/** Entries that a consumer reads again count as delivered once more, on the master alone: no Redis says so to its replicas. */
function isTold(request: Request): boolean {
  if (request[0].toUpperCase() !== 'XREADGROUP') return true;
  const at = request.findIndex((word) => word.toUpperCase() === 'STREAMS');
  return request.slice(at + 1 + (request.length - at - 1) / 2).every((id) => id === '>');
}

async function linkUp(node: Node): Promise<void> {
  const deadline = Date.now() + CATCH_UP_MS;
  while ((await infoField(node, 'master_link_status')) !== 'up')
    if (Date.now() > deadline) throw new Error('a replica does not come back');
}

/** The rows that the real replica can apply, and the names of the others. */
function known(all: readonly Family[], [major, minor]: readonly number[]): [Family[], string[]] {
  const isNew = ({ since = [0, 0] }: CommandRow) =>
    major < since[0] || (major === since[0] && minor < since[1]);
  const tooNew = all.flatMap(({ rows }) => rows).filter(isNew);
  return [filterRows(all, (row) => !isNew(row)), [...new Set(tooNew.map(({ command }) => command))]];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string', default: '200000' },
      replica: { type: 'string' },
      master: { type: 'string' },
      clients: { type: 'string', default: '4' },
      'compare-every': { type: 'string', default: '8000' },
      cuts: { type: 'string', default: '0' },
      'field-expiry': { type: 'boolean', default: false },
      families: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const names = values.families?.split(',');
  const chosen = [...families, loadRows].filter(({ name }) => names?.includes(name) ?? true);
  if (names !== undefined && chosen.length < names.length) return say(`no such family\n${USAGE}`, 2);
  const ours = oursOrThrow();
  const bin = values.replica ?? realRedisServers().at(0)?.bin;
  const version = bin === undefined ? undefined : redisVersion(bin);
  if (bin === undefined || version === undefined) return say('no real redis-server: give --replica', 3);

  const seed = seedFrom(values.seed);
  const [drawn, leftOut] = known(chosen, values['field-expiry'] ? [99, 0] : version);
  const master = values.master === undefined ? ours : splitCommand(values.master);
  console.log(`seed ${seed}, master: ${master.join(' ')}`);
  console.log(`replicas: ${bin} ${version.join('.')} and ${ours.join(' ')}`);
  if (leftOut.length > 0) console.log(`left out, newer than the real replica: ${leftOut.join(' ')}`);
  const servers: RunningServer[] = [];
  const running: { stop(): Promise<void> }[] = [];
  const kept = <T extends { stop(): Promise<void> }>(server: T): T => {
    running.push(server);
    return server;
  };
  try {
    const first = kept(await startServer(master, ['--repl-diskless-sync-delay', '0']));
    const leader = await nodeOf(first);
    const second = kept(await startServer(ours));
    servers.push(first, second);
    const mine = await nodeOf(second);
    const real = kept(await startRealRedis({ bin }));
    const followers = [
      { name: `redis-server ${version.join('.')}`, node: real },
      { name: OURS, node: mine },
    ];
    await Promise.all(followers.map(({ node }) => attach(node, leader)));
    const isSame = await new Load(leader, followers, {
      seed,
      count: Number(values.count),
      clients: Number(values.clients),
      compareEvery: Number(values['compare-every']),
      cuts: Number(values.cuts),
      families: drawn,
      newcomer: async () => {
        const node = kept(await startRealRedis({ bin }));
        return {
          name: `redis-server ${version.join('.')}, attached at the end`,
          node,
          log: () => node.log(),
        };
      },
    }).run();
    for (const client of clients.splice(0)) client.close();
    return isSame ? 0 : 1;
  } catch (error) {
    for (const server of servers) console.error(server.output().slice(-LOG_SHOWN));
    throw error;
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

const clients: RespClient[] = [];

async function nodeOf(server: RunningServer): Promise<Node> {
  const client = await connectClient(server.port);
  clients.push(client);
  return { port: server.port, dir: server.dir, call: client.call };
}

await runTool(main);
