/** Sizes for people. */
const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** redis 7.2.6 util.c:bytesToHuman. */
export function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(2)}${UNITS[unit]}`;
}
