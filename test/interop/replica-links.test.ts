/**
 * Links that break under load, with a proxy between our replica and a real master: partial resyncs, full ones with the reason said on
 * both sides, chains of both kinds of server, promotion in the middle.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { compareServers } from '../support/compare-servers.js';
import { eventually } from '../support/eventually.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { caughtUp, infoField, type Node } from '../support/replica-pair.js';
import { type RealRedis, realRedisAvailable, startRealRedis } from '../support/real-redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { startWriteLoad } from '../support/write-load.js';

const running: { stop(): Promise<void> }[] = [];

async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  running.push(server);
  return server;
}

const real = (...args: string[]): Promise<RealRedis> =>
  kept(startRealRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] }));
const ours = (directives: Record<string, string> = {}): Promise<LiveServer> =>
  kept(startLiveServer(directives));
const proxy = (port: number): Promise<TcpProxy> => kept(startTcpProxy(port));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
});

const streaming = (replica: LiveServer) =>
  replica.events.filter((event) => event.kind === 'streaming').length;

async function cutAndRestore(link: TcpProxy, replica: LiveServer, forMs: number): Promise<void> {
  const before = streaming(replica);
  link.cut();
  await pause(forMs);
  link.restore();
  await eventually(() => streaming(replica) > before);
}

async function figures(node: Node) {
  const [full, ok, refused] = await Promise.all(
    ['sync_full', 'sync_partial_ok', 'sync_partial_err'].map((name) => infoField(node, name)),
  );
  return { full: Number(full), ok: Number(ok), refused: Number(refused) };
}

/** Every database of both is equal, read with commands from real servers. */
async function expectEqual(a: Node, b: Node): Promise<void> {
  const { differences } = await compareServers(a.call, b.call);
  expect(differences).toEqual([]);
}

describe.skipIf(!realRedisAvailable())('cuts under load', () => {
  it('five of a second each: five partial resyncs and no full one, while the backlog lasts', async () => {
    const master = await real('--repl-backlog-size', '64mb');
    const link = await proxy(master.port);
    const replica = await ours({ replicaof: `127.0.0.1 ${link.port}` });
    const sub = await real('--replicaof', '127.0.0.1', String(replica.port));
    await caughtUp(master, replica);
    await caughtUp(replica, sub);
    const before = await figures(master);
    const load = startWriteLoad(master.call, 500_000);
    for (let i = 0; i < 5; i++) {
      await pause(200);
      await cutAndRestore(link, replica, 1000);
    }
    await load.stop();
    await caughtUp(master, replica);
    await caughtUp(replica, sub);
    expect(await figures(master)).toEqual({ ...before, ok: before.ok + 5 });
    expect(await figures(replica)).toEqual({ full: 1, ok: 0, refused: 0 });
    await expectEqual(master, sub);
  });

  it('longer than the backlog: a full resync, and both sides say why', async () => {
    const master = await real('--repl-backlog-size', '1mb');
    const link = await proxy(master.port);
    const replica = await ours({ replicaof: `127.0.0.1 ${link.port}` });
    await caughtUp(master, replica);
    const before = await figures(master);
    const asked = Number(await infoField(replica, 'slave_repl_offset')) + 1;
    link.cut();
    for (let i = 0; i < 30; i++) await master.call('SET', `k${i}`, 'x'.repeat(100_000));
    link.restore();
    await caughtUp(master, replica);
    const first = Number(await infoField(master, 'repl_backlog_first_byte_offset'));
    expect(await figures(master)).toEqual({
      full: before.full + 1,
      ok: before.ok,
      refused: before.refused + 1,
    });
    await eventually(() => replica.reason('full-sync')?.includes('we asked for'));
    const reason = replica.reason('full-sync')!;
    expect(reason).toBe(
      `the master's backlog starts at ${first.toLocaleString('en')}; we asked for ${asked.toLocaleString('en')}`,
    );
    expect(replica.log).toContain(`notice: Partial resynchronization not accepted by the master: ${reason}`);
    expect(master.log()).toContain(`lack of backlog (Replica request was: ${asked})`);
    expect(await infoField(replica, 'master_link_status')).toBe('up');
  });

  it('a master with another history: says whose id it was', async () => {
    const master = await real();
    const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
    await caughtUp(master, replica);
    const id = await infoField(replica, 'master_replid');
    const other = await real();
    await other.call('SET', 'other', '1');
    await replica.call('REPLICAOF', '127.0.0.1', other.port);
    await caughtUp(other, replica);
    const otherId = await infoField(other, 'master_replid');
    await eventually(() => replica.reason('full-sync')?.includes('different'));
    expect(replica.reason('full-sync')).toBe(
      `the master's replication id is different: it is ${otherId}, we asked for ${id}`,
    );
    expect(other.log()).toContain('Replication ID mismatch');
  });

  it('a network that is dead without a reset: repl-timeout ends it, and it continues', async () => {
    const master = await real('--repl-ping-replica-period', '1');
    const link = await proxy(master.port);
    const replica = await ours({ replicaof: `127.0.0.1 ${link.port}`, 'repl-timeout': '2' });
    await caughtUp(master, replica);
    link.pause();
    await eventually(() => replica.reason('lost') !== undefined);
    expect(replica.reason('lost')).toContain('no data nor PING');
    await master.call('SET', 'meanwhile', '1');
    link.resume();
    await caughtUp(master, replica);
    expect(await figures(master)).toMatchObject({ full: 1, ok: 1 });
  });
});

