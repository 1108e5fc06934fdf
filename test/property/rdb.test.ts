/**
 * RDB: what is written in any version is read back equal, however it is cut; a file with bytes changed is read or refused with an
 * RdbError, never anything else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { DumpError, dumpValue, dumpVersionOf, restoreValue } from '../../src/core/persistence/rdb/dump.js';
import { RdbError, type WritableVersion } from '../../src/core/persistence/rdb/format.js';
import { RdbReader } from '../../src/core/persistence/rdb/reader.js';
import { RdbWriter } from '../../src/core/persistence/rdb/writer.js';
import { DEFAULT_LIMITS, encodingName } from '../../src/core/store/types/encoding.js';
import { HashValue } from '../../src/core/store/types/hash-value.js';
import { ListValue } from '../../src/core/store/types/list-value.js';
import { RawString } from '../../src/core/store/types/raw-string.js';
import { SetValue } from '../../src/core/store/types/set-value.js';
import { StreamGroup, StreamConsumer } from '../../src/core/store/types/stream-groups.js';
import { MIN_STREAM_ID, streamId } from '../../src/core/store/types/stream-id.js';
import { StreamValue } from '../../src/core/store/types/stream-value.js';
import { copyValue, makeString, type Value } from '../../src/core/store/types/value.js';
import { ZSetValue } from '../../src/core/store/types/zset-value.js';
import { plain, rdbEvents } from '../support/rdb-events.js';

/** Bytes of every kind that the encodings treat apart: binary, integers at the edges, long and compressible. */
const bytes: fc.Arbitrary<Bytes> = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array).latin1Slice() as Bytes),
  fc
    .oneof(fc.integer(), fc.integer({ min: -5000, max: 5000 }), fc.maxSafeInteger())
    .map((n) => String(n) as Bytes),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => String(n) as Bytes),
  fc
    .tuple(fc.constantFrom('a', 'ab', 'abc\xff'), fc.constantFrom(21, 63, 64, 65, 300, 4095, 4096, 16_384))
    .map(([text, length]) => text.repeat(length).slice(0, length) as Bytes),
);
/** Mostly few elements, at times more than the packed encodings take. */
const many = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(item, { minLength: 1, maxLength: 20 }) },
    {
      weight: 1,
      arbitrary: fc.array(item, { minLength: 130, maxLength: 300 }),
    },
  );

const list = many(bytes).map((items) => {
  const value = new ListValue();
  for (const item of items) value.pushBack(item);
  return value;
});
const set = many(bytes).map((items) => {
  const value = new SetValue();
  for (const item of items) value.add(item);
  return value;
});
// Each field once: a long value that is overwritten leaves its encoding behind, which no payload carries.
const hash = many(fc.tuple(bytes, bytes)).map((items) => {
  const value = new HashValue();
  for (const [field, item] of new Map(items)) value.set(field, item);
  return value;
});
const score = fc.oneof(fc.double({ noNaN: true }), fc.integer()).map((n) => (n === 0 ? 0 : n));
const expiringHash = fc
  .tuple(hash, fc.array(fc.tuple(fc.nat(), fc.nat(2 ** 46 - 1)), { minLength: 1, maxLength: 20 }))
  .map(([value, times]) => {
    for (const [n, dueMs] of times) value.setExpiry(value.fieldAt(n % value.size), dueMs);
    return value;
  });
const zset = many(fc.tuple(bytes, score)).map((items) => {
  const value = new ZSetValue();
  for (const [member, n] of items) value.set(member, n);
  return value;
});
const u64 = fc.oneof(fc.nat(1000).map(BigInt), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const stream = fc
  .tuple(
    many(fc.tuple(u64, u64, fc.array(fc.tuple(bytes, bytes), { minLength: 1, maxLength: 3 }))),
    fc.array(fc.nat(), { maxLength: 10 }),
    fc.array(fc.tuple(bytes, fc.nat(2), fc.nat(), fc.nat(50)), { maxLength: 20 }),
  )
  .map(([entries, deletions, pending]) => {
    const value = new StreamValue();
    const ids = entries.map(([ms, seq, fields]) => ({ id: streamId(ms, seq), fields: fields.flat() }));
    ids.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { id, fields } of ids) if (id > value.lastId) value.append(id, fields, DEFAULT_LIMITS);
    for (const n of deletions) value.delete(ids[n % ids.length].id);
    for (const name of new Set(pending.map(([group]) => group))) {
      value.groups.set(
        name,
        new StreamGroup(name, value.lastId, pending.length % 3 === 0 ? -1 : pending.length),
      );
    }
    for (const [name, who, n, count] of pending) {
      const group = value.groups.get(name)!;
      const consumer =
        group.consumers.get(`consumer ${who}` as Bytes) ??
        new StreamConsumer(`consumer ${who}` as Bytes, n, -1);
      group.consumers.set(consumer.name, consumer);
      group.addPending(ids[n % ids.length].id, consumer, 1700000000000 + n, count);
    }
    return value;
  });
