/** Fields that expire: the commands of Redis 7.4, and what the others make of such fields. The clock stands at 1,700,000,000,000 ms. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const NOW = 1_700_000_000_000;
const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const NO_FIELDS = '-ERR Mandatory argument FIELDS is missing or not at the right position';
const MISMATCH = '-ERR The `numfields` parameter must match the number of arguments';

let t: TestEngine;
const call = (...args: (string | number)[]) => plain(t.client.call(...args));
const run = (line: string) => call(...line.split(' '));

function start(): void {
  t = createTestEngine({ families: FAMILIES, config: { 'enable-debug-command': 'yes' } });
  run('SET s v');
  run('HSET h a 1 b 2 c 3');
}

beforeEach(start);

describe('setting an expiry', () => {
  it.each([
    ['HEXPIRE h 10 FIELDS 2 a b', 10_000],
    ['HPEXPIRE h 10 FIELDS 2 a b', 10],
    ['HEXPIREAT h 1700000005 FIELDS 2 a b', 5000],
    ['HPEXPIREAT h 1700000000007 FIELDS 2 a b', 7],
    ['hexpire h 10 fields 2 a b', 10_000],
  ])('%s', (line, left) => {
    expect(run(line)).toEqual([1, 1]);
    expect(run('HPTTL h FIELDS 4 a b c x')).toEqual([left, left, -1, -2]);
    expect(run('HTTL h FIELDS 2 a c')).toEqual([Math.ceil(left / 1000), -1]);
    expect(run('HPEXPIRETIME h FIELDS 2 a c')).toEqual([NOW + left, -1]);
    expect(run('HEXPIRETIME h FIELDS 1 a')).toEqual([Math.ceil((NOW + left) / 1000)]);
  });

  it('answers -2 for each field that is not there', () => {
    expect(run('HEXPIRE h 10 FIELDS 3 x a y')).toEqual([-2, 1, -2]);
    expect(run('HEXPIRE none 10 FIELDS 2 a b')).toEqual([-2, -2]);
    expect(run('HTTL none FIELDS 2 a b')).toEqual([-2, -2]);
    expect(run('HPERSIST none FIELDS 1 a')).toEqual([-2]);
    expect(run('EXISTS none')).toBe(0);
  });

  it.each([
    ['NX', 10, 20, [0, 1]],
    ['XX', 10, 20, [1, 0]],
    ['GT', 10, 20, [1, 0]],
    ['GT', 10, 5, [0, 0]],
    ['GT', 10, 10, [0, 0]],
    ['LT', 10, 20, [0, 1]],
    ['LT', 10, 5, [1, 1]],
    ['lt', 10, 10, [0, 1]],
  ])('%s: from %d to %d s, and where there is none', (condition, old, next, answer) => {
    run(`HEXPIRE h ${old} FIELDS 1 a`);
    expect(run(`HEXPIRE h ${next} ${condition} FIELDS 2 a b`)).toEqual(answer);
    expect(run('HTTL h FIELDS 2 a b')).toEqual([answer[0] ? next : old, answer[1] ? next : -1]);
  });

  it.each(['HEXPIRE h 0', 'HPEXPIRE h 0', 'HEXPIREAT h 1', `HPEXPIREAT h ${NOW}`])(
    '%s deletes fields, and the hash with its last one',
    (line) => {
      expect(run(`${line} FIELDS 4 a x b a`)).toEqual([2, -2, 2, -2]);
      expect(run('HGETALL h')).toEqual(['c', '3']);
      expect(run(`${line} FIELDS 1 c`)).toEqual([2]);
      expect(run('EXISTS h')).toBe(0);
    },
  );

  it('deletes under the same conditions', () => {
    run('HEXPIRE h 10 FIELDS 1 a');
    expect(run('HPEXPIRE h 0 NX FIELDS 2 a b')).toEqual([0, 2]);
    expect(run('HPEXPIRE h 0 GT FIELDS 2 a c')).toEqual([0, 0]);
    expect(run('HPEXPIRE h 0 LT FIELDS 2 a c')).toEqual([2, 2]);
  });
});

describe('arguments', () => {
  it.each([
    ['HEXPIRE s x FIELDS 1 a', WRONG_TYPE],
    ['HTTL s FIELDS 1 a', WRONG_TYPE],
    ['HPERSIST s FIELDS 1 a', WRONG_TYPE],
    ['HEXPIRE h x FIELDS 1 a', '-ERR value is not an integer or out of range'],
    ['HEXPIRE h -1 FIELDS 1 a', '-ERR invalid expire time, must be >= 0'],
    ['HEXPIRE h 70368744178 FIELDS 1 a', "-ERR invalid expire time in 'hexpire' command"],
    ['HPEXPIREAT h 70368744177664 FIELDS 1 a', "-ERR invalid expire time in 'hpexpireat' command"],
    ['HPEXPIRE h 9223372036854775807 FIELDS 1 a', "-ERR invalid expire time in 'hpexpire' command"],
    ['HEXPIRE h 1 BOGUS FIELDS 1 a', NO_FIELDS],
    ['HEXPIRE h 1 NX GT FIELDS 1 a', NO_FIELDS],
    ['HTTL h BOGUS 1 a', NO_FIELDS],
    ['HPERSIST h BOGUS 1 a', NO_FIELDS],
    ['HEXPIRE h 1 FIELDS 0 a', '-ERR Parameter `numFields` should be greater than 0'],
    ['HEXPIRE h 1 FIELDS x a', '-ERR Parameter `numFields` should be greater than 0'],
    ['HTTL h FIELDS 0 a', '-ERR Number of fields must be a positive integer'],
    ['HPERSIST h FIELDS x a', '-ERR Number of fields must be a positive integer'],
    ['HEXPIRE h 1 FIELDS 2 a', MISMATCH],
    ['HEXPIRE h 1 NX FIELDS 1', MISMATCH],
    ['HTTL h FIELDS 1 a b', MISMATCH],
    ['HEXPIRE h 1 FIELDS 1', "-ERR wrong number of arguments for 'hexpire' command"],
    ['HTTL h FIELDS 1', "-ERR wrong number of arguments for 'httl' command"],
  ])('%s', (line, error) => {
    expect(run(line)).toBe(error);
    expect(run('HPTTL h FIELDS 1 a')).toEqual([-1]);
  });

  it('the latest time there is', () => {
    expect(run('HPEXPIREAT h 70368744177663 FIELDS 1 a')).toEqual([1]);
    expect(run('HPEXPIRETIME h FIELDS 1 a')).toEqual([70368744177663]);
  });
});

describe('an expiry ends', () => {
  beforeEach(() => run('HEXPIRE h 10 FIELDS 2 a b'));
  const left = () => run('HTTL h FIELDS 2 a b');

  it('by HPERSIST', () => {
    expect(run('HPERSIST h FIELDS 4 a c x a')).toEqual([1, -1, -2, -1]);
    expect(left()).toEqual([-1, 10]);
  });

  it.each(['HSET h a 9', 'HMSET h a 9'])('by %s', (line) => {
    run(line);
    expect(left()).toEqual([-1, 10]);
  });

  it('with the field', () => {
    run('HDEL h a');
    run('HSET h a 1');
    expect(left()).toEqual([-1, 10]);
  });

  it('not by what changes the value', () => {
    run('HINCRBY h a 5');
    run('HINCRBYFLOAT h b 0.5');
    expect(left()).toEqual([10, 10]);
    expect(run('HMGET h a b')).toEqual(['6', '2.5']);
  });
});

/** What everybody must see of `h` when a and b are over. */
function expectOver(): void {
  expect(run('HMGET h a b c')).toEqual([null, null, '3']);
  expect(run('HGETALL h')).toEqual(['c', '3']);
  expect(run('HKEYS h')).toEqual(['c']);
  expect(run('HVALS h')).toEqual(['3']);
  expect(run('HLEN h')).toBe(1);
  expect(run('HEXISTS h a')).toBe(0);
  expect(run('HSTRLEN h a')).toBe(0);
  expect(run('HGET h a')).toBe(null);
  expect(run('HSCAN h 0')).toEqual(['0', ['c', '3']]);
  expect(run('HTTL h FIELDS 2 a c')).toEqual([-2, -1]);
  for (const count of ['', ' 3', ' 1']) expect([run(`HRANDFIELD h${count}`)].flat()).toEqual(['c']);
  expect(run('HRANDFIELD h -3')).toEqual(['c', 'c', 'c']);
}

