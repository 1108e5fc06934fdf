import { beforeEach, describe, expect, it } from 'vitest';
import { parseSafeInt } from '../../../src/core/base/numbers.js';
import { ClientFlag } from '../../../src/core/commands/context.js';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { defineCommand } from '../../../src/core/commands/spec.js';
import { ListValue } from '../../../src/core/store/types/list-value.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../support/engine.js';

/** WAITLEN key key length timeoutMs [WAKE]: waits until one of two lists is so long; with WAKE, also until the first is gone. */
const WAITLEN = defineCommand({
  name: 'waitlen',
  arity: -5,
  flags: ['readonly', 'blocking'],
  group: 'list',
  since: '1.0.0',
  summary: 'Waits for a length.',
  run: ({ client, db, reply, server }, argv) => {
    const lengths = [argv[1], argv[2]].map((key) => {
      const value = db.peek(key);
      return value instanceof ListValue ? value.length : 0;
    });
    const wakesOnDelete = argv.length > 5;
    const longest = Math.max(...lengths);
    if (longest >= parseSafeInt(argv[3])!) reply.int(longest);
    else if (wakesOnDelete && lengths[0] === 0) reply.simple('GONE');
    else {
      server.blocking.onKeys(client, db, [argv[1], argv[2]], {
        timeoutMs: parseSafeInt(argv[4])!,
        onTimeout: (out) => out.nullArray(),
        wakesOnDelete,
      });
    }
  },
});

let t: TestEngine;

function run(line: string, client: TestClient = t.client): unknown {
  return plain(client.call(...line.split(' ')));
}

/** A new client that sends this and is blocked by it. */
function waiting(line: string, db = 0): TestClient {
  const client = t.connect();
  if (db !== 0) run(`SELECT ${db}`, client);
  expect(run(line, client)).toBeUndefined();
  return client;
}

const answers = (client: TestClient) => client.replies().map(plain);
const blocked = (client: TestClient) => (client.session.flags & ClientFlag.blocked) !== 0;
const statistics = (command: string) => {
  const { stats, commands } = t.engine;
  const { id } = commands.find(command as never)!;
  return { calls: stats.calls[id], failed: stats.failed[id] };
};

beforeEach(() => {
  t = createTestEngine({ families: [...FAMILIES, [WAITLEN]] });
});

