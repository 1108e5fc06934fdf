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
import { cut, plain, rdbEvents } from '../support/rdb-events.js';
import { digest, FAR_FUTURE_MS, LIBRARY, populate, text } from '../support/real-dataset.js';
import {
  atLeast,
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';

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
  12: undefined,
};

function withoutLost(line: string, rdbVersion: WritableVersion): string {
  const lost = LOST[rdbVersion];
  return lost === undefined ? line : line.replace(lost, '$1');
}
