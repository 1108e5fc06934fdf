/** Sizes, counts and durations as the report writes them, in texts and in tables. KB, MB, GB are powers of 1024, as in redis.conf. */

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `0 B`, `1.1 MB`, `22 MB`, `256 MB`. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${SIZES[unit]}`;
}

/** `98,211,004` */
export function formatCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `0 s`, `0.9 s`, `60 s`, `3 m`, `5 h`, `12 d`: the largest unit that fits twice. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(Math.max(120, seconds) / 60)} m`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${formatCount(Math.floor(seconds / 86_400))} d`;
}

/** A size for redis.conf, rounded up to whole megabytes: `72mb`. */
export function configMegabytes(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / MEGABYTE))}mb`;
}

export const MEGABYTE = 1024 * 1024;
