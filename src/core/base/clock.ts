/**
 * Clock: the port through which the core learns the time and asks to be called later.
 *
 * Nothing in core/ but the adapters reads Date.now or arms a timer, so a whole server runs on a virtual clock in tests
 * (`ManualClock`) and in the simulation. What arrives in one turn of the event loop is one batch; `endOfTurn` is its end.
 */

export interface Timer {
  /** Forgets the timer; harmless when it has fired. */
  cancel(): void;
}

export interface Clock {
  /** Wall clock in milliseconds since the epoch, an integer. */
  nowMs(): number;
  /** Wall clock in microseconds since the epoch, an integer. */
  nowUs(): number;
  /** Monotonic microseconds from an arbitrary start; for durations. */
  monotonicUs(): number;
  /** What the wall clock is ahead of the monotonic one, microseconds. Adding it costs less than `nowUs`, and holds for a while. */
  wallAheadUs(): number;
  /** Calls `fn` once after `delayMs`. A timer keeps the process alive only when `hold` is true. */
  after(delayMs: number, fn: () => void, hold?: boolean): Timer;
  /** Calls `fn` once at the end of the current turn of the event loop. */
  endOfTurn(fn: () => void): void;
}

interface Armed {
  atUs: number;
  order: number;
  fn: () => void;
}

/** A clock that stands still until told to move. Timers fire in order of time, then of arming. */
export class ManualClock implements Clock {
  private us: number;
  private order = 0;
  private timers: Armed[] = [];
  private turn: (() => void)[] = [];

  /** @param startMs the wall clock to begin at, in milliseconds since the epoch */
  constructor(startMs = 1_700_000_000_000) {
    this.us = startMs * 1000;
  }

  nowMs(): number {
    return Math.floor(this.us / 1000);
  }

  nowUs(): number {
    return this.us;
  }

  monotonicUs(): number {
    return this.us;
  }

  wallAheadUs(): number {
    return 0;
  }

  after(delayMs: number, fn: () => void): Timer {
    const armed: Armed = { atUs: this.us + Math.max(0, delayMs) * 1000, order: this.order++, fn };
    this.timers.push(armed);
    return { cancel: () => void (this.timers = this.timers.filter((t) => t !== armed)) };
  }

  endOfTurn(fn: () => void): void {
    this.turn.push(fn);
  }

  /** Runs what was asked for the end of the turn, and what that asks for in its turn. */
  runTurn(): void {
    while (this.turn.length > 0) {
      const due = this.turn;
      this.turn = [];
      for (const fn of due) fn();
    }
  }

  /** Moves time forward by `ms`, firing every timer that falls due at its own moment. */
  advance(ms: number): void {
    const target = this.us + ms * 1000;
    this.runTurn();
    for (;;) {
      const next = this.timers
        .filter((t) => t.atUs <= target)
        .sort((a, b) => a.atUs - b.atUs || a.order - b.order)[0];
      if (!next) break;
      this.timers = this.timers.filter((t) => t !== next);
      this.us = Math.max(this.us, next.atUs);
      next.fn();
      this.runTurn();
    }
    this.us = target;
  }
}
