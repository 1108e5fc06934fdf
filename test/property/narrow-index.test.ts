/** NarrowIndex against a list of what is in it, where many hashes share a bucket; and a DenseMap that outgrows its index. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { NARROW_MAX, NarrowIndex } from '../../src/core/store/narrow-index.js';
import { DenseMap } from '../../src/core/store/types/dense-map.js';

/** The slots that are found under `hash`, in order. */
function found(index: NarrowIndex, hash: number): number[] {
  const slots: number[] = [];
  for (let slot = index.first(hash); slot >= 0; slot = index.next(hash)) slots.push(slot);
  return slots.sort((a, b) => a - b);
}

/** Few hashes that differ in the bits that are kept, around the end of the buckets. */
const hashes = fc.integer({ min: -6, max: 6 }).map((n) => (n << 12) | 0x123);

describe('NarrowIndex', () => {
  it('finds what was added and nothing that was removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), hashes), { maxLength: 400 }), (steps) => {
        let index = new NarrowIndex();
        /** The hash of each slot; the last one moves into a hole, as in a DenseMap. */
        const model: number[] = [];
        for (const [choice, hash] of steps) {
          if (choice < 6) {
            index.add(hash, model.length);
            model.push(hash);
          } else if (model.length > 0) {
            const slot = (hash >>> 12) % model.length;
            index.remove(model[slot], slot);
            const last = model.pop()!;
            if (slot < model.length) {
              index.move(last, model.length, slot);
              model[slot] = last;
            }
          }
          if (choice === 9) index = index.clone();
          const expected = model.flatMap((each, slot) => (each === hash ? [slot] : []));
          expect(found(index, hash)).toEqual(expected);
        }
        for (const hash of new Set(model)) {
          expect(found(index, hash)).toEqual(model.flatMap((each, slot) => (each === hash ? [slot] : [])));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('holds as many slots as it says', () => {
    const index = new NarrowIndex();
    index.reserve(NARROW_MAX);
    for (let slot = 0; slot < NARROW_MAX; slot++) index.add(Math.imul(slot + 1, 0x9e3779b1), slot);
    for (let slot = 0; slot < NARROW_MAX; slot++) {
      expect(found(index, Math.imul(slot + 1, 0x9e3779b1))).toContain(slot);
    }
  });
});

describe('DenseMap', () => {
  const key = (n: number): Bytes => `key:${n}` as Bytes;

  it.each([NARROW_MAX - 1, NARROW_MAX, NARROW_MAX + 1, 3 * NARROW_MAX])(
    'keeps %i keys through growth and removal',
    (size) => {
      const map = new DenseMap<number>([], []);
      for (let n = 0; n < size; n++) {
        expect(map.find(key(n))).toBe(-1);
        map.add(key(n), n);
      }
      const copy = map.clone();
      for (let n = 0; n < size; n += 2) map.removeAt(map.find(key(n)));
      for (let n = 0; n < size; n++) {
        const slot = map.find(key(n));
        expect(slot >= 0).toBe(n % 2 === 1);
        if (slot >= 0) expect(map.valueAt(slot)).toBe(n);
        expect(copy.valueAt(copy.find(key(n)))).toBe(n);
      }
      for (let n = 1; n < size; n += 2) map.removeAt(map.find(key(n)));
      expect(map.size).toBe(0);
    },
  );

  it('is made of more keys than the small index holds', () => {
    const keys = Array.from({ length: NARROW_MAX + 5 }, (_, n) => key(n));
    const map = new DenseMap<null>(keys.slice());
    expect(map.isSound).toBe(true);
    expect(map.find(keys[NARROW_MAX + 4])).toBe(NARROW_MAX + 4);
  });
});
