/** Active expiry of fields: what is due goes, in steps, within a time limit, whatever else is there. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { ManualClock } from '../../../src/core/base/clock.js';
import { SeededRandom } from '../../../src/core/base/random.js';
import { Store } from '../../../src/core/store/database.js';
import { FieldExpireCycle, FIELDS_PER_STEP } from '../../../src/core/store/field-expire-cycle.js';
import { HashValue } from '../../../src/core/store/types/hash-value.js';
import { WriteGate } from '../../../src/core/store/write-gate.js';

const b = (text: string) => text as Bytes;

/** A clock on which every look at the monotonic time takes a while. */
class CostlyClock extends ManualClock {
  costUs = 0;
  private extraUs = 0;

  override monotonicUs(): number {
    this.extraUs += this.costUs;
    return super.monotonicUs() + this.extraUs;
  }
}

let clock: CostlyClock;
let store: Store;
let gate: WriteGate;
let cycle: FieldExpireCycle;
let removed: { db: number; key: Bytes; count: number }[];

beforeEach(() => {
  clock = new CostlyClock();
  store = new Store(4, new SeededRandom(1));
  gate = new WriteGate(store);
  removed = [];
  const ignore = () => undefined;
  gate.ports = {
    touched: ignore,
    flushing: ignore,
    flushed: () => undefined,
    swapped: ignore,
    notify: ignore,
    ready: ignore,
    preimage: ignore,
    removedByTime: ignore,
    fieldsRemovedByTime: (db, key, fields) => removed.push({ db: db.id, key, count: fields.length }),
  };
  cycle = new FieldExpireCycle(store, gate, clock, { activeExpireEffort: 1, hz: 10 });
});

/** A hash of `due` fields that are over, and of `later` ones that are not. */
function add(db: number, key: string, due: number, later: number): void {
  const hash = new HashValue();
  for (let i = 0; i < due + later; i++) {
    hash.set(b(`f${i}`), b('v'));
    hash.setExpiry(b(`f${i}`), clock.nowMs() + (i < due ? -1 : 10_000));
  }
  gate.load(store.databases[db], b(key), hash, 0, undefined);
}

function sizeOf(db: number, key: string): number {
  const value = store.databases[db].peek(b(key));
  return value instanceof HashValue ? value.size : 0;
}

describe('a cycle', () => {
  it('deletes what is due, in steps, in every database, and hashes with nothing left', () => {
    add(0, 'some', 150, 5);
    add(1, 'all', 3, 0);
    add(2, 'none', 0, 4);
    cycle.slow();
    expect([sizeOf(0, 'some'), sizeOf(1, 'all'), sizeOf(2, 'none')]).toEqual([5, 0, 4]);
    expect(store.databases[1].size).toBe(0);
    expect(removed).toEqual([
      { db: 0, key: 'some', count: FIELDS_PER_STEP },
      { db: 0, key: 'some', count: FIELDS_PER_STEP },
      { db: 0, key: 'some', count: 150 - 2 * FIELDS_PER_STEP },
      { db: 1, key: 'all', count: 3 },
    ]);
    expect(store.databases.map(({ keyspace }) => keyspace.fieldExpiry.size)).toEqual([1, 0, 1, 0]);
    expect(gate.dirty).toBe(0);
  });

  it('looks at nothing that is not due', () => {
    for (let i = 0; i < 2000; i++) add(0, `k${i}`, i === 1234 ? 1 : 0, 2);
    clock.costUs = 1;
    const before = clock.monotonicUs();
    cycle.slow();
    // one step, and a look at the clock per database and step: not one per hash
    expect(clock.monotonicUs() - before).toBeLessThan(20);
    expect(removed).toEqual([{ db: 0, key: 'k1234', count: 1 }]);
  });

  it('ends when its time is up, and the next one goes on, the fast one too', () => {
    add(0, 'h', 10_000, 0);
    clock.costUs = 2000;
    cycle.slow();
    const first = removed.length;
    // 10 % of a tick of 100 ms
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThanOrEqual(6);
    expect(cycle.fast()).toBe(true);
    expect(removed.length).toBe(first + 1);
    clock.costUs = 0;
    cycle.slow();
    expect(store.databases[0].size).toBe(0);
    expect(cycle.fast()).toBe(false);
  });

  it.each(['hide', 'keep'] as const)('does nothing where expired keys are %s', (policy) => {
    add(0, 'h', 5, 0);
    store.expiryPolicy = policy;
    cycle.slow();
    expect(sizeOf(0, 'h')).toBe(5);
    expect(removed).toEqual([]);
  });
});
