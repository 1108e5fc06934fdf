/** A snapshot says how long its slices kept everybody else waiting. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/base/clock.js';
import { SnapshotJob } from '../../../../src/core/persistence/rdb/snapshot-job.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { type Value } from '../../../../src/core/store/types/value.js';
import { HashValue } from '../../../../src/core/store/types/hash-value.js';
import { keyEvent } from '../../../../src/core/store/events.js';
import { bytes } from '../../../support/paused-snapshot.js';
import { createTestEngine } from '../../../support/engine.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';

const EVENT = keyEvent('generic', 'changed');

/** Every look at it costs a millisecond, so that a slice is over after its first look. */
class SlowClock extends ManualClock {
  private looks = 0;

  override monotonicUs(): number {
    return super.monotonicUs() + this.looks++ * 1000;
  }
}

/** A snapshot of 200 values, with a clock that ends a slice at its first look. */
function snapshotOf(value: (i: number) => Value): SnapshotJob {
  const { engine } = createTestEngine({ families: [STRING_COMMANDS] });
  const [db] = engine.store.databases;
  for (let i = 0; i < 200; i++) engine.gate.put(db, bytes(`key:${i}`), -1, value(i), EVENT);
  const clock = new SlowClock();
  let done = false;
  const job = new SnapshotJob(
    { store: engine.store, gate: engine.gate, clock },
    {
      version: 11,
      aux: { redisVersion: '7.2.6', ctime: 1, usedMemory: 1, aofBase: false },
      checksum: true,
      compression: true,
      limits: DEFAULT_LIMITS,
      include: { keys: true, functions: true },
    },
    { write: () => undefined, ready: () => true, done: () => void (done = true) },
  );
  job.start();
  clock.runTurn();
  expect(done).toBe(true);
  return job;
}

it.each<[string, (i: number) => Value, number]>([
  // 200 keys at 32 looked at between two looks at the clock.
  ['short strings', () => bytes('value'), 7],
  ['long strings', (i) => bytes('value'.repeat(100 + i)), 7],
  ['small collections', () => HashValue.of([bytes('field')], [bytes('value')])!, 200],
  ['values of many KB', () => bytes('value'.repeat(20_000)), 200],
])('of %s is made in many slices, which it counts by their length', (_, value, least) => {
  const job = snapshotOf(value);
  const slices = job.slices.counts.reduce((sum, n) => sum + n, 0);
  expect(slices).toBeGreaterThanOrEqual(least);
  expect(job.slices.counts[0]).toBe(0);
  expect(job.slices.longestUs).toBeGreaterThanOrEqual(1000);
});
