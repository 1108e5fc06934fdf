/**
 * What each write of the hash family sends to replicas and the AOF (redis 7.2.6 t_hash.c); expiries of fields go as absolute times, to
 * replicas only where repl-compat-version has them. The clock stands at 1,700,000,000,000 ms.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { HASH_COMMANDS } from '../../src/core/commands/hash/table.js';
import { TARGET_AOF, TARGET_REPLICAS } from '../../src/core/engine/effects.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string): void {
  t.client.call(...line.split(' '));
}

beforeEach(() => {
  t = createTestEngine({ families: [HASH_COMMANDS] });
  for (const line of ['HSET h a 1 b 2 c 3', 'HPEXPIREAT h 1700000001000 FIELDS 1 c']) run(line);
  t.stream();
});

describe('as it came', () => {
  it.each([
    'HSET h a 9 d 4',
    'hset new a 1',
    'HMSET h a 9',
    'HSETNX h d 4',
    'HDEL h a x b',
    'HDEL h a b c',
    'HINCRBY h a 5',
    'HPERSIST h FIELDS 2 a c',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('rewritten', () => {
  it.each([
    ['HINCRBYFLOAT h a 0.1', ['HSET h a 1.1']],
    ['hincrbyfloat new f 3', ['HSET new f 3']],
    ['HINCRBYFLOAT h c 1', ['MULTI', 'HSET h c 4', 'HPEXPIREAT h 1700000001000 FIELDS 1 c', 'EXEC']],
    ['HEXPIRE h 10 FIELDS 3 a x b', ['HPEXPIREAT h 1700000010000 FIELDS 2 a b']],
    ['HPEXPIRE h 10 NX FIELDS 2 a c', ['HPEXPIREAT h 1700000000010 FIELDS 1 a']],
    ['HEXPIREAT h 1700000009 FIELDS 1 a', ['HPEXPIREAT h 1700000009000 FIELDS 1 a']],
    ['HPEXPIREAT h 1700000009001 FIELDS 1 a', ['HPEXPIREAT h 1700000009001 FIELDS 1 a']],
    ['HPEXPIREAT h 1 FIELDS 3 a x c', ['HDEL h a c']],
    ['HEXPIRE h 0 FIELDS 3 a b c', ['HDEL h a b c']],
  ])('%s becomes %j', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual(sent);
  });
});

describe('not at all', () => {
  it.each([
    'HSETNX h a 9',
    'HDEL h x',
    'HINCRBY h a x',
    'HEXPIRE h 10 FIELDS 1 x',
    'HEXPIRE h 10 XX FIELDS 1 a',
    'HEXPIRE none 10 FIELDS 1 a',
    'HPERSIST h FIELDS 1 a',
    'HGETALL h',
    'HRANDFIELD h',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});

describe('a field whose time is over', () => {
  beforeEach(() => t.clock.advance(1001));

  it('is deleted before what the command itself does, in one transaction', () => {
    run('HSET h c 9');
    expect(t.stream()).toEqual(['MULTI', 'HDEL h c', 'HSET h c 9', 'EXEC']);
  });

  it('is deleted by a read', () => {
    run('HGET h a');
    expect(t.stream()).toEqual(['HDEL h c']);
  });
});

describe('to replicas that do not know field expiry', () => {
  const to = (target: number) => {
    t = createTestEngine({ families: [HASH_COMMANDS], replication: { sendsFieldExpiry: () => false } });
    t.engine.effects.wanted = target;
    run('HSET h a 1 b 2');
    t.stream();
  };

  it('only what changes fields and values is sent', () => {
    to(TARGET_REPLICAS);
    run('HPEXPIRE h 10 FIELDS 2 a b');
    run('HINCRBYFLOAT h a 0.5');
    run('HPERSIST h FIELDS 1 b');
    expect(t.stream()).toEqual(['HSET h a 1.5']);
    t.clock.advance(11);
    run('HLEN h');
    run('HEXPIRE h 0 FIELDS 1 b');
    expect(t.stream()).toEqual(['HDEL h a', 'HDEL h b']);
  });

  it('the AOF gets everything', () => {
    to(TARGET_AOF);
    run('HPEXPIRE h 10 FIELDS 2 a b');
    run('HINCRBYFLOAT h a 0.5');
    run('HPERSIST h FIELDS 1 b');
    expect(t.stream()).toEqual([
      'HPEXPIREAT h 1700000000010 FIELDS 2 a b',
      'MULTI',
      'HSET h a 1.5',
      'HPEXPIREAT h 1700000000010 FIELDS 1 a',
      'EXEC',
      'HPERSIST h FIELDS 1 b',
    ]);
  });
});
