/**
 * HybridClock: time stands still until `advance`, while real sockets and files work: the clock of a library server in tests.
 *
 *   now, monotonic, timers   move with `advance` alone; timers fire in order, each at its own moment
 *   end of turn              a real setImmediate, so that what arrives on a socket is answered at once
 *
 * `advance` is synchronous: between two timers the ends of turns run as they would in real time, so what is due by then has
 * happened when it returns (keys expired, blocked clients timed out); answers are on their way to the sockets. What waits for
 * I/O still waits for it. Both clocks move together, so durations measured inside a turn are 0: work in time slices (active
 * expiry, snapshots) runs through in one slice. A span longer than a minute is crossed in strides: a timer that re-arms itself
 * fires once a stride, as on a machine that was asleep for it.
 */
import { type Clock, type Timer } from './clock.js';

/** Spans up to this are crossed timer by timer. */
const EXACT_SPAN_MS = 60_000;
/** Strides of a longer span. */
const STRIDES = 600;
/** Ends of turn that ask for another one are followed this far; the rest comes with the event loop. */
const MAX_TURNS = 1000;

interface Armed {
  readonly atUs: number;
  readonly order: number;
  readonly fn: () => void;
}

export class HybridClock implements Clock {
  private us: number;
  private order = 0;
  private readonly timers = new Set<Armed>();
  private turn: (() => void)[] = [];
  private scheduled = false;
  private advancing = false;

  /** @param startMs the wall clock to stand at; the real one when left out */
  constructor(startMs = Date.now()) {
    this.us = startMs * 1000;
  }

  nowMs(): number {
    return Math.floor(this.us / 1000);
  }

  nowUs(): number {
    return Math.floor(this.us);
  }

  monotonicUs(): number {
    return Math.floor(this.us);
  }

  wallAheadUs(): number {
    return 0;
  }

  after(delayMs: number, fn: () => void): Timer {
    const armed: Armed = { atUs: this.us + Math.max(0, delayMs) * 1000, order: this.order++, fn };
    this.timers.add(armed);
    return { cancel: () => void this.timers.delete(armed) };
  }

  endOfTurn(fn: () => void): void {
    this.turn.push(fn);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.runTurn();
    });
  }

  private runTurn(): void {
    for (const fn of this.turn.splice(0)) fn();
  }

  private runTurns(): void {
    for (let i = 0; i < MAX_TURNS && this.turn.length > 0; i++) this.runTurn();
  }

  /**
   * Moves time forward and does everything that falls due. Throws RangeError for what is no span, and Error when called from
   * within itself.
   * @param ms milliseconds, 0 or more
   */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0)
      throw new RangeError(
        `advance takes a number of milliseconds, 0 or more, not ${typeof ms === 'string' ? `'${ms as string}'` : String(ms)}`,
      );
    if (this.advancing) throw new Error('advance was called while it was running');
    const strideUs = (ms > EXACT_SPAN_MS ? ms / STRIDES : ms) * 1000;
    const endUs = this.us + ms * 1000;
    this.advancing = true;
    try {
      this.runTurns();
      if (ms <= EXACT_SPAN_MS) this.fireUntil(endUs);
      else this.stride(endUs, strideUs);
    } finally {
      this.advancing = false;
    }
  }

  private fireUntil(endUs: number): void {
    for (let next = this.firstDue(endUs); next !== undefined; next = this.firstDue(endUs)) {
      this.us = Math.max(this.us, next.atUs);
      this.fire(next);
    }
    this.us = endUs;
  }

  private stride(endUs: number, strideUs: number): void {
    while (this.us < endUs) {
      this.us = Math.min(this.us + strideUs, endUs);
      const due = [...this.timers].filter((timer) => timer.atUs <= this.us).sort(inOrder);
      // One that was cancelled by another meanwhile is gone from the set.
      for (const timer of due) if (this.timers.has(timer)) this.fire(timer);
    }
  }

  private firstDue(endUs: number): Armed | undefined {
    let first: Armed | undefined;
    for (const timer of this.timers) {
      if (timer.atUs <= endUs && (first === undefined || inOrder(timer, first) < 0)) first = timer;
    }
    return first;
  }

  private fire(timer: Armed): void {
    this.timers.delete(timer);
    timer.fn();
    this.runTurns();
  }
}

function inOrder(a: Armed, b: Armed): number {
  return a.atUs - b.atUs || a.order - b.order;
}
