import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));
const encoding = (key: string) => call('OBJECT', 'ENCODING', key);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
});

describe('long lists', () => {
  const SIZE = 5000;
  const all = numbers(0, SIZE);

  beforeEach(() => {
    call('RPUSH', 'l', ...all);
  });

  it('gives ranges from anywhere', () => {
    expect(run('LRANGE l 0 -1')).toEqual(all);
    expect(run('LRANGE l 1000 3499')).toEqual(all.slice(1000, 3500));
    expect(run('LRANGE l -3 -1')).toEqual(all.slice(-3));
    expect(run('LINDEX l 2500')).toBe('2500');
    expect(run('LINDEX l -1')).toBe('4999');
  });

  it('takes many elements from either end', () => {
    expect(run('LPOP l 1500')).toEqual(all.slice(0, 1500));
    expect(run('RPOP l 1500')).toEqual(all.slice(-1500).reverse());
    expect(run('LLEN l')).toBe(2000);
    expect(run('LRANGE l 0 0')).toEqual(['1500']);
    expect(run('LMPOP 1 l LEFT COUNT 9999')).toEqual(['l', all.slice(1500, 3500)]);
    expect(run('EXISTS l')).toBe(0);
  });

  it('trims and removes', () => {
    run('LTRIM l 100 -101');
    expect(run('LRANGE l 0 -1')).toEqual(all.slice(100, -100));
    run('LREM l 0 2500');
    expect(run('LPOS l 2501')).toBe(2400);
  });

  it('finds from either end, across any number of elements', () => {
    run('LSET l 10 x');
    run('LSET l 4000 x');
    expect(run('LPOS l x COUNT 0')).toEqual([10, 4000]);
    expect(run('LPOS l x RANK -1')).toBe(4000);
    expect(run('LPOS l x RANK -2')).toBe(10);
    expect(run('LPOS l x RANK 2 MAXLEN 4000')).toBe(null);
    expect(run('LPOS l x RANK 2 MAXLEN 4001')).toBe(4000);
  });

  it('counts from a rank of any size', () => {
    expect(run('LPOS l 7 RANK 9223372036854775807')).toBe(null);
    expect(run('LPOS l 7 RANK -9223372036854775807 COUNT 0')).toEqual([]);
    expect(run('LPOS l 7 RANK -9223372036854775808')).toBe(
      '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
    );
  });
});

describe('indexes of LSET', () => {
  it('are those of a C int', () => {
    run('RPUSH l a b c');
    expect(run('LSET l 4294967296 x')).toBe('OK');
    expect(run('LSET l 9223372036854775807 z')).toBe('OK');
    expect(run('LRANGE l 0 -1')).toEqual(['x', 'b', 'z']);
    expect(run('LSET l 3 y')).toBe('-ERR index out of range');
    expect(run('LSET l -4 y')).toBe('-ERR index out of range');
  });
});

describe('encodings', () => {
  it('leave the listpack by the bytes that are given', () => {
    run('RPUSH l a');
    expect(encoding('l')).toBe('listpack');
    call('RPUSH', 'l', 'x'.repeat(8192));
    expect(encoding('l')).toBe('quicklist');
    run('RPOP l');
    expect(encoding('l')).toBe('listpack');
    // One byte each: 4,001 of them pass, though packed they take 12,003.
    call('RPUSH', 'many', ...Array.from({ length: 4001 }, () => 'x'));
    expect(encoding('many')).toBe('listpack');
    run('LPOP many');
    expect(encoding('many')).toBe('listpack');
    run('RPUSH many x');
    expect(encoding('many')).toBe('quicklist');
  });

  it('go back when half of a limit by count is reached', () => {
    run('CONFIG SET list-max-listpack-size 4');
    run('RPUSH l a b c d');
    expect(encoding('l')).toBe('listpack');
    run('RPUSH l e');
    expect(encoding('l')).toBe('quicklist');
    run('RPOP l 2');
    expect(encoding('l')).toBe('quicklist');
    run('LREM l 1 a');
    expect(encoding('l')).toBe('listpack');
  });

  it('are settled by an element that was not inserted after all', () => {
    run('CONFIG SET list-max-listpack-size 2');
    run('RPUSH l a b');
    run('LINSERT l AFTER none x');
    expect(encoding('l')).toBe('quicklist');
  });

  it('of the target of a move follow the element', () => {
    run('CONFIG SET list-max-listpack-size 2');
    run('RPUSH l a b');
    run('RPUSH m c d');
    run('LMOVE l m LEFT LEFT');
    expect(encoding('m')).toBe('quicklist');
    expect(encoding('l')).toBe('listpack');
  });
});

describe('changes', () => {
  it.each([
    ['RPUSH l x y', 2],
    ['RPUSH new x y z', 3],
    ['LPOP l', 1],
    ['LPOP l 2', 2],
    ['LPOP l 9', 3],
    ['LREM l 0 a', 2],
    ['LTRIM l 1 1', 2],
    ['LTRIM l 0 -1', 0],
    ['LTRIM l 9 9', 3],
    ['LMOVE l new LEFT LEFT', 1],
    ['LMOVE one m LEFT LEFT', 1],
    ['LINSERT l AFTER a x', 1],
    ['SORT l ALPHA STORE sorted', 3],
    ['BLPOP l 0', 1],
    ['BLMOVE l new LEFT LEFT 0', 1],
  ])('%s counts %d', (line, expected) => {
    run('RPUSH l a b a');
    run('RPUSH one 1');
    run('RPUSH m 1');
    const before = t.engine.gate.dirty;
    run(line);
    expect(t.engine.gate.dirty - before).toBe(expected);
  });
});
