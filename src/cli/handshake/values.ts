/** Values of the flags of `handshake`: numbers, positions, durations. Each parser throws UsageError. */
import { DEFAULT_HOST } from '../target.js';
import { UsageError } from '../usage-error.js';

const MAX_LARGEST = 1000;
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

/** Where to listen. */
export interface Listen {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** `7000`, `:7000`, `0.0.0.0:7000`, `[::]:7000`; loopback when no host is named. */
export function parseListen(input: string): Listen {
  const [, brackets, host, digits] = /^(?:\[([^\]]+)\]:|([^:]*):)?(\d{1,5})$/.exec(input) ?? [];
  const port = Number(digits ?? NaN);
  if (!(port <= 65_535)) {
    throw new UsageError(`--between: bad address "${input}": :7000 or 0.0.0.0:7000, for example`);
  }
  return { host: brackets ?? (host || DEFAULT_HOST), port };
}

/** How many of the largest keys are named. */
export function parseLargest(input: string): number {
  const count = /^\d{1,4}$/.test(input) ? Number(input) : NaN;
  if (!(count <= MAX_LARGEST)) {
    throw new UsageError(`--largest-keys: bad number "${input}": from 0 to ${MAX_LARGEST}`);
  }
  return count;
}
