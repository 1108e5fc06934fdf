/** The real clock: the adapter behind the Clock port. */
import { performance } from 'node:perf_hooks';
import { type Clock, type Timer } from './clock.js';

/**
 * Wall time follows Date.now (it may be stepped); its microseconds come from the monotonic clock.
 *
 * Date.now says in which millisecond it is. Looks at the monotonic clock before and after it say between which moments that was: what is
 * left between those bounds may be true, and what was found earlier is kept as far as it is. A process that is stopped in
 * between widens the bounds, it does not set the clock wrong; each look at another part of a millisecond narrows them.
 */
export class SystemClock implements Clock {
  private aheadUs = Math.round(performance.timeOrigin * 1000);

  nowMs(): number {
    return Date.now();
  }

  nowUs(): number {
    return this.wallAheadUs() + this.monotonicUs();
  }

  wallAheadUs(): number {
    const before = this.monotonicUs();
    const wallUs = Date.now() * 1000;
    const after = this.monotonicUs();
    this.aheadUs = Math.min(Math.max(this.aheadUs, wallUs - after), wallUs + 999 - before);
    return this.aheadUs;
  }

  monotonicUs(): number {
    return Math.round(performance.now() * 1000);
  }

  after(delayMs: number, fn: () => void, hold = false): Timer {
    const timer = setTimeout(fn, Math.min(delayMs, MAX_TIMEOUT_MS));
    if (!hold) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  }

  endOfTurn(fn: () => void): void {
    setImmediate(fn);
  }
}

/** setTimeout fires at once beyond 2^31-1 ms. */
const MAX_TIMEOUT_MS = 2_147_483_647;
