/** Medians, percentiles and their text. */

/** The middle value; the mean of the two middle ones when there is an even number. Throws for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that at least the share `p` of all values does not exceed. Throws for no values. */
export function percentile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];
}

/** `0.95 (0.91–1.02)`: median and spread. */
export function withSpread(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return `${median(values).toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
