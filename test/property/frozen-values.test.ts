/**
 * Frozen views and copies: what `freeze` or `clone` gave stays as it was, and the original goes on as if nothing had been taken
 * from it, through sizes at which collections change their form.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { HashValue } from '../../src/core/store/types/hash-value.js';
import { ListValue } from '../../src/core/store/types/list-value.js';
import { SetValue } from '../../src/core/store/types/set-value.js';
import { ZSetValue } from '../../src/core/store/types/zset-value.js';

interface Step {
  /** What happens to this many elements, from `at` on. */
  readonly kind: 'add' | 'remove' | 'change' | 'freeze' | 'clone';
  readonly at: number;
  readonly count: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('add', 'add', 'remove', 'change', 'freeze', 'clone'),
    at: fc.nat(700),
    count: fc.integer({ min: 1, max: 400 }),
  }),
  { maxLength: 30 },
);

const name = (i: number) => `element:${i}` as Bytes;

interface Subject<V> {
  make(): V;
  apply(value: V, step: Step, turn: number): void;
  /** All that is in it, by slot or position: what a snapshot reads. */
  contents(value: V): unknown;
  /** What a look-up of each element says. */
  lookUps(value: V): unknown;
}

const set: Subject<SetValue> = {
  make: () => new SetValue(),
  apply(value, { kind, at, count }) {
    for (let i = at; i < at + count; i++) {
      if (kind === 'add') value.add(name(i));
      else value.delete(name(i));
    }
  },
  contents: (value) => value.toArray().sort(),
  lookUps: (value) => value.toArray().filter((member) => !value.has(member)),
};

const hash: Subject<HashValue> = {
  make: () => new HashValue(),
  apply(value, { kind, at, count }, turn) {
    for (let i = at; i < at + count; i++) {
      if (kind === 'remove') value.delete(name(i));
      else value.set(name(i), `value ${turn}` as Bytes);
    }
  },
  contents: (value) =>
    Array.from({ length: value.size }, (_, slot) => [value.fieldAt(slot), value.valueAt(slot)].join()).sort(),
  lookUps: (value) =>
    Array.from(
      { length: value.size },
      (_, slot) => value.get(value.fieldAt(slot)) === value.valueAt(slot),
    ).filter((same) => !same),
};

const zset: Subject<ZSetValue> = {
  make: () => new ZSetValue(),
  apply(value, { kind, at, count }, turn) {
    for (let i = at; i < at + count; i++) {
      if (kind === 'remove') value.delete(name(i));
      else value.set(name(i), (i * 7 + turn) % 50);
    }
  },
  contents: (value) => value.range(0, value.size).map(({ member, score }) => `${member} ${score}`),
  lookUps: (value) => value.range(0, value.size).filter(({ member }, rank) => value.rank(member) !== rank),
};

const list: Subject<ListValue> = {
  make: () => new ListValue(),
  apply(value, { kind, at, count }, turn) {
    for (let i = 0; i < count; i++) {
      if (kind === 'add') {
        if (at % 3 === 0) value.pushFront(name(i));
        else if (at % 3 === 1) value.pushBack(name(i));
        else value.insertAt(Math.min(at, value.length), name(i));
      } else if (kind === 'change' && at < value.length) value.setAt(at, name(turn));
      else if (at % 3 === 0) value.popFront();
      else if (at % 3 === 1) value.popBack();
      else if (at < value.length) value.removeRange(at, 1);
    }
    if (at % 50 === 0) value.removeMatching(name(3), at - 300);
  },
  contents: (value) => [...value.values()],
  lookUps: (value) => [...value.values()].filter((item, i) => value.at(i) !== item),
};

function check<V extends { freeze(): V; clone(): V }>(subject: Subject<V>, plan: readonly Step[]): void {
  const value = subject.make();
  const plain = subject.make();
  const taken: { view: V; wanted: unknown }[] = [];
  plan.forEach((step, turn) => {
    if (step.kind === 'freeze') taken.push({ view: value.freeze(), wanted: subject.contents(value) });
    else if (step.kind === 'clone') {
      const copy = value.clone();
      subject.apply(copy, { kind: 'add', at: 1, count: 3 }, turn);
      subject.apply(plain, { kind: 'add', at: 5000, count: 1 }, turn);
      subject.apply(value, { kind: 'add', at: 5000, count: 1 }, turn);
      taken.push({ view: copy, wanted: subject.contents(copy) });
    } else {
      subject.apply(value, step, turn);
      subject.apply(plain, step, turn);
    }
  });
  expect(subject.contents(value)).toEqual(subject.contents(plain));
  expect(subject.lookUps(value)).toEqual([]);
  for (const { view, wanted } of taken) expect(subject.contents(view)).toEqual(wanted);
}

describe('a frozen view or a copy keeps what it was taken of', () => {
  const runs = { numRuns: 60 };

  it('sets', () =>
    fc.assert(
      fc.property(steps, (plan) => check(set, plan)),
      runs,
    ));
  it('hashes', () =>
    fc.assert(
      fc.property(steps, (plan) => check(hash, plan)),
      runs,
    ));
  it('sorted sets', () =>
    fc.assert(
      fc.property(steps, (plan) => check(zset, plan)),
      runs,
    ));
  it('lists', () =>
    fc.assert(
      fc.property(steps, (plan) => check(list, plan)),
      runs,
    ));
});
