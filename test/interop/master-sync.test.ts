/**
 * Real replicas of our master: a data set of all types (made by a real server, loaded by us from its dump), in both forms of the
 * snapshot, several replicas at once, one that comes while a snapshot is made, writes meanwhile. What a replica holds is compared
 * key by key with the server that the data came from.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareServers } from '../support/compare-servers.js';
import { fillWithEverything } from '../support/data-set.js';
import { eventually } from '../support/eventually.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import {
  atLeast,
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';
import { attach, caughtUp, infoField } from '../support/replica-pair.js';
import { startWriteLoad } from '../support/write-load.js';

const KEYS = 5000;
const running: { stop(): Promise<void> }[] = [];
const folders: string[] = [];

/** Our server, which has loaded the donor's dump. */
async function ours(
  donor: RealRedis | undefined,
  directives: Record<string, string> = {},
): Promise<LiveServer> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-ts-master-'));
  folders.push(dir);
  if (donor !== undefined) copyFileSync(join(donor.dir, 'dump.rdb'), join(dir, 'dump.rdb'));
  const server = await startLiveServer({ dir, ...directives });
  running.push(server);
  return server;
}

async function real(bin: string, ...args: string[]): Promise<RealRedis> {
  const server = await startRealRedis({ bin, args });
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function keyspace(server: LiveServer): Promise<string> {
  const reply = await server.call('INFO', 'keyspace');
  return reply.type === 'bulk' ? reply.value : '';
}

describe.skipIf(!realRedisAvailable())('a real replica of our master', () => {
  describe.each(realRedisServers())('redis $version', ({ bin, version }) => {
    let donor: RealRedis;

    beforeAll(async () => {
      donor = await startRealRedis({ bin });
      await fillWithEverything(donor.call, KEYS);
      await donor.must('SAVE');
    });

    afterAll(() => donor.stop());

    async function expectWhole(replica: RealRedis, ignoreStreamFields: string[] = []): Promise<void> {
      const found = await compareServers(donor.call, replica.call, { ignoreStreamFields });
      expect(found.differences).toEqual([]);
      expect(found.keys).toBe(KEYS);
      expect(Object.keys(found.byType).sort()).toEqual(['hash', 'list', 'set', 'stream', 'string', 'zset']);
      expect(found.expiring).toBeGreaterThan(KEYS / 10);
    }

    it.each([
      ['yes', '0'],
      ['yes', '1'],
      ['no', '0'],
    ])('three at once hold everything (repl-diskless-sync %s, delay %s)', async (diskless, delay) => {
      const master = await ours(donor, { 'repl-diskless-sync': diskless, 'repl-diskless-sync-delay': delay });
      const replicas = await Promise.all([1, 2, 3].map(() => real(bin)));
      await Promise.all(replicas.map((replica) => attach(replica, master)));
      expect(await infoField(master, 'connected_slaves')).toBe('3');
      for (const replica of replicas) await expectWhole(replica);
      const form =
        diskless === 'yes'
          ? 'receiving streamed RDB from master with EOF'
          : 'receiving \\d+ bytes from master';
      expect(replicas[0].log()).toMatch(new RegExp(form));
    });

    it('that comes while a snapshot file is made gets the same one', async () => {
      const master = await ours(donor, { 'repl-diskless-sync': 'no', 'rdb-key-save-delay': '200' });
      const [first, second] = [await real(bin), await real(bin)];
      await first.call('REPLICAOF', '127.0.0.1', master.port);
      await eventually(() => master.server.persistence.jobRunning === 'disk');
      await master.call('SET', 'written', 'meanwhile');
      await second.call('REPLICAOF', '127.0.0.1', master.port);
      await Promise.all([caughtUp(master, first), caughtUp(master, second)]);
      expect(await infoField(master, 'sync_full')).toBe('2');
      expect(master.log.filter((line) => line.includes('Starting BGSAVE'))).toHaveLength(1);
      for (const replica of [first, second]) {
        expect(await replica.must('GET', 'written')).toEqual({ type: 'bulk', value: 'meanwhile' });
        await replica.call('REPLICAOF', 'NO', 'ONE');
        await replica.must('DEL', 'written');
        await expectWhole(replica);
      }
    });

    it.each([
      ['6.2', 9],
      ['7.0', 10],
      ['7.2', 11],
    ])('repl-compat-version %s sends RDB %i', async (compat, rdb) => {
      const master = await ours(donor, { 'repl-compat-version': compat, 'repl-diskless-sync': 'no' });
      const readable = rdb <= 10 || atLeast(version, '7.2.0');
      const replica = await real(bin);
      if (!readable) {
        await replica.call('REPLICAOF', '127.0.0.1', master.port);
        await eventually(() => replica.log().includes(`Can't handle RDB format version ${rdb}`));
        return;
      }
      await attach(replica, master);
      if (rdb > 9) return expectWhole(replica);
      // RDB 9 has no functions, and streams without what 7.0 counts.
      const { differences, keys } = await compareServers(donor.call, replica.call, {
        ignoreStreamFields: [
          'max-deleted-entry-id',
          'entries-added',
          'recorded-first-entry-id',
          'entries-read',
          'lag',
        ],
      });
      expect(differences.filter(({ what }) => what !== 'functions')).toEqual([]);
      expect(keys).toBe(KEYS);
    });

    it('is equal after writes under load, attached in the midst of them', async () => {
      const master = await ours(undefined);
      const load = startWriteLoad(master.call, 1_000_000);
      const replica = await real(bin);
      await replica.call('REPLICAOF', '127.0.0.1', master.port);
      await eventually(async () => (await infoField(replica, 'master_link_status')) === 'up');
      const second = await real(bin);
      await second.call('REPLICAOF', '127.0.0.1', master.port);
      await eventually(async () => (await infoField(second, 'master_link_status')) === 'up');
      const before = load.bytes;
      await eventually(() => load.bytes > before + 2_000_000);
      await load.stop();
      // What the load lets expire does so within seconds; until then a comparison would see it go.
      await eventually(async () => !/expires=[1-9]/.test(await keyspace(master)));
      await Promise.all([caughtUp(master, replica), caughtUp(master, second)]);
      const between = await compareServers(replica.call, second.call);
      expect(between.differences).toEqual([]);
      expect(between.keys).toBeGreaterThan(500);
      const withMaster = await compareServers(master.call, replica.call);
      expect(withMaster.differences).toEqual([]);
      expect(readFileSync(join(replica.dir, 'redis.log'), 'utf8')).not.toMatch(/CRITICAL|error/i);
    });
  });
});
