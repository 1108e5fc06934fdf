/** A snapshot says how long its slices kept everybody else waiting. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/base/clock.js';
import { SnapshotJob } from '../../../../src/core/persistence/rdb/snapshot-job.js';
import { DEFAULT_LIMITS } from '../../../../src/core/store/types/encoding.js';
import { createTestEngine } from '../../../support/engine.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';

/** Every look at it costs a millisecond, so that a slice is over after its first look. */
class SlowClock extends ManualClock {
  private looks = 0;

  override monotonicUs(): number {
    return super.monotonicUs() + this.looks++ * 1000;
  }
}

it('counts its slices by their length', () => {
  const { engine, client } = createTestEngine({ families: [STRING_COMMANDS] });
  for (let i = 0; i < 200; i++) client.call('SET', `key:${i}`, 'value');
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
  const slices = job.slices.counts.reduce((sum, n) => sum + n, 0);
  // 200 keys at 32 looked at between two looks at the clock: seven slices at least, each of two looks or more.
  expect(slices).toBeGreaterThanOrEqual(7);
  expect(job.slices.counts[0]).toBe(0);
  expect(job.slices.longestUs).toBeGreaterThanOrEqual(1000);
});
