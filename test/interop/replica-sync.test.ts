/**
 * Our replica of a real master: a data set of everything, then writes under load, compared key by key. What we hold is read in two
 * ways: with commands on a real replica of ours, and from the RDB that we save.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { compareServers } from '../support/compare-servers.js';
import { fillWithEverything } from '../support/data-set.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { attach, caughtUp, infoField, savedData, savedDifferences } from '../support/replica-pair.js';
import {
  type RealRedis,
  type RealRedisOptions,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';
import { startWriteLoad } from '../support/write-load.js';

const running: { stop(): Promise<void> }[] = [];

async function real(options: RealRedisOptions): Promise<RealRedis> {
  const server = await startRealRedis({
    ...options,
    args: ['--repl-diskless-sync-delay', '0', ...(options.args ?? [])],
  });
  running.push(server);
  return server;
}

async function ours(directives: Record<string, string> = {}): Promise<LiveServer> {
  const server = await startLiveServer(directives);
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
});

describe.skipIf(!realRedisAvailable())('a replica of a real master', () => {
  describe.each(realRedisServers())('redis $version', ({ bin }) => {
    it.each(['yes', 'no'])(
      'has every key, expiry, group and function of it (repl-diskless-sync %s)',
      async (diskless) => {
        const master = await real({ bin, args: ['--repl-diskless-sync', diskless] });
        await fillWithEverything(master.call, 6000);
        const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
        await caughtUp(master, replica);
        const sub = await real({ bin });
        await attach(sub, replica);
        const { keys, byType, expiring, differences } = await compareServers(master.call, sub.call);
        expect(differences).toEqual([]);
        expect(keys).toBe(6000);
        expect(Object.keys(byType).sort()).toEqual(['hash', 'list', 'set', 'stream', 'string', 'zset']);
        expect(expiring).toBeGreaterThan(900);
        const [theirs, own] = await Promise.all([savedData(master), savedData(replica)]);
        expect(savedDifferences(theirs, own)).toEqual([]);
        expect(own.keys.size).toBe(6000);
        expect(own.functions).toEqual(theirs.functions);
        expect(own.functions).toHaveLength(1);
        expect(own.checksum).toBe('ok');
        for (const field of ['repl-id', 'repl-offset', 'repl-stream-db']) {
          expect(own.aux.get(field), field).toBe(theirs.aux.get(field));
        }
      },
    );

    it('is equal after writes under load', async () => {
      const master = await real({ bin });
      await fillWithEverything(master.call, 600);
      const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
      const sub = await real({ bin, args: ['--replicaof', '127.0.0.1', String(replica.port)] });
      const load = startWriteLoad(master.call, 1_000_000);
      await caughtUpOnce(replica);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      await load.stop();
      await caughtUp(master, replica);
      await caughtUp(replica, sub);
      const { differences, keys } = await compareServers(master.call, sub.call);
      expect(differences).toEqual([]);
      expect(keys).toBeGreaterThan(500);
      expect(load.bytes).toBeGreaterThan(4_000_000);
      expect(replica.log.filter((line) => line.startsWith('warning'))).toEqual([]);
      expect(await infoField(replica, 'master_replid')).toBe(await infoField(master, 'master_replid'));
    });
  });
});

/** The link is up, though the master goes on writing. */
async function caughtUpOnce(replica: LiveServer): Promise<void> {
  const { eventually } = await import('../support/eventually.js');
  await eventually(() => replica.events.some((event) => event.kind === 'streaming'));
}