describe('a field whose time is over', () => {
  beforeEach(() => {
    run('HPEXPIRE h 10 FIELDS 2 a b');
    t.clock.advance(10);
    expect(run('HLEN h')).toBe(3);
    t.clock.advance(1);
  });

  it('is not there', expectOver);

  it('is gone once somebody has looked', () => {
    t.stream();
    run('HGET h c');
    expect(t.stream()).toEqual([expect.stringMatching(/^HDEL h (a b|b a)$/)]);
    expect(t.engine.store.databases[0].keyspace.fieldExpiry.size).toBe(0);
  });

  it('counts as new where it is set', () => {
    expect(run('HSET h a 9 c 8')).toBe(1);
    expect(run('HSETNX h b 7')).toBe(1);
    expect(run('HTTL h FIELDS 2 a b')).toEqual([-1, -1]);
  });

  it('counts from 0, and does not expire again', () => {
    expect(run('HINCRBY h a 5')).toBe(5);
    expect(run('HINCRBYFLOAT h b 5')).toBe('5');
    expect(run('HTTL h FIELDS 2 a b')).toEqual([-1, -1]);
  });

  it.each(['HDEL h a b', 'HPERSIST h FIELDS 1 a', 'HEXPIRE h 10 FIELDS 1 a', 'HPEXPIRE h 0 FIELDS 1 a'])(
    'is nothing to %s',
    (line) => {
      expect([run(line)].flat()).toEqual([line.startsWith('HDEL') ? 0 : -2]);
      expect(run('HGETALL h')).toEqual(['c', '3']);
    },
  );

  it('takes the hash with it when there are no others', () => {
    run('HDEL h c');
    run('HSET only f v');
    run('HPEXPIRE only 1 FIELDS 1 f');
    t.clock.advance(2);
    t.stream();
    expect(run('HGET only f')).toBe(null);
    expect(run('EXISTS only h')).toBe(0);
    expect(t.stream()).toEqual(['HDEL only f']);
  });
});

