/**
 * The long proofs of the replica side, `npm run proof:replica`: for each real server found, a large data set and a minute of writes,
 * compared key by key; cuts within and beyond the backlog; chains. Prints a table; exit 1 when a row failed.
 *
 *   npm run proof:replica -- [--keys 100000] [--seconds 60] [--mb-per-minute 30]
 */
import { parseArgs } from 'node:util';
import { compareServers } from '../support/compare-servers.js';
import { fillWithEverything } from '../support/data-set.js';
import { eventually } from '../support/eventually.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import {
  attach,
  caughtUp,
  infoField,
  type Node,
  savedData,
  savedDifferences,
} from '../support/replica-pair.js';
import { pause } from '../support/tool.js';
import { type RealRedis, realRedisServers, startRealRedis } from '../support/real-redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { startWriteLoad } from '../support/write-load.js';

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    'mb-per-minute': { type: 'string', default: '30' },
  },
});
const KEYS = Number(flags.keys);
const SECONDS = Number(flags.seconds);
const BYTES_PER_SECOND = (Number(flags['mb-per-minute']) * 1024 * 1024) / 60;
const CATCH_UP_MS = 120_000;

interface Row {
  readonly server: string;
  readonly proof: string;
  readonly ok: boolean;
  readonly figures: string;
}

const rows: Row[] = [];
let running: { stop(): Promise<void> }[] = [];

async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  running.push(server);
  return server;
}

const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** Throws when what was to be proved is not so; else figures for the table. */
type Proof = (bin: string) => Promise<string>;

const real = (bin: string, ...args: string[]): Promise<RealRedis> =>
  kept(startRealRedis({ bin, args: ['--repl-diskless-sync-delay', '0', ...args] }));
const ours = (directives: Record<string, string> = {}): Promise<LiveServer> =>
  kept(startLiveServer(directives));

async function mustBeEqual(a: Node, b: Node): Promise<number> {
  const { keys, differences } = await compareServers(a.call, b.call);
  if (differences.length > 0) throw new Error(`differ: ${JSON.stringify(differences.slice(0, 3))}`);
  return keys;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

const syncs = async (node: Node) => ({
  full: Number(await infoField(node, 'sync_full')),
  ok: Number(await infoField(node, 'sync_partial_ok')),
});

const fullSync =
  (diskless: 'yes' | 'no'): Proof =>
  async (bin) => {
    const master = await real(bin, '--repl-diskless-sync', diskless);
    await fillWithEverything(master.call, KEYS);
    const startMs = performance.now();
    const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
    await caughtUp(master, replica, CATCH_UP_MS);
    const took = seconds(startMs);
    const done = replica.events.find((event) => event.kind === 'snapshot-done');
    const sub = await real(bin);
    await attach(sub, replica);
    const keys = await mustBeEqual(master, sub);
    const [theirs, mine] = [await savedData(master), await savedData(replica)];
    const differences = savedDifferences(theirs, mine);
    must(differences.length === 0, `the RDBs differ: ${differences.join('; ')}`);
    must(
      String(mine.functions) === String(theirs.functions) && mine.functions.length === 1,
      'functions differ',
    );
    must(keys === KEYS && mine.keys.size === KEYS, `${keys} keys by command, ${mine.keys.size} in the RDB`);
    const bytes = done !== undefined && 'bytes' in done ? done.bytes : 0;
    return `${keys} keys equal in both ways, ${megabytes(bytes)} in ${took}`;
  };

const writes: Proof = async (bin) => {
  const master = await real(bin, '--repl-backlog-size', '64mb');
  await fillWithEverything(master.call, KEYS / 10);
  const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
  await caughtUp(master, replica, CATCH_UP_MS);
  const sub = await real(bin);
  await attach(sub, replica);
  const load = startWriteLoad(master.call, BYTES_PER_SECOND);
  await pause(SECONDS * 1000);
  await load.stop();
  const startMs = performance.now();
  await caughtUp(master, replica, CATCH_UP_MS);
  await caughtUp(replica, sub, CATCH_UP_MS);
  const behind = seconds(startMs);
  const keys = await mustBeEqual(master, sub);
  must((await syncs(master)).full === 1, 'there was a second full sync');
  return `${load.commands} writes, ${megabytes(load.bytes)} in ${SECONDS} s; ${keys} keys equal ${behind} after the last`;
};

const cuts =
  (backlog: string, partial: boolean): Proof =>
  async (bin) => {
    const master = await real(bin, '--repl-backlog-size', backlog);
    const link = await kept(startTcpProxy(master.port));
    const replica = await ours({ replicaof: `127.0.0.1 ${link.port}` });
    await caughtUp(master, replica);
    const before = await syncs(master);
    // Beyond a backlog of 1 MB within a second of absence.
    const load = startWriteLoad(master.call, partial ? BYTES_PER_SECOND : 4_000_000);
    const streaming = () => replica.events.filter((event) => event.kind === 'streaming').length;
    for (let i = 0; i < 5; i++) {
      await pause(500);
      const seen = streaming();
      link.cut();
      await pause(1000);
      link.restore();
      await eventually(() => streaming() > seen, CATCH_UP_MS);
    }
    await load.stop();
    await caughtUp(master, replica, CATCH_UP_MS);
    await pause(100);
    const after = await syncs(master);
    const figures = `sync_full +${after.full - before.full}, sync_partial_ok +${after.ok - before.ok}`;
    must(partial === (after.full === before.full), figures);
    if (partial) must(after.ok === before.ok + 5, figures);
    else
      must(
        /^the master's backlog starts at [\d,]+; we asked for [\d,]+$/.test(
          replica.reason('full-sync') ?? '',
        ),
        `said: ${replica.reason('full-sync')}`,
      );
    const sub = await real(bin);
    await attach(sub, replica);
    const keys = await mustBeEqual(master, sub);
    return `${figures}; ${keys} keys equal${partial ? '' : `; "${replica.reason('full-sync')}"`}`;
  };

