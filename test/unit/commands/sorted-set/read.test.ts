import { beforeEach, describe, expect, it } from 'vitest';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));

beforeEach(() => {
  t = createTestEngine({ families: [SORTED_SET_COMMANDS] });
});

describe('ZSCAN', () => {
  it('answers a packed set whole, with its scores as they are', () => {
    call('ZADD', 'z', 0.1, 'a', 2, 'b');
    expect(call('ZSCAN', 'z', 0, 'COUNT', 1)).toEqual(['0', ['a', '0.1', 'b', '2']]);
  });

  it('walks a large one in steps and prints 17 digits', () => {
    const size = 1000;
    call('ZADD', 'z', ...Array.from({ length: size }, (_, i) => [i / 10, `m${i}`]).flat());
    const found = new Map<string, string>();
    let cursor = '0';
    let steps = 0;
    do {
      const [next, items] = call('ZSCAN', 'z', cursor, 'COUNT', 50) as [string, string[]];
      expect(items.length).toBeLessThanOrEqual(100);
      for (let i = 0; i < items.length; i += 2) found.set(items[i], items[i + 1]);
      cursor = next;
      steps++;
    } while (cursor !== '0');
    expect(steps).toBe(size / 50);
    expect(found.size).toBe(size);
    expect(found.get('m1')).toBe('0.10000000000000001');
    expect(found.get('m5')).toBe('0.5');
  });
});

describe('ZRANDMEMBER', () => {
  const members = Array.from({ length: 200 }, (_, i) => `m${i}`);
  beforeEach(() => {
    call('ZADD', 'z', ...members.flatMap((member, i) => [i, member]));
  });

  it.each([1, 5, 66, 67, 150, 199, 200, 500])(
    'answers with %i different members, or all of them',
    (count) => {
      const found = call('ZRANDMEMBER', 'z', count) as string[];
      expect(found.length).toBe(Math.min(count, 200));
      expect(new Set(found).size).toBe(found.length);
      for (const member of found) expect(members).toContain(member);
    },
  );

  it('answers with as many as are asked for, again and again, below 0', () => {
    const found = call('ZRANDMEMBER', 'z', -500, 'WITHSCORES') as string[];
    expect(found.length).toBe(1000);
    for (let i = 0; i < found.length; i += 2) expect(found[i]).toBe(`m${found[i + 1]}`);
  });

  it('is fair', () => {
    const counts = new Map<string, number>();
    for (const member of call('ZRANDMEMBER', 'z', -40_000) as string[])
      counts.set(member, (counts.get(member) ?? 0) + 1);
    expect(counts.size).toBe(200);
    // 200 expected each, with a deviation of 14
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(100);
  });
});

it('counts hits and misses', () => {
  call('ZADD', 'z', 1, 'a');
  const { stats } = t.engine.store;
  const [hits, misses] = [stats.hits, stats.misses];
  call('ZUNION', 3, 'z', 'none', 'z');
  call('ZRANGE', 'z', 0, 0);
  call('ZPOPMIN', 'none');
  expect([stats.hits - hits, stats.misses - misses]).toEqual([3, 1]);
});
