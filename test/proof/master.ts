/**
 * The long proofs of the master side, `npm run proof:master`: real replicas of a `redis-ts serve` process, on real sockets and
 * clocks. One row per proof; exit 1 when one fails. REAL_REDIS_SERVERS names further servers besides the one of the PATH,
 * PROOF_KEYS the size of the data set (default 20000).
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareServers } from '../support/compare-servers.js';
import { fillWithEverything } from '../support/data-set.js';
import { eventually } from '../support/eventually.js';
import { type RealRedis, realRedisServers, startRealRedis } from '../support/real-redis.js';
import { attach, caughtUp, infoField, type Node } from '../support/replica-pair.js';
import { connectClient, type RespClient } from '../support/resp-client.js';
import { builtCli } from '../support/run-cli.js';
import { startServer } from '../support/server-process.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { startWriteLoad } from '../support/write-load.js';

const KEYS = Number(process.env.PROOF_KEYS ?? 20_000);
const MB = 1024 * 1024;

interface Master extends Node {
  readonly client: RespClient;
  log(): string;
  residentBytes(): number;
}

/** Ends what it started, whatever happens. */
class Stage {
  private readonly running: { stop(): Promise<void> }[] = [];

  constructor(private readonly bin: string) {}

  add<T extends { stop(): Promise<void> }>(what: T): T {
    this.running.push(what);
    return what;
  }

  async replica(...args: string[]): Promise<RealRedis> {
    return this.add(await startRealRedis({ bin: this.bin, args }));
  }

  /** `redis-ts serve` as a process, with the donor's dump when there is one. */
  async master(args: readonly string[], donor?: RealRedis): Promise<Master> {
    const dir = mkdtempSync(join(tmpdir(), 'redis-ts-proof-'));
    if (donor !== undefined) copyFileSync(join(donor.dir, 'dump.rdb'), join(dir, 'dump.rdb'));
    const command = [process.execPath, join(builtCli(), 'bin/run.js'), 'serve'];
    const log = join(dir, 'serve.log');
    const server = await startServer(command, ['--dir', dir, '--logfile', log, ...args]);
    const client = await connectClient(server.port);
    this.add({
      stop: async () => {
        client.close();
        await server.stop();
        rmSync(dir, { recursive: true, force: true });
      },
    });
    await eventually(async () => (await client.info('loading')) === '0', 120_000);
    return {
      port: server.port,
      dir,
      client,
      call: client.call,
      log: () => readFileSync(log, 'latin1'),
      residentBytes: () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1]) * 1024,
    };
  }

  async end(): Promise<void> {
    for (const one of this.running.splice(0).reverse()) await one.stop();
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function equal(a: Node, b: Node, keys?: number): Promise<void> {
  const found = await compareServers(a.call, b.call);
  check(found.differences.length === 0, JSON.stringify(found.differences.slice(0, 3)));
  check(keys === undefined || found.keys === keys, `${found.keys} keys`);
}

async function full(stage: Stage, donor: RealRedis, ...args: string[]): Promise<string> {
  const master = await stage.master(args, donor);
  const replicas = await Promise.all([1, 2, 3].map(() => stage.replica()));
  const from = performance.now();
  await Promise.all(replicas.map((replica) => attach(replica, master)));
  const seconds = (performance.now() - from) / 1000;
  for (const replica of replicas) await equal(donor, replica, KEYS);
  return `3 replicas × ${KEYS} keys equal, in sync after ${seconds.toFixed(1)} s`;
}

/** Five cuts of a second under load. */
async function cuts(stage: Stage, backlog: string): Promise<{ master: Master; replica: RealRedis }> {
  const master = await stage.master(['--repl-backlog-size', backlog, '--repl-diskless-sync-delay', '0']);
  const proxy = stage.add(await startTcpProxy(master.port));
  const replica = await stage.replica();
  await attach(replica, master, proxy.port);
  const load = startWriteLoad(master.call, 4_000_000);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.restore();
    try {
      await eventually(async () => (await infoField(replica, 'master_link_status')) === 'up', 30_000);
    } catch (error) {
      const tail = (log: string) => log.split('\n').slice(-12).join('\n');
      throw new Error(`the link does not come back\n${tail(master.log())}\n${tail(replica.log())}`, {
        cause: error,
      });
    }
  }
  await load.stop();
  await eventually(async () => !/expires=[1-9]/.test(JSON.stringify(await master.call('INFO', 'keyspace'))));
  await caughtUp(master, replica);
  await equal(master, replica);
  return { master, replica };
}

async function stopped(stage: Stage, limit: string, deadlineMs: number): Promise<string> {
  const master = await stage.master([
    '--repl-diskless-sync-delay',
    '0',
    '--client-output-buffer-limit',
    ...limit.split(' '),
  ]);
  const [still, running] = [await stage.replica(), await stage.replica()];
  await Promise.all([attach(still, master), attach(running, master)]);
  process.kill(still.pid, 'SIGSTOP');
  try {
    for (let i = 0; i < 60; i++) await master.call('SET', `k${i}`, 'x'.repeat(MB));
    await eventually(async () => (await infoField(master, 'connected_slaves')) === '1', deadlineMs);
  } finally {
    process.kill(still.pid, 'SIGCONT');
  }
  check(/overcoming of output buffer limits/.test(master.log()), 'no line in the log');
  await Promise.all([caughtUp(master, still), caughtUp(master, running)]);
  await equal(still, running, 60);
  return 'dropped with a line in the log, came back equal; the other one stayed';
}

