import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { SetValue } from '../../../../src/core/store/types/set-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

function makeSet(key: string, ...members: string[]): void {
  const set = new SetValue();
  for (const member of members) set.add(ascii(member));
  t.engine.gate.load(t.engine.store.databases[0], ascii(key), set, 0, undefined);
}

beforeEach(() => {
  t = createTestEngine({ families: [SORTED_SET_COMMANDS, GENERIC_COMMANDS] });
});

describe('sets as inputs', () => {
  beforeEach(() => {
    makeSet('s', 'a', 'b', '3');
    call('ZADD', 'z', 10, 'b', 20, '3', 30, 'c');
  });

  it('have scores of 1, which are weighed', () => {
    expect(call('ZUNION', 2, 's', 'z', 'WITHSCORES')).toEqual(['a', '1', 'b', '11', '3', '21', 'c', '30']);
    expect(call('ZINTER', 2, 's', 'z', 'WEIGHTS', 5, 1, 'WITHSCORES')).toEqual(['b', '15', '3', '25']);
    expect(call('ZDIFF', 2, 's', 'z', 'WITHSCORES')).toEqual(['a', '1']);
    expect(call('ZDIFF', 2, 'z', 's', 'WITHSCORES')).toEqual(['c', '30']);
    expect(call('ZINTERCARD', 2, 's', 'z')).toBe(2);
    expect(call('ZUNIONSTORE', 's', 1, 's')).toBe(3);
    expect(call('TYPE', 's')).toBe('zset');
  });

  it('may be the same one twice', () => {
    expect(call('ZINTER', 2, 's', 's', 'WITHSCORES')).toEqual(['3', '2', 'a', '2', 'b', '2']);
    expect(call('ZDIFF', 2, 's', 's')).toEqual([]);
  });
});

it('adds scores from the smallest input to the largest', () => {
  // (0.1 + 0.2) + 0.3 and 0.1 + (0.2 + 0.3) differ in the last digit
  call('ZADD', 'large', 0.1, 'm', 0, 'x', 0, 'y');
  call('ZADD', 'middle', 0.2, 'm', 0, 'x');
  call('ZADD', 'small', 0.3, 'm');
  expect(call('ZINTER', 3, 'large', 'middle', 'small', 'WITHSCORES')).toEqual(['m', '0.6']);
  expect(call('ZUNION', 3, 'small', 'large', 'middle', 'AGGREGATE', 'SUM', 'WITHSCORES')).toEqual([
    'x',
    '0',
    'y',
    '0',
    'm',
    '0.6',
  ]);
});

it('stops counting at the limit', () => {
  for (const key of ['p', 'q']) call('ZADD', key, 1, 'a', 2, 'b', 3, 'c');
  expect(call('ZINTERCARD', 2, 'p', 'q', 'LIMIT', 0)).toBe(3);
  expect(call('ZINTERCARD', 2, 'p', 'q', 'LIMIT', 2)).toBe(2);
  expect(call('ZINTERCARD', 2, 'p', 'q', 'LIMIT', 9)).toBe(3);
});

it('subtracts by looking and by removing alike', () => {
  const members = Array.from({ length: 200 }, (_, i) => `m${i}`);
  call('ZADD', 'first', ...members.flatMap((member, i) => [i, member]));
  const wanted = members.filter((_, i) => i % 2 === 0);
  // one large input: each member of the first is looked for
  call('ZADD', 'odd', ...members.flatMap((member, i) => (i % 2 === 1 ? [1, member] : [2, `x${i}`])));
  expect(call('ZDIFF', 2, 'first', 'odd')).toEqual(wanted);
  // many small ones: their members are taken out
  const keys = members.flatMap((member, i) => {
    if (i % 2 === 0) return [];
    call('ZADD', `k${i}`, 1, member);
    return [`k${i}`];
  });
  expect(call('ZDIFF', keys.length + 1, 'first', ...keys)).toEqual(wanted);
});

it('packs what is stored when it fits', () => {
  call('ZADD', 'z', 1, 'a');
  call('ZUNIONSTORE', 'u', 1, 'z');
  expect(call('OBJECT', 'ENCODING', 'u')).toBe('listpack');
  call('ZADD', 'z', 1, 'x'.repeat(65));
  call('ZUNIONSTORE', 'u', 1, 'z');
  expect(call('OBJECT', 'ENCODING', 'u')).toBe('skiplist');
  makeSet('s', 'a');
  call('ZINTERSTORE', 'i', 2, 'z', 's', 'WEIGHTS', '-0', '-0');
  expect(call('OBJECT', 'ENCODING', 'i')).toBe('listpack');
  expect(call('ZSCORE', 'i', 'a')).toBe('0');
});

it('drops the expiry of what it overwrites', () => {
  call('ZADD', 'z', 1, 'a');
  call('ZUNIONSTORE', 'u', 1, 'z');
  call('EXPIRE', 'u', 100);
  call('ZUNIONSTORE', 'u', 1, 'z');
  expect(call('TTL', 'u')).toBe(-1);
});
