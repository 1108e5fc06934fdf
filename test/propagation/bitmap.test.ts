/** What bitmaps and HyperLogLog send to replicas and the AOF: everything as it came, or nothing. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BITMAP_COMMANDS } from '../../src/core/commands/bitmap/table.js';
import { HYPERLOGLOG_COMMANDS } from '../../src/core/commands/hyperloglog/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string): void {
  t.client.call(...line.split(' '));
}

beforeEach(() => {
  t = createTestEngine({ families: [BITMAP_COMMANDS, HYPERLOGLOG_COMMANDS, STRING_COMMANDS] });
  for (const line of ['SETBIT b 7 1', 'SET s abc', 'PFADD h a b', 'PFADD counted a', 'PFCOUNT counted'])
    run(line);
  t.stream();
});

describe('as it came', () => {
  it.each([
    'SETBIT b 6 1',
    'SETBIT b 100 0',
    'setbit new 0 0',
    'BITOP AND b s',
    'BITOP NOT dest s',
    'BITOP OR s none',
    'BITFIELD b SET u8 0 3 GET u8 0',
    'BITFIELD b INCRBY u8 0 3',
    'BITFIELD b OVERFLOW FAIL SET u1 90 2',
    'BITFIELD new OVERFLOW FAIL SET u1 0 2',
    'PFADD h c',
    'PFADD new',
    'PFADD new a',
    'PFCOUNT h',
    'PFMERGE h counted',
    'PFMERGE new',
    'PFDEBUG TODENSE h',
    'PFDEBUG GETREG h',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('not at all', () => {
  it.each([
    'SETBIT b 7 1',
    'SETBIT b 5 0',
    'GETBIT b 0',
    'BITCOUNT b',
    'BITPOS b 1',
    'BITOP AND none none',
    'BITFIELD b GET u8 0',
    'BITFIELD none GET u8 0',
    'BITFIELD b SET u8 0 1',
    'BITFIELD b OVERFLOW FAIL SET u1 0 2',
    'BITFIELD_RO b GET u8 0',
    'PFADD h a',
    'PFADD s a',
    'PFCOUNT counted',
    'PFCOUNT none',
    'PFCOUNT h counted',
    'PFDEBUG DECODE h',
    'PFDEBUG ENCODING h',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});
