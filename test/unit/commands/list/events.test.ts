import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let events: () => string[];

function run(line: string): string[] {
  t.client.call(...line.split(' '));
  return events();
}

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  for (const line of ['RPUSH l a b c', 'RPUSH one 1', 'SADD s 1 2 3', 'SADD o 3', 'SADD single x']) {
    t.client.call(...line.split(' '));
  }
  events = recordEvents(t);
});

describe('keyspace events of lists, sets and SORT', () => {
  it.each([
    ['LPUSH l x y', ['lpush l']],
    ['RPUSH new x', ['new new', 'rpush new']],
    ['LPOP l 2', ['lpop l']],
    ['RPOP one', ['rpop one', 'del one']],
    ['LPOP l 9', ['lpop l', 'del l']],
    ['LPOP l 0', []],
    ['LINSERT l AFTER a x', ['linsert l']],
    ['LINSERT l AFTER none x', []],
    ['LSET l 0 x', ['lset l']],
    ['LREM l 0 a', ['lrem l']],
    ['LREM one 0 1', ['lrem one', 'del one']],
    ['LREM l 0 none', []],
    ['LTRIM l 0 -1', ['ltrim l']],
    ['LTRIM l 9 9', ['ltrim l', 'del l']],
    ['LMOVE l new LEFT RIGHT', ['new new', 'rpush new', 'lpop l']],
    ['LMOVE one l RIGHT LEFT', ['lpush l', 'rpop one', 'del one']],
    ['LMOVE one one RIGHT LEFT', ['lpush one', 'rpop one']],
    ['RPOPLPUSH l l', ['lpush l', 'rpop l']],
    ['LMPOP 1 l RIGHT', ['rpop l']],
    ['BLPOP one 0', ['lpop one', 'del one']],
    ['SADD s 4 5', ['sadd s']],
    ['SADD s 1', []],
    ['SADD new 1', ['new new', 'sadd new']],
    ['SREM s 1 2', ['srem s']],
    ['SREM single x', ['srem single', 'del single']],
    ['SREM s 9', []],
    ['SMOVE s o 1', ['srem s', 'sadd o']],
    ['SMOVE s o 3', ['srem s']],
    ['SMOVE single new x', ['srem single', 'del single', 'new new', 'sadd new']],
    ['SMOVE s s 1', []],
    ['SPOP s 2', ['spop s']],
    ['SPOP s 9', ['spop s', 'del s']],
    ['SPOP single', ['spop single', 'del single']],
    ['SINTERSTORE d s o', ['new d', 'sinterstore d']],
    ['SINTERSTORE l s o', ['sinterstore l']],
    ['SUNIONSTORE d s o', ['new d', 'sunionstore d']],
    ['SDIFFSTORE d s o', ['new d', 'sdiffstore d']],
    ['SDIFFSTORE s s s', ['del s']],
    ['SORT s STORE d', ['new d', 'sortstore d']],
    ['SORT none STORE l', ['keymiss none', 'del l']],
  ])('%s: %j', (line, expected) => {
    // A miss is told only where somebody wants it; the store decides.
    t.engine.store.missEvents = true;
    expect(run(line)).toEqual(expected);
  });
});
