/** maxmemory: what goes, what is refused, what is said of it (redis 7.2.6 evict.c, and its tests in unit/maxmemory). */
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../src/core/commands/connection/table.js';
import { GENERIC_COMMANDS } from '../../../src/core/commands/generic/table.js';
import { SERVER_COMMANDS } from '../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../src/core/commands/string/table.js';
import { TRANSACTION_COMMANDS } from '../../../src/core/commands/transactions/table.js';
import { evictionLimitUs } from '../../../src/core/store/evict.js';
import { createTestEngine, plain, type TestEngine } from '../../support/engine.js';

const OOM = "-OOM command not allowed when used memory > 'maxmemory'.";
/** An entry of 40, a key and a value of up to 8 bytes. */
const KEY_BYTES = 88;

let t: TestEngine;

beforeEach(() => {
  t = newEngine();
});

function newEngine(isReplica = false): TestEngine {
  return createTestEngine({
    families: [CONNECTION_COMMANDS, GENERIC_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS, TRANSACTION_COMMANDS],
    replication: { isReplica },
  });
}

function run(line: string): unknown {
  return plain(t.client.call(...line.split(' ')));
}

function stat(field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(run('INFO') as string)![1]);
}

/** Limits memory to what is used now and room for as many keys. */
function limitTo(room: number, policy: string): void {
  run(`CONFIG SET maxmemory-policy ${policy}`);
  run(`CONFIG SET maxmemory ${t.engine.memory.used + room * KEY_BYTES + 40}`);
}

const size = () => run('DBSIZE') as number;

describe('each policy keeps the limit', () => {
  for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random']) {
    it(policy, () => {
      limitTo(50, policy);
      for (let i = 0; i < 200; i++) expect(run(`SET key:${i} v`)).toBe('OK');
      expect(size()).toBeGreaterThanOrEqual(48);
      expect(size()).toBeLessThanOrEqual(51);
      expect(stat('evicted_keys')).toBe(200 - size());
    });
  }

  for (const policy of ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
    it(`${policy}: only keys with an expiry go`, () => {
      for (let i = 0; i < 50; i++) run(`SET stays:${i} v`);
      limitTo(50, policy);
      for (let i = 0; i < 200; i++) expect(run(`SET goes:${i} v EX 1000`)).toBe('OK');
      for (let i = 0; i < 50; i++) expect(run(`EXISTS stays:${i}`)).toBe(1);
      expect(stat('evicted_keys')).toBeGreaterThan(100);
      run('FLUSHALL');
      const answers = Array.from({ length: 300 }, (_, i) => run(`SET lasts:${i} v`));
      expect(answers[0]).toBe('OK');
      expect(answers.at(-1)).toBe(OOM);
    });
  }
});

describe('who goes first', () => {
  it('lru: what nobody has looked at for longest', () => {
    run('CONFIG SET maxmemory-samples 10');
    for (let i = 0; i < 40; i++) {
      run(`SET key:${i} v`);
      t.clock.advance(1000);
    }
    for (let i = 0; i < 20; i++) run(`GET key:${i}`);
    limitTo(-10, 'allkeys-lru');
    expect(size()).toBe(30);
    for (let i = 0; i < 20; i++) expect(run(`EXISTS key:${i}`)).toBe(1);
  });

  it('lfu: what is used least', () => {
    run('CONFIG SET maxmemory-policy allkeys-lfu maxmemory-samples 10 lfu-log-factor 0');
    for (let i = 0; i < 40; i++) run(`SET key:${i} v`);
    for (let n = 0; n < 5; n++) for (let i = 0; i < 20; i++) run(`GET key:${i}`);
    expect(run('OBJECT FREQ key:0')).toBe(10);
    limitTo(-10, 'allkeys-lfu');
    expect(size()).toBe(30);
    for (let i = 0; i < 20; i++) expect(run(`EXISTS key:${i}`)).toBe(1);
  });

  it('ttl: what expires soonest', () => {
    run('CONFIG SET maxmemory-samples 10');
    for (let i = 0; i < 40; i++) run(`SET key:${i} v EX ${1000 + i}`);
    limitTo(-10, 'volatile-ttl');
    expect(size()).toBeLessThanOrEqual(31);
    for (let i = 20; i < 40; i++) expect(run(`EXISTS key:${i}`)).toBe(1);
  });

  it('finds the one key of many that expires', () => {
    for (let i = 0; i < 9000; i++) run(`SET key:${i} v`);
    run('EXPIRE key:4711 1000');
    limitTo(-1, 'volatile-lru');
    expect(run('EXISTS key:4711')).toBe(0);
    expect(size()).toBe(8999);
  });
});

