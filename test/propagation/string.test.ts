/**
 * What each write of the string family sends to replicas and the AOF: the forms that a redis-server 7.2.6 writes to its AOF
 * for the same commands. The clock stands at 1,700,000,000,000 ms.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../src/core/base/bytes.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string): void {
  t.client.call(...line.split(' '));
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS] });
  for (const line of ['SET k v', 'SET n 10', 'SET ttl v PXAT 1700000100000']) run(line);
  t.stream();
});

describe('as it came', () => {
  it.each([
    'SET k w',
    'set k w xx',
    'SET new w NX',
    'SET k w KEEPTTL',
    'SET k w PXAT 1700000005000',
    'SET k w PXAT 1700000005000 GET',
    'SET k w PXAT 1',
    'SETNX new w',
    'MSET k 1 j 2',
    'MSETNX i 1 j 2 i 3',
    'APPEND k w',
    'APPEND new w',
    'SETRANGE k 3 w',
    'INCR n',
    'DECR n',
    'INCRBY n 5',
    'DECRBY n 5',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('rewritten', () => {
  it.each([
    ['SET k w EX 10', 'SET k w PXAT 1700000010000'],
    ['SET k w px 1', 'SET k w PXAT 1700000000001'],
    ['SET k w EXAT 1700000005', 'SET k w PXAT 1700000005000'],
    ['SET k w XX GET EX 10', 'SET k w PXAT 1700000010000'],
    ['SET k w EXAT 9223372036854775', 'SET k w PXAT 9223372036854775000'],
    ['SET k w GET', 'SET k w'],
    ['SET new w nx get GeT', 'SET new w nx'],
    ['SET get get KEEPTTL GET', 'SET get get KEEPTTL'],
    ['SETEX k 10 w', 'SET k w PXAT 1700000010000'],
    ['PSETEX k 10 w', 'SET k w PXAT 1700000000010'],
    ['GETSET k w', 'SET k w'],
    ['GETDEL k', 'DEL k'],
    ['GETEX k EX 10', 'PEXPIREAT k 1700000010000'],
    ['GETEX k PX 10', 'PEXPIREAT k 1700000000010'],
    ['GETEX k EXAT 1700000005', 'PEXPIREAT k 1700000005000'],
    ['GETEX k PXAT 1700000005001', 'PEXPIREAT k 1700000005001'],
    ['GETEX k PXAT 1', 'DEL k'],
    ['GETEX ttl PERSIST', 'PERSIST ttl'],
    ['INCRBYFLOAT n 0.1', 'SET n 10.1 KEEPTTL'],
    ['INCRBYFLOAT new 3', 'SET new 3 KEEPTTL'],
  ])('%s becomes %s', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual([sent]);
  });

  it('unlinks instead when expired keys are freed lazily', () => {
    t.config.load(ascii('lazyfree-lazy-expire'), [ascii('yes')]);
    run('GETEX k PXAT 1');
    run('GETDEL n');
    expect(t.stream()).toEqual(['UNLINK k', 'DEL n']);
  });
});

describe('not at all', () => {
  it.each([
    'SET k w NX',
    'SET k w NX GET',
    'SET new w XX',
    'SET k w EX 0',
    'SETNX k w',
    'MSETNX i 1 k 2',
    'GET k',
    'GETEX k',
    'GETEX k PERSIST',
    'GETEX none EX 10',
    'GETDEL none',
    'SETRANGE none 5 ',
    'INCR k',
    'INCRBYFLOAT k 1',
    'MGET k n',
    'LCS k n',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });
});

describe('a key whose time is over', () => {
  it('is deleted before what the command itself does, in one transaction', () => {
    run('SET k w PX 10');
    t.stream();
    t.clock.advance(11);
    run('APPEND k x');
    expect(t.stream()).toEqual(['MULTI', 'DEL k', 'APPEND k x', 'EXEC']);
  });

  it('is deleted by a read', () => {
    run('SET k w PX 10');
    t.stream();
    t.clock.advance(11);
    run('GET k');
    expect(t.stream()).toEqual(['DEL k']);
  });
});
