/**
 * Persistence: the data set on disk as an RDB: SAVE, BGSAVE, save points, loading at start, DEBUG RELOAD.
 *
 *   BGSAVE: SnapshotJob ─blocks─► temp-<pid>-<dbfilename> ─fsync─► rename to dbfilename
 *
 * One job runs at a time, for the disk or for replicas (`jobRunning`). A save that fails raises MISCONF until one succeeds, when
 * stop-writes-on-bgsave-error says so. Replication uses `startJob` for its own snapshots and `backgroundSave` for a file that it
 * then sends. Rules: redis 7.2.6 rdb.c:rdbSave, bgsaveCommand, backgroundSaveDoneHandler.
 */
import { type Clock } from '../base/clock.js';
import { DiskError, type Disk, type FileReader, type FileWriter } from '../base/disk.js';
import { type Config } from '../services/config/config.js';
import { encodingLimits } from '../services/config/encoding-limits.js';
import { type Log } from '../services/log.js';
import { type Store } from '../store/database.js';
import { type WriteGate } from '../store/write-gate.js';
import { DiskSave, type SaveOutcome } from './disk-save.js';
import { FIELD_EXPIRY_VERSION, RdbError, USUAL_VERSION, type WritableVersion } from './rdb/format.js';
import { RdbLoader, type RdbPosition } from './rdb/loader.js';
import { RdbReader } from './rdb/reader.js';
import {
  SLICE_BOUNDS_US,
  SnapshotJob,
  type SliceFigures,
  type SnapshotOptions,
  type SnapshotOutput,
} from './rdb/snapshot-job.js';

/** Read at a time while loading. */
const LOAD_CHUNK_BYTES = 256 * 1024;
/** A failed BGSAVE is tried again by a save point after this long (redis 7.2.6 CONFIG_BGSAVE_RETRY_DELAY). */
const RETRY_DELAY_MS = 5_000;

export interface PersistenceHost {
  readonly store: Store;
  readonly gate: WriteGate;
  readonly clock: Clock;
  readonly config: Config;
  readonly log: Log;
  readonly disk: Disk;
  readonly pid: number;
  readonly redisVersion: string;
  usedMemoryBytes(): number;
  /** The replication position that goes into an RDB; undefined when there is none worth keeping. */
  position(): RdbPosition | undefined;
  /** A data set is being loaded; undefined: no more. */
  setLoading(state: { startedMs: number; totalBytes: number; loadedBytes: number } | undefined): void;
  /** Writes are refused with MISCONF while this is on. */
  setDiskError(on: boolean): void;
  isReplica(): boolean;
  /** Files are read whatever their checksum is (DEBUG SET-SKIP-CHECKSUM-VALIDATION). */
  skipsChecksums(): boolean;
  /** Progress of a load, for a person. */
  readonly onLoadProgress?: (loadedBytes: number, totalBytes: number, keys: number) => void;
}

