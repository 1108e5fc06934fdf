/** What the keyspace family does beside its reply: events, access times, expiry, copies that share nothing. */
import { beforeEach, describe, expect, it } from 'vitest';
import { GENERIC_COMMANDS } from '../../../../src/core/commands/generic/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { type Bytes } from '../../../../src/core/base/bytes.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { ListValue } from '../../../../src/core/store/types/list-value.js';
import { Armed } from '../../../../src/core/store/write-gate.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
const NOW = 1_700_000_000_000;

function run(line: string): unknown {
  return plain(t.client.call(...line.split(' ')));
}

beforeEach(() => {
  t = createTestEngine({ families: [STRING_COMMANDS, GENERIC_COMMANDS] });
});

/** Records the events of all classes from now on, as `db:event key`. */
function recordEvents(): () => string[] {
  const seen: string[] = [];
  const { gate } = t.engine;
  gate.notifyClasses = Object.values(NotifyClass).reduce((all, bit) => all | bit, 0);
  gate.ports.notify = (db, key, event) => seen.push(`${db.id}:${event.name} ${key}`);
  gate.arm(Armed.notify, true);
  return () => seen.splice(0);
}

describe('keyspace events', () => {
  // Read off a redis-server 7.2.6 with notify-keyspace-events EAmn.
  it.each([
    ['DEL a b none', ['0:del a', '0:del b']],
    ['UNLINK a', ['0:del a']],
    ['EXPIRE a 10', ['0:expire a']],
    ['EXPIRE a -1', ['0:del a']],
    ['PERSIST ttl', ['0:persist ttl']],
    ['PERSIST a', []],
    ['RENAME a b', ['0:new b', '0:rename_from a', '0:rename_to b']],
    ['RENAME a a', []],
    ['MOVE a 1', ['1:new a', '0:move_from a', '1:move_to a']],
    ['COPY a c', ['0:new c', '0:copy_to c']],
    ['COPY a b REPLACE', ['0:new b', '0:copy_to b']],
    ['EXISTS none', ['0:keymiss none']],
    ['TYPE none', ['0:keymiss none']],
    ['TTL none', ['0:keymiss none']],
    ['OBJECT ENCODING none', []],
    ['DEL none', []],
    ['FLUSHDB', []],
  ])('%s', (line, expected) => {
    for (const setup of ['SET a 1', 'SET b 2', 'SET ttl v EX 100']) run(setup);
    const events = recordEvents();
    run(line);
    expect(events()).toEqual(expected);
  });

  it('tells of a key that expires when it is looked at', () => {
    run('SET a 1 PX 5');
    const events = recordEvents();
    t.clock.advance(6);
    run('EXISTS a');
    expect(events()).toEqual(['0:expired a', '0:keymiss a']);
  });
});

describe('statistics', () => {
  it('counts hits and misses of what reads, not of what writes', () => {
    run('SET a 1');
    const { stats } = t.engine.store;
    for (const line of ['EXISTS a none', 'TYPE a', 'TTL none', 'OBJECT ENCODING a', 'TOUCH a', 'COPY a b'])
      run(line);
    expect([stats.hits, stats.misses]).toEqual([5, 2]);
    for (const line of ['DEL none', 'EXPIRE none 1', 'RENAME none x', 'MOVE none 1', 'PERSIST a']) run(line);
    expect([stats.hits, stats.misses]).toEqual([5, 2]);
  });
});

describe('access time', () => {
  it('is left alone by looking, and noted by TOUCH', () => {
    run('SET a 1');
    t.clock.advance(10_000);
    for (const line of ['EXISTS a', 'TYPE a', 'TTL a', 'OBJECT ENCODING a', 'SCAN 0', 'KEYS *']) run(line);
    expect(run('OBJECT IDLETIME a')).toBe(10);
    run('TOUCH a');
    expect(run('OBJECT IDLETIME a')).toBe(0);
  });

  it('follows RENAME and MOVE', () => {
    run('SET a 1');
    t.clock.advance(10_000);
    run('RENAME a b');
    t.clock.advance(3_000);
    expect(run('OBJECT IDLETIME b')).toBe(3);
  });

  it('is a count under an LFU policy', () => {
    t.config.load('maxmemory-policy' as Bytes, ['allkeys-lfu' as Bytes]);
    t.engine.applyConfig();
    run('SET a 1');
    expect(run('OBJECT FREQ a')).toBe(5);
    expect(run('OBJECT IDLETIME a')).toBe(
      '-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
    );
    t.clock.advance(180_000);
    expect(run('OBJECT FREQ a')).toBe(2);
  });
});

