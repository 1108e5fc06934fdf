import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));
const encoding = (key: string) => call('OBJECT', 'ENCODING', key);
const numbers = (count: number, prefix = '') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const sorted = (reply: unknown) => [...(reply as string[])].sort();

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
});

describe('encodings', () => {
  it('an intset until it is too large or gets a text', () => {
    call('SADD', 's', ...numbers(512));
    expect(encoding('s')).toBe('intset');
    run('SADD s 512');
    expect(encoding('s')).toBe('hashtable');
    call('SADD', 'many', ...numbers(513));
    expect(encoding('many')).toBe('hashtable');
    call('SADD', 'few', ...numbers(127), 'a');
    expect(encoding('few')).toBe('listpack');
    call('SADD', 'more', ...numbers(128), 'a');
    expect(encoding('more')).toBe('hashtable');
  });

  it('a listpack until it has too many members or one too long', () => {
    call('SADD', 's', ...numbers(128, 'm'));
    expect(encoding('s')).toBe('listpack');
    run('SADD s one-more');
    expect(encoding('s')).toBe('hashtable');
    call('SADD', 'long', 'x'.repeat(64));
    expect(encoding('long')).toBe('listpack');
    call('SADD', 'long', 'y'.repeat(65));
    expect(encoding('long')).toBe('hashtable');
  });

  it('many arguments at once make a hash table, however few they are in the end', () => {
    call('SADD', 's', ...Array.from({ length: 129 }, () => 'a'));
    expect(encoding('s')).toBe('hashtable');
    run('SADD i 1');
    call('SADD', 'i', ...Array.from({ length: 513 }, () => '1'));
    expect(encoding('i')).toBe('hashtable');
  });

  it('what was removed before does not count', () => {
    call('SADD', 's', ...numbers(500));
    call('SREM', 's', ...numbers(495));
    run('SADD s text');
    expect(encoding('s')).toBe('listpack');
  });

  it('looks at the limits of the moment, and only at what is added', () => {
    call('SADD', 's', 'x'.repeat(20));
    run('CONFIG SET set-max-listpack-value 10');
    run('SADD s short');
    expect(encoding('s')).toBe('listpack');
    run('SADD s longer-than-that');
    expect(encoding('s')).toBe('hashtable');
    run('SADD i 123456789012');
    run('SADD i text');
    expect(encoding('i')).toBe('hashtable');
  });

  it.each([
    ['SUNIONSTORE d ints text', 'listpack'],
    ['SUNIONSTORE d ints ints', 'intset'],
    ['SDIFFSTORE d mixed text', 'intset'],
    ['SINTERSTORE d mixed ints', 'intset'],
    ['SINTERSTORE d mixed mixed', 'listpack'],
    ['SINTERSTORE d ints ints', 'intset'],
    ['SINTERSTORE d large large', 'hashtable'],
    ['SINTERSTORE d tall tall', 'intset'],
  ])('%s: %s', (line, expected) => {
    run('SADD ints 1 2 3');
    run('SADD text a b');
    run('SADD mixed a 1 2');
    call('SADD', 'large', ...numbers(200, 'm'));
    call('SADD', 'tall', ...numbers(300), 'a');
    run('SREM tall a');
    run(line);
    expect(encoding('d')).toBe(expected);
  });

  it('of what SPOP leaves is that of a new set', () => {
    call('SADD', 's', ...numbers(1000, 'm'));
    run('SPOP s 990');
    expect(encoding('s')).toBe('listpack');
    call('SADD', 'i', ...numbers(500));
    run('SPOP i 495');
    expect(encoding('i')).toBe('intset');
  });
});

describe('the order of packed sets', () => {
  it('is ascending for integers of any size', () => {
    run('SADD s 10 9 -1 -10 0 9223372036854775807 -9223372036854775808 100 9007199254740993');
    const ascending = '-9223372036854775808 -10 -1 0 9 10 100 9007199254740993 9223372036854775807'.split(
      ' ',
    );
    expect(run('SMEMBERS s')).toEqual(ascending);
    expect(run('SSCAN s 0')).toEqual(['0', ascending]);
    expect(run('SRANDMEMBER s 99')).toEqual(ascending);
    run('SADD s text');
    expect(run('SMEMBERS s')).toEqual([...ascending, 'text']);
    run('SADD s 5');
    run('SREM s 9');
    expect(run('SMEMBERS s')).toEqual([...ascending.filter((m) => m !== '9'), 'text', '5']);
  });

  it('is that of the members for what is computed', () => {
    run('SADD a 3 1 x');
    run('SADD b 2 y 1');
    expect(run('SMEMBERS a')).toEqual(['1', '3', 'x']);
    expect(run('SUNION a b')).toEqual(['1', '3', 'x', '2', 'y']);
    expect(run('SDIFF b a')).toEqual(['2', 'y']);
  });
});