/** What loading a file came to. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly loader: RdbLoader; readonly seconds: number }
  | { readonly kind: 'absent' }
  /** `stopLoading` was called. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly reason: string };

interface Running {
  readonly job: SnapshotJob;
  readonly target: 'disk' | 'replicas';
  readonly startedMs: number;
  readonly dirtyAtStart: number;
  abort(): void;
}

export class Persistence {
  lastSaveMs: number;
  private lastDirty = 0;
  private lastTryMs = 0;
  private lastOk = true;
  private lastDurationSeconds = -1;
  private saves = 0;
  private running: Running | undefined;
  private scheduled = false;
  private lastLoad = { loaded: 0, expired: 0 };
  private lastSideQueue = 0;
  private loadStopped = false;
  /** Called when no job runs any more: replication may start the one that it waits for. */
  onIdle: () => void = () => undefined;

  constructor(private readonly host: PersistenceHost) {
    this.lastSaveMs = host.clock.nowMs();
    host.config.onChange(['stop-writes-on-bgsave-error', 'save'], () => this.updateDiskError());
  }

  get jobRunning(): 'disk' | 'replicas' | undefined {
    return this.running?.target;
  }

  /** Changes since the last save that succeeded. */
  get dirty(): number {
    return this.host.gate.dirty - this.lastDirty;
  }

  get hasSavePoints(): boolean {
    return this.host.config.values.save.length > 0;
  }

  get filePath(): string {
    const { dir, dbfilename } = this.host.config.values;
    return this.host.disk.join(dir, dbfilename);
  }

  private get temporaryPath(): string {
    const { dir, dbfilename } = this.host.config.values;
    // One process may hold several servers that share a folder.
    return this.host.disk.join(dir, `temp-${this.host.pid}-${dbfilename}`);
  }

  /** The version of a file: 7.2's, unless there is what it has no place for. */
  private get fileVersion(): WritableVersion {
    const { databases } = this.host.store;
    const expire = databases.some(({ keyspace }) => keyspace.fieldExpiry.size > 0);
    return expire ? FIELD_EXPIRY_VERSION : USUAL_VERSION;
  }

  /** Options of a snapshot in an RDB version. */
  snapshotOptions(version: WritableVersion, include: SnapshotOptions['include']): SnapshotOptions {
    const { values } = this.host.config;
    const position = this.host.position();
    return {
      version,
      checksum: values.rdbchecksum,
      compression: values.rdbcompression,
      include,
      limits: encodingLimits(this.host.config),
      keyDelayUs: delayOf(values.rdbKeySaveDelay),
      aux: {
        redisVersion: this.host.redisVersion,
        ctime: Math.floor(this.host.clock.nowMs() / 1000),
        usedMemory: this.host.usedMemoryBytes(),
        aofBase: false,
        ...(position && {
          replication: { streamDb: position.streamDb, id: position.replid, offset: position.offset },
        }),
      },
    };
  }

  /** SAVE: synchronously. Throws DiskError when it failed. */
  saveNow(): void {
    const { disk, log, gate } = this.host;
    const temporary = this.temporaryPath;
    const { dirty } = gate;
    try {
      this.writeFile(temporary);
      disk.rename(temporary, this.filePath);
    } catch (error) {
      log.warning(`Error saving DB on disk: ${reasonOf(error)}`);
      this.removeQuietly(temporary);
      throw error;
    }
    log.notice('DB saved on disk');
    this.succeeded(dirty);
  }

  private writeFile(path: string): void {
    const file = this.host.disk.create(path);
    try {
      const job = new SnapshotJob(this.host, this.snapshotOptions(this.fileVersion, EVERYTHING), {
        write: (block) => file.writeSync(block),
        ready: () => true,
        done: () => undefined,
      });
      try {
        job.runToEnd();
      } finally {
        job.cancel();
      }
      file.fsyncSync();
    } finally {
      file.closeSync();
    }
  }

  private succeeded(dirtyAtStart: number): void {
    this.lastDirty = dirtyAtStart;
    this.lastSaveMs = this.host.clock.nowMs();
    this.lastOk = true;
    this.saves++;
    this.updateDiskError();
  }

  private removeQuietly(path: string): void {
    try {
      this.host.disk.remove(path);
    } catch (error) {
      this.host.log.warning(`Could not remove ${path}: ${reasonOf(error)}`);
    }
  }

  /** Called again when stop-writes-on-bgsave-error or the save points change. */
  updateDiskError(): void {
    const { stopWritesOnBgsaveError } = this.host.config.values;
    this.host.setDiskError(!this.lastOk && stopWritesOnBgsaveError && this.hasSavePoints);
  }

  /**
   * BGSAVE.
   * @returns false when the file could not be created
   */
  startBackgroundSave(): boolean {
    const { clock, disk, log } = this.host;
    const temporary = this.temporaryPath;
    this.lastTryMs = clock.nowMs();
    let file: FileWriter;
    try {
      file = disk.create(temporary);
    } catch (error) {
      this.saveFailed(error);
      return false;
    }
    log.notice('Background saving started');
    const save = new DiskSave(file, {
      startJob: (output, abort) =>
        this.startJob(this.snapshotOptions(this.fileVersion, EVERYTHING), output, 'disk', abort),
      publish: (done) => disk.renameSoon(temporary, this.filePath, done),
      over: (outcome) => {
        if (outcome.kind !== 'saved') this.removeQuietly(temporary);
        this.noteOutcome(outcome);
        this.endJob();
      },
    });
    save.start();
    return true;
  }

  /** The job of a DiskSave or of replication begins. */
  startJob(
    options: SnapshotOptions,
    output: SnapshotOutput,
    target: 'disk' | 'replicas',
    abort: () => void,
  ): SnapshotJob {
    const job = new SnapshotJob(this.host, options, output);
    this.running = {
      job,
      target,
      startedMs: this.host.clock.nowMs(),
      dirtyAtStart: this.host.gate.dirty,
      abort,
    };
    job.start();
    return job;
  }

  /** The running job is over. */
  endJob(): void {
    const { running } = this;
    if (running === undefined) return;
    this.lastSideQueue = running.job.sideQueuePeak;
    running.job.cancel();
    this.running = undefined;
    this.onIdle();
  }

  private noteOutcome(outcome: SaveOutcome): void {
    const { log, clock } = this.host;
    switch (outcome.kind) {
      case 'saved': {
        const { startedMs, dirtyAtStart, job } = this.running!;
        this.lastDurationSeconds = Math.floor((clock.nowMs() - startedMs) / 1000);
        log.notice('Background saving terminated with success');
        log.notice(sliceReport(job.slices));
        this.succeeded(dirtyAtStart);
        break;
      }
      case 'failed':
        this.saveFailed(outcome.error);
        break;
      case 'aborted':
        // Ended by us: no fault of the disk, so writes stay allowed (redis 7.2.6 rdb.c:backgroundSaveDoneHandlerDisk, SIGUSR1).
        log.warning('Background saving terminated: it was ended before it was complete');
        break;
    }
  }

  private saveFailed(error: unknown): void {
    this.host.log.warning(`Background saving error: ${reasonOf(error)}`);
    this.lastOk = false;
    this.updateDiskError();
  }

  /** A job that must not go on (FLUSHALL, SHUTDOWN). */
  abortJob(): void {
    this.running?.abort();
  }

  /** BGSAVE SCHEDULE while something else runs: the cron starts it later. */
  schedule(): void {
    this.scheduled = true;
  }

  /** Once a tick: save points, and a scheduled save. */
  cron(): void {
    if (this.running !== undefined) return;
    const now = this.host.clock.nowMs();
    if (!this.lastOk && now - this.lastTryMs <= RETRY_DELAY_MS) return;
    if (this.scheduled) {
      if (this.startBackgroundSave()) this.scheduled = false;
      return;
    }
    for (const { seconds, changes } of this.host.config.values.save) {
      if (this.dirty < changes || now - this.lastSaveMs <= seconds * 1000) continue;
      this.host.log.notice(`${changes} changes in ${seconds} seconds. Saving...`);
      this.startBackgroundSave();
      return;
    }
  }

  // ---- loading

  /** Loads dbfilename in slices; clients are answered meanwhile. The data of a failed load is dropped, the file untouched. */
  load(done: (outcome: LoadOutcome) => void): void {
    const { disk } = this.host;
    const path = this.filePath;
    let reader: FileReader;
    try {
      if (!disk.exists(path)) {
        done({ kind: 'absent' });
        return;
      }
      reader = disk.open(path);
    } catch (error) {
      done({ kind: 'failed', reason: reasonOf(error) });
      return;
    }
    this.loadFrom(reader, path, done);
  }

  private loadFrom(reader: FileReader, path: string, done: (outcome: LoadOutcome) => void): void {
    const { clock, config } = this.host;
    const startedUs = clock.monotonicUs();
    const state = { startedMs: clock.nowMs(), totalBytes: reader.sizeBytes, loadedBytes: 0 };
    const loader = this.newLoader();
    const rdb = new RdbReader(loader, {
      verifyChecksum: config.values.rdbchecksum && !this.host.skipsChecksums(),
    });
    const chunk = Buffer.allocUnsafe(
      Math.min(LOAD_CHUNK_BYTES, config.values.loadingProcessEventsIntervalBytes),
    );
    this.host.setLoading(state);
    const finish = (outcome: LoadOutcome) => {
      reader.close();
      this.host.setLoading(undefined);
      done(outcome);
    };
    const next = () =>
      reader.read(chunk, (error, bytes) => {
        if (this.loadStopped) return finish({ kind: 'stopped' });
        if (error !== undefined) return finish({ kind: 'failed', reason: reasonOf(error) });
        const before = loader.loaded;
        try {
          if (bytes > 0) rdb.push(chunk.subarray(0, bytes));
          else rdb.finish();
        } catch (fault) {
          return finish({ kind: 'failed', reason: `${path}: ${loadFault(fault, rdb)}` });
        }
        state.loadedBytes += bytes;
        this.host.onLoadProgress?.(state.loadedBytes, state.totalBytes, loader.loaded);
        if (bytes > 0 && !rdb.done) {
          const delayMs = ((loader.loaded - before) * delayOf(config.values.keyLoadDelay)) / 1000;
          if (delayMs > 0) clock.after(delayMs, next);
          else next();
          return;
        }
        this.install(loader);
        finish({ kind: 'loaded', loader, seconds: (clock.monotonicUs() - startedUs) / 1e6 });
      });
    next();
  }

  private newLoader(): RdbLoader {
    const { store, config } = this.host;
    return new RdbLoader(store, { dropExpired: !this.host.isReplica(), limits: config.values });
  }

  /** The server ends while it loads: nothing of the file is taken over. */
  stopLoading(): void {
    this.loadStopped = true;
  }

  private install(loader: RdbLoader): void {
    loader.install();
    this.lastLoad = { loaded: loader.loaded, expired: loader.expired };
  }

  /** DEBUG RELOAD: loads dbfilename at once, in the place of what is there. Throws Error with the reason. */
  loadNow(): void {
    const reader = this.host.disk.open(this.filePath);
    const loader = this.newLoader();
    try {
      const rdb = new RdbReader(loader);
      const chunk = Buffer.allocUnsafe(LOAD_CHUNK_BYTES);
      for (let bytes = reader.readSync(chunk); bytes > 0; bytes = reader.readSync(chunk)) {
        rdb.push(chunk.subarray(0, bytes));
      }
      if (!rdb.done) rdb.finish();
      this.install(loader);
    } catch (error) {
      loader.abandon();
      throw error;
    } finally {
      reader.close();
    }
  }

  /** What INFO persistence shows of the RDB side. */
  get figures() {
    const { running } = this;
    const now = this.host.clock.nowMs();
    return {
      dirty: this.dirty,
      inProgress: running !== undefined,
      lastSaveSeconds: Math.floor(this.lastSaveMs / 1000),
      lastOk: this.lastOk,
      lastDurationSeconds: this.lastDurationSeconds,
      currentSeconds: running === undefined ? -1 : Math.floor((now - running.startedMs) / 1000),
      saves: this.saves,
      processedKeys: running?.job.processedKeys ?? 0,
      totalKeys: running?.job.totalKeys ?? 0,
      sideQueue: running?.job.sideQueueLength ?? 0,
      lastSideQueue: this.lastSideQueue,
      lastLoad: this.lastLoad,
    };
  }
}

/** Microseconds a key of rdb-key-save-delay and key-load-delay; -n is one n-th of a microsecond (redis 7.2.6 debugDelay). */
function delayOf(setting: number): number {
  return setting < 0 ? -1 / setting : setting;
}

const EVERYTHING = { keys: true, functions: true } as const;

/** The words for a person: what went wrong and, for a damaged file, where. */
export function reasonOf(error: unknown): string {
  if (error instanceof DiskError) return `${error.path}: ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
}

function loadFault(fault: unknown, rdb: RdbReader): string {
  return fault instanceof RdbError ? fault.message : `at offset ${rdb.bytesRead}: ${reasonOf(fault)}`;
}

/** How long the slices of a snapshot kept everybody else waiting. */
function sliceReport({ counts, longestUs }: SliceFigures): string {
  const groups = SLICE_BOUNDS_US.map((bound, i) => `${counts[i]} up to ${bound / 1000} ms`);
  groups.push(`${counts[SLICE_BOUNDS_US.length]} longer`);
  return `Snapshot slices: ${groups.join(', ')}; the longest ${(longestUs / 1000).toFixed(2)} ms`;
}
