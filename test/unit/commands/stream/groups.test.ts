/** Consumer groups: positions and lag, times of consumers, deliveries, claims. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { ClientFlag } from '../../../../src/core/commands/context.js';
import { STREAM_COMMANDS } from '../../../../src/core/commands/stream/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const run = (line: string) => plain(t.client.call(...line.split(' ')));
/** entries-read and lag of the only group. */
const position = () => (run('XINFO GROUPS s') as unknown[][])[0].filter((_, i) => i === 9 || i === 11);

beforeEach(() => {
  t = createTestEngine({ families: [CONNECTION_COMMANDS, STREAM_COMMANDS] });
});

describe('how far a group has come', () => {
  beforeEach(() => {
    for (let i = 1; i <= 5; i++) run(`XADD s ${i}-0 n ${i}`);
    run('XGROUP CREATE s g 0');
  });

  it('is counted on while nothing is deleted ahead', () => {
    expect(position()).toEqual([null, 5]);
    run('XREADGROUP GROUP g c COUNT 1 STREAMS s >');
    expect(position()).toEqual([1, 4]);
    run('XREADGROUP GROUP g c STREAMS s >');
    expect(position()).toEqual([5, 0]);
    run('XADD s 6-0 n 6');
    expect(position()).toEqual([5, 1]);
  });

  it('is unknown behind a deletion, until the end', () => {
    run('XREADGROUP GROUP g c COUNT 1 STREAMS s >');
    run('XDEL s 3-0');
    expect(position()).toEqual([1, null]);
    run('XREADGROUP GROUP g c COUNT 1 STREAMS s >');
    expect(position()).toEqual([null, null]);
    run('XREADGROUP GROUP g c COUNT 2 STREAMS s >');
    expect(position()).toEqual([5, 0]);
  });

  it('is known again when what was deleted has been trimmed away', () => {
    run('XDEL s 2-0');
    expect(position()).toEqual([null, null]);
    run('XTRIM s MAXLEN 2');
    expect(position()).toEqual([null, 2]);
    run('XTRIM s MAXLEN 0');
    expect(position()).toEqual([null, 0]);
  });

  it('is what SETID says', () => {
    run('XGROUP SETID s g 3-0 ENTRIESREAD 9223372036854775807');
    expect(position()).toEqual([9223372036854775807n, -9223372036854775802n]);
    run('XGROUP SETID s g 3-0');
    expect(position()).toEqual([null, null]);
  });
});

describe('delivery', () => {
  beforeEach(() => {
    run('XADD s 1-0 n 1');
    run('XADD s 2-0 n 2');
    run('XGROUP CREATE s g 0');
    run('XREADGROUP GROUP g Ann STREAMS s >');
  });

  it('counts and dates what is read again', () => {
    t.clock.advance(500);
    expect(run('XPENDING s g - + 9')).toEqual([
      ['1-0', 'Ann', 500, 1],
      ['2-0', 'Ann', 500, 1],
    ]);
    run('XREADGROUP GROUP g Ann COUNT 1 STREAMS s 0');
    expect(run('XPENDING s g - + 9')).toEqual([
      ['1-0', 'Ann', 0, 2],
      ['2-0', 'Ann', 500, 1],
    ]);
    expect(run('XPENDING s g IDLE 100 - + 9')).toEqual([['2-0', 'Ann', 500, 1]]);
  });

  it('hands over what is pending when the group is set back', () => {
    run('XGROUP SETID s g 0');
    run('XREADGROUP GROUP g Bob COUNT 1 STREAMS s >');
    expect(run('XPENDING s g - + 9')).toEqual([
      ['1-0', 'Bob', 0, 1],
      ['2-0', 'Ann', 0, 1],
    ]);
  });

  it('serves the same stream named twice one after the other', () => {
    run('XGROUP SETID s g 0');
    expect(run('XREADGROUP GROUP g Ann COUNT 1 STREAMS s s > >')).toEqual([
      ['s', [['1-0', ['n', '1']]]],
      ['s', [['2-0', ['n', '2']]]],
    ]);
  });

  it('dates consumers: seen at every attempt, active when something came', () => {
    t.clock.advance(100);
    run('XREADGROUP GROUP g Bob STREAMS s >');
    t.clock.advance(10);
    expect(run('XINFO CONSUMERS s g')).toEqual([
      ['name', 'Ann', 'pending', 2, 'idle', 110, 'inactive', 110],
      ['name', 'Bob', 'pending', 0, 'idle', 10, 'inactive', -1],
    ]);
    run('XCLAIM s g Bob 0 1-0');
    expect(run('XINFO CONSUMERS s g')).toEqual([
      ['name', 'Ann', 'pending', 1, 'idle', 110, 'inactive', 110],
      ['name', 'Bob', 'pending', 1, 'idle', 0, 'inactive', 0],
    ]);
  });
});

