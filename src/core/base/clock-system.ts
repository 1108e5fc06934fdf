/** The real clock: the adapter behind the Clock port. */
import { performance } from 'node:perf_hooks';
import { type Clock, type Timer } from './clock.js';

const originUs = Math.round(performance.timeOrigin * 1000);

/** Wall time follows Date.now (it may be stepped); its microseconds come from the monotonic clock. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  nowUs(): number {
    const us = originUs + Math.round(performance.now() * 1000);
    const ms = Date.now();
    // After the wall clock was stepped the two disagree: then the wall clock is right.
    return Math.abs(us - ms * 1000) > 100_000 ? ms * 1000 : us;
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
