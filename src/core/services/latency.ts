/**
 * The latency monitor: per event, the slowest sample of each second, the last 160 of them, and the worst ever.
 *
 * Pure: seconds and durations are given. Rules: redis 7.2.6 latency.c. Whoever measures an event calls `add` when the
 * duration reaches latency-monitor-threshold (and the threshold is not 0); the LATENCY command reads.
 */

/** Samples kept for one event (redis 7.2.6 latency.h:LATENCY_TS_LEN). */
export const LATENCY_HISTORY = 160;

export interface LatencySample {
  /** Seconds since the epoch. */
  readonly timeSeconds: number;
  readonly latencyMs: number;
}

/** A row of LATENCY LATEST. */
export interface LatestLatency extends LatencySample {
  readonly event: string;
  /** The worst since the event was first seen or reset. */
  readonly maxMs: number;
}

/** Figures over the kept samples of an event, in whole milliseconds and seconds, as LATENCY DOCTOR uses them. */
export interface LatencyStats {
  readonly samples: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly averageMs: number;
  /** Mean absolute deviation. */
  readonly deviationMs: number;
  /** From the oldest sample to now, at least 1 when there is a sample. */
  readonly periodSeconds: number;
  readonly allTimeHighMs: number;
}

interface Series {
  /** Oldest first. */
  samples: LatencySample[];
  maxMs: number;
}

export class LatencyMonitor {
  private readonly events = new Map<string, Series>();

  /** Adds a sample. Within one second only the worst is kept. */
  add(event: string, latencyMs: number, nowSeconds: number): void {
    const series = this.events.get(event) ?? this.create(event);
    if (latencyMs > series.maxMs) series.maxMs = latencyMs;
    const sample = { timeSeconds: nowSeconds, latencyMs };
    const last = series.samples.length - 1;
    if (last >= 0 && series.samples[last].timeSeconds === nowSeconds) {
      if (latencyMs > series.samples[last].latencyMs) series.samples[last] = sample;
      return;
    }
    series.samples.push(sample);
    if (series.samples.length > LATENCY_HISTORY) series.samples.shift();
  }

  /** Samples of `event`, oldest first; none when it is not known. */
  history(event: string): readonly LatencySample[] {
    return this.events.get(event)?.samples ?? [];
  }

  /** Whether there is anything about `event`. */
  has(event: string): boolean {
    return this.events.has(event);
  }

  /** The last sample of every event, in the order in which they were first seen. */
  latest(): LatestLatency[] {
    return [...this.events].map(([event, { samples, maxMs }]) => ({
      event,
      ...samples[samples.length - 1],
      maxMs,
    }));
  }

  /** Forgets the events named (any case), or all when none is. @returns how many were forgotten */
  reset(names: readonly string[] = []): number {
    const wanted = new Set(names.map((name) => name.toLowerCase()));
    const doomed = [...this.events.keys()].filter(
      (event) => wanted.size === 0 || wanted.has(event.toLowerCase()),
    );
    for (const event of doomed) this.events.delete(event);
    return doomed.length;
  }

  /** Figures of `event` (redis 7.2.6 latency.c:analyzeLatencyForEvent); all 0 when it is not known. */
  analyze(event: string, nowSeconds: number): LatencyStats {
    const series = this.events.get(event);
    const latencies = this.history(event).map(({ latencyMs }) => latencyMs);
    const count = latencies.length;
    if (!series || count === 0) return NO_STATS;
    const average = Math.floor(sum(latencies) / count);
    return {
      samples: count,
      minMs: Math.min(...latencies),
      maxMs: Math.max(...latencies),
      averageMs: average,
      deviationMs: Math.floor(sum(latencies.map((latency) => Math.abs(average - latency))) / count),
      periodSeconds: nowSeconds - Math.min(...series.samples.map(({ timeSeconds }) => timeSeconds)) || 1,
      allTimeHighMs: series.maxMs,
    };
  }

  private create(event: string): Series {
    const series: Series = { samples: [], maxMs: 0 };
    this.events.set(event, series);
    return series;
  }
}

const NO_STATS: LatencyStats = {
  samples: 0,
  minMs: 0,
  maxMs: 0,
  averageMs: 0,
  deviationMs: 0,
  periodSeconds: 0,
  allTimeHighMs: 0,
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
