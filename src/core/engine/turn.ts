/**
 * The end of a turn of the event loop, as a table of named steps in the order of redis 7.2.6 server.c:beforeSleep.
 *
 * All commands that arrived in one turn are executed first; then these run once. The first need arms the turn; a step may
 * arm the next one. A layer registers its step by name; an unregistered step is simply not there.
 */
import { type Clock } from '../base/clock.js';
import { type LoopStats } from './stats.js';

export const TURN_STEPS = [
  'batched-input',
  'serve-unblocked',
  'fast-expire',
  'eviction',
  'getack',
  'release-waiting',
  'tracking-broadcast',
  'leftover-input',
  'aof',
  'flush-replies',
  'deferred-frees',
  'client-eviction',
] as const;

export type TurnStep = (typeof TURN_STEPS)[number];

export class Turn {
  /** Number of the running turn. */
  number = 0;
  /** Its steps are running. */
  ending = false;
  private armed = false;
  private readonly steps: (() => void)[] = [];
  private readonly run: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly loop: LoopStats,
  ) {
    for (let i = 0; i < TURN_STEPS.length; i++) this.steps.push(nothing);
    this.run = () => this.end();
  }

  /** Registers what a step does. */
  step(name: TurnStep, run: () => void): void {
    this.steps[TURN_STEPS.indexOf(name)] = run;
  }

  /** Asks for the steps to run at the end of this turn. */
  arm(): void {
    if (this.armed) return;
    this.armed = true;
    this.clock.endOfTurn(this.run);
  }

  private end(): void {
    const startUs = this.clock.monotonicUs();
    this.armed = false;
    this.number++;
    this.ending = true;
    try {
      for (const run of this.steps) run();
    } finally {
      this.ending = false;
    }
    this.loop.spent(this.clock.monotonicUs() - startUs);
    this.loop.cycleOver();
  }
}

function nothing(): void {}
