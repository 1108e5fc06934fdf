import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { type Engine } from '../../../src/core/engine/engine.js';
import { keyEvent } from '../../../src/core/store/events.js';
import { HashValue } from '../../../src/core/store/types/hash-value.js';
import { ListValue } from '../../../src/core/store/types/list-value.js';
import { SetValue } from '../../../src/core/store/types/set-value.js';
import { streamId } from '../../../src/core/store/types/stream-id.js';
import { StreamValue } from '../../../src/core/store/types/stream-value.js';
import { type Value } from '../../../src/core/store/types/value.js';
import { ZSetValue } from '../../../src/core/store/types/zset-value.js';
import { createTestEngine, type TestEngine } from '../../support/engine.js';
import { bytes, dataSetIn, dataSetOf, PausedSnapshot } from '../../support/paused-snapshot.js';

const EVENT = keyEvent('generic', 'changed');
const STREAM_LIMITS = { streamNodeMaxBytes: 4096, streamNodeMaxEntries: 100 };

/** Fillers around the keys of a case, so that the walk pauses on either side of them. */
const FILLERS = 100;

function filled(): TestEngine {
  const test = createTestEngine({ families: FAMILIES });
  const call = (...args: (string | number)[]) => test.client.call(...args);
  for (let i = 0; i < FILLERS; i++) call('SET', `below:${i}`, i);
  call('SET', 'text', 'a text that is there');
  call('SET', 'number', 41);
  call('SET', 'short-lived', 'x', 'PX', 500);
  call('SET', 'lasting', 'y', 'PX', 100_000);
  call('SETRANGE', 'raw', 10, 'bytes changed in place');
  for (let i = 0; i < FILLERS; i++) call('SET', `above:${i}`, i);
  call('SELECT', 1);
  call('SET', 'text', 'of database 1');
  call('SELECT', 0);
  return test;
}

const COMMANDS: readonly (readonly [string, readonly (string | number)[]])[] = [
  ['overwrite', ['SET', 'text', 'new']],
  ['overwrite and drop the expiry', ['SET', 'lasting', 'new']],
  ['overwrite with an expiry', ['SET', 'text', 'new', 'PX', 5]],
  ['count', ['INCRBY', 'number', 7]],
  ['append', ['APPEND', 'raw', 'more']],
  ['append to a plain string', ['APPEND', 'text', 'more']],
  ['set a range', ['SETRANGE', 'raw', 0, 'other bytes']],
  ['set a bit', ['SETBIT', 'raw', 7, 1]],
  ['delete', ['DEL', 'text', 'number', 'raw', 'short-lived']],
  ['create', ['SET', 'created', 1]],
  ['rename', ['RENAME', 'text', 'renamed']],
  ['rename onto another', ['RENAME', 'text', 'number']],
  ['rename one that was changed in place', ['RENAME', 'raw', 'text']],
  ['copy', ['COPY', 'raw', 'copied']],
  ['copy onto another', ['COPY', 'raw', 'text', 'REPLACE']],
  ['move to an empty database', ['MOVE', 'lasting', 2]],
  ['move', ['MOVE', 'number', 1]],
  ['expire', ['PEXPIRE', 'text', 1]],
  ['expire at once', ['PEXPIREAT', 'text', 1]],
  ['persist', ['PERSIST', 'lasting']],
  ['read with expiry', ['GETEX', 'text', 'PX', 7]],
  ['read and delete', ['GETDEL', 'raw']],
  ['flush', ['FLUSHDB']],
  ['flush all', ['FLUSHALL']],
  ['swap', ['SWAPDB', 0, 1]],
];

/** What follows a change: the key has moved on, and is changed again. */
const AFTERMATH: readonly (readonly (string | number)[])[] = [
  ['SETRANGE', 'renamed', 3, '!!!'],
  ['SETRANGE', 'text', 0, '???'],
  ['SETRANGE', 'copied', 1, '...'],
  ['SET', 'created', 2],
  ['SET', 'text', 'again'],
  ['SET', 'raw', 'again'],
];

