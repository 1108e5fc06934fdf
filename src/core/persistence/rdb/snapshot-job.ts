/**
 * SnapshotJob: turns a SnapshotWalk into an RDB, in slices between turns of the event loop.
 *
 *   start ──► slice ──► slice ──► … ──► done        `out` says when it has enough: the job then waits for `resume`
 *
 * Header, functions and the replication position are taken in the first slice, so that they belong to the same moment as the
 * data. BGSAVE, SAVE (which runs it to the end at once) and replication are its users; they differ in where the blocks go.
 */
import { type Bytes } from '../../base/bytes.js';
import { type Clock } from '../../base/clock.js';
import { type Store } from '../../store/database.js';
import { SnapshotWalk, type SnapshotSink } from '../../store/snapshot.js';
import { type EncodingLimits } from '../../store/types/encoding.js';
import { type Value } from '../../store/types/value.js';
import { type WriteGate } from '../../store/write-gate.js';
import { type WritableVersion } from './format.js';
import { RdbWriter, type KeyUsage, type RdbAux } from './writer.js';

/** Longest slice in microseconds: short enough that a client beside it hardly notices. */
const SLICE_US = 250;
/** With this many entries in the side queue a slice may be this much longer: the walk must outrun the writes. */
const SIDE_QUEUE_LONG = 10_000;
const HURRIED_SLICE_US = 2_000;

/** Upper bounds, in microseconds, of the slices counted together; the last group has none. */
export const SLICE_BOUNDS_US = [500, 1_000, 2_000, 5_000, 10_000] as const;

/** How long the slices of a job kept the event loop. */
export interface SliceFigures {
  /** By SLICE_BOUNDS_US, and those beyond the last bound. */
  readonly counts: readonly number[];
  readonly longestUs: number;
}

export interface SnapshotOptions {
  readonly version: WritableVersion;
  readonly aux: RdbAux;
  readonly checksum: boolean;
  readonly compression: boolean;
  readonly limits: EncodingLimits;
  /** What of the data goes in: `none` for rdb-filter-only. */
  readonly include: { readonly keys: boolean; readonly functions: boolean };
  /** rdb-key-save-delay: the walk is held back by this many microseconds a key. */
  readonly keyDelayUs?: number;
}

export interface SnapshotOutput {
  /** Takes a block for good. */
  write(block: Buffer): void;
  /** Whether it takes more now. When not, it calls `resume` of the job later. */
  ready(): boolean;
  /** Everything has been handed over. */
  done(): void;
}

export interface SnapshotParts {
  readonly store: Store;
  readonly gate: WriteGate;
  readonly clock: Clock;
}

export class SnapshotJob implements SnapshotSink {
  readonly startedUs: number;
  private readonly walk: SnapshotWalk | undefined;
  private readonly writer: RdbWriter;
  private waiting = false;
  private scheduled = false;
  private over = false;
  private readonly sliceCounts: number[] = new Array<number>(SLICE_BOUNDS_US.length + 1).fill(0);
  private longestUs = 0;

  constructor(
    private readonly parts: SnapshotParts,
    private readonly options: SnapshotOptions,
    private readonly output: SnapshotOutput,
  ) {
    this.startedUs = parts.clock.monotonicUs();
    this.writer = new RdbWriter((block) => output.write(block), options);
    this.writer.header(options.aux);
    if (options.include.functions && options.version >= 10) {
      for (const code of parts.store.functionLibraries) this.writer.functionLibrary(code);
    }
    this.walk = options.include.keys ? new SnapshotWalk(parts.store, parts.gate, this) : undefined;
  }

  get totalKeys(): number {
    return this.walk?.totalKeys ?? 0;
  }

  get processedKeys(): number {
    return this.walk?.processedKeys ?? 0;
  }

  get sideQueueLength(): number {
    return this.walk?.sideQueueLength ?? 0;
  }

  /** Most entries that ever waited in the side queue. */
  get sideQueuePeak(): number {
    return this.walk?.sideQueuePeak ?? 0;
  }

  get bytesWritten(): number {
    return this.writer.bytesWritten;
  }

  database(id: number, hint: { keys: number; expiring: number } | undefined): void {
    this.writer.selectDb(id);
    if (hint !== undefined) this.writer.resizeDb(hint.keys, hint.expiring);
  }

  entry(key: Bytes, value: Value, expiryMs: number, access: number): Generator<void, void, void> | undefined {
    const expiry = expiryMs === 0 ? undefined : expiryMs;
    const small = this.writer.smallKeyValue(key, value, expiry, this.usage(access));
    return small ? undefined : this.writer.restOfValue(value);
  }

  /** Idle time or frequency is written when the eviction policy uses it (redis 7.2.6 rdb.c:rdbSaveKeyValuePair). */
  private usage(access: number): KeyUsage | undefined {
    const { store } = this.parts;
    if (!store.savesUsage) return undefined;
    if (store.lfu !== undefined) return { freq: access & 255 };
    return { idleSeconds: Math.max(0, Math.floor(store.nowMs / 1000) - access) };
  }

  /** Takes back a block that nobody reads any more. */
  recycle(block: Buffer): void {
    this.writer.recycle(block);
  }

  /** Begins the slices. */
  start(): void {
    this.schedule();
  }

  /** The output takes more again. */
  resume(): void {
    if (this.waiting) this.schedule();
  }

  private schedule(delayMs = 0): void {
    this.waiting = false;
    if (this.scheduled || this.over) return;
    this.scheduled = true;
    const run = () => {
      this.scheduled = false;
      this.slice();
    };
    if (delayMs > 0) this.parts.clock.after(delayMs, run);
    else this.parts.clock.endOfTurn(run);
  }

  private slice(): void {
    if (this.over) return;
    if (!this.output.ready()) {
      this.waiting = true;
      return;
    }
    const startedUs = this.parts.clock.monotonicUs();
    this.work(startedUs);
    const us = this.parts.clock.monotonicUs() - startedUs;
    const group = SLICE_BOUNDS_US.findIndex((bound) => us <= bound);
    this.sliceCounts[group < 0 ? SLICE_BOUNDS_US.length : group]++;
    this.longestUs = Math.max(this.longestUs, us);
  }

  /** How long its slices took so far. */
  get slices(): SliceFigures {
    return { counts: this.sliceCounts, longestUs: this.longestUs };
  }

  private work(startedUs: number): void {
    const { clock } = this.parts;
    const { keyDelayUs = 0 } = this.options;
    const before = this.processedKeys;
    const hurried = this.sideQueueLength > SIDE_QUEUE_LONG;
    const until = startedUs + (hurried ? HURRIED_SLICE_US : SLICE_US);
    const mayGoOn = () => keyDelayUs === 0 && clock.monotonicUs() < until;
    const finished = this.walk === undefined || this.walk.step(mayGoOn);
    if (finished) this.finish();
    else this.schedule(((this.processedKeys - before) * keyDelayUs) / 1000);
  }

  /** Runs to the end at once (SAVE). */
  runToEnd(): void {
    this.walk?.step(() => true);
    this.finish();
  }

  private finish(): void {
    this.over = true;
    this.writer.end();
    this.output.done();
  }

  /** Stops it; nothing more is written. */
  cancel(): void {
    this.over = true;
    this.walk?.end();
  }
}