describe('expiry', () => {
  it('counts down and is rounded to seconds', () => {
    run('SET a 1 PX 1500');
    expect([run('TTL a'), run('PTTL a')]).toEqual([2, 1500]);
    t.clock.advance(1_001);
    expect([run('TTL a'), run('PTTL a')]).toEqual([0, 499]);
    expect(run('PEXPIRETIME a')).toBe(NOW + 1500);
    expect(run('EXPIRETIME a')).toBe(1_700_000_002);
    t.clock.advance(500);
    expect(run('TTL a')).toBe(-2);
  });

  it('is exact up to 2^53 ms, beyond that it is the nearest double', () => {
    run('SET a 1 PXAT 9007199254740991');
    expect(run('PEXPIRETIME a')).toBe(9007199254740991);
    run('PEXPIREAT a 9223372036854775000');
    expect(run('PEXPIRETIME a')).toBe(9223372036854774784n);
    run('PEXPIREAT a 9223372036854775807');
    expect(run('PEXPIREAT a 9223372036854775807 LT')).toBe(0);
    expect(run('PEXPIRETIME a')).toBe(9223372036854775807n);
  });

  it('goes with a key that is renamed, moved or copied, and leaves the one that was there', () => {
    run('SET a 1 PX 1500');
    run('SET b 2 PX 9000');
    run('RENAME a b');
    expect(run('PTTL b')).toBe(1500);
    run('SET plain 1');
    run('COPY plain b REPLACE');
    expect(run('PTTL b')).toBe(-1);
    run('SET c 3 PX 700');
    run('MOVE c 2');
    run('SWAPDB 0 2');
    expect(run('PTTL c')).toBe(700);
  });

  it('of the epoch is an expiry, too, where nothing is deleted by time', () => {
    run('SET a 1');
    t.engine.store.expiryPolicy = 'keep';
    run('PEXPIREAT a 0');
    expect(run('PTTL a')).toBe(0);
  });
});

describe('a hidden key (replica)', () => {
  beforeEach(() => {
    run('SET a 1 PX 5');
    t.engine.store.expiryPolicy = 'hide';
    t.clock.advance(6);
  });

  it('is not there, but is kept', () => {
    expect([run('EXISTS a'), run('TYPE a'), run('KEYS *'), run('SCAN 0')]).toEqual([
      0,
      'none',
      [],
      ['0', []],
    ]);
    expect(run('DBSIZE')).toBe(1);
  });

  it('is the answer of RANDOMKEY when there is nothing else', () => {
    expect(run('RANDOMKEY')).toBe('a');
  });

  it('can be deleted', () => {
    expect(run('DEL a')).toBe(1);
    expect(run('DBSIZE')).toBe(0);
  });
});

describe('RANDOMKEY', () => {
  it('names any live key, and deletes those it meets whose time is over', () => {
    for (let i = 0; i < 20; i++) run(`SET k${i} v`);
    for (let i = 0; i < 10; i++) run(`PEXPIRE k${i} 1`);
    t.clock.advance(2);
    const seen = new Set<unknown>();
    for (let i = 0; i < 400; i++) seen.add(run('RANDOMKEY'));
    expect([...seen].sort()).toEqual(['k10', 'k11', 'k12', 'k13', 'k14', 'k15', 'k16', 'k17', 'k18', 'k19']);
  });

  it('answers null when all are over', () => {
    run('SET a 1 PX 1');
    t.clock.advance(2);
    expect(run('RANDOMKEY')).toBeNull();
  });
});

describe('COPY', () => {
  it('shares nothing with the original', () => {
    const { gate, store } = t.engine;
    const list = new ListValue();
    list.pushBack('one' as Bytes);
    gate.load(store.databases[0], 'list' as Bytes, list, 0, undefined);
    run('COPY list twin');
    list.pushBack('two' as Bytes);
    const twin = store.databases[0].peek('twin' as Bytes) as ListValue;
    expect(twin.range(0, 10)).toEqual(['one']);
    run('SET raw 1');
    run('APPEND raw 2');
    run('COPY raw raw2');
    run('APPEND raw 3');
    expect(run('GET raw2')).toBe('12');
  });
});

