import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { Slowlog, trimArgs } from '../../../src/core/services/slowlog.js';

const command = (durationUs: number, ...argv: string[]) => ({
  argv: argv.map(ascii),
  durationUs,
  timeSeconds: 1000 + durationUs,
  peer: '127.0.0.1:5000',
  clientName: ascii('me'),
});
const limits = { slowerThanUs: 10, maxLength: 3 };

describe('Slowlog', () => {
  it('keeps the slow ones, newest first', () => {
    const log = new Slowlog();
    for (const us of [9, 10, 11, 12, 13]) log.push(command(us, 'get', String(us)), limits);
    expect(log.length).toBe(3);
    expect(log.latest(2).map(({ id, durationUs }) => [id, durationUs])).toEqual([
      [3, 13],
      [2, 12],
    ]);
    expect(log.latest(-1)).toHaveLength(3);
    expect(log.latest(10)).toHaveLength(3);
    expect(log.latest(0)).toEqual([]);
    expect(log.latest(1)[0]).toEqual({
      id: 3,
      timeSeconds: 1013,
      durationUs: 13,
      args: ['get', '13'],
      peer: '127.0.0.1:5000',
      clientName: 'me',
    });
  });

  it('logs all at 0 and nothing below', () => {
    const log = new Slowlog();
    log.push(command(0, 'ping'), { slowerThanUs: 0, maxLength: 5 });
    log.push(command(1e9, 'ping'), { slowerThanUs: -1, maxLength: 0 });
    expect(log.length).toBe(1);
  });

  it('drops entries beyond a lowered limit at the next command, slow or not', () => {
    const log = new Slowlog();
    for (const us of [10, 11, 12]) log.push(command(us, 'x'), limits);
    log.push(command(1, 'fast'), { slowerThanUs: 10, maxLength: 1 });
    expect(log.latest(-1).map(({ durationUs }) => durationUs)).toEqual([12]);
    log.push(command(99, 'x'), { slowerThanUs: 10, maxLength: 0 });
    expect(log.length).toBe(0);
  });

  it('goes on counting after a reset', () => {
    const log = new Slowlog();
    log.push(command(10, 'x'), limits);
    log.reset();
    expect(log.length).toBe(0);
    log.push(command(10, 'x'), limits);
    expect(log.latest(1)[0].id).toBe(1);
  });
});

describe('trimArgs', () => {
  it('cuts arguments at 128 bytes', () => {
    expect(trimArgs(['a'.repeat(128), 'b'.repeat(129), 'c'.repeat(300)].map(ascii))).toEqual([
      'a'.repeat(128),
      'b'.repeat(128) + '... (1 more bytes)',
      'c'.repeat(128) + '... (172 more bytes)',
    ]);
  });

  it('keeps 32 arguments, the last of which counts the rest', () => {
    const names = (n: number) => Array.from({ length: n }, (_, i) => ascii(String(i)));
    expect(trimArgs(names(32))).toEqual(names(32));
    expect(trimArgs(names(33))).toEqual([...names(31), '... (2 more arguments)']);
    expect(trimArgs(names(100))).toEqual([...names(31), '... (69 more arguments)']);
  });
});
