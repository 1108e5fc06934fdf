/**
 * LatencyHistogram: how long the calls of one command took, for LATENCY HISTOGRAM and INFO latencystats.
 *
 * Durations are counted in nanoseconds with two significant digits, as the HDR histogram of redis 7.2.6 does (deps/hdr_histogram,
 * server.c:updateCommandLatencyHistogram): a bucket is 2^shift wide, exact below 256, and a duration's bucket is
 *
 *   shift * 128 + (ns >> shift),   shift = bits(ns) - 8, at least 0
 */

const SUB_BUCKETS = 128;
const SUB_BITS = 7;
const MAX_NS = 1_000_000_000;
/** As many as there are up to the next power of two. */
const BUCKETS = bucketOf(2 ** 30 - 1) + 1;
/** The first level of the cumulative distribution; each is twice the one before. */
const FIRST_LEVEL_NS = 1024;

/** A level of the distribution: the calls that took at most so long. */
export interface LatencyLevel {
  readonly maxUs: number;
  readonly calls: number;
}

export class LatencyHistogram {
  private readonly counts = new Float64Array(BUCKETS);
  calls = 0;

  /** Counts a call. */
  record(us: number): void {
    this.counts[bucketOf(Math.min(Math.max(us * 1000, 1), MAX_NS))]++;
    this.calls++;
  }

  /** The levels, doubling from 1 microsecond, at which calls were added. */
  levels(): LatencyLevel[] {
    const levels: LatencyLevel[] = [];
    let calls = 0;
    let at = 0;
    for (let level = FIRST_LEVEL_NS; calls < this.calls; level *= 2) {
      const last = Math.min(bucketOf(level), BUCKETS - 1);
      const before = calls;
      for (; at <= last; at++) calls += this.counts[at];
      if (calls > before) levels.push({ maxUs: Math.floor(highestOf(last) / 1000), calls });
    }
    return levels;
  }

  /** The duration in microseconds that `percent` of the calls did not exceed. */
  percentileUs(percent: number): number {
    const wanted = Math.max(1, Math.floor((Math.min(percent, 100) / 100) * this.calls + 0.5));
    let calls = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1 && (calls += this.counts[bucket]) < wanted) bucket++;
    return (percent === 0 ? lowestOf(bucket) : highestOf(bucket)) / 1000;
  }
}

function bucketOf(ns: number): number {
  const shift = Math.max(0, 32 - Math.clz32(ns) - SUB_BITS - 1);
  return shift * SUB_BUCKETS + (ns >>> shift);
}

function shiftOf(bucket: number): number {
  return Math.max(0, (bucket >> SUB_BITS) - 1);
}

function lowestOf(bucket: number): number {
  const shift = shiftOf(bucket);
  return (bucket - shift * SUB_BUCKETS) * 2 ** shift;
}

function highestOf(bucket: number): number {
  return lowestOf(bucket) + 2 ** shiftOf(bucket) - 1;
}