function slicesOf(test: TestEngine): number {
  const snapshot = new PausedSnapshot(test.engine);
  let slices = 1;
  while (snapshot.slice()) slices++;
  return slices;
}

describe('a snapshot that was paused', () => {
  it('is made in several slices', () => {
    expect(slicesOf(filled())).toBeGreaterThan(6);
  });

  it.each(COMMANDS)('does not see: %s', (_name, command) => {
    const slices = slicesOf(filled());
    for (let pause = 0; pause < slices; pause++) {
      const test = filled();
      const wanted = dataSetOf(test.engine);
      const snapshot = new PausedSnapshot(test.engine);
      for (let i = 0; i < pause; i++) snapshot.slice();
      test.client.call(...command);
      snapshot.slice();
      for (const later of AFTERMATH) test.client.call(...later);
      expect(dataSetIn(snapshot.finish()), `after ${pause} slices`).toEqual(wanted);
    }
  });

  it('does not see keys expire', () => {
    const test = filled();
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    test.clock.advance(600);
    expect(test.client.call('GET', 'short-lived')).toMatchObject({ type: 'null' });
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });

  it('does not see keys evicted', () => {
    const test = filled();
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    snapshot.slice();
    const [db] = test.engine.store.databases;
    for (const key of ['text', 'below:0', 'above:99'].map(bytes))
      test.engine.gate.evict(db, db.lookup(key), key);
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });

  it('keeps the databases that were swapped and flushed many times', () => {
    const test = filled();
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    for (let i = 0; i < 6; i++) {
      snapshot.slice();
      test.client.call('SWAPDB', i % 3, (i + 1) % 3);
      if (i % 2 === 0) test.client.call('FLUSHDB');
      test.client.call('SET', 'text', `round ${i}`);
    }
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });

  it('survives compaction across chunks of slots', () => {
    const test = createTestEngine({ families: FAMILIES });
    for (let i = 0; i < 10_000; i++) test.client.call('SET', `key:${i}`, i);
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    const table = test.engine.store.databases[0].keyspace.table;
    // Slots 0 and up go: holes in the part that the walk has yet to reach, filled from the top that it has passed.
    for (let i = 0; i < 9_000; i++) {
      if (i % 40 === 0) snapshot.slice();
      test.client.call('DEL', `key:${i}`);
      if (i % 3 === 0) test.client.call('SET', `new:${i}`, i);
    }
    expect(table.top).toBeLessThan(10_000);
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });
});

const MEMBERS = Array.from({ length: 5000 }, (_, i) => bytes(`member:${i}`));

/** Large values, and a change in place to each. */
const LARGE: readonly (readonly [string, () => Value, (value: Value) => void])[] = [
  [
    'list',
    () => {
      const list = new ListValue();
      for (const member of MEMBERS) list.pushBack(member);
      return list;
    },
    (value) => {
      const list = value as ListValue;
      list.popBack();
      list.pushFront(bytes('first'));
    },
  ],
  [
    'set',
    () => {
      const set = new SetValue();
      for (const member of MEMBERS) set.add(member);
      return set;
    },
    (value) => {
      const set = value as SetValue;
      set.delete(MEMBERS[10]);
      set.add(bytes('another'));
    },
  ],
  [
    'hash',
    () => {
      const hash = new HashValue();
      for (const member of MEMBERS) hash.set(member, member);
      return hash;
    },
    (value) => {
      const hash = value as HashValue;
      hash.delete(MEMBERS[10]);
      hash.set(MEMBERS[4999], bytes('changed'));
    },
  ],
  [
    'sorted set',
    () => {
      const zset = new ZSetValue();
      MEMBERS.forEach((member, i) => zset.set(member, i));
      return zset;
    },
    (value) => {
      const zset = value as ZSetValue;
      zset.set(MEMBERS[0], 1e9);
      zset.delete(MEMBERS[4000]);
    },
  ],
  [
    'stream',
    () => {
      const stream = new StreamValue();
      MEMBERS.forEach((member, i) => stream.append(streamId(i + 1, 0), [bytes('f'), member], STREAM_LIMITS));
      return stream;
    },
    (value) => {
      const stream = value as StreamValue;
      stream.delete(streamId(4000, 0));
      stream.append(streamId(9000, 0), [bytes('f'), bytes('late')], STREAM_LIMITS);
    },
  ],
];

