/**
 * Looks at a server again and again over one connection, and hands out a report each time. A server that goes away is asked
 * again until it is back; only the first attempt may fail. Paced by the clock port; drawn by the command line.
 */
import { type Dial } from '../base/byte-channel.js';
import { type Timer } from '../base/clock.js';
import { type WatchEvent } from './changes.js';
import { InspectError } from './client.js';
import { Probe, type CollectOptions, type Reach } from './collect.js';
import { EventLog } from './event-log.js';
import { type Sample } from './facts.js';
import { History } from './history.js';
import { type Report, type Thresholds } from './model.js';
import { masterOffset, report, withFindings } from './report.js';
import { type SentinelFacts } from './sentinel.js';
import { Trail } from './trail.js';

export interface WatchOptions extends CollectOptions {
  readonly thresholds: Thresholds;
  /** How long to watch; for ever when absent. */
  readonly forMs?: number;
  /** Asks the Sentinel again whom it names: the view follows a failover. Rejects with InspectError. */
  readonly findMaster?: () => Promise<FoundMaster>;
}

/** The master that a Sentinel names. */
export interface FoundMaster extends Reach {
  readonly sentinel: SentinelFacts;
}

export interface WatchFrame {
  /** The last report that could be made. */
  readonly report: Report;
  readonly history: History;
  /** What happened since the frame before. */
  readonly fresh: readonly WatchEvent[];
  /** All that happened. */
  readonly events: EventLog;
  readonly trouble?: Trouble;
}

/** Why the server cannot be asked now. */
export interface Trouble {
  readonly message: string;
  readonly attempts: number;
  /** Since the first of them. */
  readonly awaySeconds: number;
}

/** How often a Sentinel is asked again; at each look while the master does not answer. */
const SENTINEL_MS = 5000;
/** How long an answer may take before that is told, and how often it is told again. */
const LATE_MS = 1000;

export class Watch {
  readonly history = new History();
  readonly events = new EventLog();
  private fresh: WatchEvent[] = [];
  private trouble: Trouble | undefined;
  private probe: Probe | undefined;
  private previous: Sample | undefined;
  private trail = new Trail();
  private last: Report | undefined;
  private stopped = false;
  private wake: (() => void) | undefined;
  private timer: Timer | undefined;

  /** What the next report is compared with. */
  private compared: Report | undefined;
  private sentinelAskedMs: number;

  constructor(
    private dial: Dial,
    private options: WatchOptions,
  ) {
    this.sentinelAskedMs = options.clock.nowMs();
  }

  /** The last report, once there was one. */
  get lastReport(): Report | undefined {
    return this.last;
  }

  /** Why the server could not be asked the last time; undefined when it answered. */
  get away(): Trouble | undefined {
    return this.trouble;
  }

  /**
   * Watches until `stop`, or until the time is over. `onWaiting` is told each second while an answer is late. Rejects with
   * InspectError when the first look fails.
   */
  async run(
    onFrame: (frame: WatchFrame) => void,
    onWaiting: (seconds: number) => void = () => undefined,
  ): Promise<void> {
    const { clock, intervalMs, forMs } = this.options;
    const startUs = clock.monotonicUs();
    for (let n = 0; !this.stopped; n++) {
      const done = this.tellLate(onWaiting);
      await this.look().finally(done);
      if (this.stopped) break;
      const elapsedMs = (clock.monotonicUs() - startUs) / 1000;
      const { last, history, events, fresh, trouble } = this;
      if (last) onFrame({ report: last, history, events, fresh, trouble });
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

  /** Returns what ends it. */
  private tellLate(onWaiting: (seconds: number) => void): () => void {
    let seconds = 0;
    let timer: Timer | undefined;
    const next = () => {
      timer = this.options.clock.after(
        LATE_MS,
        () => {
          onWaiting(++seconds);
          next();
        },
        true,
      );
    };
    next();
    return () => timer?.cancel();
  }

  private async look(): Promise<void> {
    const { clock, thresholds } = this.options;
    const switched = await this.follow();
    const startMs = clock.nowMs();
    try {
      const sample = await this.sample();
      const { sentinel } = this.options;
      this.trail.add(sample.atUs, masterOffset(sample));
      const { trail } = this;
      const facts = { ...this.probe!.facts(this.previous ?? sample, sample), sentinel, trail };
      this.previous = sample;
      const now = report(facts, thresholds);
      this.fresh = [...switched, ...this.events.observe(this.compared, now)];
      this.last = withFindings(now, this.events.findings(now), thresholds);
      this.compared = now;
      this.history.add(this.last, clock.nowMs());
      this.trouble = undefined;
    } catch (error) {
      if (!(error instanceof InspectError) || (this.last === undefined && !this.stopped)) throw error;
      this.probe?.close();
      this.probe = undefined;
      this.previous = undefined;
      if (this.stopped) return;
      const atMs = clock.nowMs();
      this.history.addFailure(atMs);
      this.fresh = [...switched, ...this.events.lost(error.message, atMs, startMs)];
      const awaySeconds = (atMs - (this.events.awaySinceMs ?? startMs)) / 1000;
      this.trouble = { message: error.message, attempts: (this.trouble?.attempts ?? 0) + 1, awaySeconds };
    }
  }

  /** To the master that the Sentinel names now, if that is another one. A Sentinel that does not answer changes nothing. */
  private async follow(): Promise<WatchEvent[]> {
    const { clock, findMaster, name } = this.options;
    const due = this.trouble !== undefined || clock.nowMs() - this.sentinelAskedMs >= SENTINEL_MS;
    if (!findMaster || !due) return [];
    this.sentinelAskedMs = clock.nowMs();
    try {
      const found = await findMaster();
      this.options = { ...this.options, name: found.name, sentinel: found.sentinel };
      if (found.name === name) return [];
      this.probe?.close();
      this.probe = undefined;
      this.previous = undefined;
      this.trail = new Trail();
      this.compared = undefined;
      this.dial = found.dial;
      const text = `the Sentinel ${found.sentinel.address} names ${found.name} as the master now, and this view follows: it was ${name}`;
      return this.events.switched(text, clock.nowMs());
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return [];
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