describe('no memory left', () => {
  it('noeviction: commands that need memory are refused, others are not', () => {
    run('SET k v');
    limitTo(-1, 'noeviction');
    expect(run('SET l v')).toBe(OOM);
    expect(run('GET k')).toBe('v');
    expect(run('DEL k')).toBe(1);
    expect(run('SET l v')).toBe('OK');
    expect(stat('current_eviction_exceeded_time')).toBe(0);
  });

  it('a transaction is not queued, and EXEC is refused for what it holds', () => {
    run('SET k v');
    run('MULTI');
    expect(run('SET l v')).toBe('QUEUED');
    t.engine.config.set([['maxmemory', '1']] as never, { loading: false, local: true });
    t.engine.configChanged();
    expect(run('EXEC')).toBe(
      "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.",
    );
    run('MULTI');
    expect(run('GET k')).toBe(OOM);
    expect(run('EXEC')).toBe('-EXECABORT Transaction discarded because of previous errors.');
    run('CONFIG SET maxmemory 0');
    expect(run('GET k')).toBe('v');
  });

  it('nothing goes, and nothing is refused, on a replica that ignores the limit', () => {
    t = newEngine(true);
    run('CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru');
    expect(run('SET k v')).toBe('OK');
    expect(run('GET k')).toBe('v');
    run('CONFIG SET replica-ignore-maxmemory no');
    expect(run('SET k v')).toBe(OOM);
    expect(size()).toBe(0);
  });

  it('nothing goes while clients are paused', () => {
    run('SET k v');
    run('CLIENT PAUSE 1000 WRITE');
    run('CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru');
    expect(run('GET k')).toBe('v');
    run('CLIENT UNPAUSE');
    expect(run('GET k')).toBe(null);
  });
});

describe('an eviction', () => {
  it('is propagated as a deletion of its own, lazily or not', () => {
    run('SET a 1');
    run('CONFIG SET maxmemory-policy allkeys-lru');
    run('CONFIG SET maxmemory 1');
    t.clock.runTurn();
    run('CONFIG SET maxmemory 0 lazyfree-lazy-eviction yes');
    run('SET b 1');
    run('CONFIG SET maxmemory 1');
    expect(t.stream()).toEqual(['SELECT 0', 'SET a 1', 'DEL a', 'SET b 1', 'UNLINK b']);
  });

  it('comes after the transaction that caused it', () => {
    run('CONFIG SET maxmemory-policy allkeys-lru');
    run('MULTI');
    run('INCR x');
    run('CONFIG SET maxmemory 1');
    run('INCR x');
    expect(run('EXEC')).toEqual([1, 'OK', 2]);
    expect(t.stream()).toEqual(['MULTI', 'SELECT 0', 'INCR x', 'INCR x', 'EXEC', 'DEL x']);
  });

  it('goes on in later turns when its time is over', () => {
    for (let i = 0; i < 100; i++) run(`SET key:${i} v`);
    run('CONFIG SET maxmemory-eviction-tenacity 0 maxmemory-policy allkeys-random');
    // Each look at the clock takes a microsecond.
    const look = t.clock.monotonicUs.bind(t.clock);
    let looks = 0;
    t.clock.monotonicUs = () => look() + ++looks;
    t.engine.config.set([['maxmemory', '1']] as never, { loading: false, local: true });
    t.engine.configChanged();
    const { turn, store } = t.engine;
    const before = turn.number;
    t.clock.runTurn();
    expect(store.databases[0].size).toBe(0);
    // Sixteen keys a turn.
    expect(turn.number - before).toBeGreaterThanOrEqual(6);
  });
});

it('tenacity is a time: evenly up to 500 us, then by 15 % a step, at last without end', () => {
  expect([0, 1, 10].map(evictionLimitUs)).toEqual([0, 50, 500]);
  expect(Math.round(evictionLimitUs(11))).toBe(575);
  expect(evictionLimitUs(100)).toBe(Infinity);
});

describe('a heap that is nearly full', () => {
  const MB = 1024 * 1024;

  beforeEach(() => {
    t.memory.heapLimitBytes = 100 * MB;
    t.memory.liveHeapBytes = 75 * MB;
    t.memory.collections = 2;
    t.engine.memory.cron();
  });

  it('refuses what needs memory without a maxmemory, too', () => {
    expect(run('SET k v')).toBe('OK');
    t.memory.liveHeapBytes = 81 * MB;
    t.memory.collections = 3;
    t.engine.memory.cron();
    expect(run('SET k w')).toBe(OOM);
    expect(run('GET k')).toBe('v');
    t.memory.liveHeapBytes = 60 * MB;
    t.memory.collections = 4;
    t.engine.memory.cron();
    expect(run('SET k w')).toBe('OK');
  });

  it('knows what has been stored since the last collection', () => {
    for (let i = 0; i < 70_000; i++)
      t.engine.sessions.execute(t.client.session, ['SET', `k${i}`, 'v'] as never);
    t.client.send('PING\r\n');
    expect(run('SET k w')).toBe(OOM);
    run('FLUSHALL');
    expect(run('SET k w')).toBe('OK');
  });
});

describe('lazy freeing is counted', () => {
  it('UNLINK and ASYNC until the end of the turn, then as freed', () => {
    for (let i = 0; i < 10; i++) run(`SET key:${i} v`);
    run('UNLINK key:0');
    expect(stat('lazyfreed_objects')).toBe(0);
    expect(t.client.send('FLUSHALL ASYNC\r\nINFO memory\r\n')).toContain('lazyfree_pending_objects:9\r\n');
    expect(stat('lazyfree_pending_objects')).toBe(0);
    expect(stat('lazyfreed_objects')).toBe(9);
    run('SET k v');
    run('FLUSHALL SYNC');
    expect(stat('lazyfreed_objects')).toBe(9);
    run('CONFIG RESETSTAT');
    expect(stat('lazyfreed_objects')).toBe(0);
  });
});
