/** The account of the data set: whatever was written, the sum is what a walk over all entries finds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { Store, type Database } from '../../src/core/store/database.js';
import { keyEvent } from '../../src/core/store/events.js';
import { LongString } from '../../src/core/store/long-strings.js';
import { SnapshotWalk } from '../../src/core/store/snapshot.js';
import { HashValue } from '../../src/core/store/types/hash-value.js';
import { ListValue } from '../../src/core/store/types/list-value.js';
import { RawString } from '../../src/core/store/types/raw-string.js';
import { SetValue } from '../../src/core/store/types/set-value.js';
import { type Value } from '../../src/core/store/types/value.js';
import { ZSetValue } from '../../src/core/store/types/zset-value.js';
import { WriteGate } from '../../src/core/store/write-gate.js';

const EVENT = keyEvent('generic', 'test');

/** What one step does, by four small numbers. */
type Step = readonly [op: number, db: number, key: number, n: number];

const step = fc.tuple(fc.nat(11), fc.nat(1), fc.nat(11), fc.nat(300));

function text(n: number): Bytes {
  return ascii(String(n).padEnd(n, 'x'));
}

const MAKE: readonly ((n: number) => Value)[] = [
  (n) => n,
  (n) => n / 3,
  (n) => text(n),
  (n) => RawString.of(text(n)),
  () => new ListValue(),
  () => new SetValue(),
  () => new HashValue(),
  () => new ZSetValue(),
];

/** Changes a value in place by adding or removing something. */
function change(value: Value, n: number): void {
  if (typeof value !== 'object' || value instanceof LongString) return;
  const member = text(n % 40);
  switch (value.kind) {
    case 'string':
      value.append(member);
      break;
    case 'list':
      if (n % 3 === 0) value.popFront();
      else if (n % 3 === 1 && value.length > 0) value.setAt(0, member);
      else for (let i = 0; i < n; i++) value.pushBack(text(i % 20));
      break;
    case 'set':
      if (n % 2 === 0) value.delete(member);
      else for (let i = 0; i < n; i++) value.add(text(i));
      break;
    case 'hash':
      if (n % 2 === 0) value.delete(member);
      else value.set(member, text(n));
      break;
    case 'zset':
      if (n % 3 === 0) value.removeRange(0, n % 4);
      else if (n % 3 === 1) value.delete(member);
      else value.set(member, n);
      break;
    case 'stream':
      throw new Error('its strings are not added up');
  }
}

function newStore(): { store: Store; gate: WriteGate } {
  const store = new Store(2, new SeededRandom(7));
  const gate = new WriteGate(store);
  gate.ports = {
    touched: () => undefined,
    flushing: () => undefined,
    flushed: () => undefined,
    swapped: () => undefined,
    notify: () => undefined,
    ready: () => undefined,
    preimage: () => undefined,
    removedByTime: () => undefined,
    fieldsRemovedByTime: () => undefined,
  };
  return { store, gate };
}

/** What a walk finds. */
function walked(store: Store): { bytes: number; outside: number } {
  let bytes = 0;
  let outside = 0;
  for (const { keyspace } of store.databases) {
    for (let slot = 0; slot < keyspace.table.top; slot++) {
      if (keyspace.keyAt(slot) === undefined) continue;
      bytes += keyspace.bytesAt(slot);
      const value = keyspace.valueAt(slot);
      if (value instanceof LongString) outside += value.slotBytes;
      if (value instanceof RawString) outside += value.capacity;
    }
  }
  return { bytes, outside };
}

function apply(store: Store, gate: WriteGate, [op, dbId, keyNumber, n]: Step): void {
  const db: Database = store.databases[dbId];
  const key = text(keyNumber + 1);
  const slot = db.lookup(key);
  if (op < 4) gate.put(db, key, slot, MAKE[n % MAKE.length](n), EVENT, n % 2 === 0 ? undefined : 1e12);
  else if (op < 7 && slot >= 0) {
    change(gate.open(db, slot), n);
    gate.changed(db, key, EVENT);
  } else if (op === 7 && slot >= 0) gate.remove(db, key, slot, EVENT);
  else if (op === 8 && slot >= 0) gate.setExpiry(db, key, slot, n % 2 === 0 ? 0 : 1e12, EVENT);
  else if (op === 9 && slot >= 0) {
    gate.relocate({ db, key }, { db: store.databases[1 - dbId], key: text((n % 12) + 1) }, EVENT, EVENT);
  } else if (op === 10) gate.overwrite(db, key, slot, text(n), EVENT, 0);
  else if (op === 11 && n % 10 === 0) gate.flush(db);
  else if (op === 11 && n % 10 === 1) gate.swap(store.databases[0], store.databases[1]);
}

describe('the account is what a walk finds', () => {
  it('after any writes, looked at or not in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 120 }), (steps) => {
        const { store, gate } = newStore();
        for (const [one, look] of steps) {
          apply(store, gate, one);
          if (look) expect(store.memory.total).toBe(walked(store).bytes);
        }
        expect(store.memory.total).toBe(walked(store).bytes);
        expect(store.memory.outsideBytes).toBe(walked(store).outside);
        for (const db of store.databases) gate.flush(db);
        expect([store.memory.total, store.memory.outsideBytes]).toEqual([0, 0]);
      }),
    );
  });

  it('beside a snapshot, which is not counted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 60 }), (before, during) => {
        const { store, gate } = newStore();
        for (const one of before) apply(store, gate, one);
        const walk = new SnapshotWalk(store, gate, { database: () => undefined, entry: () => undefined });
        for (const one of during) apply(store, gate, one);
        while (!walk.step(() => false)) expect(store.memory.total).toBe(walked(store).bytes);
        expect(store.memory.total).toBe(walked(store).bytes);
      }),
    );
  });

  it('when more values are open than are kept', () => {
    const { store, gate } = newStore();
    const [db] = store.databases;
    for (let i = 1; i <= 600; i++) gate.put(db, text(i), -1, new ListValue(), EVENT);
    for (let i = 1; i <= 600; i++) {
      const list = gate.open(db, db.lookup(text(i))) as ListValue;
      list.pushBack(text(i));
      gate.changed(db, text(i), EVENT);
    }
    expect(store.memory.total).toBe(walked(store).bytes);
  });
});
