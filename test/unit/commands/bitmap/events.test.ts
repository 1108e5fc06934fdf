import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (line: string) => plain(t.client.call(...line.split(' ')));

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  call('SET b a');
});

describe('keyspace events of BITFIELD', () => {
  it.each([
    ['BITFIELD b SET u8 0 3', ['setbit b']],
    ['BITFIELD new SET u8 0 3', ['new new', 'setbit new']],
    ['BITFIELD new SET u8 0 0', ['new new', 'setbit new']],
    ['BITFIELD b GET u8 90', []],
    ['BITFIELD b OVERFLOW FAIL SET u1 90 2', []],
    ['BITFIELD new OVERFLOW FAIL SET u1 0 2', ['new new']],
  ])('%s', (line, expected) => {
    const events = recordEvents(t);
    call(line);
    expect(events()).toEqual(expected);
  });
});

describe('a BITFIELD that only lengthens its string, because every operation in it failed', () => {
  it.each(['b', 'new'])('leaves transactions that watch the key alone: %s', (key) => {
    call(`WATCH ${key}`);
    call(`BITFIELD ${key} OVERFLOW FAIL SET u1 90 2`);
    call('MULTI');
    call(`STRLEN ${key}`);
    expect(call('EXEC')).toEqual([12]);
  });

  it('is a change all the same: it is saved and propagated', () => {
    const { gate } = t.engine;
    const before = gate.dirty;
    call('BITFIELD b OVERFLOW FAIL SET u1 90 2');
    call('BITFIELD new OVERFLOW FAIL SET u1 90 2');
    expect(gate.dirty - before).toBe(2);
  });
});
