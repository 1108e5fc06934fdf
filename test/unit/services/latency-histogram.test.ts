import { expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/core/services/latency-histogram.js';

function of(...us: number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const each of us) histogram.record(each);
  return histogram;
}

it('adds up calls at levels that double', () => {
  expect(of().levels()).toEqual([]);
  expect(of(0, 1, 2, 3, 5, 1000).levels()).toEqual([
    { maxUs: 1, calls: 2 },
    { maxUs: 2, calls: 3 },
    { maxUs: 4, calls: 4 },
    { maxUs: 8, calls: 5 },
    { maxUs: 1056, calls: 6 },
  ]);
});

it('counts what took longer than a second as a second', () => {
  expect(of(1e9).levels()).toEqual([{ maxUs: 1_073_741, calls: 1 }]);
  expect(of(1e9).percentileUs(50)).toBe(1_002_438.655);
});

it('finds percentiles within one part in 128', () => {
  const histogram = of(...Array.from({ length: 100 }, (_, i) => i + 1));
  expect(histogram.percentileUs(50)).toBe(50.175);
  expect(histogram.percentileUs(99)).toBe(99.327);
  expect(histogram.percentileUs(100)).toBe(100.351);
  expect(histogram.percentileUs(0)).toBe(1);
});
