/**
 * RDB files between a real redis-server and ours: what it saves we read, what we write in each version it can take it loads, and
 * its own DEBUG DIGEST-VALUE finds every key equal.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { dumpValue, restoreValue } from '../../src/core/persistence/rdb/dump.js';
import { type WritableVersion } from '../../src/core/persistence/rdb/format.js';
import { type RdbKey, RdbReader } from '../../src/core/persistence/rdb/reader.js';
import { RdbWriter } from '../../src/core/persistence/rdb/writer.js';
import { type Value } from '../../src/core/store/types/value.js';
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { cut, plain, rdbEvents } from '../support/rdb-events.js';
import {
  atLeast,
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';

const FAR_FUTURE_MS = 4102444800000;
const LIBRARY = "#!lua name=mylib\nredis.register_function('echo', function(keys, args) return args[1] end)";

interface Loaded {
  keys: { key: RdbKey; value: Value }[];
  functions: Bytes[];
  aux: Map<Bytes, Bytes>;
  checksum: string;
}

function load(file: Buffer): Loaded {
  const loaded: Loaded = { keys: [], functions: [], aux: new Map(), checksum: '' };
  const reader = new RdbReader({
    aux: (name, value) => loaded.aux.set(name, value),
    value: (value, key) => loaded.keys.push({ key, value }),
    functionLibrary: (code) => loaded.functions.push(code),
    end: (verdict) => (loaded.checksum = verdict),
  });
  for (const chunk of cut(file, 65_536)) reader.push(chunk);
  reader.finish();
  return loaded;
}

function write(loaded: Loaded, version: WritableVersion, compression: boolean): Buffer {
  const blocks: Buffer[] = [];
  const writer = new RdbWriter((block) => blocks.push(block), { version, compression });
  writer.header({ redisVersion: '7.2.6', ctime: 1700000000, usedMemory: 1000000, aofBase: false });
  if (version >= 10) for (const code of loaded.functions) writer.functionLibrary(code);
  for (const db of new Set(loaded.keys.map(({ key }) => key.db))) {
    const keys = loaded.keys.filter(({ key }) => key.db === db);
    writer.selectDb(db);
    writer.resizeDb(keys.length, keys.filter(({ key }) => key.expireAtMs !== undefined).length);
    for (const { key, value } of keys) {
      const steps = writer.keyValue(key.key, value, key.expireAtMs);
      while (steps.next().done !== true);
    }
  }
  writer.end();
  return Buffer.concat(blocks);
}

/** Makes keys of every type in every encoding, with values at the edges of each. */
async function populate(redis: RealRedis): Promise<void> {
  const many = (count: number, make: (i: number) => (string | number)[]) =>
    Array.from({ length: count }, (_, i) => make(i)).flat();
  const big = 'x'.repeat(100);
  const commands: (string | number)[][] = [
    ['SET', 'str:empty', ''],
    ...[0, -1, 12, 127, -128, 128, 32767, -32769, 2147483647, -2147483648, 2147483648].map((n) => [
      'SET',
      `str:int:${n}`,
      n,
    ]),
    ['SET', 'str:int:max', '9223372036854775807'],
    ['SET', 'str:int:min', '-9223372036854775808'],
    ['SET', 'str:notint', '007'],
    ['SET', 'str:binary', '\x00\xff\xfe\r\n\x80'],
    ['SET', 'str:lzf', 'abcabcabc'.repeat(5000)],
    ['SET', 'str:long', 'y'.repeat(200_000)],
    ['SET', 'str:expires', 'v', 'PXAT', FAR_FUTURE_MS],
    ['APPEND', 'str:raw', 'appended'],
    ['RPUSH', 'list:small', 'a', '', '1', '-4096', '4096', '70000', '9223372036854775807', '-9000000', big],
    ['RPUSH', 'list:long', ...many(5000, (i) => [`element-${i}`])],
    ['RPUSH', 'list:large', 'z'.repeat(20_000), 'q'.repeat(5000), 'end'],
    ['SADD', 'set:int16', 1, 2, -3],
    ['SADD', 'set:int32', 1, 70000],
    ['SADD', 'set:int64', 1, '9223372036854775807', '-9223372036854775808'],
    ['SADD', 'set:small', 'a', 'b', '1', ''],
    ['SADD', 'set:ints:many', ...many(1000, (i) => [i])],
    ['SADD', 'set:large', ...many(2000, (i) => [`member:${i}`])],
    ['HSET', 'hash:small', 'f', 'v', '1', '2', '', 'empty field', 'empty', ''],
    ['HSET', 'hash:large', ...many(2000, (i) => [`f${i}`, i])],
    ['HSET', 'hash:longvalue', 'f', big],
    ['ZADD', 'zset:small', 1, 'a', 1.5, 'b', '-inf', 'c', '+inf', 'd', 1e17, 'e', 3.0e-10, 'f'],
    ['ZADD', 'zset:large', ...many(1000, (i) => [i / 3, `m${i}`])],
    ['ZADD', 'zset:same', ...many(200, (i) => [7, `m${i}`])],
    ['SELECT', 9],
    ['SET', 'other:db', 'v'],
    ['SELECT', 0],
    ...many(350, (i) => [i]).map((i) => [
      'XADD',
      'stream:long',
      `${1000 + Number(i)}-${i}`,
      'name',
      'v',
      'n',
      i,
    ]),
    ['XDEL', 'stream:long', '1005-5', '1349-349'],
    ['XTRIM', 'stream:long', 'MAXLEN', 300],
    ['XADD', 'stream:mixed', '1-1', 'a', '1'],
    ['XADD', 'stream:mixed', '5-0', 'b', '2', 'c', '3'],
    ['XADD', 'stream:mixed', '18446744073709551615-18446744073709551615', 'a', 'last'],
    ['XADD', 'stream:emptied', '7-7', 'a', '1'],
    ['XDEL', 'stream:emptied', '7-7'],
    ['XGROUP', 'CREATE', 'stream:long', 'group', '0'],
    ['XGROUP', 'CREATE', 'stream:long', 'idle group', '$'],
    ['XGROUP', 'CREATECONSUMER', 'stream:long', 'group', 'never read'],
    ['XREADGROUP', 'GROUP', 'group', 'one', 'COUNT', 20, 'STREAMS', 'stream:long', '>'],
    ['XREADGROUP', 'GROUP', 'group', 'two', 'COUNT', 30, 'STREAMS', 'stream:long', '>'],
    ['XCLAIM', 'stream:long', 'group', 'two', 0, '1060-60', 'TIME', 1600000000000, 'RETRYCOUNT', 7],
    ['XACK', 'stream:long', 'group', '1061-61'],
    ['FUNCTION', 'LOAD', LIBRARY],
  ];
  for (const command of commands) await redis.must(...command);
}