describe('claiming', () => {
  beforeEach(() => {
    for (let i = 1; i <= 3; i++) run(`XADD s ${i}-0 n ${i}`);
    run('XGROUP CREATE s g 0');
    run('XREADGROUP GROUP g Ann STREAMS s >');
    t.clock.advance(1000);
  });

  it.each([
    ['XCLAIM s g Bob 0 1-0 IDLE 5000', ['1-0', 'Bob', 5000, 2]],
    ['XCLAIM s g Bob 0 1-0 IDLE -5', ['1-0', 'Bob', 0, 2]],
    ['XCLAIM s g Bob 0 1-0 TIME 1700000000999', ['1-0', 'Bob', 1, 2]],
    ['XCLAIM s g Bob 0 1-0 TIME 9223372036854775807', ['1-0', 'Bob', 0, 2]],
    ['XCLAIM s g Bob 0 1-0 JUSTID', ['1-0', 'Bob', 0, 1]],
    ['XCLAIM s g Bob 0 1-0 RETRYCOUNT 9223372036854775807', ['1-0', 'Bob', 0, 9223372036854775807n]],
    ['XCLAIM s g Bob 0 1-0 RETRYCOUNT -3', ['1-0', 'Bob', 0, 2]],
    ['XCLAIM s g Bob 1001 1-0', ['1-0', 'Ann', 1000, 1]],
    ['XCLAIM s g Bob 1000 1-0', ['1-0', 'Bob', 0, 2]],
    ['XAUTOCLAIM s g Bob 1000 0 COUNT 1', ['1-0', 'Bob', 0, 2]],
    ['XAUTOCLAIM s g Bob 1001 0', ['1-0', 'Ann', 1000, 1]],
  ])('%s', (line, pending) => {
    run(line);
    expect(run('XPENDING s g 1-0 1-0 1')).toEqual([pending]);
  });

  it('takes the time from a master as it is, though our clock is behind', () => {
    t.client.session.setFlag(ClientFlag.master, true);
    run(`XCLAIM s g Bob 0 1-0 TIME ${t.clock.nowMs() + 5000} RETRYCOUNT 3 FORCE JUSTID`);
    t.client.session.setFlag(ClientFlag.master, false);
    expect(run('XPENDING s g 1-0 1-0 1')).toEqual([['1-0', 'Bob', 0, 3]]);
    t.clock.advance(6000);
    expect(run('XPENDING s g 1-0 1-0 1')).toEqual([['1-0', 'Bob', 1000, 3]]);
  });

  it('looks at ten pending entries for each that may be claimed', () => {
    for (let i = 4; i <= 30; i++) run(`XADD s ${i}-0 n ${i}`);
    run('XREADGROUP GROUP g Ann STREAMS s >');
    t.clock.advance(500);
    // Those that are idle for long enough come last.
    for (let i = 1; i <= 25; i++) run(`XCLAIM s g Ann 0 ${i}-0 JUSTID`);
    expect(run('XAUTOCLAIM s g Bob 100 - COUNT 2 JUSTID')).toEqual(['21-0', [], []]);
    expect(run('XAUTOCLAIM s g Bob 100 21-0 COUNT 2 JUSTID')).toEqual(['28-0', ['26-0', '27-0'], []]);
    expect(run('XAUTOCLAIM s g Bob 100 28-0 JUSTID')).toEqual(['0-0', ['28-0', '29-0', '30-0'], []]);
  });

  it('refuses a COUNT beyond memory', () => {
    expect(run('XAUTOCLAIM s g Bob 0 0 COUNT 576460752303423487')).toBe(
      '-ERR Insufficient memory, failed allocating transient memory, COUNT too high.',
    );
  });
});

describe('in RESP3', () => {
  it('streams are the keys of a map', () => {
    t.client.call('HELLO', '3');
    run('XADD s 1-0 n 1');
    expect(run('XREAD STREAMS s 0')).toEqual([['s', [['1-0', ['n', '1']]]]]);
    expect(t.client.send('*4\r\n$5\r\nXREAD\r\n$7\r\nSTREAMS\r\n$1\r\ns\r\n$1\r\n0\r\n')).toBe(
      '%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nn\r\n$1\r\n1\r\n',
    );
  });
});
