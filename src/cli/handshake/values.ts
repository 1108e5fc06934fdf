/** Values of the flags of `handshake`: numbers, positions, durations. Each parser throws UsageError. */
import { UsageError } from '../usage-error.js';

const LONGEST_MS = 1e9;

/** `10s`, `500ms`, `2m`, or a plain number of seconds, in ms. */
export function parseDuration(input: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(input) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
  const ms = digits === undefined ? 0 : Math.round(Number(digits) * factors[unit ?? 's']);
  if (ms <= 0 || ms > LONGEST_MS) {
    throw new UsageError(`--for: bad duration "${input}": 10s or 500ms, for example`);
  }
  return ms;
}

/** A replication offset; negative ones are numbers, too. */
export function parseOffset(input: string): number {
  const offset = /^-?\d{1,16}$/.test(input) ? Number(input) : NaN;
  if (!Number.isSafeInteger(offset)) throw new UsageError(`--offset: bad offset "${input}": a whole number`);
  return offset;
}