function text(reply: Reply): string {
  if (reply.type === 'array') return '[' + reply.items.map(text).join(' ') + ']';
  return 'value' in reply ? String(reply.value) : reply.type;
}

/** What a server says of its data, key by key. */
async function digest(redis: RealRedis): Promise<string[]> {
  const lines: string[] = [];
  for (const db of [0, 9]) {
    await redis.must('SELECT', db);
    const keys = await redis.must('KEYS', '*');
    if (keys.type !== 'array') throw new Error('KEYS gives an array');
    for (const key of keys.items.map(text)) {
      const parts = [await redis.must('DEBUG', 'DIGEST-VALUE', key), await redis.must('PEXPIRETIME', key)];
      if (text(await redis.must('TYPE', key)) === 'stream') {
        parts.push(await redis.must('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0));
      }
      lines.push(`${db} ${key} ${parts.map(text).join(' ')}`.replace(/radix-tree-\w+ \d+/g, ''));
    }
  }
  return lines.sort();
}

async function loadedBy(bin: string, file: Buffer): Promise<RealRedis> {
  const redis = await startRealRedis({ bin });
  const dir = redis.dir;
  writeFileSync(join(dir, 'dump.rdb'), file);
  await redis.must('DEBUG', 'RELOAD', 'NOSAVE');
  return redis;
}

describe.skipIf(!realRedisAvailable())('RDB with a real redis-server', () => {
  describe.each(realRedisServers())('$version', ({ bin, version }) => {
    let redis: RealRedis;
    let file: Buffer;
    let expected: string[];

    beforeAll(async () => {
      redis = await startRealRedis({ bin });
      await populate(redis);
      await redis.must('SAVE');
      file = readFileSync(join(redis.dir, 'dump.rdb'));
      expected = await digest(redis);
    });

    afterAll(async () => {
      await redis?.stop();
    });

    it('reads what it saves', () => {
      const loaded = load(file);
      expect(loaded.checksum).toBe('ok');
      expect(loaded.aux.get('redis-ver' as Bytes)).toBe(version);
      expect(loaded.functions).toEqual([LIBRARY]);
      const byKey = new Map(loaded.keys.map(({ key, value }) => [String(key.key), plain(value)]));
      expect(byKey.size).toBe(expected.length);
      expect(byKey.get('str:int:max')).toBe('9223372036854775807');
      expect(byKey.get('str:binary')).toBe('\x00\xff\xfe\r\n\x80');
      expect(byKey.get('list:small')).toEqual({
        list: ['a', '', '1', '-4096', '4096', '70000', '9223372036854775807', '-9000000', 'x'.repeat(100)],
      });
      expect(byKey.get('set:int64')).toEqual({
        set: ['-9223372036854775808', '1', '9223372036854775807'],
      });
      expect(byKey.get('zset:small')).toEqual({
        zset: [
          ['c', -Infinity],
          ['f', 3e-10],
          ['a', 1],
          ['b', 1.5],
          ['e', 1e17],
          ['d', Infinity],
        ],
      });
      expect(byKey.get('stream:mixed')).toMatchObject({
        entries: [
          ['1-1', 'a', '1'],
          ['5-0', 'b', '2', 'c', '3'],
          ['18446744073709551615-18446744073709551615', 'a', 'last'],
        ],
        entriesAdded: 3,
      });
      expect(loaded.keys.find(({ key }) => key.key === 'str:expires')?.key.expireAtMs).toBe(FAR_FUTURE_MS);
      expect(loaded.keys.find(({ key }) => key.key === 'other:db')?.key.db).toBe(9);
    });

    it('reads it in any pieces, and measures it', () => {
      const whole = rdbEvents([file]);
      expect(rdbEvents(cut(file, 1)).events).toEqual(whole.events);
      expect(rdbEvents(cut(file, 977)).events).toEqual(whole.events);
      const measured = rdbEvents([file], { mode: 'measure' });
      expect(rdbEvents(cut(file, 1), { mode: 'measure' }).events).toEqual(measured.events);
      const sizes = new Map<unknown, unknown>();
      measured.events.forEach((event, i) => {
        if (event[0] === 'measured') sizes.set(measured.events[i - 1][2], event[1]);
      });
      expect(sizes.get('list:long')).toBe(5000);
      expect(sizes.get('set:large')).toBe(2000);
      expect(sizes.get('set:int64')).toBe(3);
      expect(sizes.get('hash:small')).toBe(4);
      expect(sizes.get('hash:large')).toBe(2000);
      expect(sizes.get('zset:large')).toBe(1000);
      expect(sizes.get('zset:small')).toBe(6);
      expect(sizes.get('stream:long')).toBe(300);
    });

    const versions = ([9, 10, 11] as const).filter((v) => v < 11 || atLeast(version, '7.2.0'));
    it.each(versions.flatMap((v) => [[v, true] as const, [v, false] as const]))(
      'loads what we write as version %d, compression %s',
      async (rdbVersion, compression) => {
        const other = await loadedBy(bin, write(load(file), rdbVersion, compression));
        try {
          const found = await digest(other);
          const comparable = (lines: string[]) => lines.map((line) => withoutLost(line, rdbVersion));
          expect(comparable(found)).toEqual(comparable(expected));
          const functions = text(await other.must('FUNCTION', 'LIST'));
          expect(functions.includes('mylib')).toBe(rdbVersion >= 10);
        } finally {
          await other.stop();
        }
      },
    );

    it('exchanges DUMP payloads', async () => {
      const dumpVersion = atLeast(version, '7.2.0') ? 11 : 10;
      await redis.must('SELECT', 0);
      for (const { key, value } of load(file).keys) {
        if (key.db !== 0) continue;
        const theirs = await redis.must('DUMP', String(key.key));
        if (theirs.type !== 'bulk') throw new Error(`${key.key} is gone`);
        expect(plain(restoreValue(Buffer.from(theirs.value, 'latin1')))).toEqual(plain(value));
        const before = text(await redis.must('DEBUG', 'DIGEST-VALUE', String(key.key)));
        const expiry = key.expireAtMs ?? 0;
        await redis.must('RESTORE', 'copy', expiry, dumpValue(value, dumpVersion), 'REPLACE', 'ABSTTL');
        expect(text(await redis.must('DEBUG', 'DIGEST-VALUE', 'copy')), key.key).toBe(before);
      }
      await redis.must('DEL', 'copy');
    });
  });
});

/** What a version has no place for, or (the first id of an emptied stream) what Redis gets wrong when it reads it. */
const LOST: Record<WritableVersion, RegExp | undefined> = {
  9: /(max-deleted-entry-id|entries-added|entries-read|lag|recorded-first-entry-id|active-time) \S+/g,
  10: /(active-time) \S+/g,
  11: undefined,
};

function withoutLost(line: string, rdbVersion: WritableVersion): string {
  const lost = LOST[rdbVersion];
  return lost === undefined ? line : line.replace(lost, '$1');
}
