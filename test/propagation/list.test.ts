/** What each write of the list family sends to replicas and the AOF: the forms of a redis-server 7.2.6. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../src/core/commands/families.js';
import { createTestEngine, type TestClient, type TestEngine } from '../support/engine.js';

let t: TestEngine;

function run(line: string, client: TestClient = t.client): void {
  client.call(...line.split(' '));
}

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  for (const line of ['RPUSH l a b c d', 'RPUSH m 1', 'SET s v']) run(line);
  t.stream();
});

// A redis-server 7.2.6 sends it as it came, and one before 7.2 refuses it: there the index is no C int.
it('LSET with an index beyond 32 bits goes as the one that it was taken for', () => {
  run('LSET l 9007199254740993 x');
  expect(t.stream()).toEqual(['LSET l 1 x']);
});

describe('as it came', () => {
  it.each([
    'LPUSH l x y',
    'RPUSH new x',
    'LPUSHX l x',
    'RPUSHX l x',
    'LPOP l',
    'RPOP l 2',
    'LPOP m',
    'LINSERT l BEFORE b x',
    'LSET l 0 x',
    'LREM l 0 a',
    'LTRIM l 1 2',
    'LTRIM l 5 1',
    'LMOVE l m LEFT RIGHT',
    'LMOVE l l left right',
    'RPOPLPUSH l new',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([line]);
  });
});

describe('rewritten', () => {
  it.each([
    ['LMPOP 2 none l LEFT', 'LPOP l 1'],
    ['LMPOP 1 l RIGHT COUNT 3', 'RPOP l 3'],
    ['LMPOP 1 l RIGHT COUNT 30', 'RPOP l 4'],
    ['BLPOP none l 0', 'LPOP l'],
    ['BRPOP l 0', 'RPOP l'],
    ['BLMPOP 0 1 l LEFT COUNT 2', 'LPOP l 2'],
    ['BLMOVE l m left RIGHT 0', 'LMOVE l m left RIGHT'],
    ['BRPOPLPUSH l m 0', 'RPOPLPUSH l m'],
  ])('%s becomes %s', (line, sent) => {
    run(line);
    expect(t.stream()).toEqual([sent]);
  });
});

describe('not at all', () => {
  it.each([
    'LPUSHX none x',
    'LPOP none',
    'LPOP l 0',
    'LPOP l -1',
    'LINSERT l AFTER none x',
    'LSET l 99 x',
    'LREM l 0 none',
    'LTRIM l 0 -1',
    'LTRIM none 0 0',
    'LMOVE none l LEFT LEFT',
    'LMOVE l s LEFT LEFT',
    'LMPOP 1 none LEFT',
    'LRANGE l 0 -1',
    'LPOS l a',
    'BLPOP none -1',
  ])('%s', (line) => {
    run(line);
    expect(t.stream()).toEqual([]);
  });

  it('a command that blocks, until it is served, or ever when its time is over', () => {
    run('BLPOP k 1');
    expect(t.stream()).toEqual([]);
    t.clock.advance(1001);
    expect(t.stream()).toEqual([]);
  });
});

describe('clients that waited', () => {
  it('what they took follows what woke them, as a unit of its own', () => {
    run('BLPOP k 0', t.connect());
    run('RPUSH k a b');
    expect(t.stream()).toEqual(['RPUSH k a b', 'LPOP k']);
  });

  it('each served client after the transaction', () => {
    run('BLMOVE k moved LEFT LEFT 0', t.connect());
    run('BRPOP moved 0', t.connect());
    for (const line of ['MULTI', 'RPUSH k a', 'SET s w', 'EXEC']) run(line);
    expect(t.stream()).toEqual([
      'MULTI',
      'RPUSH k a',
      'SET s w',
      'EXEC',
      'LMOVE k moved LEFT LEFT',
      'RPOP moved',
    ]);
  });

  it('in the database of the client that waited', () => {
    const waiting = t.connect();
    run('SELECT 1', waiting);
    run('BLPOP k 0', waiting);
    run('RPUSH k a');
    run('SWAPDB 0 1');
    run('SET s w');
    expect(t.stream()).toEqual(['RPUSH k a', 'SWAPDB 0 1', 'SELECT 1', 'LPOP k', 'SELECT 0', 'SET s w']);
  });
});
