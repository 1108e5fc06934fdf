/** The wall clock of a process that may be stopped at any moment: between two looks at its clocks, too. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../src/core/base/clock-system.js';

afterEach(() => vi.restoreAllMocks());

/** A machine whose time passes between two looks at it as `gaps` say, in microseconds. */
class Machine {
  us = 1_700_000_000_123_456;
  steppedUs = 0;
  private readonly startUs = this.us - 5_000_000;

  constructor(private readonly gaps: () => number) {
    vi.spyOn(performance, 'now').mockImplementation(() => (this.pass() - this.startUs) / 1000);
    vi.spyOn(Date, 'now').mockImplementation(() => Math.floor((this.pass() + this.steppedUs) / 1000));
  }

  private pass(): number {
    return (this.us += this.gaps());
  }

  /** What the wall clock is ahead of the monotonic one. */
  get aheadUs(): number {
    return this.startUs + this.steppedUs;
  }
}

describe('the system clock', () => {
  it('is right to the millisecond, whenever the process was stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 50 }), (gaps) => {
        let i = 0;
        const machine = new Machine(() => gaps[i++ % gaps.length]);
        const clock = new SystemClock();
        for (let look = 0; look < 10; look++) {
          const ahead = clock.wallAheadUs();
          const longest = Math.max(...gaps);
          expect(Math.abs(ahead - machine.aheadUs)).toBeLessThanOrEqual(2 * longest + 1000);
        }
        vi.restoreAllMocks();
      }),
    );
  });

  it('does not take a stop between two looks for time', () => {
    let stops = 0;
    const machine = new Machine(() => (stops > 0 && stops-- === 1 ? 8000 : 1));
    const clock = new SystemClock();
    for (let look = 0; look < 5000; look++) clock.wallAheadUs();
    const settled = clock.wallAheadUs();
    expect(Math.abs(settled - machine.aheadUs)).toBeLessThan(10);
    for (const at of [1, 2, 3]) {
      stops = at;
      expect(clock.wallAheadUs()).toBe(settled);
    }
  });

  it('follows when the wall clock is set, forwards and back', () => {
    const machine = new Machine(() => 1);
    const clock = new SystemClock();
    for (const steppedUs of [250_000, -90_000, 3_600_000_000, 0]) {
      machine.steppedUs = steppedUs;
      expect(Math.abs(clock.wallAheadUs() - machine.aheadUs)).toBeLessThanOrEqual(1002);
      expect(Math.abs(clock.nowUs() - machine.us - steppedUs)).toBeLessThanOrEqual(1010);
    }
  });
});
