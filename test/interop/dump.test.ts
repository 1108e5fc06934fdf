/**
 * DUMP, RESTORE and MIGRATE between our server and a real redis-server 7.2: payloads there and back, the same bytes where the bytes
 * follow from the value, and keys moved in both directions.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { populate, text } from '../support/real-dataset.js';
import { atLeast, type RealRedis, realRedisServers, startRealRedis } from '../support/real-redis.js';

/** Redis keeps deleted entries of a stream in its nodes, and writes them. */
const OWN_BYTES = new Set(['stream:long']);
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
    // The digest of a key says whether it expires.
    await redis.must('PERSIST', 'str:expires');
    keys = text(await redis.must('KEYS', '*'))
      .slice(1, -1)
      .split(' ');
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
    expect(keys.length).toBeGreaterThan(30);
    const same: string[] = [];
    for (const key of keys) {
      const theirs = await dumped(redis, key);
      expect(text(await ours.call('RESTORE', key, 0, Buffer.from(theirs, 'latin1'), 'REPLACE')), key).toBe(
        'OK',
      );
      const mine = await dumped(ours, key);
      const digest = text(await redis.must('DEBUG', 'DIGEST-VALUE', key));
      await redis.must('RESTORE', 'copy', 0, Buffer.from(mine, 'latin1'), 'REPLACE');
      expect(text(await redis.must('DEBUG', 'DIGEST-VALUE', 'copy')), key).toBe(digest);
      expect(text(await redis.must('OBJECT', 'ENCODING', 'copy')), key).toBe(
        text(await ours.call('OBJECT', 'ENCODING', key)),
      );
      if (mine === theirs) same.push(key);
    }
    expect(keys.filter((key) => !same.includes(key))).toEqual([...OWN_BYTES]);
  });
});

describe.skipIf(real === undefined)('MIGRATE', () => {
  let redis: RealRedis;
  let ours: LiveServer;
  beforeAll(async () => {
    redis = await startRealRedis({ bin: real?.bin });
    ours = await startLiveServer();
  });
  afterAll(async () => {
    await ours?.stop();
    await redis?.stop();
  });

  type Side = Pick<LiveServer, 'call' | 'port'>;
  const directions: [string, () => [Side, Side]][] = [
    ['from us to Redis', () => [ours, redis]],
    ['from Redis to us', () => [redis, ours]],
  ];

  it.each(directions)('moves keys %s', async (_, sides) => {
    const [from, to] = sides();
    const call = async (side: Side, ...args: (string | number)[]) => text(await side.call(...args));
    const migrate = (...args: (string | number)[]) => call(from, 'MIGRATE', '127.0.0.1', to.port, ...args);
    await call(from, 'FLUSHALL');
    await call(to, 'FLUSHALL');
    await call(from, 'MSET', 'a', '1', 'b', 'x'.repeat(300_000), 'c', '\x00\xff');
    await call(from, 'PEXPIRE', 'c', 100_000);
    expect(await migrate('a', 3, 5000)).toBe('OK');
    expect(await call(from, 'EXISTS', 'a')).toBe('0');
    expect(await migrate('', 3, 5000, 'COPY', 'KEYS', 'a', 'b', 'c')).toBe('OK');
    expect(await migrate('', 3, 5000, 'KEYS', 'b', 'c')).toBe(
      'ERR Target instance replied with error: BUSYKEY Target key name already exists.',
    );
    expect(await migrate('', 3, 5000, 'REPLACE', 'KEYS', 'b', 'c')).toBe('OK');
    expect(await call(from, 'DBSIZE')).toBe('0');
    expect(await migrate('a', 3, 5000)).toBe('NOKEY');
    await call(to, 'SELECT', 3);
    expect(await call(to, 'MGET', 'a', 'b', 'c')).toBe(`[1 ${'x'.repeat(300_000)} \x00\xff]`);
    expect(Number(await call(to, 'PTTL', 'c'))).toBeGreaterThan(90_000);
    await call(from, 'SET', 'a', '1');
    expect(await migrate('a', 99, 5000)).toBe(
      'ERR Target instance replied with error: ERR DB index is out of range',
    );
    expect(await call(from, 'GET', 'a')).toBe('1');
    expect(await call(from, 'MIGRATE', '127.0.0.1', 1, 'a', 0, 500)).toBe(
      'IOERR error or timeout writing to target instance',
    );
    expect(await call(from, 'MIGRATE', 'no.such.host.invalid', 1, 'a', 0, 500)).toBe(
      'IOERR error or timeout connecting to the client',
    );
  });

  it('logs in', async () => {
    const locked = await startRealRedis({ bin: real?.bin });
    await locked.must('CONFIG', 'SET', 'requirepass', 'secret');
    const migrate = async (...args: string[]) =>
      text(await ours.call('MIGRATE', '127.0.0.1', locked.port, 'k', 0, 1000, 'REPLACE', ...args));
    await ours.call('SET', 'k', 'v');
    expect(await migrate()).toMatch(/^ERR Target instance replied with error: (NOAUTH|DENIED)/);
    expect(await migrate('AUTH', 'wrong')).toMatch(/WRONGPASS/);
    expect(text(await ours.call('EXISTS', 'k'))).toBe('1');
    expect(await migrate('AUTH2', 'default', 'secret')).toBe('OK');
    expect(text(await ours.call('EXISTS', 'k'))).toBe('0');
    await locked.stop();
  });
});