describe('a large value', () => {
  it.each(LARGE)('may change while it is written: %s', (_name, make, alter) => {
    const slices = slicesOf(holding(make()));
    expect(slices).toBeGreaterThan(3);
    for (let pause = 0; pause < slices; pause += Math.ceil(slices / 10)) {
      const test = holding(make());
      const wanted = dataSetOf(test.engine);
      const snapshot = new PausedSnapshot(test.engine);
      for (let i = 0; i < pause; i++) snapshot.slice();
      for (let i = 0; i < 2; i++) {
        alterInPlace(test.engine, alter);
        snapshot.slice();
      }
      expect(dataSetIn(snapshot.finish()), `after ${pause} slices`).toEqual(wanted);
      expect(dataSetOf(test.engine)).not.toEqual(wanted);
    }
  });

  it('may change while it is written: string', () => {
    const test = createTestEngine({ families: FAMILIES });
    test.client.call('SETRANGE', 'large', 300_000, 'end');
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    snapshot.slice();
    for (let i = 0; i < 3; i++) {
      test.client.call('SETRANGE', 'large', i * 1000, 'changed');
      test.client.call('APPEND', 'large', 'longer');
      snapshot.slice();
    }
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });

  it('stays the value of its key: the snapshot has a view of its own', () => {
    const value = LARGE[0][1]();
    const test = holding(value);
    const [db] = test.engine.store.databases;
    const wanted = dataSetOf(test.engine);
    const snapshot = new PausedSnapshot(test.engine);
    snapshot.slice();
    for (let i = 0; i < 3; i++) alterInPlace(test.engine, LARGE[0][2]);
    expect(db.valueAt(db.lookup(bytes('large')))).toBe(value);
    expect(snapshot.job.sideQueuePeak).toBeLessThanOrEqual(1);
    expect(dataSetIn(snapshot.finish())).toEqual(wanted);
  });
});

function holding(value: Value): TestEngine {
  const test = createTestEngine({ families: FAMILIES });
  test.engine.gate.put(test.engine.store.databases[0], bytes('large'), -1, value, EVENT);
  return test;
}

function alterInPlace({ store, gate }: Engine, alter: (value: Value) => void): void {
  const [db] = store.databases;
  alter(gate.open(db, db.lookup(bytes('large'))));
  gate.changed(db, bytes('large'), EVENT);
}

describe('the side queue', () => {
  it('holds what changed before it was written, once, and its peak is remembered', () => {
    const test = filled();
    const snapshot = new PausedSnapshot(test.engine);
    snapshot.blocked = true;
    for (let i = 0; i < 3; i++) test.client.call('SET', 'text', i);
    test.client.call('DEL', 'number');
    test.client.call('SET', 'created', 1);
    expect(snapshot.job.sideQueueLength).toBe(2);
    snapshot.slice();
    expect(snapshot.job.processedKeys).toBe(0);
    snapshot.blocked = false;
    snapshot.job.resume();
    snapshot.finish();
    expect(snapshot.job.sideQueueLength).toBe(0);
    expect(snapshot.job.sideQueuePeak).toBe(2);
    expect(snapshot.job.processedKeys).toBe(snapshot.job.totalKeys);
  });

  it('is not filled once the snapshot is over', () => {
    const test = filled();
    const snapshot = new PausedSnapshot(test.engine);
    snapshot.slice();
    snapshot.job.cancel();
    test.client.call('SET', 'text', 'new');
    expect(snapshot.job.sideQueueLength).toBe(0);
    expect(test.engine.gate.armed).toBe(0);
  });
});