const text = fc.oneof(
  bytes.map((value) => makeString(value)),
  bytes.map((value) => RawString.of(value)),
);
const anyValue: fc.Arbitrary<Value> = fc.oneof(text, list, set, hash, expiringHash, zset, stream);
const version = fc.constantFrom<WritableVersion>(9, 10, 11, 12);

interface Entry {
  key: Bytes;
  value: Value;
  expireAtMs?: number;
}

const entries: fc.Arbitrary<Entry[]> = fc.array(
  fc.record({ key: bytes, value: anyValue, expireAtMs: fc.option(fc.maxSafeInteger(), { nil: undefined }) }),
  { maxLength: 4 },
);

function written(items: Entry[], rdbVersion: WritableVersion, compression: boolean): Buffer {
  const blocks: Buffer[] = [];
  const writer = new RdbWriter((block) => blocks.push(block), { version: rdbVersion, compression });
  writer.header({ redisVersion: '7.2.6', ctime: 1, usedMemory: 2, aofBase: true });
  writer.selectDb(0);
  for (const { key, value, expireAtMs } of items) {
    const steps = writer.keyValue(key, value, expireAtMs);
    while (steps.next().done !== true);
  }
  writer.end();
  const file = Buffer.concat(blocks);
  expect(file.length).toBe(writer.bytesWritten + 8);
  return file;
}

/** A value as a version can carry it. */
function carried(value: Value, rdbVersion: WritableVersion): unknown {
  if (rdbVersion < 12 && value instanceof HashValue)
    return { ...(plain(value) as object), expires: undefined };
  if (rdbVersion >= 11 || typeof value !== 'object' || value.kind !== 'stream') return plain(value);
  const copy = value.clone();
  for (const group of copy.groups.values()) {
    for (const consumer of group.consumers.values()) consumer.activeTime = consumer.seenTime;
  }
  if (rdbVersion === 9) {
    copy.maxDeletedId = MIN_STREAM_ID;
    copy.entriesAdded = copy.length;
    for (const group of copy.groups.values()) group.entriesRead = copy.entriesUpTo(group.lastId);
  }
  return plain(copy);
}

/** `file` in random pieces. */
function pieces(file: Buffer, cuts: number[]): Buffer[] {
  const at = [0, ...cuts.map((n) => n % (file.length + 1)).sort((a, b) => a - b), file.length];
  return at.slice(1).map((end, i) => file.subarray(at[i], end));
}

describe('an RDB', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        entries,
        version,
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 20 }),
        (items, rdbVersion, compression, cuts) => {
          const file = written(items, rdbVersion, compression);
          const { events } = rdbEvents(pieces(file, cuts));
          const found = events.filter(([name]) => name === 'key' || name === 'value');
          const expected = items.flatMap(({ key, value, expireAtMs }) => [
            ['key', key, expireAtMs],
            ['value', carried(value, rdbVersion)],
          ]);
          expect(found.map((event) => (event[0] === 'key' ? ['key', event[2], event[4]] : event))).toEqual(
            expected,
          );
          expect(events.at(-1)).toEqual(['end', 'ok']);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('with bytes changed is read, or refused with an RdbError', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        entries,
        version,
        damage,
        fc.constantFrom('build' as const, 'measure' as const),
        (items, rdbVersion, changes, mode) => {
          const file = written(items, rdbVersion, false);
          for (const [at, byte] of changes) file[9 + (at % (file.length - 9))] = byte;
          const reader = new RdbReader({}, { mode, verifyChecksum: false });
          try {
            reader.push(file);
            reader.finish();
          } catch (error) {
            if (!(error instanceof RdbError)) throw error;
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('a DUMP payload', () => {
  it('restores to an equal value with an equal encoding', () => {
    fc.assert(
      fc.property(anyValue, fc.boolean(), (value, compression) => {
        const restored = restoreValue(dumpValue(value, dumpVersionOf(value), { compression }));
        expect(plain(restored)).toEqual(plain(value));
        if (value instanceof RawString) return;
        expect(encodingName(restored, DEFAULT_LIMITS)).toBe(encodingName(value, DEFAULT_LIMITS));
        expect(plain(copyValue(value))).toEqual(plain(value));
      }),
      { numRuns: 150 },
    );
  });

  it('that was cut or changed is refused', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const payload = dumpValue(value);
        payload[at % payload.length] ^= flip;
        expect(() => restoreValue(payload)).toThrow(DumpError);
        expect(() => restoreValue(payload.subarray(0, at % payload.length))).toThrow(DumpError);
      }),
      { numRuns: 150 },
    );
  });
});
