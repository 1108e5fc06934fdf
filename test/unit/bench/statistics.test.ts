import { describe, expect, it } from 'vitest';
import { cpuSeconds, parseCsv } from '../../../bench/measure.js';
import { median, percentile, withSpread } from '../../../bench/statistics.js';

describe('the arithmetic of the benchmarks', () => {
  it('takes medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow('no values');
  });

  it('takes percentiles of the sorted values', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1000 - i);
    expect(percentile(values, 0.999)).toBe(999);
    expect(percentile(values, 1)).toBe(1000);
    expect(percentile([7], 0.5)).toBe(7);
  });

  it('shows the median with the lowest and the highest', () => {
    expect(withSpread([1.1, 0.9, 1])).toBe('1.00 (0.90–1.10)');
  });

  it('reads one result of redis-benchmark', () => {
    const csv =
      '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"\n' +
      '"SET","125000.00","0.215","0.064","0.207","0.295","0.455","2.103"\n';
    expect(parseCsv(csv)).toEqual({ requestsPerSecond: 125000, p99Ms: 0.455 });
    expect(() => parseCsv('ERROR: no server')).toThrow('not one result');
  });

  it.skipIf(process.platform !== 'linux')('sees the CPU time of a process grow with its work', () => {
    const before = cpuSeconds(process.pid) ?? NaN;
    const until = performance.now() + 200;
    while (performance.now() < until);
    expect((cpuSeconds(process.pid) ?? NaN) - before).toBeGreaterThan(0);
    expect(cpuSeconds(2 ** 30)).toBeUndefined();
  });
});
