/**
 * SlotTable against a Map: random insertions and removals through growth, shrinking and compaction; and the promise of
 * `scan`: what is there during the whole walk is visited, whatever else comes and goes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { CHUNK_MASK, CHUNK_SHIFT, CHUNK_SLOTS, SlotTable } from '../../src/core/store/slot-table.js';

interface Chunk {
  readonly cells: unknown[];
  readonly values: number[];
}

class Subject {
  readonly table: SlotTable<Chunk>;
  readonly model = new Map<Bytes, number>();

  constructor(seed: number) {
    this.table = new SlotTable<Chunk>(
      {
        newChunk: () => ({ cells: [], values: [] }),
        clear: (chunk, at) => void (chunk.values[at] = -1),
        move: (from, fromAt, to, toAt) => void (to.values[toAt] = from.values[fromAt]),
      },
      seed,
      2,
    );
  }

  set(key: Bytes, value: number): void {
    let slot = this.table.find(key);
    if (slot < 0) slot = this.table.insert(key);
    this.table.chunks[slot >> CHUNK_SHIFT].values[slot & CHUNK_MASK] = value;
    this.model.set(key, value);
  }

  delete(key: Bytes): void {
    const slot = this.table.find(key);
    expect(slot >= 0).toBe(this.model.delete(key));
    if (slot >= 0) this.table.remove(slot);
  }

  get(key: Bytes): number | undefined {
    const slot = this.table.find(key);
    return slot < 0 ? undefined : this.table.chunks[slot >> CHUNK_SHIFT].values[slot & CHUNK_MASK];
  }

  /** Everything in the table, by its slots. */
  contents(): Map<Bytes, number> {
    const found = new Map<Bytes, number>();
    for (let slot = 0; slot < this.table.top; slot++) {
      const key = this.table.keyAt(slot);
      if (key !== undefined) found.set(key, this.table.chunks[slot >> CHUNK_SHIFT].values[slot & CHUNK_MASK]);
    }
    return found;
  }

  check(): void {
    expect(this.table.size).toBe(this.model.size);
    expect(this.contents()).toEqual(this.model);
    for (const [key, value] of this.model) expect(this.get(key)).toBe(value);
    expect(this.table.top).toBeLessThanOrEqual(this.table.chunks.length * CHUNK_SLOTS);
  }
}

const keyOf = (n: number): Bytes => `key:${n}` as Bytes;