describe('OBJECT', () => {
  it('counts references as Redis does for its shared integers', () => {
    for (const [value, count] of [
      ['0', 2147483647],
      ['9999', 2147483647],
      ['10000', 1],
      ['-1', 1],
      ['x', 1],
    ]) {
      run(`SET a ${value}`);
      expect(run('OBJECT REFCOUNT a')).toBe(count);
    }
  });

  it('HELP lists the subcommands', () => {
    const lines = run('object help') as string[];
    expect(lines[0]).toBe('OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:');
    expect(lines.slice(-2)).toEqual(['HELP', '    Print this help.']);
    expect(lines).toHaveLength(15);
  });
});

describe('SCAN', () => {
  it('deletes what it meets whose time is over, and goes on from there', () => {
    for (let i = 0; i < 200; i++) run(`SET k${i} v${i % 4 === 0 ? '' : ' PX 1'}`);
    t.clock.advance(2);
    const seen = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = run(`SCAN ${cursor} COUNT 7`) as [string, string[]];
      for (const key of keys) seen.add(key);
      cursor = next;
    } while (cursor !== '0');
    expect(seen.size).toBe(50);
    expect(run('DBSIZE')).toBe(50);
  });

  it('filters by type, whatever the case of its name', () => {
    run('SET s 1');
    t.engine.gate.load(t.engine.store.databases[0], 'h' as Bytes, new HashValue(), 0, undefined);
    expect(run('SCAN 0 TYPE hAsH')).toEqual(['0', ['h']]);
    expect(run('SCAN 0 TYPE string')).toEqual(['0', ['s']]);
  });
});

describe('FLUSHALL', () => {
  it('empties every database and ends a running save', () => {
    let told = 0;
    t = createTestEngine({
      families: [STRING_COMMANDS, GENERIC_COMMANDS],
      persistence: { flushed: () => void told++ },
    });
    run('SET a 1');
    run('COPY a a DB 5');
    run('FLUSHDB');
    expect([told, t.engine.store.databases[5].size]).toEqual([0, 1]);
    run('FLUSHALL');
    expect([told, t.engine.store.databases[5].size]).toEqual([1, 0]);
  });
});

describe('DUMP and RESTORE', () => {
  const TEN = '\x00\xc0\x0a\x0b\x00\x07@\xea6\xf31\x8a2';

  it('writes what redis-server 7.2.6 writes', () => {
    run('SET a 10');
    expect(run('DUMP a')).toBe(TEN);
  });

  it('restores values with expiry, idle time and over an old key', () => {
    expect(run(`RESTORE a 5000 ${TEN} IDLETIME 7`)).toBe('OK');
    expect([run('OBJECT IDLETIME a'), run('PTTL a'), run('GET a')]).toEqual([7, 5000, '10']);
    run('SET b x EX 10');
    expect(run(`RESTORE b 0 ${TEN} REPLACE`)).toBe('OK');
    expect([run('GET b'), run('PTTL b')]).toEqual(['10', -1]);
    expect(run(`RESTORE c ${NOW + 500} ${TEN} ABSTTL`)).toBe('OK');
    expect(run('PTTL c')).toBe(500);
  });

  it('makes no key whose time is over', () => {
    run('SET a x');
    expect(run(`RESTORE a 1 ${TEN} ABSTTL REPLACE`)).toBe('OK');
    expect(run('EXISTS a')).toBe(0);
  });

  it('changes nothing when the payload is bad', () => {
    run('SET a x');
    expect(run('RESTORE a 0 garbage-garbage REPLACE')).toBe(
      '-ERR DUMP payload version or checksum are wrong',
    );
    expect(run('GET a')).toBe('x');
  });

  it('takes a count under an LFU policy', () => {
    t.config.load('maxmemory-policy' as Bytes, ['allkeys-lfu' as Bytes]);
    t.engine.applyConfig();
    run(`RESTORE a 0 ${TEN} FREQ 77`);
    expect(run('OBJECT FREQ a')).toBe(77);
  });
});
