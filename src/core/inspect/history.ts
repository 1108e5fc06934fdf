/**
 * What was seen over the time watched: the rate of the stream and each replica's lag, one point per sample. Long watches stay
 * small: when a series is full, neighbouring points are merged (the larger one stays), so that a peak is never lost.
 * Used by `--watch` for its sparklines and by the HTML report for its charts.
 */
import { type ReplicaReport, type Report } from './model.js';

/** A point that could not be measured is undefined. */
export type Point = number | undefined;

const MOST_POINTS = 1200;
const RECENT_POINTS = 240;
/** Replicas that came and went are forgotten beyond this number. */
const MOST_SERIES = 500;

/** One figure over time: the last points as they were, and all of the time in at most MOST_POINTS. */
export class Series {
  private merged: Point[] = [];
  private last: Point[] = [];
  /** Samples in one point of `merged`. */
  private stride = 1;
  private pending: Point[] = [];

  add(point: Point): void {
    this.last.push(point);
    if (this.last.length > 2 * RECENT_POINTS) this.last = this.last.slice(-RECENT_POINTS);
    this.pending.push(point);
    if (this.pending.length < this.stride) return;
    this.merged.push(largest(this.pending));
    this.pending = [];
    if (this.merged.length < MOST_POINTS) return;
    const old = this.merged;
    this.merged = [];
    for (let i = 0; i < old.length; i += 2) this.merged.push(largest(old.slice(i, i + 2)));
    this.stride *= 2;
  }

  /** The last `count` points, oldest first; fewer when there are fewer. */
  recent(count: number): readonly Point[] {
    return this.last.slice(-count);
  }

  /** The whole time. */
  all(): readonly Point[] {
    return this.pending.length === 0 ? this.merged : [...this.merged, largest(this.pending)];
  }
}

function largest(points: readonly Point[]): Point {
  let most: Point;
  for (const point of points) if (point !== undefined && (most === undefined || point > most)) most = point;
  return most;
}

export interface ReplicaHistory {
  readonly name: string;
  readonly behind: Series;
}

/** Everything that is kept of the samples. */
export class History {
  readonly rate = new Series();
  /** A replica's own lag behind its master. */
  readonly linkBehind = new Series();
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  samples = 0;
  /** Times at which the server could not be asked. */
  failures = 0;
  private readonly replicas = new Map<string, ReplicaHistory>();

  /** @param atMs wall clock */
  add(report: Report, atMs: number): void {
    this.startedAtMs ??= atMs;
    this.endedAtMs = atMs;
    const before = this.samples++;
    this.rate.add(report.rate?.bytesPerSecond);
    this.linkBehind.add(report.link?.behindBytes);
    const seen = new Set<string>();
    for (const [name, replica] of namedReplicas(report.replicas)) {
      seen.add(name);
      let entry = this.replicas.get(name);
      if (!entry) {
        if (this.replicas.size >= MOST_SERIES) continue;
        entry = { name, behind: new Series() };
        // What came later has no points for the time before.
        for (let i = 0; i < Math.min(before, MOST_POINTS); i++) entry.behind.add(undefined);
        this.replicas.set(name, entry);
      }
      entry.behind.add(replica.behindBytes);
    }
    for (const [name, entry] of this.replicas) if (!seen.has(name)) entry.behind.add(undefined);
  }

  /** A look that failed: the time goes on without points. @param atMs wall clock */
  addFailure(atMs: number): void {
    this.failures++;
    if (this.samples === 0) return;
    this.endedAtMs = atMs;
    this.rate.add(undefined);
    this.linkBehind.add(undefined);
    for (const { behind } of this.replicas.values()) behind.add(undefined);
  }

  of(name: string): ReplicaHistory | undefined {
    return this.replicas.get(name);
  }

  all(): ReplicaHistory[] {
    return [...this.replicas.values()];
  }
}

/** Each replica with a name that stays its own from sample to sample: its announced address, numbered when several share it. */
export function namedReplicas(replicas: readonly ReplicaReport[]): [name: string, replica: ReplicaReport][] {
  const times = new Map<string, number>();
  return replicas.map((replica) => {
    const { ip, port } = replica.announced;
    const address = port === undefined ? ip : `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
    const n = (times.get(address) ?? 0) + 1;
    times.set(address, n);
    return [n === 1 ? address : `${address} (${n})`, replica];
  });
}