describe('on a replica', () => {
  beforeEach(() => {
    run('HPEXPIRE h 10 FIELDS 2 a b');
    t.clock.advance(11);
    t.stream();
    t.engine.store.expiryPolicy = 'hide';
  });

  it('what is over is hidden, and stays', () => {
    expectOver();
    expect(t.stream()).toEqual([]);
    expect(t.engine.store.databases[0].keyspace.fieldExpiry.size).toBe(1);
    t.engine.store.expiryPolicy = 'keep';
    expect(run('HLEN h')).toBe(3);
  });

  it('a hash of which everything is over is an empty one', () => {
    run('HDEL h c');
    expect(run('HGETALL h')).toEqual([]);
    expect(run('HLEN h')).toBe(0);
    expect(run('HRANDFIELD h')).toBe(null);
    expect(run('HRANDFIELD h 5')).toEqual([]);
    expect(run('HRANDFIELD h -5')).toEqual([]);
    expect(run('HDEL h a')).toBe(0);
    expect(run('EXISTS h')).toBe(1);
  });

  it('its own clients may set it again', () => {
    expect(run('HSET h a 9')).toBe(1);
    expect(run('HINCRBY h b 1')).toBe(1);
    expect(run('HMGET h a b c')).toEqual(['9', '1', '3']);
    expect(run('HTTL h FIELDS 2 a b')).toEqual([-1, -1]);
  });

  it('the master sees it, and sets times that are over', () => {
    t.engine.store.expiryPolicy = 'keep';
    expect(run('HINCRBY h a 1')).toBe(2);
    expect(run('HPEXPIREAT h 1 FIELDS 1 c')).toEqual([1]);
    expect(run('HPEXPIREAT h 0 FIELDS 1 c')).toEqual([1]);
    expect(run('HPEXPIRETIME h FIELDS 2 a c')).toEqual([NOW + 10, 0]);
  });
});

describe('what else knows of it', () => {
  it('OBJECT ENCODING', () => {
    run('HEXPIRE h 10 FIELDS 1 a');
    expect(run('OBJECT ENCODING h')).toBe('listpackex');
    run('HPERSIST h FIELDS 1 a');
    expect(run('OBJECT ENCODING h')).toBe('listpackex');
    call('HSET', 'h', 'long', 'x'.repeat(65));
    expect(run('OBJECT ENCODING h')).toBe('hashtable');
  });

  it('COPY, RENAME, MOVE, SWAPDB and DUMP', () => {
    const index = (db: number) => t.engine.store.databases[db].keyspace.fieldExpiry;
    const left = (key: string) => run(`HTTL ${key} FIELDS 3 a b c`);
    run('HEXPIRE h 10 FIELDS 1 a');
    run('HEXPIRE h 20 FIELDS 1 b');
    run('COPY h copy');
    run('HEXPIRE copy 5 FIELDS 1 a');
    expect([left('h'), left('copy')]).toEqual([
      [10, 20, -1],
      [5, 20, -1],
    ]);
    run('RENAME h renamed');
    expect(left('renamed')).toEqual([10, 20, -1]);
    run('MOVE renamed 1');
    expect([index(0).size, index(1).size]).toEqual([1, 1]);
    expect([index(0).first?.key, index(1).first?.key]).toEqual(['copy', 'renamed']);
    run('SWAPDB 0 1');
    expect([index(0).first?.key, index(0).first?.dueMs]).toEqual(['renamed', NOW + 10_000]);
    call('RESTORE', 'restored', 0, run('DUMP renamed') as string);
    expect(left('restored')).toEqual([10, 20, -1]);
    expect(index(0).size).toBe(2);
    run('DEL renamed');
    run('SET restored x');
    expect(index(0).size).toBe(0);
    run('FLUSHALL');
    expect(index(1).size).toBe(0);
  });

  it('DEBUG DIGEST-VALUE and MEMORY USAGE', () => {
    const digest = () => (run('DEBUG DIGEST-VALUE h') as string[])[0];
    const before = [digest(), run('MEMORY USAGE h') as number];
    run('HEXPIRE h 10 FIELDS 1 a');
    const during = digest();
    expect(during).not.toBe(before[0]);
    expect(run('MEMORY USAGE h')).toBeGreaterThan(before[1] as number);
    run('HEXPIRE h 20 FIELDS 1 a');
    expect(digest()).toBe(during);
    run('HPERSIST h FIELDS 1 a');
    expect(digest()).toBe(before[0]);
  });
});
