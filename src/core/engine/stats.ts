/**
 * Counters of the engine: per command by id, per error code, and the totals of INFO stats. Plain arrays and numbers; INFO
 * reads them, CONFIG RESETSTAT zeroes them.
 */

import { LatencyHistogram } from '../services/latency-histogram.js';

/** Error codes counted one by one; more are summed up by nobody (redis 7.2.6 limits the list likewise). */
const MAX_ERROR_CODES = 128;
/** Samples behind `instantaneous_*`, taken by the cron ten times a second. */
const RATE_SAMPLES = 16;

export class EngineStats {
  calls: Float64Array;
  micros: Float64Array;
  /** By command id, of the commands that were called while `latency-tracking` was on. */
  latencies: (LatencyHistogram | undefined)[] = [];
  latencyTracking = true;
  rejected: Float64Array;
  failed: Float64Array;
  readonly errors = new Map<string, number>();
  totalErrors = 0;
  connections = 0;
  rejectedConnections = 0;
  evictedClients = 0;
  netIn = 0;
  netOut = 0;
  replIn = 0;
  replOut = 0;
  syncFull = 0;
  syncPartialOk = 0;
  syncPartialErr = 0;
  unexpectedErrors = 0;
  inputBufferLimitDisconnections = 0;
  outputBufferLimitDisconnections = 0;
  readonly loop = new LoopStats();
  readonly opsRate = new Rate();
  readonly cycleRate = new Rate();
  readonly loopRate = new Rate();
  readonly inRate = new Rate();
  readonly outRate = new Rate();

  constructor(private readonly commandCount: number) {
    this.calls = new Float64Array(commandCount);
    this.micros = new Float64Array(commandCount);
    this.rejected = new Float64Array(commandCount);
    this.failed = new Float64Array(commandCount);
  }

  /** Commands executed since the start (or CONFIG RESETSTAT). */
  get totalCommands(): number {
    let sum = 0;
    for (const n of this.calls) sum += n;
    return sum;
  }

  /** Notes how long a call took. */
  noteDuration(id: number, us: number): void {
    this.micros[id] += us;
    if (this.latencyTracking) (this.latencies[id] ??= new LatencyHistogram()).record(us);
  }

  /** Counts an error reply under its first word. */
  countError(line: string): void {
    this.totalErrors++;
    const end = line.indexOf(' ');
    const code = end < 0 ? line : line.slice(0, end);
    const seen = this.errors.get(code);
    if (seen !== undefined) this.errors.set(code, seen + 1);
    else if (this.errors.size < MAX_ERROR_CODES) this.errors.set(code, 1);
  }

  reset(): void {
    this.calls = new Float64Array(this.commandCount);
    this.micros = new Float64Array(this.commandCount);
    this.rejected = new Float64Array(this.commandCount);
    this.failed = new Float64Array(this.commandCount);
    this.latencies = [];
    this.errors.clear();
    this.loop.reset();
    this.totalErrors = 0;
    this.connections = 0;
    this.rejectedConnections = 0;
    this.evictedClients = 0;
    this.netIn = 0;
    this.netOut = 0;
    this.replIn = 0;
    this.replOut = 0;
    this.syncFull = 0;
    this.syncPartialOk = 0;
    this.syncPartialErr = 0;
    this.unexpectedErrors = 0;
    this.inputBufferLimitDisconnections = 0;
    this.outputBufferLimitDisconnections = 0;
  }
}

/**
 * Time spent in the event loop, in microseconds, for INFO (redis 7.2.6 server.c:durationAddSample). A cycle is a turn with its
 * end, or a tick of the cron.
 */
export class LoopStats {
  cycles = 0;
  totalUs = 0;
  /** In commands; those that others call are part of their callers. */
  commandUs = 0;
  cronUs = 0;
  /** The longest cycle, and the most commands of one. */
  maxUs = 0;
  maxCommands = 0;
  /** Commands of the running cycle. */
  commands = 0;
  private cycleUs = 0;

  /** A part of the running cycle. */
  spent(us: number): void {
    this.cycleUs += us;
  }

  /** The running cycle is over. */
  cycleOver(): void {
    this.cycles++;
    this.totalUs += this.cycleUs;
    this.maxUs = Math.max(this.maxUs, this.cycleUs);
    this.maxCommands = Math.max(this.maxCommands, this.commands);
    this.cycleUs = 0;
    this.commands = 0;
  }

  reset(): void {
    Object.assign(this, new LoopStats());
  }
}

/** A rate per second over the last samples of a growing total. */
export class Rate {
  private readonly samples = new Float64Array(RATE_SAMPLES);
  private at = 0;
  private lastTotal = 0;
  private lastUs = -1;

  sample(total: number, nowUs: number): void {
    const elapsedUs = nowUs - this.lastUs;
    if (this.lastUs >= 0 && elapsedUs > 0) {
      this.samples[this.at] = (Math.max(0, total - this.lastTotal) * 1e6) / elapsedUs;
      this.at = (this.at + 1) % RATE_SAMPLES;
    }
    this.lastTotal = total;
    this.lastUs = nowUs;
  }

  perSecond(): number {
    let sum = 0;
    for (const s of this.samples) sum += s;
    return sum / RATE_SAMPLES;
  }
}
