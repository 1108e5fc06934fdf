import { describe, expect, it } from 'vitest';
import { SnapshotCheck, type SnapshotReport } from '../../../src/core/replication/snapshot-check.js';
import { EMPTY_RDB, TINY_RDB } from '../../support/fake-master.js';

function check(rdb: string, pieceBytes = rdb.length): SnapshotReport {
  const checked = new SnapshotCheck();
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
    const waiting = new SnapshotCheck();
    waiting.push(Buffer.from('REDIS0009', 'latin1'));
    expect(waiting.endSeen).toBe(false);
    waiting.push(Buffer.from('\xff\0\0', 'latin1'));
    expect(waiting.endSeen).toBe(true);
    waiting.push(Buffer.from('\0\0\0\0\0\0', 'latin1'));
    expect(waiting.endSeen).toBe(true);
  });
});