describe('who is served', () => {
  it('the one who has waited longest, one for each element', () => {
    const first = waiting('BLPOP k 0');
    const second = waiting('BRPOP k 0');
    const third = waiting('BLMPOP 0 1 k LEFT COUNT 5');
    run('RPUSH k a b');
    expect([first, second, third].map(answers)).toEqual([[['k', 'a']], [['k', 'b']], []]);
    expect(blocked(third)).toBe(true);
    run('RPUSH k c d');
    expect(answers(third)).toEqual([['k', ['c', 'd']]]);
    expect(run('EXISTS k')).toBe(0);
  });

  it('nobody when the key is gone again, or is something else', () => {
    const client = waiting('BLPOP k 0');
    for (const line of ['MULTI', 'LPUSH k a', 'DEL k', 'EXEC']) run(line);
    for (const line of ['MULTI', 'LPUSH k a', 'DEL k', 'SET k v', 'EXEC']) run(line);
    expect(answers(client)).toEqual([]);
    run('DEL k');
    run('SADD k a');
    expect(answers(client)).toEqual([]);
    run('DEL k');
    run('LPUSH k b');
    expect(answers(client)).toEqual([['k', 'b']]);
  });

  it('after the transaction, with what is there then', () => {
    const client = waiting('BLPOP k 0');
    for (const line of ['MULTI', 'LPUSH k a', 'DEL k', 'LPUSH k b', 'LPUSH k c', 'EXEC']) run(line);
    expect(answers(client)).toEqual([['k', 'c']]);
    expect(run('LRANGE k 0 -1')).toEqual(['b']);
  });

  it('keys in the order in which they became ready, across databases', () => {
    const late = waiting('BLMOVE late target RIGHT RIGHT 0');
    const other = waiting('BLPOP other 0', 1);
    const early = waiting('BLMOVE early target RIGHT RIGHT 0');
    for (const line of [
      'MULTI',
      'SELECT 1',
      'RPUSH other x',
      'SELECT 0',
      'RPUSH early 1',
      'RPUSH late 2',
      'EXEC',
    ]) {
      run(line);
    }
    expect([early, other, late].map(answers)).toEqual([['1'], [['other', 'x']], ['2']]);
    expect(run('LRANGE target 0 -1')).toEqual(['1', '2']);
  });

  it('chains of moves to their end, before the next command', () => {
    const ab = waiting('BLMOVE a b RIGHT LEFT 0');
    const bc = waiting('BRPOPLPUSH b c 0');
    const c = waiting('BLPOP c 0');
    run('RPUSH a x');
    expect([ab, bc, c].map(answers)).toEqual([['x'], ['x'], [['c', 'x']]]);
    expect(run('DBSIZE')).toBe(0);
  });

  it('a circle of moves once', () => {
    const one = waiting('BRPOPLPUSH a b 0');
    const two = waiting('BRPOPLPUSH b a 0');
    run('RPUSH a x');
    expect([one, two].map(answers)).toEqual([['x'], ['x']]);
    expect(run('LRANGE a 0 -1')).toEqual(['x']);
  });

  it('one who waits for a key several times, once', () => {
    const client = waiting('BLPOP k k k 0');
    run('RPUSH k a b');
    expect(answers(client)).toEqual([['k', 'a']]);
    run('RPUSH k c');
    expect(answers(client)).toEqual([]);
    expect(run('LLEN k')).toBe(2);
  });

  it('the keys of one client in its order', () => {
    const client = waiting('BLPOP a b 0');
    for (const line of ['MULTI', 'RPUSH b 2', 'RPUSH a 1', 'EXEC']) run(line);
    expect(answers(client)).toEqual([['a', '1']]);
  });

  it('an error from a target of another type is an answer', () => {
    run('SET target v');
    const first = waiting('BRPOPLPUSH k target 0');
    const second = waiting('BLPOP k 0');
    run('RPUSH k a');
    expect(answers(first)).toEqual(['-WRONGTYPE Operation against a key holding the wrong kind of value']);
    expect(answers(second)).toEqual([['k', 'a']]);
  });

  it.each([['RENAME other k'], ['COPY other k'], ['LMOVE other k LEFT LEFT'], ['SORT other STORE k']])(
    '%s makes a key ready',
    (line) => {
      run('RPUSH other 7');
      const client = waiting('BLPOP k 0');
      run(line);
      expect(answers(client)).toEqual([['k', '7']]);
    },
  );

  it('RESTORE, MOVE and SWAPDB do, too', () => {
    run('RPUSH other a');
    const dump = run('DUMP other') as string;
    const restored = waiting('BLPOP k 0');
    t.client.call('RESTORE', 'k', 0, dump);
    const moved = waiting('BLPOP other 0', 1);
    run('MOVE other 1');
    const swapped = waiting('BLPOP s 0', 2);
    run('RPUSH s b');
    run('SWAPDB 0 2');
    expect([restored, moved, swapped].map(answers)).toEqual([[['k', 'a']], [['other', 'a']], [['s', 'b']]]);
  });

  it('a key whose time is over wakes nobody, and is left alone', () => {
    const client = waiting('BLPOP k 0', 1);
    run('RPUSH k a');
    run('PEXPIRE k 100');
    t.clock.advance(101);
    run('SWAPDB 0 1');
    expect(answers(client)).toEqual([]);
    expect(t.engine.store.databases[1].size).toBe(1);
  });
});

describe('who blocks again', () => {
  it('goes to the end of the queues of its keys', () => {
    const picky = waiting('WAITLEN a b 2 0');
    const modest = waiting('BLPOP b 0');
    run('RPUSH a x');
    expect(blocked(picky)).toBe(true);
    run('RPUSH b y z');
    expect(answers(modest)).toEqual([['b', 'y']]);
    expect(answers(picky)).toEqual([]);
    run('RPUSH a w');
    expect(answers(picky)).toEqual([2]);
  });

  it('keeps its timeout', () => {
    const client = waiting('WAITLEN a a 2 5000');
    t.clock.advance(3000);
    run('RPUSH a x');
    t.clock.advance(1999);
    expect(blocked(client)).toBe(true);
    t.clock.advance(1);
    expect(answers(client)).toEqual([null]);
    expect(t.engine.blocking.timedClients).toBe(0);
  });
});

describe('who wants to know that a key goes', () => {
  it.each([
    'DEL k',
    'SET k v',
    'RENAME k other',
    'FLUSHDB',
    'FLUSHALL',
    'SWAPDB 0 1',
    'LPOP k',
    'PEXPIREAT k 1',
  ])('is run again by %s', (line) => {
    run('RPUSH k x');
    const client = waiting('WAITLEN k k 5 0 WAKE');
    const patient = waiting('WAITLEN k k 5 0');
    run(line);
    expect(answers(client)).toEqual(['GONE']);
    expect(answers(patient)).toEqual([]);
    expect(blocked(patient)).toBe(true);
  });
});