/** real, ours, ours, real with cuts in both middles and a promotion under way. */
const chain: Proof = async (bin) => {
  const master = await real(bin, '--repl-backlog-size', '64mb');
  const first = await kept(startTcpProxy(master.port));
  const upper = await ours({ replicaof: `127.0.0.1 ${first.port}`, 'repl-backlog-size': '64mb' });
  const second = await kept(startTcpProxy(upper.port));
  const lower = await ours({ replicaof: `127.0.0.1 ${second.port}`, 'repl-backlog-size': '64mb' });
  const leaf = await real(bin, '--replicaof', '127.0.0.1', String(lower.port));
  const pairs: [Node, Node][] = [
    [master, upper],
    [upper, lower],
    [lower, leaf],
  ];
  for (const [from, to] of pairs) await caughtUp(from, to, CATCH_UP_MS);
  let load = startWriteLoad(master.call, BYTES_PER_SECOND);
  for (let i = 0; i < 6; i++) {
    const link = i % 2 === 0 ? first : second;
    await pause(SECONDS * 50);
    link.cut();
    await pause(400);
    link.restore();
  }
  await load.stop();
  for (const [from, to] of pairs) await caughtUp(from, to, CATCH_UP_MS);
  let keys = await mustBeEqual(master, leaf);
  // A key that goes by itself would take the old master on beyond the point at which the new one leaves it.
  await master.call('DEBUG', 'SET-ACTIVE-EXPIRE', 0);
  for (const [from, to] of pairs) await caughtUp(from, to, CATCH_UP_MS);
  await upper.call('REPLICAOF', 'NO', 'ONE');
  load = startWriteLoad(upper.call, BYTES_PER_SECOND, 11);
  await pause(SECONDS * 100);
  await load.stop();
  await master.call('REPLICAOF', '127.0.0.1', upper.port);
  for (const [from, to] of [[upper, master], ...pairs.slice(1)] as [Node, Node][])
    await caughtUp(from, to, CATCH_UP_MS);
  keys += await mustBeEqual(master, leaf);
  const [a, b, c] = [await syncs(master), await syncs(upper), await syncs(lower)];
  must(a.full === 1 && b.full === 1 && c.full === 1, `full syncs: ${a.full}, ${b.full}, ${c.full}`);
  return `${keys} keys equal before and after the promotion; partial ${a.ok}, ${b.ok}, ${c.ok}`;
};

const PROOFS: readonly [string, Proof][] = [
  [`${KEYS} keys of all types, EOF form`, fullSync('yes')],
  [`${KEYS} keys of all types, length form`, fullSync('no')],
  [`${SECONDS} s of writes`, writes],
  ['five cuts, backlog 64 MB', cuts('64mb', true)],
  ['five cuts, backlog 1 MB', cuts('1mb', false)],
  ['real, ours, ours, real; promotion', chain],
];

for (const { bin, version } of realRedisServers()) {
  for (const [proof, prove] of PROOFS) {
    running = [];
    let row: Row;
    try {
      row = { server: version, proof, ok: true, figures: await prove(bin) };
    } catch (error) {
      row = {
        server: version,
        proof,
        ok: false,
        figures: error instanceof Error ? error.message : String(error),
      };
    }
    for (const server of running.reverse()) await server.stop().catch(() => undefined);
    rows.push(row);
    process.stderr.write(`${row.ok ? 'ok  ' : 'FAIL'} ${row.server} ${row.proof}: ${row.figures}\n`);
  }
}
process.stdout.write('| redis | proof | | figures |\n| --- | --- | --- | --- |\n');
for (const { server, proof, ok, figures } of rows) {
  process.stdout.write(`| ${server} | ${proof} | ${ok ? 'ok' : 'FAILED'} | ${figures} |\n`);
}
process.exitCode = rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
