/** WATCH and what counts as a change of a watched key (redis 7.2.6 multi.c, and its tests in unit/multi). */
import { beforeEach, describe, expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../src/core/commands/transactions/table.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../support/engine.js';

let t: TestEngine;
let watcher: TestClient;

function run(line: string, client: TestClient = t.client): unknown {
  return plain(client.call(...line.split(' ')));
}

/** Whether a transaction of the watcher would run now. */
function unchanged(): boolean {
  run('MULTI', watcher);
  run('DBSIZE', watcher);
  return run('EXEC', watcher) !== null;
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS, GENERIC_COMMANDS, TRANSACTION_COMMANDS] });
  watcher = t.connect();
});

describe('a watched key', () => {
  it.each([
    'SET k w',
    'DEL k',
    'RENAME k other',
    'RENAME old k',
    'EXPIRE k 10',
    'COPY old k REPLACE',
    'MOVE k 1',
    'FLUSHDB',
    'FLUSHALL',
    'SWAPDB 0 1',
  ])('is changed by %s', (line) => {
    run('SET k v');
    run('SET old v');
    run('WATCH k', watcher);
    run(line);
    expect(unchanged()).toBe(false);
    expect(unchanged()).toBe(true);
  });

  it.each(['GET k', 'SET other v', 'PERSIST k', 'TOUCH k', 'COPY k other', 'SWAPDB 1 2', 'SWAPDB 0 0'])(
    'is not changed by %s',
    (line) => {
      run('SET k v');
      run('WATCH k', watcher);
      run(line);
      expect(unchanged()).toBe(true);
    },
  );

  it('that is not there is not changed by emptying', () => {
    run('SET other v');
    run('WATCH k', watcher);
    run('FLUSHALL');
    run('SWAPDB 0 1');
    expect(unchanged()).toBe(true);
  });

  it('is changed when its time runs out, even before it is deleted', () => {
    run('SET k v PX 5');
    run('WATCH k', watcher);
    t.clock.advance(6);
    expect(unchanged()).toBe(false);
  });

  it('is forgotten by UNWATCH and by the end of a transaction', () => {
    run('SET k v');
    run('WATCH k', watcher);
    run('SET k w');
    run('UNWATCH', watcher);
    expect(unchanged()).toBe(true);
    run('WATCH k', watcher);
    expect(unchanged()).toBe(true);
    run('SET k x');
    expect(unchanged()).toBe(true);
    run('WATCH k', watcher);
    run('MULTI', watcher);
    run('DISCARD', watcher);
    run('SET k y');
    expect(unchanged()).toBe(true);
  });
});

describe('a watched key whose time was over already', () => {
  beforeEach(() => {
    run('SET k v PX 5');
    t.clock.advance(6);
  });

  it.each(['GET k', 'DEL k', 'FLUSHDB', 'SWAPDB 0 1'])('is not changed by %s', (line) => {
    run('WATCH k', watcher);
    run(line);
    expect(unchanged()).toBe(true);
  });

  it('is changed by a new value', () => {
    run('WATCH k', watcher);
    run('SET k w');
    expect(unchanged()).toBe(false);
  });

  it('is not changed by one that is over, too, coming in its place', () => {
    run('SET k v PX 5');
    run('COPY k k DB 1');
    t.clock.advance(6);
    run('WATCH k', watcher);
    run('SWAPDB 0 1');
    expect(unchanged()).toBe(true);
  });

  it('is changed by a live one coming in its place', () => {
    run('WATCH k', watcher);
    run('SWAPDB 0 1');
    run('SET k v');
    expect(unchanged()).toBe(false);
  });

  it('comes in the place of none: nothing has changed', () => {
    run('SWAPDB 0 1');
    run('WATCH k', watcher);
    run('SWAPDB 0 1');
    expect(unchanged()).toBe(true);
  });
});
