/** Active expiry over a store and a clock that moves by a fixed amount each time it is read. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { SeededRandom } from '../../../src/core/base/random.js';
import { type Database, Store } from '../../../src/core/store/database.js';
import { ExpireCycle } from '../../../src/core/store/expire-cycle.js';
import { CHUNK_SLOTS } from '../../../src/core/store/slot-table.js';
import { WriteGate } from '../../../src/core/store/write-gate.js';

/** Reading the monotonic clock costs time, so that limits are reached. */
class CostlyClock extends ManualClock {
  costUs = 0;
  spentUs = 0;

  override monotonicUs(): number {
    this.spentUs += this.costUs;
    return super.monotonicUs() + this.spentUs;
  }
}

let store: Store;
let gate: WriteGate;
let clock: CostlyClock;
let removed: string[];
let settings: { activeExpireEffort: number; hz: number };
let cycle: ExpireCycle;

beforeEach(() => {
  store = new Store(16, new SeededRandom(1));
  gate = new WriteGate(store);
  clock = new CostlyClock();
  removed = [];
  const ignore = () => undefined;
  gate.ports = {
    touched: ignore,
    flushing: ignore,
    flushed: ignore,
    swapped: ignore,
    notify: ignore,
    ready: ignore,
    preimage: ignore,
    removedByTime: (db, key, cause) => removed.push(`${db.id}:${key} ${cause}`),
    fieldsRemovedByTime: ignore,
  };
  settings = { activeExpireEffort: 1, hz: 10 };
  cycle = new ExpireCycle(store, gate, clock, settings);
});

/** `count` keys in a database; those for which `due` holds are over their time. */
function fill(db: Database, count: number, due: (i: number) => boolean): void {
  for (let i = 0; i < count; i++) {
    gate.load(db, `k${i}` as Bytes, 'v' as Bytes, clock.nowMs() + (due(i) ? -1 : 100_000), 0);
  }
}

describe('a cycle', () => {
  it('deletes what is due, in every database, and propagates each deletion', () => {
    fill(store.databases[0], 3, (i) => i !== 1);
    fill(store.databases[15], 1, () => true);
    gate.load(store.databases[0], 'for ever' as Bytes, 'v' as Bytes, 0, 0);
    cycle.slow();
    expect(removed.sort()).toEqual(['0:k0 expired', '0:k2 expired', '15:k0 expired']);
    expect(store.databases[0].size).toBe(2);
    expect(store.stats.expired).toBe(3);
  });

  it('deletes after the expiry, not at it', () => {
    gate.load(store.databases[0], 'a' as Bytes, 'v' as Bytes, clock.nowMs(), 0);
    cycle.slow();
    expect(removed).toEqual([]);
    clock.advance(1);
    cycle.slow();
    expect(removed).toEqual(['0:a expired']);
  });

  it('deletes nothing where keys are only hidden or kept', () => {
    fill(store.databases[0], 5, () => true);
    for (const policy of ['hide', 'keep'] as const) {
      store.expiryPolicy = policy;
      cycle.slow();
    }
    expect(removed).toEqual([]);
    expect(store.databases[0].size).toBe(5);
  });

  it('goes through many chunks at once while most of them is stale, though compaction moves entries', () => {
    const db = store.databases[0];
    fill(db, CHUNK_SLOTS * 5 + 100, (i) => i % 10 !== 0);
    cycle.slow();
    expect(db.size).toBe(Math.ceil((CHUNK_SLOTS * 5 + 100) / 10));
    expect(new Set(removed).size).toBe(removed.length);
    for (let i = 0; i < CHUNK_SLOTS * 5 + 100; i += 10)
      expect(db.lookup(`k${i}` as Bytes)).toBeGreaterThanOrEqual(0);
  });

  it('leaves a database after one chunk with little that is stale, and goes on there in the next cycle', () => {
    const db = store.databases[0];
    fill(db, CHUNK_SLOTS * 4, (i) => i % 20 === 0);
    const perCycle: number[] = [];
    for (let i = 0; i < 4; i++) {
      cycle.slow();
      perCycle.push(removed.splice(0).length);
    }
    expect(perCycle.every((count) => count >= 204 && count <= 205)).toBe(true);
    cycle.slow();
    expect(removed).toEqual([]);
  });

  it('averages the life that is left', () => {
    fill(store.databases[0], 10, () => false);
    cycle.slow();
    expect(store.databases[0].keyspace.averageTtlMs).toBe(100_000);
    clock.advance(200_000);
    cycle.slow();
    cycle.slow();
    expect(store.databases[0].keyspace.averageTtlMs).toBe(0);
  });

  it('keeps a running average of what was stale', () => {
    fill(store.databases[0], 10, (i) => i < 5);
    cycle.slow();
    expect(store.stats.expiredStalePercent).toBeCloseTo(2.5);
    cycle.slow();
    expect(store.stats.expiredStalePercent).toBeCloseTo(2.375);
  });
});

