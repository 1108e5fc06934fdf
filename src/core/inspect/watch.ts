/**
 * Looks at a server again and again over one connection, and hands out a report each time. A server that goes away is asked
 * again until it is back; only the first attempt may fail. Paced by the clock port; drawn by the command line.
 */
import { type Dial } from '../base/byte-channel.js';
import { type Timer } from '../base/clock.js';
import { InspectError } from './client.js';
import { Probe, type CollectOptions } from './collect.js';
import { type Sample } from './facts.js';
import { History } from './history.js';
import { type Report, type Thresholds } from './model.js';
import { report } from './report.js';

export interface WatchOptions extends CollectOptions {
  readonly thresholds: Thresholds;
  /** How long to watch; for ever when absent. */
  readonly forMs?: number;
}

export interface WatchFrame {
  /** The last report that could be made. */
  readonly report: Report;
  readonly history: History;
  /** Why the server cannot be asked now, and for how many attempts. */
  readonly trouble?: { readonly message: string; readonly attempts: number };
}

export class Watch {
  readonly history = new History();
  private probe: Probe | undefined;
  private previous: Sample | undefined;
  private last: Report | undefined;
  private attempts = 0;
  private stopped = false;
  private wake: (() => void) | undefined;
  private timer: Timer | undefined;

  constructor(
    private readonly dial: Dial,
    private readonly options: WatchOptions,
  ) {}

  /** The last report, once there was one. */
  get lastReport(): Report | undefined {
    return this.last;
  }

  /** Watches until `stop`, or until the time is over. Rejects with InspectError when the first look fails. */
  async run(onFrame: (frame: WatchFrame) => void): Promise<void> {
    const { clock, intervalMs, forMs } = this.options;
    const startUs = clock.monotonicUs();
    for (let n = 0; !this.stopped; n++) {
      const trouble = await this.look();
      if (this.stopped) break;
      const elapsedMs = (clock.monotonicUs() - startUs) / 1000;
      if (this.last) onFrame({ report: this.last, history: this.history, trouble });
      if (forMs !== undefined && elapsedMs >= forMs) break;
      // A fixed beat: a slow answer does not shift the ones after it.
      const next = Math.max((n + 1) * intervalMs, elapsedMs + intervalMs / 4);
      await this.sleep(Math.min(next, forMs ?? Infinity) - elapsedMs);
    }
    this.probe?.close();
  }

  /** Ends `run` now. */
  stop(): void {
    this.stopped = true;
    this.probe?.close();
    this.timer?.cancel();
    this.wake?.();
  }

  private async look(): Promise<WatchFrame['trouble']> {
    try {
      const sample = await this.sample();
      const { clock, thresholds } = this.options;
      const facts = this.probe!.facts(this.previous ?? sample, sample);
      this.previous = sample;
      this.last = report(facts, thresholds);
      this.history.add(this.last, clock.nowMs());
      this.attempts = 0;
      return undefined;
    } catch (error) {
      if (!(error instanceof InspectError) || (this.last === undefined && !this.stopped)) throw error;
      this.probe?.close();
      this.probe = undefined;
      this.previous = undefined;
      this.history.addFailure();
      return { message: error.message, attempts: ++this.attempts };
    }
  }

  private async sample(): Promise<Sample> {
    if (this.probe) return this.probe.sample();
    const probe = await Probe.open(this.dial, this.options);
    this.probe = probe;
    return probe.begin();
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      this.timer = this.options.clock.after(ms, resolve, true);
    });
  }
}
