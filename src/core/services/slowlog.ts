/**
 * SLOWLOG: the newest commands that took longer than slowlog-log-slower-than.
 *
 * Pure: time, duration and limits are given. Entries keep trimmed copies of their arguments, so a slow command with a large
 * value costs a few KB at most. Rules: redis 7.2.6 slowlog.c. The dispatcher pushes, the SLOWLOG command reads.
 */
import { type Bytes, ascii, concat, flat } from '../base/bytes.js';

/** Arguments kept of one command; the last one tells how many more there were. */
export const SLOWLOG_MAX_ARGS = 32;

/** Bytes kept of one argument. */
export const SLOWLOG_MAX_ARG_BYTES = 128;

export interface SlowlogEntry {
  /** Counts up from 0 and is never used again, not even after a reset. */
  readonly id: number;
  /** Seconds since the epoch. */
  readonly timeSeconds: number;
  readonly durationUs: number;
  readonly args: readonly Bytes[];
  /** `ip:port` of the client. */
  readonly peer: string;
  /** CLIENT SETNAME, or empty. */
  readonly clientName: Bytes;
}

/** What happened, before trimming. */
export interface SlowCommand {
  argv: readonly Bytes[];
  durationUs: number;
  timeSeconds: number;
  peer: string;
  clientName: Bytes;
}

export interface SlowlogLimits {
  /** Logs what took at least this many microseconds; negative: nothing. */
  slowerThanUs: number;
  maxLength: number;
}

export class Slowlog {
  /** Oldest first, so that a push is cheap. */
  private entries: SlowlogEntry[] = [];
  private nextId = 0;

  get length(): number {
    return this.entries.length;
  }

  /** Logs the command if it was slow, then drops the oldest entries beyond the limit. */
  push(command: SlowCommand, { slowerThanUs, maxLength }: SlowlogLimits): void {
    if (slowerThanUs < 0) return;
    if (command.durationUs >= slowerThanUs) this.entries.push(this.entry(command));
    const excess = this.entries.length - maxLength;
    if (excess > 0) this.entries.splice(0, excess);
  }

  /** The newest `count` entries, newest first; -1: all. */
  latest(count: number): SlowlogEntry[] {
    const wanted = count === -1 ? this.entries.length : Math.min(count, this.entries.length);
    return this.entries.slice(this.entries.length - wanted).reverse();
  }

  reset(): void {
    this.entries = [];
  }

  private entry({ argv, durationUs, timeSeconds, peer, clientName }: SlowCommand): SlowlogEntry {
    return { id: this.nextId++, timeSeconds, durationUs, args: trimArgs(argv), peer, clientName };
  }
}

/** The arguments as an entry keeps them (redis 7.2.6 slowlog.c:slowlogCreateEntry). */
export function trimArgs(argv: readonly Bytes[]): Bytes[] {
  if (argv.length <= SLOWLOG_MAX_ARGS) return argv.map(trimArg);
  const kept = SLOWLOG_MAX_ARGS - 1;
  const more = ascii(`... (${argv.length - kept} more arguments)`);
  return [...argv.slice(0, kept).map(trimArg), more];
}

function trimArg(arg: Bytes): Bytes {
  if (arg.length <= SLOWLOG_MAX_ARG_BYTES) return flat(arg);
  const head = arg.slice(0, SLOWLOG_MAX_ARG_BYTES) as Bytes;
  return concat([head, ascii(`... (${arg.length - SLOWLOG_MAX_ARG_BYTES} more bytes)`)]);
}
