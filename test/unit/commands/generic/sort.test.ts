import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { type Value } from '../../../../src/core/store/types/value.js';
import { ZSetValue } from '../../../../src/core/store/types/zset-value.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));

function load(key: string, value: Value): void {
  t.engine.gate.load(t.engine.store.databases[0], ascii(key), value, 0, undefined);
}

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
});

describe('fields of hashes', () => {
  beforeEach(() => {
    run('RPUSH l 1 2 3');
    for (const [id, age, name] of [
      [1, 30, 'ann'],
      [2, 20, 'bob'],
    ]) {
      const hash = new HashValue();
      hash.set(ascii('age'), ascii(String(age)));
      hash.set(ascii('a->b'), ascii(String(name)));
      load(`user:${id}`, hash);
    }
    run('SET user:3 text');
  });

  it('weigh and are answered; a string has none', () => {
    expect(run('SORT l BY user:*->age')).toEqual(['3', '2', '1']);
    expect(run('SORT l BY user:*->age GET # GET user:*->age GET user:*->a->b')).toEqual([
      ...['3', null, null],
      ...['2', '20', 'bob'],
      ...['1', '30', 'ann'],
    ]);
    expect(run('SORT l BY user:*->a->b ALPHA DESC')).toEqual(['2', '1', '3']);
    expect(run('SORT l GET user:* BY nosort')).toEqual([null, null, 'text']);
  });

  it('an arrow with nothing behind it belongs to the key', () => {
    run('SET user:1-> odd');
    expect(run('SORT l GET user:*->')).toEqual(['odd', null, null]);
    expect(run('SORT l GET user:*->none')).toEqual([null, null, null]);
  });

  it('what is missing is stored as empty', () => {
    expect(run('SORT l GET user:*->age STORE out')).toBe(3);
    expect(run('LRANGE out 0 -1')).toEqual(['30', '20', '']);
  });
});

describe('sorted sets', () => {
  beforeEach(() => {
    const zset = new ZSetValue();
    for (const [member, score] of [
      ['e', 1],
      ['d', 2],
      ['c', 3],
      ['b', 4],
      ['a', 5],
    ] as const) {
      zset.set(ascii(member), score);
    }
    load('z', zset);
  });

  it.each([
    ['SORT z BY nosort', 'e d c b a'],
    ['SORT z BY nosort DESC', 'a b c d e'],
    ['SORT z BY nosort LIMIT 1 2', 'd c'],
    ['SORT z BY nosort DESC LIMIT 1 2', 'b c'],
    ['SORT z BY nosort DESC LIMIT 3 -1', 'd e'],
    ['SORT z BY nosort LIMIT -10 1', 'e'],
    ['SORT z BY nosort LIMIT 10 1', ''],
    ['SORT z ALPHA', 'a b c d e'],
    ['SORT z BY none-* ALPHA', 'e d c b a'],
    ['SORT_RO z ALPHA DESC LIMIT 0 2', 'e d'],
  ])('%s', (line, expected) => {
    expect((run(line) as string[]).join(' ')).toBe(expected);
  });

  it('become skiplists by being looked into, as in Redis', () => {
    expect(run('OBJECT ENCODING z')).toBe('listpack');
    run('SORT_RO z ALPHA');
    expect(run('OBJECT ENCODING z')).toBe('skiplist');
  });
});

describe('the order', () => {
  it('compares equal numbers by their bytes', () => {
    run('RPUSH l 1.0 1 1.00');
    expect(run('SORT l')).toEqual(['1', '1.0', '1.00']);
    expect(run('SORT l DESC')).toEqual(['1.00', '1.0', '1']);
  });

  it('compares text up to a NUL byte, and beyond it for what is stored', () => {
    call('RPUSH', 'l', 'a\x00z', 'a\x00b', 'a');
    expect(run('SORT l ALPHA')).toEqual(['a\x00z', 'a\x00b', 'a']);
    run('SORT l ALPHA STORE out');
    expect(run('LRANGE out 0 -1')).toEqual(['a', 'a\x00b', 'a\x00z']);
  });

  it('compares bytes, not letters', () => {
    call('RPUSH', 'l', '\xe9', 'z', 'Z', 'a');
    expect(run('SORT l ALPHA')).toEqual(['Z', 'a', 'z', '\xe9']);
  });

  it('takes weights of any size', () => {
    run('RPUSH l 9223372036854775807 -9223372036854775808 9007199254740993 0.5 -inf inf');
    expect(run('SORT l')).toEqual([
      '-inf',
      '-9223372036854775808',
      '0.5',
      '9007199254740993',
      '9223372036854775807',
      'inf',
    ]);
  });

  it('refuses what is no number, or out of range, and goes on with others', () => {
    const refusal = "-ERR One or more scores can't be converted into double";
    for (const element of ['x', '1x', ' ', 'nan', '1e400', '-1e400', '1e-5000']) {
      call('RPUSH', 'bad', '1', element);
      expect(run('SORT bad')).toBe(refusal);
      run('DEL bad');
    }
    call('RPUSH', 'good', '2', ' 1', '', '1\x00x', '0x3');
    expect(run('SORT good')).toEqual(['', ' 1', '1\x00x', '2', '0x3']);
  });

  it('of many elements', () => {
    const all = Array.from({ length: 5000 }, (_, i) => String((i * 7919) % 5000));
    call('RPUSH', 'l', ...all);
    expect(run('SORT l')).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)));
    expect(run('SORT l DESC LIMIT 2000 2')).toEqual(['2999', '2998']);
  });
});

describe('what is stored', () => {
  it('is a listpack when it fits into one, and a quicklist otherwise', () => {
    run('RPUSH l b a');
    run('SORT l ALPHA STORE out');
    expect(run('OBJECT ENCODING out')).toBe('listpack');
    call('RPUSH', 'l', 'x'.repeat(8192));
    run('SORT l ALPHA STORE out');
    expect(run('OBJECT ENCODING out')).toBe('quicklist');
  });

  it('takes the place of anything, without its expiry', () => {
    run('SET out v PX 1000');
    run('RPUSH l 2 1');
    expect(run('SORT l STORE out')).toBe(2);
    expect(run('PTTL out')).toBe(-1);
    expect(run('SORT l STORE l')).toBe(2);
    expect(run('LRANGE l 0 -1')).toEqual(['1', '2']);
  });

  it('nothing removes what was there', () => {
    run('SET out v');
    expect(run('SORT none STORE out')).toBe(0);
    expect(run('EXISTS out')).toBe(0);
  });

  it('of a set that is not to be sorted is sorted by its bytes all the same', () => {
    run('SADD s 10 9 b a');
    run('SORT s BY nosort STORE out');
    expect(run('LRANGE out 0 -1')).toEqual(['10', '9', 'a', 'b']);
  });
});

describe('a constant BY among others', () => {
  it('keeps the order whichever comes last', () => {
    run('RPUSH l 3 1 2');
    run('MSET w1 1 w2 2 w3 3');
    expect(run('SORT l BY w* BY nosort')).toEqual(['3', '1', '2']);
    expect(run('SORT l BY nosort BY w*')).toEqual(['3', '1', '2']);
  });
});
