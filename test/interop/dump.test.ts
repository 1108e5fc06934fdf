/**
 * DUMP, RESTORE and MIGRATE between our server and a real redis-server 7.2: payloads there and back, the same bytes where the bytes
 * follow from the value, and keys moved in both directions.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { populate, text } from '../support/real-dataset.js';
import { atLeast, type RealRedis, realRedisServers, startRealRedis } from '../support/real-redis.js';

/** The order of a hash table is the server's own, as is where the nodes of a list that grew element by element end. */
const OWN_BYTES = /^(set:large|hash:large|hash:longvalue)$/;
const real = realRedisServers().find(
  (server) => atLeast(server.version, '7.2') && !atLeast(server.version, '7.3'),
);

describe.skipIf(real === undefined)('payloads', () => {
  let redis: RealRedis;
  let ours: LiveServer;
  let keys: string[];
  beforeAll(async () => {
    redis = await startRealRedis({ bin: real?.bin });
    ours = await startLiveServer();
    await populate(redis);
    keys = text(await redis.must('KEYS', '*')).slice(1, -1).split(' ');
  });
  afterAll(async () => {
    await ours?.stop();
    await redis?.stop();
  });

  async function dumped(server: Pick<LiveServer, 'call'>, key: string): Promise<string> {
    const reply = await server.call('DUMP', key);
    if (reply.type !== 'bulk') throw new Error(`${key} is not there`);
    return reply.value;
  }

  it('go there and back', async () => {
    expect(keys.length).toBeGreaterThan(40);
    const same: string[] = [];
    for (const key of keys) {
      const theirs = await dumped(redis, key);
      expect(text(await ours.call('RESTORE', key, 0, Buffer.from(theirs, 'latin1'), 'REPLACE')), key).toBe('OK');
      const mine = await dumped(ours, key);
      const digest = text(await redis.must('DEBUG', 'DIGEST-VALUE', key));
      await redis.must('RESTORE', 'copy', 0, Buffer.from(mine, 'latin1'), 'REPLACE');
      expect(text(await redis.must('DEBUG', 'DIGEST-VALUE', 'copy')), key).toBe(digest);
      expect(text(await redis.must('OBJECT', 'ENCODING', 'copy')), key).toBe(
        text(await ours.call('OBJECT', 'ENCODING', key)),
      );
      if (mine === theirs) same.push(key);
    }
    console.log('differ', keys.filter((key) => !same.includes(key)));
    expect(keys.filter((key) => !same.includes(key) && !OWN_BYTES.test(key))).toEqual([]);
  });
});
