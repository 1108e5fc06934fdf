/**
 * RepeatedAttempts: keeps the log of `replica` readable while the master refuses it. The lines of an attempt to connect that goes as the one before
 * it did are left out; that it goes on is said again after 10 s, 20 s, 40 s and so on, at least every 10 minutes, with how often it was. From
 * the first line that is another one on, everything is logged.
 *
 *   "Connecting to MASTER"  ─ lines of the attempt ─►  "MASTER <-> REPLICA sync: <why not>"
 *
 * `serve` has no such thing: its log is Redis's, line for line.
 */
import { formatCount, formatSeconds } from '../../core/inspect/units.js';
import { type LogLevel } from '../../core/services/log.js';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** When, on a clock that only goes forward. */
  readonly atMs: number;
}

const BEGINS = 'Connecting to MASTER ';
const ENDS = 'MASTER <-> REPLICA sync: ';
/** They say why it is a full sync: after a refusal that is the refusal, which is told anyway. */
const CONSEQUENCES = ['Partial resynchronization not possible: ', 'Full sync, reason: '];
/** What the server says of its own start and end, in the middle of an attempt or not. */
const OF_THE_SERVER = [
  'Listening on ',
  'Ready to accept connections ',
  'Received SIG',
  'User requested shutdown',
];
/** An attempt that says more is no refusal any more. */
const MAX_LINES = 64;
const FIRST_AGAIN_MS = 10_000;
const LONGEST_AGAIN_MS = 600_000;

/** An attempt that ended without a link, and those that went as it did. */
interface Refused {
  readonly lines: readonly string[];
  reason: LogLine;
  readonly sinceMs: number;
  times: number;
  /** How many of them are told of. */
  told: number;
  againMs: number;
  everyMs: number;
}

export class RepeatedAttempts<L extends LogLine> {
  private refused: Refused | undefined;
  /** The attempt that is under way: what is compared, and what is not logged yet. */
  private lines: string[] | undefined;
  private held: L[] = [];

  /**
   * @param write logs a line
   * @param make a line of ours, in the place of those that were left out
   */
  constructor(
    private readonly write: (line: L) => void,
    private readonly make: (level: LogLevel, message: string) => L,
  ) {}

  take(line: L): void {
    const { message } = line;
    if (message.startsWith(BEGINS)) this.begin();
    const ends = line.level === 'warning' && message.startsWith(ENDS);
    if (ends) this.lines ??= [];
    if (this.lines === undefined || startsWithAny(message, OF_THE_SERVER)) return this.write(line);
    if (!startsWithAny(message, CONSEQUENCES)) this.compare(this.lines, message);
    if (this.refused) this.held.push(line);
    else this.write(line);
    if (ends && this.lines) this.ended(this.lines, line);
  }

  /** Nothing more is logged of attempts: says how often it was until now. */
  finish(): void {
    this.tellTimes();
    this.release();
  }

  private begin(): void {
    // The one before ended well.
    if (this.lines !== undefined) this.refused = undefined;
    this.release();
    this.lines = [];
  }

  private compare(lines: string[], message: string): void {
    const at = lines.push(comparable(message)) - 1;
    if (lines.length > MAX_LINES) this.lines = undefined;
    if (this.refused === undefined || this.refused.lines[at] === lines[at]) return;
    this.tellTimes();
    this.refused = undefined;
    this.release();
  }

  private release(): void {
    for (const line of this.held.splice(0)) this.write(line);
  }

  private ended(lines: readonly string[], line: L): void {
    this.lines = undefined;
    const { refused } = this;
    const { atMs } = line;
    if (refused === undefined) {
      const times = { times: 1, told: 1, againMs: atMs + FIRST_AGAIN_MS, everyMs: FIRST_AGAIN_MS };
      this.refused = { lines, reason: line, sinceMs: atMs, ...times };
      return;
    }
    this.held = [];
    refused.times++;
    refused.reason = line;
    if (atMs < refused.againMs) return;
    refused.everyMs = Math.min(LONGEST_AGAIN_MS, refused.everyMs * 2);
    refused.againMs = atMs + refused.everyMs;
    this.tellTimes();
  }

  private tellTimes(): void {
    const { refused } = this;
    if (refused === undefined || refused.told === refused.times) return;
    refused.told = refused.times;
    const { times, sinceMs, reason } = refused;
    const often = `${formatCount(times)} attempts in ${formatSeconds((reason.atMs - sinceMs) / 1000)}`;
    this.write(this.make(reason.level, `${reason.message} (${often}, all alike)`));
  }
}

function startsWithAny(message: string, starts: readonly string[]): boolean {
  return starts.some((start) => message.startsWith(start));
}

/** Without times and the ports that we come from; whom we connect to counts. */
function comparable(message: string): string {
  return message.startsWith(BEGINS) ? message : message.replace(/\d+(\.\d+)?/g, '#');
}
