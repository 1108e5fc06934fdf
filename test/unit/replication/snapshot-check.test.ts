import { describe, expect, it } from 'vitest';
import { SnapshotCheck, type SnapshotReport } from '../../../src/core/replication/snapshot-check.js';
import { EMPTY_RDB, TINY_RDB } from '../../support/fake-master.js';

const NOW = 1_700_000_000_000;

function check(rdb: string, pieceBytes = rdb.length): SnapshotReport {
  const checked = new SnapshotCheck(NOW);
  for (let at = 0; at < rdb.length; at += pieceBytes) {
    checked.push(Buffer.from(rdb.slice(at, at + pieceBytes), 'latin1'));
  }
  return checked.finish();
}

/** Two databases: a string with an expiry and a list in one, a string in the other. No checksum computed. */
const SMALL =
  'REDIS0011' +
  '\xfe\x00\xfb\x02\x01' +
  '\xfc\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\x01x' +
  '\x01\x01l\x02\x01p\x01q' +
  '\xfe\x01' +
  '\x00\x01b\xc0\x07' +
  '\xff\0\0\0\0\0\0\0\0';

describe('SnapshotCheck', () => {
  it.each([1, 7, 1000])('reports on a whole snapshot in pieces of %i', (size) => {
    expect(check(SMALL, size)).toMatchObject({
      bytes: SMALL.length,
      magic: 'REDIS',
      version: 11,
      keys: 3,
      keysByType: { string: 2, list: 1 },
      expires: 1,
      databases: 2,
      readableBy: 'Redis 7.2, Valkey 7.2 and later',
      census: {
        types: { string: { keys: 2, bytes: 10 }, list: { keys: 1, bytes: 8 } },
        dbs: [
          { db: 0, keys: 2, expires: 1, bytes: 13 },
          { db: 1, keys: 1, expires: 0, bytes: 5 },
        ],
        expired: 1,
        largest: [
          { db: 0, key: 'l', type: 'list', bytes: 8, elements: 2 },
          { db: 0, key: 'a', type: 'string', bytes: 5, elements: 1 },
          { db: 1, key: 'b', type: 'string', bytes: 5, elements: 1 },
        ],
      },
      functions: 0,
      checksum: { state: 'zero' },
      cutShort: false,
      extraBytes: 0,
    });
    expect(check(SMALL, size).problem).toBeUndefined();
  });

  it('verifies a checksum and keeps the aux fields', () => {
    const report = check(EMPTY_RDB);
    expect(report.checksum).toEqual({ state: 'ok' });
    expect(report.aux[0]).toEqual(['redis-ver', '7.2.0']);
    expect(report.aux).toHaveLength(5);
  });

  it('tells a wrong checksum with both values', () => {
    const report = check(EMPTY_RDB.slice(0, -8) + '12345678');
    expect(report.checksum).toEqual({
      state: 'bad',
      stored: '3132333435363738',
      computed: 'f06e3bfec0ff5aa2',
    });
  });

  it.each([0, 3, 7])('tells a missing checksum when %i of its bytes came', (bytes) => {
    const report = check('REDIS0009\xff' + '\0'.repeat(bytes));
    expect(report).toMatchObject({ checksum: { state: 'missing' }, trailerBytes: bytes, cutShort: true });
    expect(report.problem).toBeUndefined();
  });

  it('knows before RDB 5 no checksum', () => {
    expect(check('REDIS0004\xff').checksum).toEqual({ state: 'none' });
  });

  it.each([1, 18, 100])('counts what comes after the end, in pieces of %i', (size) => {
    expect(check(TINY_RDB + 'extra bytes', size)).toMatchObject({
      extraBytes: 11,
      checksum: { state: 'zero' },
    });
  });

  it('keeps the first problem and goes on counting', () => {
    const report = check('NOTANRDB!' + 'x'.repeat(500), 10);
    expect(report.bytes).toBe(509);
    expect(report.problem?.atByte).toBe(0);
    expect(report.head).toHaveLength(64);
    expect(report.head.slice(0, 9)).toBe('NOTANRDB!');
    expect(report.tail).toBe('x'.repeat(64));
  });

  it('sees the end while it waits for the checksum', () => {
    const waiting = new SnapshotCheck(NOW);
    waiting.push(Buffer.from('REDIS0009', 'latin1'));
    expect(waiting.endSeen).toBe(false);
    waiting.push(Buffer.from('\xff\0\0', 'latin1'));
    expect(waiting.endSeen).toBe(true);
    waiting.push(Buffer.from('\0\0\0\0\0\0', 'latin1'));
    expect(waiting.endSeen).toBe(true);
  });

  it('names the largest keys, as many as asked for, long names cut', () => {
    const report = new SnapshotCheck(NOW, 2);
    const key = (name: string, value: string) => `\0${string(name)}${string(value)}`;
    const rdb = `REDIS0011\xfe\0${key('a', 'x'.repeat(30))}${key('k'.repeat(300), 'y')}${key('c', 'z'.repeat(40))}`;
    report.push(Buffer.from(`${rdb}${key('d', '')}\xff\0\0\0\0\0\0\0\0`, 'latin1'));
    expect(report.finish().census.largest).toEqual([
      { db: 0, key: `${'k'.repeat(256)}...`, type: 'string', bytes: 305, elements: 1 },
      { db: 0, key: 'c', type: 'string', bytes: 44, elements: 1 },
    ]);
  });

  it('names function libraries and modules', () => {
    const library = '#!lua engine=x name=tools\nredis.register_function()';
    const aux = '\xf7' + '\x81' + '\x0e\xad\xb5\x5a\x00\x00\x00\x00' + '\x02\x01' + '\x00';
    const report = check(`REDIS0011\xf5${string(library)}${aux}\xff\0\0\0\0\0\0\0\0`);
    expect(report.problem).toBeUndefined();
    expect(report).toMatchObject({
      functions: 1,
      census: { functionNames: ['tools'], functionBytes: library.length, modules: [expect.any(String)] },
    });
  });

  it('holds a snapshot of any size in constant memory', () => {
    const heap = startHeapWatch();
    const report = new SnapshotCheck(NOW);
    report.push(Buffer.from('REDIS0011\xfe\0', 'latin1'));
    let bytes = 11;
    const push = (piece: Buffer) => {
      report.push(piece);
      bytes += piece.length;
      heap.look();
    };
    // 200,000 small keys, a string of 256 MB, a hash of half a million fields: 320 MB in all.
    for (let i = 0; i < 200; i++) push(Buffer.from(manyKeys(i, 1000), 'latin1'));
    push(Buffer.from(`\0${string('long')}\x80${bigEndian(256 << 20)}`, 'latin1'));
    const zeros = Buffer.alloc(64 * 1024);
    for (let left = 256 << 20; left > 0; left -= zeros.length) push(zeros);
    push(Buffer.from(`\x04${string('wide')}\x80${bigEndian(500_000)}`, 'latin1'));
    const fields = Buffer.from(`${string('field')}${string('v'.repeat(100))}`.repeat(500), 'latin1');
    for (let i = 0; i < 1000; i++) push(fields);
    push(Buffer.from('\xff\0\0\0\0\0\0\0\0', 'latin1'));
    const { keys, census, problem } = report.finish();
    expect(problem).toBeUndefined();
    expect(keys).toBe(200_002);
    expect(census.largest.slice(0, 2).map(({ key, elements }) => [key, elements])).toEqual([
      ['long', 1],
      ['wide', 500_000],
    ]);
    expect(bytes).toBeGreaterThan(300e6);
    expect(heap.grownBytes()).toBeLessThan(48e6);
  });
});

/** A string of less than 16 KB as an RDB stores it. */
function string(text: string): string {
  const head = text.length < 64 ? [text.length] : [0x40 | (text.length >> 8), text.length & 0xff];
  return String.fromCharCode(...head) + text;
}

function bigEndian(n: number): string {
  return String.fromCharCode(n >>> 24, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff);
}

function manyKeys(round: number, count: number): string {
  let out = '';
  for (let i = 0; i < count; i++) out += `\0${string(`key:${round}:${i}`)}${string('value')}`;
  return out;
}

/** What this process holds beyond what it held at the start, at its highest. */
function startHeapWatch() {
  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const start = held();
  let highest = start;
  return { look: () => (highest = Math.max(highest, held())), grownBytes: () => highest - start };
}