describe('pipelines', () => {
  it('what follows a blocked command waits for it', () => {
    const client = t.connect();
    expect(client.send('BLPOP k 0\r\nPING\r\nRPUSH k second\r\nBLPOP k 0\r\n')).toBe('');
    run('RPUSH k first');
    expect(answers(client)).toEqual([['k', 'first'], 'PONG', 1, ['k', 'second']]);
  });

  it('who is woken by a pipeline is served before its next command', () => {
    const client = waiting('BLPOP k 0');
    expect(t.client.send('RPUSH k a\r\nLLEN k\r\n')).toBe(':1\r\n:0\r\n');
    expect(answers(client)).toEqual([['k', 'a']]);
  });
});

describe('the end of waiting', () => {
  it('a timeout: a null array, also for what moves, in either protocol', () => {
    const client = t.connect();
    client.send('BLPOP k 0.5\r\n');
    const mover = t.connect();
    mover.send('BLMOVE k l LEFT LEFT 0.5\r\n');
    t.clock.advance(499);
    expect(blocked(client)).toBe(true);
    t.clock.advance(1);
    expect([client, mover].map((c) => c.connection.take().toString())).toEqual(['*-1\r\n', '*-1\r\n']);
    expect(t.engine.blocking.blockedClients).toBe(0);
    expect(t.engine.blocking.blockingKeys).toBe(0);
    run('RPUSH k a');
    expect(run('LLEN k')).toBe(1);
  });

  it('a timeout further away than a timer reaches', () => {
    const client = waiting(`BLPOP k ${60 * 86_400}`);
    t.clock.advance(59 * 86_400_000);
    expect(blocked(client)).toBe(true);
    t.clock.advance(86_400_000);
    expect(answers(client)).toEqual([null]);
  });

  it('CLIENT UNBLOCK, as a timeout or with an error', () => {
    const timedOut = waiting('BLPOP k 0');
    const failed = waiting('BLPOP k 0');
    expect(run(`CLIENT UNBLOCK ${timedOut.session.id}`)).toBe(1);
    expect(run(`CLIENT UNBLOCK ${failed.session.id} ERROR`)).toBe(1);
    expect(run(`CLIENT UNBLOCK ${failed.session.id}`)).toBe(0);
    expect([timedOut, failed].map(answers)).toEqual([
      [null],
      ['-UNBLOCKED client unblocked via CLIENT UNBLOCK'],
    ]);
    run('RPUSH k a');
    expect(run('LLEN k')).toBe(1);
  });

  it('a client that goes leaves nothing behind', () => {
    const client = waiting('BLPOP k l 0');
    client.session.disconnected();
    expect(t.engine.blocking.blockedClients).toBe(0);
    expect(t.engine.blocking.blockingKeys).toBe(0);
    run('RPUSH k a');
    expect(run('LLEN k')).toBe(1);
  });
});

describe('accounts', () => {
  it('a blocked command counts once, when it ends', () => {
    const served = waiting('BLPOP k 0');
    expect(statistics('blpop')).toEqual({ calls: 0, failed: 0 });
    run('RPUSH k a');
    expect(answers(served)).toHaveLength(1);
    expect(statistics('blpop')).toEqual({ calls: 1, failed: 0 });
    waiting('BLPOP k 1');
    t.clock.advance(1001);
    expect(statistics('blpop')).toEqual({ calls: 2, failed: 0 });
    const { id } = waiting('BLPOP k 1').session;
    run(`CLIENT UNBLOCK ${id} ERROR`);
    expect(statistics('blpop')).toEqual({ calls: 3, failed: 1 });
  });
});

describe('while writes are paused', () => {
  it('a client that is woken waits for the end of the pause', () => {
    run('CONFIG SET maxmemory 0');
    run('RPUSH other a');
    const client = waiting('BLPOP k 0');
    for (const line of ['MULTI', 'RENAME other k', 'CLIENT PAUSE 1000 WRITE', 'EXEC']) run(line);
    expect(answers(client)).toEqual([]);
    expect(run('LLEN k')).toBe(1);
    t.clock.advance(1001);
    expect(answers(client)).toEqual([['k', 'a']]);
  });
});

describe('a watched target', () => {
  it('is touched by a client that is served, not by one that waits', () => {
    const watcher = t.connect();
    const client = waiting('BRPOPLPUSH k target 0');
    for (const line of ['WATCH target', 'MULTI', 'PING']) run(line, watcher);
    expect(run('EXEC', watcher)).toEqual(['PONG']);
    for (const line of ['WATCH target', 'MULTI', 'PING']) run(line, watcher);
    run('RPUSH k a');
    expect(answers(client)).toEqual(['a']);
    expect(run('EXEC', watcher)).toBe(null);
  });
});
