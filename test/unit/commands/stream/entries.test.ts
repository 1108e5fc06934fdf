/** XADD, XTRIM and XDEL: ids by the clock, nodes, trimming by whole ones. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { STREAM_COMMANDS } from '../../../../src/core/commands/stream/table.js';
import { encodeCommandBuffer } from '../../../../src/core/protocol/command-encoder.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const run = (line: string) => plain(t.client.call(...line.split(' ')));
const info = (field: string) => {
  const reply = run('XINFO STREAM s') as unknown[];
  return reply[reply.indexOf(field) + 1];
};

beforeEach(() => {
  t = createTestEngine({ families: [STREAM_COMMANDS], config: { 'stream-node-max-entries': '10' } });
});

describe('ids', () => {
  it('follow the clock, and never go back', () => {
    expect(run('XADD s * n 1')).toBe('1700000000000-0');
    expect(run('XADD s * n 1')).toBe('1700000000000-1');
    t.clock.advance(5);
    expect(run('XADD s * n 1')).toBe('1700000000005-0');
    run('XADD s 1800000000000-18446744073709551615 n 1');
    expect(run('XADD s * n 1')).toBe('1800000000001-0');
  });

  it('are exact past 2^53', () => {
    expect(run('XADD s 9007199254740993-* n 1')).toBe('9007199254740993-0');
    expect(run('XADD s 9007199254740993-* n 1')).toBe('9007199254740993-1');
    expect(run('XADD s 18446744073709551614-18446744073709551615 n 1')).toBe(
      '18446744073709551614-18446744073709551615',
    );
    expect(run('XADD s 18446744073709551614-* n 1')).toMatch(/^-ERR The ID specified in XADD/);
    expect(run('XADD s * n 1')).toBe('18446744073709551615-0');
  });
});

describe('approximate trimming', () => {
  beforeEach(() => {
    for (let i = 1; i <= 35; i++) run(`XADD s ${i}-0 n ${i}`);
  });

  it('takes whole nodes', () => {
    expect(info('radix-tree-keys')).toBe(4);
    expect(run('XTRIM s MAXLEN ~ 26')).toBe(0);
    expect(run('XTRIM s MAXLEN ~ 25')).toBe(10);
    expect(run('XTRIM s MINID ~ 20')).toBe(0);
    expect(run('XTRIM s MINID ~ 21')).toBe(10);
    expect(info('radix-tree-keys')).toBe(2);
  });

  it('takes no more than LIMIT', () => {
    expect(run('XTRIM s MAXLEN ~ 0 LIMIT 9')).toBe(0);
    expect(run('XTRIM s MAXLEN ~ 0 LIMIT 29')).toBe(20);
    expect(run('XTRIM s MAXLEN ~ 0 LIMIT 0')).toBe(15);
  });

  it('takes 100 nodes at most, unless it is told otherwise', () => {
    for (let i = 36; i <= 1100; i++) run(`XADD s ${i}-0 n ${i}`);
    expect(run('XTRIM s MAXLEN ~ 0')).toBe(1000);
  });

  it('keeps a node whose last entry, though deleted, is not before MINID', () => {
    run('XDEL s 10-0');
    expect(run('XTRIM s MINID ~ 10')).toBe(0);
    expect(run('XTRIM s MINID 10')).toBe(9);
    expect(info('radix-tree-keys')).toBe(4);
    expect(info('recorded-first-entry-id')).toBe('11-0');
    expect(run('XRANGE s - + COUNT 1')).toEqual([['11-0', ['n', '11']]]);
    expect(run('XTRIM s MINID 11')).toBe(0);
    expect(info('radix-tree-keys')).toBe(3);
  });
});

describe('many', () => {
  it('fields and ids fit one command', () => {
    const send = (...parts: string[][]) => t.client.send(encodeCommandBuffer(parts.flat() as Bytes[]));
    const fields = Array.from({ length: 200_000 }, (_, i) => `f${i}`);
    expect(send(['XADD', 's', '1-0'], fields)).toBe('$3\r\n1-0\r\n');
    expect(send(['XADD', 's', '*'], fields)).toBe('$15\r\n1700000000000-0\r\n');
    expect(t.stream().length).toBe(3);
    const ids = Array.from({ length: 200_000 }, (_, i) => `${i + 1}-0`);
    expect(send(['XDEL', 's'], ids)).toBe(':1\r\n');
  });
});
