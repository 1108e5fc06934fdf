/**
 * Snapshots under random changes: whatever happens between two slices, the RDB holds the data set of the start, and the data set
 * ends up as it would have without a snapshot.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../src/core/commands/families.js';
import { createTestEngine, type TestEngine } from '../support/engine.js';
import { dataSetIn, dataSetOf, PausedSnapshot, type DataSet } from '../support/paused-snapshot.js';
import { change, CHANGES, DATABASES, populate, type Change } from '../support/snapshot-changes.js';

const KEYS = 120;

const changeOf = fc.record<Change>({
  kind: fc.constantFrom(...CHANGES),
  db: fc.nat(DATABASES - 1),
  key: fc.nat(KEYS + 20),
  other: fc.nat(KEYS + 20),
  amount: fc.nat(99),
});

/** What happens between the slices: some changes each time. */
const schedule = fc.array(fc.array(changeOf, { maxLength: 12 }), { minLength: 1, maxLength: 40 });

function engineWith(before: readonly Change[]): TestEngine {
  const test = createTestEngine({ families: FAMILIES });
  populate(test, KEYS);
  for (const one of before) change(test, one);
  return test;
}

function runUnderSnapshot(test: TestEngine, rounds: readonly (readonly Change[])[]): Buffer {
  const snapshot = new PausedSnapshot(test.engine);
  for (const changes of rounds) {
    for (const one of changes) change(test, one);
    snapshot.slice();
  }
  return snapshot.finish();
}

function expectSame(found: DataSet, wanted: DataSet): void {
  const differing = [...new Set([...found.keys(), ...wanted.keys()])].filter(
    (key) => JSON.stringify(found.get(key)) !== JSON.stringify(wanted.get(key)),
  );
  expect(differing).toEqual([]);
}

describe('a snapshot under random changes', () => {
  it('holds the data set of its start', () => {
    fc.assert(
      fc.property(fc.array(changeOf, { maxLength: 30 }), schedule, (before, rounds) => {
        const test = engineWith(before);
        const wanted = dataSetOf(test.engine);
        expectSame(dataSetIn(runUnderSnapshot(test, rounds)), wanted);
      }),
      { numRuns: 50 },
    );
  });

  it('changes nothing about what the changes come to', () => {
    fc.assert(
      fc.property(schedule, (rounds) => {
        const test = engineWith([]);
        runUnderSnapshot(test, rounds);
        const undisturbed = engineWith([]);
        for (const one of rounds.flat()) change(undisturbed, one);
        expectSame(dataSetOf(test.engine), dataSetOf(undisturbed.engine));
      }),
      { numRuns: 20 },
    );
  });

  it('may be followed by others, also when it was ended early', () => {
    fc.assert(
      fc.property(fc.array(schedule, { minLength: 2, maxLength: 3 }), fc.nat(5), (runs, endedAfter) => {
        const test = engineWith([]);
        const ended = new PausedSnapshot(test.engine);
        for (let i = 0; i < endedAfter; i++) ended.slice();
        ended.job.cancel();
        for (const rounds of runs) {
          const wanted = dataSetOf(test.engine);
          expectSame(dataSetIn(runUnderSnapshot(test, rounds)), wanted);
        }
      }),
      { numRuns: 12 },
    );
  });
});