describe('differences', () => {
  it('are the same whichever way is cheaper', () => {
    call('SADD', 'big', ...numbers(300, 'm'));
    call('SADD', 'small', ...numbers(3, 'm'));
    for (let i = 0; i < 6; i++) run(`SADD other${i} m${i} x${i}`);
    // Few against many, and many against several small ones.
    expect(run('SDIFF small big')).toEqual([]);
    expect(sorted(run('SDIFF big other0 other1 other2 other3 other4 other5'))).toEqual(
      numbers(300, 'm').slice(6).sort(),
    );
  });
});

describe('members by chance', () => {
  it('draws distinct members in every case', () => {
    for (const [key, members] of [
      ['pack', numbers(100, 'm')],
      ['hash', numbers(1000, 'm')],
      ['ints', numbers(400)],
    ] as const) {
      call('SADD', key, ...members);
      for (const count of [1, 2, 30, members.length - 1]) {
        const drawn = run(`SRANDMEMBER ${key} ${count}`) as string[];
        expect(new Set(drawn).size).toBe(count);
        expect(drawn.every((member) => members.includes(member))).toBe(true);
      }
      expect(run(`SRANDMEMBER ${key} -2000`)).toHaveLength(2000);
    }
    expect(run('SRANDMEMBER pack 5')).not.toEqual(run('SRANDMEMBER pack 5'));
  });

  it.each([
    ['SRANDMEMBER', 'p', 5],
    ['SRANDMEMBER', 'p', 50],
    ['SRANDMEMBER', 'h', 5],
    ['SRANDMEMBER', 'h', 150],
    ['SRANDMEMBER', 'h', -20],
    ['SPOP', 'p', 5],
    ['SPOP', 'p', 90],
    ['SPOP', 'h', 20],
    ['SPOP', 'h', 190],
  ])('%s %s %d takes each member as often', (name, key, count) => {
    const size = key === 'p' ? 100 : 200;
    const members = numbers(size, 'm');
    const seen = new Map<string, number>(members.map((member) => [member, 0]));
    const rounds = 400;
    for (let i = 0; i < rounds; i++) {
      call('SADD', key, ...members);
      for (const member of call(name, key, count) as string[]) seen.set(member, seen.get(member)! + 1);
    }
    const share = Math.abs(count) / size;
    const expected = rounds * share;
    // The spread of a binomial count, and of drawing with repetition: five of them are never seen.
    const spread = Math.sqrt(rounds * share * (count < 0 ? 1 : 1 - share));
    for (const times of seen.values()) expect(Math.abs(times - expected)).toBeLessThan(5 * spread);
  });

  it('takes what is asked for and leaves the rest', () => {
    const members = numbers(1000, 'm');
    for (const count of [1, 10, 500, 830, 900, 999]) {
      call('SADD', 's', ...members);
      const taken = run(`SPOP s ${count}`) as string[];
      const left = run('SMEMBERS s') as string[];
      expect(sorted([...taken, ...left])).toEqual([...members].sort());
      expect(taken).toHaveLength(count);
    }
  });
});

describe('SSCAN of a hash table', () => {
  it('returns each member once, whatever COUNT is', () => {
    const members = numbers(1000, 'm');
    call('SADD', 's', ...members);
    const found: string[] = [];
    let cursor = '0';
    let calls = 0;
    do {
      const [next, part] = run(`SSCAN s ${cursor} COUNT 100`) as [string, string[]];
      found.push(...part);
      cursor = next;
      calls++;
    } while (cursor !== '0');
    expect(calls).toBeGreaterThan(5);
    expect(found.sort()).toEqual(members.sort());
    expect((run('SSCAN s 0 COUNT 5000 MATCH m99*') as [string, string[]])[1].sort()).toEqual(
      ['m99', ...numbers(10, 'm99')].sort(),
    );
  });
});

describe('changes', () => {
  it.each([
    ['SADD s 3 4 5', 2],
    ['SADD new a b', 2],
    ['SREM s 1 2 9', 2],
    ['SREM s 1 2 3', 3],
    ['SMOVE s o 1', 2],
    ['SMOVE s o 3', 1],
    ['SMOVE s new 3', 2],
    ['SPOP s', 1],
    ['SPOP s 2', 2],
    ['SPOP s 3', 3],
    ['SPOP s 30', 3],
    ['SUNIONSTORE d s o', 1],
    ['SDIFFSTORE s s s', 1],
  ])('%s counts %d', (line, expected) => {
    run('SADD s 1 2 3');
    run('SADD o 3');
    const before = t.engine.gate.dirty;
    run(line);
    expect(t.engine.gate.dirty - before).toBe(expected);
  });

  it('a stored set takes the place of any value, and has no expiry', () => {
    run('SET d v PX 1000');
    run('SADD s 1');
    run('SUNIONSTORE d s');
    expect(run('TTL d')).toBe(-1);
    expect(run('SMEMBERS d')).toEqual(['1']);
  });
});