describe('the time limit', () => {
  it('ends a slow cycle after a quarter of a tick, and the next one goes on', () => {
    const db = store.databases[0];
    fill(db, CHUNK_SLOTS * 2, () => true);
    // One look at the clock per 32 deletions: 25 ms are over after 25 of them.
    clock.costUs = 1000;
    cycle.slow();
    expect(store.stats.expiredTimeCapReached).toBe(1);
    expect(removed.length).toBeGreaterThan(32 * 20);
    expect(removed.length).toBeLessThanOrEqual(32 * 26);
    for (let i = 0; i < 20; i++) cycle.slow();
    expect(db.size).toBe(0);
    expect(store.stats.expireCycleUs).toBeGreaterThan(200_000);
  });

  it('grows with the effort', () => {
    fill(store.databases[0], CHUNK_SLOTS * 2, () => true);
    clock.costUs = 1000;
    settings.activeExpireEffort = 10;
    cycle.slow();
    expect(removed.length).toBeGreaterThan(32 * 38);
    expect(removed.length).toBeLessThanOrEqual(32 * 44);
  });

  it('begins the next cycle with another database', () => {
    fill(store.databases[0], CHUNK_SLOTS, () => true);
    fill(store.databases[1], 1, () => true);
    clock.costUs = 2000;
    cycle.slow();
    expect(removed).not.toContain('1:k0 expired');
    cycle.slow();
    expect(removed).toContain('1:k0 expired');
  });
});

describe('the fast cycle', () => {
  it('runs only after a cycle that ran out of time, not too often, and for a short time', () => {
    fill(store.databases[0], CHUNK_SLOTS * 2, () => true);
    expect(cycle.fast()).toBe(false);
    clock.costUs = 1000;
    cycle.slow();
    clock.costUs = 100;
    const before = removed.length;
    expect(cycle.fast()).toBe(true);
    expect(removed.length - before).toBeGreaterThan(32 * 5);
    expect(removed.length - before).toBeLessThanOrEqual(32 * 11);
    clock.costUs = 0;
    expect(cycle.fast()).toBe(false);
    clock.advance(3);
    expect(cycle.fast()).toBe(true);
    expect(store.databases[0].size).toBe(0);
    clock.advance(3);
    expect(cycle.fast()).toBe(false);
  });
});

describe('a replica that can be written to', () => {
  const event = { name: 'set' as Bytes, class: 0 };

  /** A key that a client of the replica sets; `inMs` from now. */
  function set(db: Database, key: string, inMs: number): void {
    gate.put(db, key as Bytes, db.lookupWrite(key as Bytes), 'v' as Bytes, event, clock.nowMs() + inMs);
  }

  beforeEach(() => {
    store.nowMs = clock.nowMs();
    store.expiryPolicy = 'hide';
  });

  it('deletes what its own clients gave an expiry, and leaves alone what came from the master', () => {
    const db = store.databases[2];
    fill(db, 3, () => true);
    set(db, 'own', 1);
    set(db, 'later', 60_000);
    clock.advance(2);
    cycle.slow();
    expect(removed).toEqual(['2:own expired']);
    expect(db.size).toBe(4);
    expect(db.keyspace.ownExpiries?.size).toBe(1);
  });

  it('forgets a key that lost its expiry, and one that is gone', () => {
    const db = store.databases[0];
    set(db, 'a', 10);
    set(db, 'b', 10);
    gate.setExpiry(db, 'a' as Bytes, db.lookupWrite('a' as Bytes), 0, event);
    gate.remove(db, 'b' as Bytes, db.lookupWrite('b' as Bytes), event);
    clock.advance(20);
    cycle.slow();
    expect(removed).toEqual([]);
    expect(db.keyspace.ownExpiries).toBeUndefined();
    expect(db.size).toBe(1);
  });

  it('has no business of its own left once it is a master, not even while that is paused', () => {
    const db = store.databases[0];
    set(db, 'a', 10);
    store.expiryPolicy = 'delete';
    cycle.slow();
    clock.advance(20);
    store.expiryPolicy = 'hide';
    cycle.slow();
    expect(removed).toEqual([]);
    expect(db.size).toBe(1);
  });

  it('looks at few keys that have time left', () => {
    const db = store.databases[0];
    for (let i = 0; i < 1000; i++) set(db, `k${i}`, 60_000);
    clock.costUs = 1;
    cycle.slow();
    expect(clock.spentUs).toBeLessThan(10);
    expect(db.keyspace.ownExpiries?.size).toBe(1000);
  });
});
