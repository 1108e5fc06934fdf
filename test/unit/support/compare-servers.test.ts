import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareServers } from '../../support/compare-servers.js';
import { fillWithEverything } from '../../support/data-set.js';
import { type RealRedis, realRedisAvailable, startRealRedis } from '../../support/real-redis.js';

describe.skipIf(!realRedisAvailable())('compareServers', () => {
  let a: RealRedis;
  let b: RealRedis;

  beforeAll(async () => {
    [a, b] = await Promise.all([startRealRedis(), startRealRedis()]);
    for (const server of [a, b]) await fillWithEverything(server.call, 300);
    // Times of delivery are of the wall clock: the streams of two fills differ in them.
    for (const server of [a, b]) {
      for (const db of [0, 3, 9]) {
        await server.call('SELECT', db);
        const keys = await server.call('KEYS', 'stream:*');
        if (keys.type === 'array')
          for (const key of keys.items) await server.call('DEL', 'value' in key ? String(key.value) : '');
      }
      await server.call('SELECT', 3);
      await server.call('XADD', 'st', '1-1', 'f', 'v');
      await server.call('XGROUP', 'CREATE', 'st', 'g', '0');
    }
  });
  afterAll(async () => Promise.all([a, b].map((server) => server.stop())));

  /** What differs after `commands` on b in database 3. */
  const after = async (...commands: (string | number)[][]) => {
    await b.call('SELECT', 3);
    for (const command of commands) await b.must(...command);
    const { differences } = await compareServers(a.call, b.call);
    return differences.map(({ db, key, what }) => [db, key, what]);
  };

  it('finds equal servers equal, and each kind of difference', async () => {
    expect(await after()).toEqual([]);
    expect(await after(['SET', 'extra', '1'])).toEqual([[3, 'extra', 'missing']]);
    expect(await after(['DEL', 'extra'], ['SET', 'e\x00\xff', '1', 'EX', 1000])).toEqual([
      [3, 'e\x00\xff', 'missing'],
    ]);
    await a.call('SELECT', 3);
    await a.call('SET', 'e\x00\xff', '1', 'EX', 2000);
    expect(await after()).toEqual([[3, 'e\x00\xff', 'expiry']]);
    expect(await after(['DEL', 'e\x00\xff'], ['RPUSH', 'e\x00\xff', '1'])).toEqual([
      [3, 'e\x00\xff', 'type'],
    ]);
    const forget = async (key: string) => {
      for (const server of [a, b]) {
        await server.call('SELECT', 3);
        await server.call('DEL', key);
      }
    };
    await forget('e\x00\xff');
    for (const [key, ...command] of [
      ['integer:4', 'INCR', 'integer:4'],
      ['list:10', 'RPUSH', 'list:10', 'x'],
      ['hash:13', 'HSET', 'hash:13', 'x', 'y'],
      ['set:16', 'SADD', 'set:16', 'x'],
      ['zset:22', 'ZINCRBY', 'zset:22', '0.5', 'm0'],
      ['st', 'XGROUP', 'CREATECONSUMER', 'st', 'g', 'c'],
    ]) {
      const found = await after(command);
      expect(found.at(-1), key).toEqual([3, key, 'content']);
      await forget(key);
    }
    expect(await after(['FUNCTION', 'FLUSH'])).toEqual([[9, '', 'functions']]);
  });

  it('takes a zero for another only when it is told to', async () => {
    const member = 'm'.repeat(70); // too long for a listpack, where Redis would lose the sign
    for (const [server, score] of [
      [a, '0'],
      [b, '-0'],
    ] as const) {
      await server.call('SELECT', 3);
      await server.must('ZADD', 'zero', score, member);
    }
    const found = async (ignoreZeroSign: boolean) =>
      (await compareServers(a.call, b.call, { ignoreZeroSign })).differences.map(({ key }) => key);
    expect(await found(false)).toContain('zero');
    expect(await found(true)).not.toContain('zero');
  });
});
