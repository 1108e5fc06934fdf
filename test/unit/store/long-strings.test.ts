import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { Keyspace } from '../../../src/core/store/keyspace.js';
import {
  DeferredFrees,
  LONG_STRING_BYTES,
  LONGEST_LONG_STRING_BYTES,
  LongString,
  StringHeap,
} from '../../../src/core/store/long-strings.js';
import { stringBytes, type StringValue } from '../../../src/core/store/types/value.js';

const text = (length: number, char = 'x') => char.repeat(length) as Bytes;

describe('a heap of long strings', () => {
  it('gives back every length that it takes', () => {
    const heap = new StringHeap(new DeferredFrees());
    const lengths = [
      64, 65, 71, 72, 73, 127, 128, 129, 1000, 1024, 1025, 4096, 65_535, 65_536, 131_071, 131_072,
    ];
    const strings = lengths.map((length, i) => heap.store(text(length, String.fromCharCode(65 + i))));
    strings.forEach((string, i) => {
      expect(string.toBytes()).toBe(text(lengths[i], String.fromCharCode(65 + i)));
    });
  });

  it('wastes no more than an eighth', () => {
    const heap = new StringHeap(new DeferredFrees());
    for (let length = LONG_STRING_BYTES; length <= 20_000; length += 7) {
      const { slotBytes } = heap.store(text(length));
      expect(slotBytes).toBeGreaterThanOrEqual(length);
      expect(slotBytes).toBeLessThanOrEqual(length * 1.125 + 1);
    }
  });

  it('counts what is in use, and uses again what was given back', () => {
    const deferred = new DeferredFrees();
    const heap = new StringHeap(deferred);
    const strings = Array.from({ length: 5000 }, (_, i) => heap.store(text(1000 + (i % 3))));
    const { slabBytes } = heap;
    expect(heap.usedBytes).toBe(5000 * 1024);
    for (const string of strings) string.drop();
    deferred.settle();
    expect(heap.usedBytes).toBe(0);
    expect(heap.slabBytes).toBeLessThanOrEqual(1024 * 1024);
    for (let i = 0; i < 5000; i++) heap.store(text(1000));
    expect(heap.slabBytes).toBeLessThanOrEqual(slabBytes + 16 * 1024);
  });

  it('takes nothing back before the end of the turn', () => {
    const deferred = new DeferredFrees();
    let armed = 0;
    deferred.onFirst = () => armed++;
    const heap = new StringHeap(deferred);
    const old = heap.store(text(200, 'a'));
    heap.store(text(200, 'b')).drop();
    old.drop();
    expect(armed).toBe(1);
    for (let i = 0; i < 100; i++) heap.store(text(200, 'c'));
    expect(old.toBytes()).toBe(text(200, 'a'));
    deferred.settle();
    for (let i = 0; i < 2; i++) heap.store(text(200, 'd'));
    expect(old.toBytes()).toBe(text(200, 'd'));
  });

  it('keeps a string that a second holder has', () => {
    const deferred = new DeferredFrees();
    const heap = new StringHeap(deferred);
    const string = heap.store(text(300, 'a'));
    string.hold();
    string.drop();
    deferred.settle();
    for (let i = 0; i < 50; i++) heap.store(text(300, 'b'));
    expect(string.toBytes()).toBe(text(300, 'a'));
    string.drop();
    deferred.settle();
    expect(heap.usedBytes).toBe(50 * 320);
  });

  it('rewrites a string in its place, when it fits and nobody else holds it', () => {
    const heap = new StringHeap(new DeferredFrees());
    const string = heap.store(text(1000));
    expect(string.rewrite(text(1024, 'y'))).toBe(true);
    expect(string.toBytes()).toBe(text(1024, 'y'));
    expect(string.rewrite(text(1025))).toBe(false);
    expect(string.rewrite(text(960))).toBe(false);
    string.hold();
    expect(string.rewrite(text(1000))).toBe(false);
    expect(string.toBytes()).toBe(text(1024, 'y'));
  });
});

describe('a keyspace', () => {
  const heldBytes = (keyspace: Keyspace) => {
    let sum = 0;
    for (let slot = 0; slot < keyspace.table.top; slot++) {
      const value = keyspace.table.keyAt(slot) === undefined ? undefined : keyspace.valueAt(slot);
      if (value instanceof LongString) sum += value.slotBytes;
    }
    return sum;
  };

  it('keeps strings between the two limits outside of the heap of V8, and no others', () => {
    const keyspace = new Keyspace(1);
    const kinds = [
      LONG_STRING_BYTES - 1,
      LONG_STRING_BYTES,
      LONGEST_LONG_STRING_BYTES,
      LONGEST_LONG_STRING_BYTES + 1,
    ];
    const stored = kinds.map((length) => {
      const slot = keyspace.table.insert(String(length) as Bytes);
      keyspace.setValueAt(slot, text(length));
      return keyspace.valueAt(slot) instanceof LongString;
    });
    expect(stored).toEqual([false, true, true, false]);
  });

  it('lets go of what is overwritten, removed or moved by compaction, and of nothing else', () => {
    const deferred = new DeferredFrees();
    const keyspace = new Keyspace(1, deferred);
    const keys = Array.from({ length: 9000 }, (_, i) => `key:${i}` as Bytes);
    for (const [i, key] of keys.entries()) {
      keyspace.setValueAt(
        keyspace.table.insert(key),
        text(100 + (i % 400), String.fromCharCode(33 + (i % 90))),
      );
    }
    for (const [i, key] of keys.entries()) {
      if (i % 4 === 0) keyspace.setValueAt(keyspace.table.find(key), text(100 + ((i * 7) % 900), 'o'));
    }
    for (const [i, key] of keys.entries()) if (i % 3 !== 1) keyspace.table.remove(keyspace.table.find(key));
    deferred.settle();
    expect(keyspace.usedStringBytes).toBe(heldBytes(keyspace));
    for (const [i, key] of keys.entries()) {
      if (i % 3 !== 1) continue;
      const expected =
        i % 4 === 0
          ? text(100 + ((i * 7) % 900), 'o')
          : text(100 + (i % 400), String.fromCharCode(33 + (i % 90)));
      expect(stringBytes(keyspace.valueAt(keyspace.table.find(key)) as StringValue)).toBe(expected);
    }
  });
});
