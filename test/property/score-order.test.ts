/**
 * The order of sorted sets against arrays that are kept sorted: small histories by fast-check, and long
 * seeded ones that make the tree grow to three levels of nodes and shrink again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../src/core/base/bytes.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { ScoreOrder } from '../../src/core/store/types/score-order.js';

interface Pair {
  member: Bytes;
  score: number;
}

const compare = (a: Pair, b: Pair): number =>
  a.score - b.score || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

function pairs(order: ScoreOrder, start = 0, end = order.length): Pair[] {
  const out: Pair[] = [];
  order.walk(start, end, (member, score) => out.push({ member, score }) > 0);
  return out;
}

/** Everything that can be asked of `order`, against a sorted array. */
function expectSame(order: ScoreOrder, model: readonly Pair[], random: SeededRandom, samples: number): void {
  expect(order.length).toBe(model.length);
  expect(pairs(order)).toEqual(model);
  for (let i = 0; i < samples && model.length > 0; i++) {
    const rank = random.below(model.length);
    const { member, score } = model[rank];
    expect(order.rankOf(member, score)).toBe(rank);
    expect(order.memberAt(rank)).toBe(member);
    expect(order.scoreAt(rank)).toBe(score);
    expect(order.countBelow(score, false)).toBe(model.findIndex((pair) => pair.score >= score));
    const above = model.findIndex((pair) => pair.score > score);
    expect(order.countBelow(score, true)).toBe(above < 0 ? model.length : above);
    const end = rank + random.below(Math.min(200, model.length - rank) + 1);
    expect(pairs(order, rank, end)).toEqual(model.slice(rank, end));
    const back: Pair[] = [];
    order.walkBack(rank, end, (m, s) => back.push({ member: m, score: s }) > 0);
    expect(back).toEqual(model.slice(rank, end).reverse());
  }
}

describe('the order of a sorted set', () => {
  const member = fc.nat(300).map((n) => ascii(`m${n}`));
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), member, score }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), member }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('range' as const), at: fc.nat(400), count: fc.nat(60) }),
    },
  );

  it('is that of a sorted array, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500, size: 'max' }), fc.nat(), (steps, seed) => {
        const order = new ScoreOrder();
        const scores = new Map<Bytes, number>();
        for (const act of steps) {
          if (act.kind === 'range') {
            const start = Math.min(act.at, order.length);
            const end = Math.min(start + act.count, order.length);
            for (const { member: gone } of pairs(order, start, end)) scores.delete(gone);
            order.removeRange(start, end);
            continue;
          }
          const old = scores.get(act.member);
          if (act.kind === 'delete') {
            if (old !== undefined) order.remove(act.member, old);
            scores.delete(act.member);
          } else {
            if (old === undefined) order.insert(act.member, act.score);
            else order.move(act.member, old, act.score);
            scores.set(act.member, act.score);
          }
        }
        const model = [...scores].map(([m, s]) => ({ member: m, score: s })).sort(compare);
        const random = new SeededRandom(seed);
        expectSame(order, model, random, 5);
        // What a copy shares stays as it is, whichever of the two is changed.
        const copy = order.copy();
        const second = order.copy();
        copy.removeRange(order.length >> 2, order.length >> 1);
        for (const { member: m, score: s } of model.slice(0, 3)) second.move(m, s, s + 1);
        second.insert(ascii('new'), 0);
        expectSame(order, model, random, 5);
        const cut = model.filter((_, i) => i < model.length >> 2 || i >= model.length >> 1);
        expectSame(copy, cut, random, 5);
      }),
      { numRuns: 100 },
    );
  });

  const LARGE = 150_000;
  const sequences: [string, (i: number, random: SeededRandom) => number][] = [
    ['upwards', (i) => i],
    ['downwards', (i) => -i],
    ['at random', (_, random) => random.u32()],
    ['towards the middle', (i) => (i % 2 === 0 ? i : -i) * (1 - i / LARGE)],
    ['before an end', (i) => (i < 100 ? i : 1e9 - i)],
    ['all the same score', () => 7],
  ];

  it.each(sequences)('holds when it grows large and shrinks: %s', (_name, scoreOf) => {
    const random = new SeededRandom(11);
    const order = new ScoreOrder();
    const model: Pair[] = [];
    for (let i = 0; i < LARGE; i++) {
      const pair = { member: ascii(`m${random.u32()}:${i}`), score: scoreOf(i, random) };
      order.insert(pair.member, pair.score);
      model.push(pair);
    }
    const wanted = model.slice().sort(compare);
    expectSame(order, wanted, random, 10);
    // All but every hundredth goes, in the order in which it came: the tree has to join what is left.
    model.forEach((pair, i) => {
      if (i % 100 !== 0) order.remove(pair.member, pair.score);
    });
    const kept = model.filter((_, i) => i % 100 === 0).sort(compare);
    expectSame(order, kept, random, 10);
    order.removeRange(10, order.length - 10);
    expectSame(order, [...kept.slice(0, 10), ...kept.slice(-10)], random, 5);
    order.removeRange(0, order.length);
    expectSame(order, [], random, 0);
    order.insert(ascii('again'), 1);
    expectSame(order, [{ member: ascii('again'), score: 1 }], random, 1);
  });

  it('stops a walk when it is told to', () => {
    const order = new ScoreOrder();
    for (let i = 0; i < 300; i++) order.insert(ascii(`m${i}`), i);
    const seen: number[] = [];
    order.walk(60, 300, (_, at) => seen.push(at) < 10);
    expect(seen).toEqual([60, 61, 62, 63, 64, 65, 66, 67, 68, 69]);
    seen.length = 0;
    order.walkBack(0, 70, (_, at) => seen.push(at) < 10);
    expect(seen).toEqual([69, 68, 67, 66, 65, 64, 63, 62, 61, 60]);
  });
});
