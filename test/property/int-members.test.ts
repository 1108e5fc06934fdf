/** SetValue while it holds integers as such: against a Set, through every change of form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { NARROW_MAX } from '../../src/core/store/narrow-index.js';
import { SetValue } from '../../src/core/store/types/set-value.js';
import { stringCost } from '../../src/core/store/types/string-cost.js';

const text = (n: number | string): Bytes => String(n) as Bytes;

function expectSame(set: SetValue, model: ReadonlySet<string>): void {
  expect(set.size).toBe(model.size);
  expect(set.toArray().sort()).toEqual([...model].sort());
  const strings = [...model].reduce((sum, each) => sum + stringCost(each.length), 0);
  expect(set.stringBytes).toBe(set.holdsInts ? 0 : strings);
}

function ofInts(count: number): { set: SetValue; model: Set<string> } {
  const set = new SetValue();
  const model = new Set<string>();
  for (let n = 0; n < count; n++) {
    const member = text(Math.imul(n, 0x9e3779b1));
    expect(set.add(member)).toBe(true);
    model.add(member);
  }
  return { set, model };
}

describe('a set of integers', () => {
  it('does what a Set does', () => {
    const member = fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: -150, max: 150 }).map(text) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('x', '', '-', '-0', '007', '+1', '2147483648', '-2147483649').map(text),
      },
    );
    const step = fc.tuple(fc.constantFrom('add', 'add', 'add', 'delete', 'copy'), member);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.array(step, { maxLength: 500 }), (count, steps) => {
        let { set } = ofInts(0);
        const model = new Set<string>();
        for (let n = 0; n < count; n++) {
          set.add(text(n));
          model.add(text(n));
        }
        for (const [what, member] of steps) {
          if (what === 'copy') set = set.clone();
          else if (what === 'delete') expect(set.delete(member)).toBe(model.delete(member));
          else {
            expect(set.add(member)).toBe(!model.has(member));
            model.add(member);
          }
          expect(set.has(member)).toBe(model.has(member));
        }
        expectSame(set, model);
      }),
      { numRuns: 300 },
    );
  });

  it('holds integers while they all fit, and strings otherwise', () => {
    const { set, model } = ofInts(128);
    expect(set.holdsInts).toBe(false);
    for (const extreme of ['2147483647', '-2147483648']) {
      set.add(text(extreme));
      model.add(extreme);
    }
    expect(set.holdsInts).toBe(true);
    expectSame(set, model);
    set.add(text('2147483648'));
    model.add('2147483648');
    expect(set.holdsInts).toBe(false);
    expect(set.encoding).toBe('intset');
    expectSame(set, model);
  });

  it('takes as many as there is room for, and goes on as strings', () => {
    const { set, model } = ofInts(NARROW_MAX);
    expect(set.holdsInts).toBe(true);
    expectSame(set, model);
    expect(set.add(text(5))).toBe(true);
    model.add('5');
    expect(set.holdsInts).toBe(false);
    expectSame(set, model);
  });

  it('is strings again when few are left', () => {
    const { set, model } = ofInts(500);
    for (const member of [...model].slice(32)) {
      set.delete(text(member));
      model.delete(member);
    }
    expect(set.holdsInts).toBe(false);
    expectSame(set, model);
  });

  it('keeps slots, so a walk sees what is there all the time', () => {
    const { set, model } = ofInts(400);
    const seen = new Set<string>();
    let cursor = set.scan(0, 150, (member) => void seen.add(member));
    set.add(text('no integer'));
    expect(set.holdsInts).toBe(false);
    while (cursor !== 0) cursor = set.scan(cursor, 150, (member) => void seen.add(member));
    expect(seen.size).toBe(model.size);
  });

  it('freezes a view that later changes do not reach', () => {
    const { set, model } = ofInts(300);
    const view = set.freeze();
    for (const member of [...model].slice(0, 150)) set.delete(text(member));
    set.add(text('no integer'));
    expectSame(view, model);
  });
});
