/**
 * Cron: the periodic work of redis 7.2.6 server.c:serverCron, `hz` times a second: wall clock, rates, active expiry; once a
 * second: client limits and what other layers registered (replication, save points).
 */
import { type Timer } from '../base/clock.js';
import { type Engine } from './engine.js';

export class Cron {
  private timer: Timer | undefined;
  private ticks = 0;
  /** DEBUG PAUSE-CRON: ticks pass without work. */
  paused = false;
  private readonly everySecond: (() => void)[] = [];
  private readonly everyTick: (() => void)[] = [];

  constructor(private readonly engine: Engine) {}

  /** Registers work to be done once a second. */
  eachSecond(work: () => void): void {
    this.everySecond.push(work);
  }

  /** Registers work to be done `hz` times a second. */
  eachTick(work: () => void): void {
    this.everyTick.push(work);
  }

  start(): void {
    this.schedule();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private schedule(): void {
    this.timer = this.engine.clock.after(1000 / this.engine.config.values.hz, () => {
      this.schedule();
      this.tick();
    });
  }

  private tick(): void {
    if (this.paused) return;
    const { clock, stats } = this.engine;
    const startUs = clock.monotonicUs();
    this.work();
    const us = clock.monotonicUs() - startUs;
    stats.loop.cronUs += us;
    stats.loop.spent(us);
    stats.loop.cycleOver();
  }

  private work(): void {
    const { engine } = this;
    engine.dispatcher.syncWallClock();
    this.sampleRates();
    engine.memory.cron();
    engine.clients.trimInput();
    for (const work of this.everyTick) work();
    if (this.ticks++ % engine.config.values.hz !== 0) return;
    engine.clients.cron();
    for (const work of this.everySecond) work();
  }

  private sampleRates(): void {
    const { stats, clock } = this.engine;
    const nowUs = clock.monotonicUs();
    stats.opsRate.sample(stats.totalCommands, nowUs);
    const { bytesIn, bytesOut } = this.engine.netTotals();
    stats.cycleRate.sample(stats.loop.cycles, nowUs);
    stats.loopRate.sample(stats.loop.totalUs, nowUs);
    stats.inRate.sample(bytesIn, nowUs);
    stats.outRate.sample(bytesOut, nowUs);
  }
}
