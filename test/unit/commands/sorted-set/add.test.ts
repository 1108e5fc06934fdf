import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { encodeCommandBuffer } from '../../../../src/core/protocol/command-encoder.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { createTestEngine, plain, recordEvents, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const encoding = (key: string) => call('OBJECT', 'ENCODING', key);

beforeEach(() => {
  t = createTestEngine({ families: [SORTED_SET_COMMANDS, GENERIC_COMMANDS] });
});

function dirtyOf(...args: (string | number)[]): number {
  const before = t.engine.gate.dirty;
  call(...args);
  return t.engine.gate.dirty - before;
}

describe('ZADD', () => {
  it('counts what it changed', () => {
    expect(dirtyOf('ZADD', 'z', 1, 'a', 2, 'b', 3, 'a')).toBe(3);
    expect(dirtyOf('ZADD', 'z', 3, 'a')).toBe(0);
    expect(dirtyOf('ZADD', 'z', 4, 'a', 5, 'c')).toBe(2);
    expect(dirtyOf('ZREM', 'z', 'a', 'b', 'nobody')).toBe(2);
    expect(dirtyOf('ZREM', 'z', 'c')).toBe(1);
    expect(call('EXISTS', 'z')).toBe(0);
  });

  it('refuses a sum that is no number and leaves the score', () => {
    call('ZADD', 'z', 'inf', 'a');
    expect(call('ZINCRBY', 'z', '-inf', 'a')).toBe('-ERR resulting score is not a number (NaN)');
    expect(call('ZSCORE', 'z', 'a')).toBe('inf');
  });

  it('changes nothing when one score is no number', () => {
    expect(call('ZADD', 'z', 1, 'a', 'x', 'b')).toBe('-ERR value is not a valid float');
    expect(call('EXISTS', 'z')).toBe(0);
  });

  it('makes a bare zero of a negative one while it is packed', () => {
    expect(call('ZADD', 'z', 'INCR', '-0', 'a')).toBe('-0');
    expect(call('ZSCORE', 'z', 'a')).toBe('0');
    call('ZADD', 'large', 1, 'x'.repeat(65), '-0', 'a');
    expect(call('ZSCORE', 'large', 'a')).toBe('-0');
    call('ZADD', 'becomes', '-0', 'a', 1, 'x'.repeat(65), '-0', 'b');
    expect(call('ZMSCORE', 'becomes', 'a', 'b')).toEqual(['0', '-0']);
  });

  it('gives up its packed encoding when too many come at once, the same member too', () => {
    t.config.load(ascii('zset-max-listpack-entries'), [ascii('4')]);
    call('ZADD', 'four', 1, 'a', 2, 'b', 3, 'c', 4, 'd');
    expect(encoding('four')).toBe('listpack');
    call('ZADD', 'one', ...Array.from({ length: 5 }, () => [1, 'a']).flat());
    expect(encoding('one')).toBe('skiplist');
    call('ZADD', 'four', 'NX', ...Array.from({ length: 5 }, () => [1, 'a']).flat());
    expect(encoding('four')).toBe('skiplist');
  });

  it('keeps its encoding when only the limits change', () => {
    call('ZADD', 'z', 1, 'abcdef', 2, 'b');
    t.config.load(ascii('zset-max-listpack-entries'), [ascii('1')]);
    expect(encoding('z')).toBe('listpack');
    call('ZADD', 'z', 3, 'c');
    expect(encoding('z')).toBe('skiplist');
  });
});

describe('a large set', () => {
  it('takes 100,000 members in one command, and gives them back', () => {
    const pairs = Array.from({ length: 100_000 }, (_, i) => [String((i * 7919) % 100_003), `m${i}`]).flat();
    const wire = encodeCommandBuffer(['ZADD', 'z', ...pairs].map(ascii));
    expect(t.client.send(wire)).toBe(':100000\r\n');
    expect((call('ZRANGE', 'z', 0, -1) as string[]).length).toBe(100_000);
    // The scores are 0 to 100,002 without three of them, which are those of i = 100,000 to 100,002.
    const missing = [100_000, 100_001, 100_002].filter((i) => (i * 7919) % 100_003 < 7919).length;
    expect(call('ZRANK', 'z', 'm1')).toBe(7919 - missing);
    expect((call('ZPOPMIN', 'z', 50_000) as string[]).length).toBe(100_000);
    expect(call('ZREMRANGEBYRANK', 'z', 1, -1)).toBe(49_999);
    expect(call('ZCARD', 'z')).toBe(1);
  });
});

describe('events', () => {
  it('have the names and the order of Redis', () => {
    const events = recordEvents(t, NotifyClass.zset | NotifyClass.generic);
    for (const line of [
      'ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g',
      'ZADD z 1 a',
      'ZADD z INCR 1 a',
      'ZINCRBY z 0 a',
      'ZINCRBY z 1 a',
      'ZREM z a',
      'ZREMRANGEBYRANK z 0 0',
      'ZREMRANGEBYSCORE z 3 3',
      'ZREMRANGEBYLEX z [d [d',
      'ZPOPMIN z',
      'ZUNIONSTORE u 1 z',
      'ZINTERSTORE i 1 z',
      'ZDIFFSTORE d 1 z',
      'ZRANGESTORE r z 0 0',
      'ZRANGESTORE r none 0 0',
      'ZPOPMAX z 9',
    ])
      call(...line.split(' '));
    expect(events()).toEqual([
      'zadd z',
      'zincr z',
      'zincr z',
      'zrem z',
      'zremrangebyrank z',
      'zremrangebyscore z',
      'zremrangebylex z',
      'zpopmin z',
      'zunionstore u',
      'zinterstore i',
      'zdiffstore d',
      'zrangestore r',
      'del r',
      'zpopmax z',
      'del z',
    ]);
  });
});
