import { beforeEach, describe, expect, it } from 'vitest';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const answers = (client: TestClient) => client.replies().map(plain);

beforeEach(() => {
  t = createTestEngine({ families: [SORTED_SET_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS] });
});

describe('clients that wait', () => {
  it('are served in the order in which they came', () => {
    const [first, second] = [t.connect(), t.connect()];
    expect(first.call('BZPOPMIN', 'a', 'z', 0)).toBeUndefined();
    expect(second.call('BZPOPMAX', 'z', 0)).toBeUndefined();
    call('ZADD', 'z', 1, 'low', 2, 'middle', 3, 'high');
    expect(answers(first)).toEqual([['z', 'low', '1']]);
    expect(answers(second)).toEqual([['z', 'high', '3']]);
    expect(call('ZRANGE', 'z', 0, -1)).toEqual(['middle']);
  });

  it('take as much as they asked for, and a key that is empty goes', () => {
    const waiting = t.connect();
    waiting.call('BZMPOP', 0, 2, 'z', 'y', 'MAX', 'COUNT', 10);
    call('ZADD', 'y', 1, 'a', 2, 'b');
    expect(answers(waiting)).toEqual([
      [
        'y',
        [
          ['b', '2'],
          ['a', '1'],
        ],
      ],
    ]);
    expect(call('ZCARD', 'y')).toBe(0);
  });

  it('are served what a -STORE command makes', () => {
    const waiting = t.connect();
    waiting.call('BZPOPMIN', 'dst', 0);
    call('ZADD', 'z', 1, 'a');
    call('ZUNIONSTORE', 'dst', 1, 'z');
    expect(answers(waiting)).toEqual([['dst', 'a', '1']]);
  });

  it('get a null when their time is over', () => {
    const waiting = t.connect();
    waiting.call('BZPOPMIN', 'z', 1.5);
    t.clock.advance(1499);
    expect(answers(waiting)).toEqual([]);
    t.clock.advance(2);
    expect(answers(waiting)).toEqual([null]);
    waiting.call('BZMPOP', '0.001', 1, 'z', 'MIN');
    t.clock.advance(2);
    expect(answers(waiting)).toEqual([null]);
  });

  it('do not wait in a transaction', () => {
    call('MULTI');
    call('BZPOPMIN', 'z', 0);
    call('BZMPOP', 0, 1, 'z', 'MIN');
    expect(call('EXEC')).toEqual([null, null]);
  });
});

it('pops nothing from a key of another type', () => {
  call('SET', 's', 'v');
  const wrong = '-WRONGTYPE Operation against a key holding the wrong kind of value';
  expect(call('BZPOPMIN', 'none', 's', 0)).toBe(wrong);
  expect(call('ZMPOP', 2, 'none', 's', 'MIN')).toBe(wrong);
  expect(call('ZPOPMIN', 's', 0)).toBe(wrong);
});

it('pops and counts in dirty what it popped', () => {
  call('ZADD', 'z', 1, 'a', 2, 'b', 3, 'c');
  const before = t.engine.gate.dirty;
  expect(call('ZPOPMAX', 'z', 2)).toEqual(['c', '3', 'b', '2']);
  expect(call('ZPOPMAX', 'z', 2)).toEqual(['a', '1']);
  expect(t.engine.gate.dirty).toBe(before + 3);
});