type Proof = readonly [name: string, run: (stage: Stage, donor: RealRedis) => Promise<string>];

const PROOFS: readonly Proof[] = [
  ['full sync, diskless, delay 0', (stage, donor) => full(stage, donor, '--repl-diskless-sync-delay', '0')],
  ['full sync, diskless, delay 5', (stage, donor) => full(stage, donor, '--repl-diskless-sync-delay', '5')],
  ['full sync, by disk', (stage, donor) => full(stage, donor, '--repl-diskless-sync', 'no')],
  [
    'five cuts of 1 s, backlog 64mb',
    async (stage) => {
      const { master } = await cuts(stage, '64mb');
      const figures = await Promise.all(
        ['sync_full', 'sync_partial_ok'].map((name) => infoField(master, name)),
      );
      check(figures.join() === '1,5', `sync_full, sync_partial_ok: ${figures.join()}`);
      return 'sync_full 1, sync_partial_ok 5, equal';
    },
  ],
  [
    'five cuts of 1 s, backlog 1mb',
    async (stage) => {
      const { master } = await cuts(stage, '1mb');
      const why = /for lack of backlog \(Replica request was: \d+, the backlog holds \d+ to \d+\)/.exec(
        master.log(),
      );
      const syncs = Number(await infoField(master, 'sync_full'));
      check(syncs > 1 && why !== null, `sync_full ${syncs}, ${why?.[0] ?? 'no reason in the log'}`);
      return `sync_full ${syncs}, log: ${why![0]}`;
    },
  ],
  ['a stopped replica, hard limit 32mb', (stage) => stopped(stage, 'replica 32mb 0 0', 10_000)],
  ['a stopped replica, soft limit 16mb for 5 s', (stage) => stopped(stage, 'replica 0 16mb 5', 20_000)],
  [
    'a replica that stands still during a diskless snapshot',
    async (stage, donor) => {
      const master = await stage.master(['--repl-diskless-sync-delay', '2'], donor);
      const [still, fast] = [await stage.replica(), await stage.replica()];
      await Promise.all([still, fast].map((replica) => replica.must('REPLICAOF', '127.0.0.1', master.port)));
      await eventually(async () => (await infoField(master, 'connected_slaves')) === '2');
      process.kill(still.pid, 'SIGSTOP');
      try {
        await caughtUp(master, fast);
      } finally {
        process.kill(still.pid, 'SIGCONT');
      }
      await caughtUp(master, still);
      await equal(donor, still, KEYS);
      await equal(donor, fast, KEYS);
      return 'the other one was in sync meanwhile; both equal';
    },
  ],
  [
    'repl-timeout 6: a stopped replica',
    async (stage) => {
      const master = await stage.master(['--repl-timeout', '6', '--repl-diskless-sync-delay', '0']);
      const replica = await stage.replica();
      await attach(replica, master);
      process.kill(replica.pid, 'SIGSTOP');
      const from = performance.now();
      try {
        await eventually(async () => (await infoField(master, 'connected_slaves')) === '0', 20_000);
      } finally {
        process.kill(replica.pid, 'SIGCONT');
      }
      const seconds = (performance.now() - from) / 1000;
      check(/Disconnecting timedout replica \(streaming sync\)/.test(master.log()), 'no line in the log');
      check(seconds > 5 && seconds < 10, `after ${seconds.toFixed(1)} s`);
      await caughtUp(master, replica);
      const partial = await infoField(master, 'sync_partial_ok');
      check(partial === '1', `sync_partial_ok ${partial}`);
      return `dropped after ${seconds.toFixed(1)} s, came back by partial resync`;
    },
  ],
  [
    'memory: 8 stopped replicas, 64 MB of stream',
    async (stage) => {
      const master = await stage.master(['--repl-diskless-sync-delay', '0', '--repl-timeout', '600']);
      const replicas = await Promise.all(Array.from({ length: 8 }, () => stage.replica()));
      await Promise.all(replicas.map((replica) => attach(replica, master)));
      const before = master.residentBytes();
      for (const { pid } of replicas) process.kill(pid, 'SIGSTOP');
      let after = 0;
      try {
        for (let i = 0; i < 64; i++) await master.call('SET', 'k', 'x'.repeat(MB));
        after = master.residentBytes();
      } finally {
        for (const { pid } of replicas) process.kill(pid, 'SIGCONT');
      }
      await Promise.all(replicas.map((replica) => caughtUp(master, replica)));
      const grownMb = (after - before) / MB;
      check(grownMb < 8 * 64 * 0.5, `${grownMb.toFixed(0)} MB more resident`);
      return `${grownMb.toFixed(0)} MB more resident (8 copies would be 512)`;
    },
  ],
];

// Each real server has an exit listener that ends it with this process.
process.setMaxListeners(0);
const only = process.argv[2] ?? '';
let failed = 0;
for (const { bin, version } of realRedisServers()) {
  const donor = await startRealRedis({ bin });
  try {
    await fillWithEverything(donor.call, KEYS);
    await donor.must('SAVE');
    for (const [name, run] of PROOFS.filter(([title]) => title.includes(only))) {
      const stage = new Stage(bin);
      try {
        const figure = await run(stage, donor);
        console.log(`ok    redis ${version}  ${name.padEnd(56)} ${figure}`);
      } catch (error) {
        failed++;
        console.log(
          `FAIL  redis ${version}  ${name.padEnd(56)} ${error instanceof Error ? error.message : String(error)}`,
        );
      } finally {
        await stage.end();
      }
    }
  } finally {
    await donor.stop();
  }
}
process.exitCode = failed > 0 ? 1 : 0;
