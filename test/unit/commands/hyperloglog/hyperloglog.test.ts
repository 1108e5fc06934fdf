import { beforeEach, describe, expect, it } from 'vitest';
import { fromBuffer, type Bytes } from '../../../../src/core/base/bytes.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { placeOf } from '../../../../src/core/commands/hyperloglog/hash.js';
import { HYPERLOGLOG_COMMANDS } from '../../../../src/core/commands/hyperloglog/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';
import { dataSetIn, dataSetOf, PausedSnapshot } from '../../../support/paused-snapshot.js';

const NOT_VALID = '-WRONGTYPE Key is not a valid HyperLogLog string value.';
const CORRUPT = '-INVALIDOBJ Corrupted HLL object detected';
const HEADER = 'HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80';
const EMPTY_SKETCH = `${HEADER}\x7f\xff`;

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const elements = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `e${from + i}`);

beforeEach(() => {
  t = createTestEngine({
    families: [HYPERLOGLOG_COMMANDS, STRING_COMMANDS, GENERIC_COMMANDS, TRANSACTION_COMMANDS],
  });
});

/** MurmurHash64A as its author wrote it down, on bigints. */
function reference(bytes: Buffer): { index: number; count: number } {
  const m = 0xc6a4a7935bd1e995n;
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  let h = wrap(0xadc83b19n ^ wrap(BigInt(bytes.length) * m));
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) {
    let k = wrap(bytes.readBigUInt64LE(at) * m);
    k = wrap((k ^ (k >> 47n)) * m);
    h = wrap((h ^ k) * m);
  }
  if (whole < bytes.length) {
    for (let i = whole; i < bytes.length; i++) h ^= BigInt(bytes[i]) << BigInt(8 * (i - whole));
    h = wrap(h * m);
  }
  h = wrap((h ^ (h >> 47n)) * m);
  h ^= h >> 47n;
  let rest = (h >> 14n) | (1n << 50n);
  let count = 1;
  for (; (rest & 1n) === 0n; rest >>= 1n) count++;
  return { index: Number(h & 16383n), count };
}

describe('the hash', () => {
  it('is MurmurHash64A for every length', () => {
    for (let length = 0; length < 70; length++) {
      for (let seed = 0; seed < 8; seed++) {
        const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 151 + seed * 37 + length) & 255));
        const place = placeOf(fromBuffer(bytes));
        expect({ index: place & 16383, count: place >>> 14 }).toEqual(reference(bytes));
      }
    }
  });

  it('counts zeros that reach into the upper word', () => {
    let seen = 0;
    for (let i = 0; seen < 19; i++) {
      const text = `z${i}`;
      const { index, count } = reference(Buffer.from(text));
      if (count < seen) continue;
      seen = count;
      expect(placeOf(text as Bytes)).toBe(count * 16384 + index);
    }
  });
});

describe('PFADD', () => {
  it('makes a sparse value whose cache is not valid', () => {
    expect(call('PFADD', 'h')).toBe(1);
    expect(call('GET', 'h')).toBe(EMPTY_SKETCH);
    expect(call('PFADD', 'h')).toBe(0);
  });

  it('becomes dense when it would be longer than hll-sparse-max-bytes', () => {
    t = createTestEngine({
      families: [HYPERLOGLOG_COMMANDS, STRING_COMMANDS],
      config: { 'hll-sparse-max-bytes': '30' },
    });
    const lengths = new Set<unknown>();
    for (const element of elements(12)) {
      call('PFADD', 'h', element);
      lengths.add(call('STRLEN', 'h'));
    }
    expect([...lengths]).toEqual([21, 24, 27, 30, 12304]);
    expect(call('PFCOUNT', 'h')).toBe(12);
  });

  it('estimates well over six orders of size', () => {
    let added = 0;
    for (const size of [10, 100, 1000, 10_000, 100_000]) {
      for (; added < size; added += 10) call('PFADD', 'h', ...elements(10, added));
      const error = Math.abs((call('PFCOUNT', 'h') as number) - size) / size;
      expect(error).toBeLessThan(0.04);
    }
  });

  it('keeps nothing of elements before a corrupt part', () => {
    // All registers but the last: the element of the last one is what fails.
    let last = 0;
    while ((placeOf(`e${last}` as Bytes) & 16383) !== 16383) last++;
    call('SET', 'h', `${HEADER}\x7f\xfe`);
    t.stream();
    expect(call('PFADD', 'h', 'a', `e${last}`)).toBe(CORRUPT);
    expect(call('GET', 'h')).toBe(`${HEADER}\x7f\xfe`);
    expect(t.stream()).toEqual([]);
    expect(call('PFADD', 'h', 'a')).toBe(1);
  });

  it('refuses what is no HyperLogLog', () => {
    for (const value of [
      '1',
      'text',
      'HYLL',
      `HYLL\x00${'\x00'.repeat(40)}`,
      `HYLL\x02${'\x00'.repeat(13)}`,
    ]) {
      call('SET', 'h', value);
      expect(call('PFADD', 'h', 'a')).toBe(NOT_VALID);
      expect(call('PFCOUNT', 'h')).toBe(NOT_VALID);
    }
  });
});

