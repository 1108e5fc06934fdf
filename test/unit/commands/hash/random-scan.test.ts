import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { HASH_COMMANDS } from '../../../../src/core/commands/hash/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));
const fill = (key: string, count: number) =>
  call('HSET', key, ...Array.from({ length: count }, (_, i) => [`f${i}`, `v${i}`]).flat());

beforeEach(() => {
  t = createTestEngine({ families: [CONNECTION_COMMANDS, HASH_COMMANDS] });
});

describe('HRANDFIELD', () => {
  it('without a count is a field, or null', () => {
    fill('h', 5);
    const seen = new Set(Array.from({ length: 200 }, () => run('HRANDFIELD h')));
    expect([...seen].sort()).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
    expect(run('HRANDFIELD none')).toBe(null);
  });

  it.each([10, 600])('with a count is as many different fields as there are, of %d', (size) => {
    fill('h', size);
    for (const count of [1, 2, size >> 1, size - 1, size, size + 5]) {
      const fields = run(`HRANDFIELD h ${count}`) as string[];
      expect(fields.length).toBe(Math.min(count, size));
      expect(new Set(fields).size).toBe(fields.length);
    }
    expect(run('HRANDFIELD h 0')).toEqual([]);
    expect(run('HRANDFIELD none 3')).toEqual([]);
  });

  it.each([10, 600])('gives every field of %d the same chance', (size) => {
    fill('h', size);
    for (const count of [Math.max(1, Math.floor(size / 10)), Math.floor(size * 0.7)]) {
      const hits = new Map<string, number>();
      const rounds = Math.ceil((size * 60) / count);
      for (let i = 0; i < rounds; i++) {
        for (const field of run(`HRANDFIELD h ${count}`) as string[])
          hits.set(field, (hits.get(field) ?? 0) + 1);
      }
      expect(hits.size).toBe(size);
      // 60 is expected: a field that is out of this range by chance is one in many millions.
      for (const n of hits.values()) expect(n > 10 && n < 130).toBe(true);
    }
  });

  it('with a negative count repeats itself', () => {
    fill('h', 3);
    const fields = run('HRANDFIELD h -50') as string[];
    expect(fields.length).toBe(50);
    expect(new Set(fields).size).toBe(3);
  });

  it('WITHVALUES is flat in RESP2 and pairs in RESP3', () => {
    fill('h', 2);
    expect(run('HRANDFIELD h 5 WITHVALUES')).toEqual(['f0', 'v0', 'f1', 'v1']);
    expect((run('HRANDFIELD h -5 withvalues') as string[]).length).toBe(10);
    t.client.send('HELLO 3\r\n');
    expect(run('HRANDFIELD h 5 WITHVALUES')).toEqual([
      ['f0', 'v0'],
      ['f1', 'v1'],
    ]);
    expect((run('HRANDFIELD h -5 WITHVALUES') as string[][]).every((pair) => pair.length === 2)).toBe(true);
  });

  it.each([
    ['HRANDFIELD h x', '-ERR value is not an integer or out of range'],
    [
      'HRANDFIELD h -9223372036854775808',
      '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
    ],
    ['HRANDFIELD h 1 BOGUS', '-ERR syntax error'],
    ['HRANDFIELD h 1 WITHVALUES x', '-ERR syntax error'],
    ['HRANDFIELD h -9223372036854770000 WITHVALUES', '-ERR value is out of range'],
  ])('%s', (line, error) => {
    expect(run(line)).toBe(error);
  });
});

describe('HSCAN', () => {
  it('returns a packed hash whole, whatever cursor and count', () => {
    fill('h', 30);
    const [cursor, pairs] = run('HSCAN h 17 COUNT 1') as [string, string[]];
    expect(cursor).toBe('0');
    expect(pairs.length).toBe(60);
  });

  it('walks a large one', () => {
    fill('h', 1000);
    const seen = new Map<string, string>();
    let cursor = '0';
    let calls = 0;
    do {
      const [next, pairs] = run(`HSCAN h ${cursor} COUNT 100`) as [string, string[]];
      for (let i = 0; i < pairs.length; i += 2) seen.set(pairs[i], pairs[i + 1]);
      cursor = next;
      calls++;
    } while (cursor !== '0');
    expect(calls).toBe(10);
    expect(seen.size).toBe(1000);
    expect(seen.get('f999')).toBe('v999');
  });

  it('matches fields', () => {
    run('HSET h apple 1 banana 2 avocado apple');
    expect(run('HSCAN h 0 MATCH a*')).toEqual(['0', ['apple', '1', 'avocado', 'apple']]);
    expect(run('HSCAN h 0 MATCH *')).toHaveLength(2);
  });

  it.each([
    ['HSCAN none x', '-ERR invalid cursor'],
    ['HSCAN none 0 BOGUS', ['0', []]],
    ['HSCAN h 0 BOGUS', '-ERR syntax error'],
    ['HSCAN h 0 TYPE string', '-ERR syntax error'],
    ['HSCAN h 0 COUNT 0', '-ERR syntax error'],
    ['HSCAN h 0 COUNT x', '-ERR value is not an integer or out of range'],
  ])('%s', (line, answer) => {
    run('HSET h a 1');
    expect(run(line)).toEqual(answer);
  });
});