describe('SlotTable', () => {
  it('agrees with a Map', () => {
    const step = fc.record({ key: fc.nat(60), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.integer(), fc.array(step, { maxLength: 400 }), (seed, steps) => {
        const subject = new Subject(seed);
        for (const [i, { key, remove }] of steps.entries()) {
          if (remove) subject.delete(keyOf(key));
          else subject.set(keyOf(key), i);
        }
        subject.check();
        expect(subject.get(keyOf(1000))).toBeUndefined();
      }),
    );
  });

  it('agrees with a Map through growth over several chunks, shrinking to little and growing again', () => {
    const subject = new Subject(7);
    const random = new SeededRandom(11);
    for (let i = 0; i < 20_000; i++) subject.set(keyOf(i), i);
    subject.check();
    expect(subject.table.chunks.length).toBeGreaterThan(3);
    for (const key of shuffled([...subject.model.keys()], random).slice(0, 19_900)) subject.delete(key);
    subject.check();
    expect(subject.table.top).toBeLessThanOrEqual(200);
    expect(subject.table.chunks.length).toBe(1);
    for (let i = 0; i < 5_000; i++) subject.set(keyOf(i), -i);
    subject.check();
    for (const key of [...subject.model.keys()]) subject.delete(key);
    subject.check();
    expect(subject.table.top).toBe(0);
    subject.set(keyOf(1), 1);
    subject.check();
  });

  it('spreads nothing over one insertion: the index grows a few buckets at a time', () => {
    const subject = new Subject(3);
    let while_ = 0;
    for (let i = 0; i < 3_000; i++) {
      subject.set(keyOf(i), i);
      if (subject.table.rehashing) while_++;
    }
    expect(while_).toBeGreaterThan(20);
    subject.check();
  });

  it('spreads nothing over one removal: a long run of holes at the top is given up piece by piece', () => {
    const subject = new Subject(9);
    const { table } = subject;
    for (let i = 0; i < 20_000; i++) subject.set(keyOf(i), i);
    // From the top down: when compaction begins, all of the upper half are holes.
    let most = 0;
    for (let i = 19_999; i >= 100; i--) {
      const before = table.top;
      subject.delete(keyOf(i));
      most = Math.max(most, before - table.top);
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(64);
    expect(table.top).toBeLessThanOrEqual(200);
    subject.check();
    // The list of holes still names slots that were given up: none of them may be given out twice.
    for (let i = 0; i < 10_000; i++) subject.set(keyOf(i * 2), -i);
    for (let i = 0; i < 10_000; i += 3) subject.delete(keyOf(i * 2));
    for (let i = 0; i < 15_000; i++) subject.set(keyOf(i), i + 1);
    subject.check();
  });

  it('samples live slots only, and all of them', () => {
    const subject = new Subject(5);
    for (let i = 0; i < 64; i++) subject.set(keyOf(i), i);
    for (let i = 0; i < 64; i += 2) subject.delete(keyOf(i));
    const random = new SeededRandom(1);
    const seen = new Set<Bytes>();
    for (let i = 0; i < 2_000; i++) seen.add(subject.table.keyAt(subject.table.sample(random))!);
    expect([...seen].sort()).toEqual([...subject.model.keys()].sort());
    expect(new Subject(1).table.sample(random)).toBe(-1);
  });
});

describe('scan', () => {
  it('visits everything that is there during the whole walk', () => {
    const turn = fc.record({
      count: fc.integer({ min: 1, max: 30 }),
      changes: fc.array(fc.record({ key: fc.nat(300), remove: fc.boolean() }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 200 }),
        fc.array(turn, { minLength: 1, maxLength: 30 }),
        (seed, size, turns) => {
          const subject = new Subject(seed);
          for (let i = 0; i < size; i++) subject.set(keyOf(i), i);
          const throughout = new Set(subject.model.keys());
          const visited = new Set<Bytes>();
          let cursor = 0;
          let at = 0;
          do {
            const { count, changes } = turns[Math.min(at++, turns.length - 1)];
            cursor = subject.table.scan(cursor, count, count * 10, (slot) =>
              visited.add(subject.table.keyAt(slot)!),
            );
            if (cursor === 0) break;
            for (const { key, remove } of at < turns.length ? changes : []) {
              if (!remove) subject.set(keyOf(key), at);
              else {
                subject.delete(keyOf(key));
                throughout.delete(keyOf(key));
              }
            }
          } while (at < 10_000);
          expect(cursor).toBe(0);
          expect([...throughout].filter((key) => !visited.has(key))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('visits each entry once when nothing changes, and stops at its limits', () => {
    const subject = new Subject(1);
    for (let i = 0; i < 100; i++) subject.set(keyOf(i), i);
    const visited: Bytes[] = [];
    let calls = 0;
    for (let cursor = -1; cursor !== 0; calls++) {
      const before = visited.length;
      cursor = subject.table.scan(Math.max(cursor, 0), 7, 70, (slot) =>
        visited.push(subject.table.keyAt(slot)!),
      );
      expect(visited.length - before).toBeLessThanOrEqual(7);
    }
    expect(calls).toBe(15);
    expect(new Set(visited)).toEqual(new Set(subject.model.keys()));
    expect(visited).toHaveLength(100);
    expect(subject.table.scan(0, 50, 3, () => undefined)).toBe(97);
  });
});

function shuffled<T>(list: T[], random: SeededRandom): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