describe.skipIf(!realRedisAvailable())('chains', () => {
  it('real, ours, ours, real: cut in both middles under load, equal at the end', async () => {
    const master = await real('--repl-backlog-size', '64mb');
    const first = await proxy(master.port);
    const upper = await ours({ replicaof: `127.0.0.1 ${first.port}`, 'repl-backlog-size': '64mb' });
    const second = await proxy(upper.port);
    const lower = await ours({ replicaof: `127.0.0.1 ${second.port}`, 'repl-backlog-size': '64mb' });
    const leaf = await real('--replicaof', '127.0.0.1', String(lower.port));
    await caughtUp(master, upper);
    await caughtUp(upper, lower);
    await caughtUp(lower, leaf);
    const load = startWriteLoad(master.call, 500_000);
    await cutAndRestore(second, lower, 300);
    await cutAndRestore(first, upper, 300);
    await cutAndRestore(second, lower, 300);
    await load.stop();
    await caughtUp(master, upper);
    await caughtUp(upper, lower);
    await caughtUp(lower, leaf);
    await expectEqual(master, leaf);
    expect(await figures(master)).toMatchObject({ full: 1, ok: 1 });
    expect(await figures(upper)).toMatchObject({ full: 1, ok: 2 });
    expect(await figures(lower)).toMatchObject({ full: 1 });
    const ids = await Promise.all(
      [master, upper, lower, leaf].map((node) => infoField(node, 'master_replid')),
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('ours, real, ours: converges after cuts', async () => {
    const master = await ours({ 'repl-backlog-size': '64mb' });
    const middle = await real('--replicaof', '127.0.0.1', String(master.port), '--repl-backlog-size', '64mb');
    await caughtUp(master, middle);
    const link = await proxy(middle.port);
    const lower = await ours({ replicaof: `127.0.0.1 ${link.port}` });
    const leaf = await real('--replicaof', '127.0.0.1', String(lower.port));
    await caughtUp(middle, lower);
    await caughtUp(lower, leaf);
    const load = startWriteLoad(master.call, 500_000);
    await cutAndRestore(link, lower, 500);
    await pause(500);
    await load.stop();
    await caughtUp(master, middle);
    await caughtUp(middle, lower);
    await caughtUp(lower, leaf);
    await expectEqual(middle, leaf);
    expect(await figures(middle)).toMatchObject({ full: 1, ok: 1 });
  });

  it('promotion in the middle: what hangs below continues partially by the second id', async () => {
    const master = await real();
    const middle = await ours({ replicaof: `127.0.0.1 ${master.port}` });
    const lower = await ours({ replicaof: `127.0.0.1 ${middle.port}` });
    const leaf = await real('--replicaof', '127.0.0.1', String(lower.port));
    await caughtUp(master, middle);
    await caughtUp(middle, lower);
    await caughtUp(lower, leaf);
    await master.call('SELECT', 2);
    await master.call('SET', 'before', '1');
    await caughtUp(master, middle);
    const oldId = await infoField(middle, 'master_replid');
    expect(await middle.call('REPLICAOF', 'NO', 'ONE')).toMatchObject({ value: 'OK' });
    const newId = await infoField(middle, 'master_replid');
    expect(await infoField(middle, 'master_replid2')).toBe(oldId);
    await middle.call('SELECT', 1);
    await middle.call('SET', 'after', '1');
    await caughtUp(middle, lower);
    await caughtUp(lower, leaf);
    expect(await infoField(lower, 'master_replid')).toBe(newId);
    expect(await infoField(leaf, 'master_replid')).toBe(newId);
    expect(await figures(middle)).toMatchObject({ full: 1, ok: 1 });
    expect(await figures(lower)).toMatchObject({ full: 1, ok: 1 });
    await leaf.call('SELECT', 1);
    expect(await leaf.call('GET', 'after')).toMatchObject({ value: '1' });
    // The old master, demoted to follow the one that followed it, continues as well.
    await master.call('REPLICAOF', '127.0.0.1', middle.port);
    await caughtUp(middle, master);
    expect(await figures(middle)).toMatchObject({ full: 1, ok: 2 });
    await expectEqual(master, leaf);
  });

  it('roles exchanged: our master follows the real server that it had as a replica', async () => {
    const first = await ours();
    const second = await real('--replicaof', '127.0.0.1', String(first.port));
    const sub = await real('--replicaof', '127.0.0.1', String(first.port));
    await first.call('SET', 'k', '1');
    await caughtUp(first, second);
    await caughtUp(first, sub);
    await second.call('REPLICAOF', 'NO', 'ONE');
    await second.call('SET', 'k', '2');
    await first.call('REPLICAOF', '127.0.0.1', second.port);
    await caughtUp(second, first);
    await caughtUp(first, sub);
    expect(await figures(second)).toMatchObject({ full: 0, ok: 1 });
    expect(first.reason('partial-sync')).toBeDefined();
    expect(await sub.call('GET', 'k')).toMatchObject({ value: '2' });
    expect(await figures(first)).toMatchObject({ full: 2 });
  });
});