describe('PFCOUNT', () => {
  it('keeps the count in the value, counts that as a change and tells watchers', () => {
    call('PFADD', 'h', 'a', 'b', 'c');
    const { gate } = t.engine;
    const before = gate.dirty;
    call('WATCH', 'h');
    const other = t.connect();
    expect(plain(other.call('PFCOUNT', 'h'))).toBe(3);
    expect(gate.dirty).toBe(before + 1);
    expect((call('GET', 'h') as string).slice(8, 16)).toBe('\x03\x00\x00\x00\x00\x00\x00\x00');
    call('MULTI');
    expect(call('EXEC')).toBe(null);
    call('WATCH', 'h');
    expect(plain(other.call('PFCOUNT', 'h'))).toBe(3);
    expect(gate.dirty).toBe(before + 1);
    call('MULTI');
    expect(call('EXEC')).toEqual([]);
  });

  it('believes the cache', () => {
    call('SET', 'h', 'HYLL\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x7f\xff');
    expect(call('PFCOUNT', 'h')).toBe(9223372036854775807n);
  });

  it('answers as C does when every register is full', () => {
    const dense = `HYLL\x00\x00\x00\x00${'\x00'.repeat(7)}\x80${'\xf3\x3c\xcf'.repeat(4096)}`;
    call('SET', 'h', dense);
    expect(call('PFCOUNT', 'h')).toBe(-9223372036854775808n);
  });

  it('does not touch any of several keys', () => {
    call('PFADD', 'a', '1', '2');
    call('PFADD', 'b', '2', '3');
    const [a, b] = [call('GET', 'a'), call('GET', 'b')];
    expect(call('PFCOUNT', 'a', 'b', 'none')).toBe(3);
    expect([call('GET', 'a'), call('GET', 'b')]).toEqual([a, b]);
  });
});

describe('PFMERGE', () => {
  it('keeps the expiry of the destination', () => {
    call('PFADD', 'a', '1');
    call('PFADD', 'dest', '2');
    call('PEXPIRE', 'dest', 1000);
    expect(call('PFMERGE', 'dest', 'a')).toBe('OK');
    expect(call('PFCOUNT', 'dest')).toBe(2);
    expect(call('PTTL', 'dest')).toBe(1000);
  });

  it('changes nothing when a source is corrupt', () => {
    call('PFADD', 'dest', 'x');
    const before = call('GET', 'dest');
    call('SET', 'bad', `${HEADER}\x7f\xfe`);
    expect(call('PFMERGE', 'dest', 'bad')).toBe(CORRUPT);
    expect(call('GET', 'dest')).toBe(before);
  });
});

it('tests itself', () => {
  expect(call('PFSELFTEST')).toBe('OK');
});

describe('a running snapshot', () => {
  it('keeps what the registers and the cache were', () => {
    for (const key of ['added', 'counted', 'merged', 'dense', 'debugged'])
      call('PFADD', key, ...elements(20));
    call('PFDEBUG', 'TODENSE', 'dense');
    const before = dataSetOf(t.engine);
    const snapshot = new PausedSnapshot(t.engine);
    call('PFADD', 'added', 'x', 'y', 'z');
    call('PFCOUNT', 'counted');
    call('PFMERGE', 'merged', 'dense');
    call('PFADD', 'dense', 'x', 'y', 'z');
    call('PFDEBUG', 'TODENSE', 'debugged');
    snapshot.slice();
    call('PFADD', 'added', ...elements(50, 100));
    expect(dataSetIn(snapshot.finish())).toEqual(before);
  });
});
