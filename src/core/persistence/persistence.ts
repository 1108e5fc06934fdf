/**
 * Persistence: the data set on disk as an RDB: SAVE, BGSAVE, save points, loading at start, DEBUG RELOAD.
 *
 *   BGSAVE: SnapshotJob ─blocks─► temp-<pid>.rdb ─fsync─► rename to dbfilename
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
import { RdbError, type WritableVersion } from './rdb/format.js';
import { RdbLoader, type RdbPosition } from './rdb/loader.js';
import { RdbReader } from './rdb/reader.js';
import { SnapshotJob, type SnapshotOptions, type SnapshotOutput } from './rdb/snapshot-job.js';

/** Blocks handed to the disk and not yet written: beyond this the walk waits. */
const DISK_QUEUE_BYTES = 4 * 1024 * 1024;
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
  readonly isReplica: boolean;
  /** Progress of a load, for a person. */
  onLoadProgress?(loadedBytes: number, totalBytes: number, keys: number): void;
}

/** What loading a file came to. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly loader: RdbLoader; readonly seconds: number }
  | { readonly kind: 'absent' }
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
  /** Called when no job runs any more: replication may start the one that it waits for. */
  onIdle: () => void = () => undefined;

  constructor(private readonly host: PersistenceHost) {
    this.lastSaveMs = host.clock.nowMs();
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
    return this.host.disk.join(this.host.config.values.dir, `temp-${this.host.pid}.rdb`);
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
    const { disk, log } = this.host;
    const temporary = this.temporaryPath;
    const dirty = this.host.gate.dirty;
    let file: FileWriter | undefined;
    try {
      file = disk.create(temporary);
      const open = file;
      const job = new SnapshotJob(this.host, this.snapshotOptions(11, EVERYTHING), {
        write: (block) => open.writeSync(block),
        ready: () => true,
        done: () => undefined,
      });
      try {
        job.runToEnd();
      } finally {
        job.cancel();
      }
      file.fsyncSync();
      file.closeSync();
      disk.rename(temporary, this.filePath);
    } catch (error) {
      log.warning(`Error saving DB on disk: ${reasonOf(error)}`);
      this.removeQuietly(temporary);
      throw error;
    }
    log.notice('DB saved on disk');
    this.succeeded(dirty);
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
   * @param whenDone called once with the file's path, or with undefined when it failed
   * @returns false when the file could not be created
   */
  startBackgroundSave(whenDone?: (path: string | undefined) => void): boolean {
    const temporary = this.temporaryPath;
    this.lastTryMs = this.host.clock.nowMs();
    let file: FileWriter;
    try {
      file = this.host.disk.create(temporary);
    } catch (error) {
      this.saveFailed(temporary, error);
      return false;
    }
    this.host.log.notice('Background saving started');
    new DiskSave(this, this.host, file, temporary, whenDone).start();
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
    this.lastSideQueue = running.job.sideQueueLength;
    running.job.cancel();
    this.running = undefined;
    this.onIdle();
  }

  backgroundSaved(): void {
    const { startedMs, dirtyAtStart } = this.running!;
    this.lastDurationSeconds = Math.floor((this.host.clock.nowMs() - startedMs) / 1000);
    this.host.log.notice('Background saving terminated with success');
    this.succeeded(dirtyAtStart);
  }

  saveFailed(temporary: string, error: unknown): void {
    this.host.log.warning(`Background saving error: ${reasonOf(error)}`);
    this.lastOk = false;
    this.removeQuietly(temporary);
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
    if (this.scheduled) {
      this.scheduled = false;
      this.startBackgroundSave();
      return;
    }
    const now = this.host.clock.nowMs();
    if (!this.lastOk && now - this.lastTryMs <= RETRY_DELAY_MS) return;
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
    const { clock, store, isReplica } = this.host;
    const startedUs = clock.monotonicUs();
    const state = { startedMs: clock.nowMs(), totalBytes: reader.sizeBytes, loadedBytes: 0 };
    const loader = new RdbLoader(store, { dropExpired: !isReplica });
    const rdb = new RdbReader(loader, { verifyChecksum: this.host.config.values.rdbchecksum });
    const chunk = Buffer.allocUnsafe(LOAD_CHUNK_BYTES);
    this.host.setLoading(state);
    const finish = (outcome: LoadOutcome) => {
      reader.close();
      this.host.setLoading(undefined);
      done(outcome);
    };
    const next = () =>
      reader.read(chunk, (error, bytes) => {
        if (error !== undefined) return finish({ kind: 'failed', reason: reasonOf(error) });
        try {
          if (bytes > 0) rdb.push(chunk.subarray(0, bytes));
          else rdb.finish();
        } catch (fault) {
          return finish({ kind: 'failed', reason: `${path}: ${loadFault(fault, rdb)}` });
        }
        state.loadedBytes += bytes;
        this.host.onLoadProgress?.(state.loadedBytes, state.totalBytes, loader.loaded);
        if (bytes > 0 && !rdb.done) return next();
        this.install(loader);
        finish({ kind: 'loaded', loader, seconds: (clock.monotonicUs() - startedUs) / 1e6 });
      });
    next();
  }

  private install(loader: RdbLoader): void {
    loader.install();
    this.lastLoad = { loaded: loader.loaded, expired: loader.expired };
  }

  /** DEBUG RELOAD: loads dbfilename at once, in the place of what is there. Throws Error with the reason. */
  loadNow(): void {
    const reader = this.host.disk.open(this.filePath);
    try {
      const loader = new RdbLoader(this.host.store, { dropExpired: !this.host.isReplica });
      const rdb = new RdbReader(loader);
      const chunk = Buffer.allocUnsafe(LOAD_CHUNK_BYTES);
      for (let bytes = reader.readSync(chunk); bytes > 0; bytes = reader.readSync(chunk)) {
        rdb.push(chunk.subarray(0, bytes));
      }
      if (!rdb.done) rdb.finish();
      this.install(loader);
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
      inProgress: running?.target === 'disk',
      anyJob: running !== undefined,
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

export const EVERYTHING = { keys: true, functions: true } as const;

/** A BGSAVE on its way to the file. */
class DiskSave implements SnapshotOutput {
  private pendingBytes = 0;
  private failed = false;
  private job!: SnapshotJob;

  constructor(
    private readonly persistence: Persistence,
    private readonly host: PersistenceHost,
    private readonly file: FileWriter,
    private readonly temporary: string,
    private readonly whenDone: ((path: string | undefined) => void) | undefined,
  ) {}

  start(): void {
    const options = this.persistence.snapshotOptions(11, EVERYTHING);
    this.job = this.persistence.startJob(options, this, 'disk', () => this.fail(new Error('aborted')));
  }

  write(block: Buffer): void {
    this.pendingBytes += block.length;
    this.file.write(block, (error) => {
      this.pendingBytes -= block.length;
      if (error !== undefined) this.fail(error);
      else if (this.ready()) this.job.resume();
    });
  }

  ready(): boolean {
    return this.pendingBytes < DISK_QUEUE_BYTES;
  }

  done(): void {
    this.file.fsync((error) => {
      if (error !== undefined) return this.fail(error);
      this.file.close((closeError) => {
        if (this.failed) return;
        if (closeError !== undefined) return this.fail(closeError);
        this.publish();
      });
    });
  }

  private publish(): void {
    const path = this.persistence.filePath;
    try {
      this.host.disk.rename(this.temporary, path);
    } catch (error) {
      return this.fail(error);
    }
    this.persistence.backgroundSaved();
    this.persistence.endJob();
    this.whenDone?.(path);
  }

  private fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.job.cancel();
    this.file.close(() => undefined);
    this.persistence.saveFailed(this.temporary, error);
    this.persistence.endJob();
    this.whenDone?.(undefined);
  }
}

/** The words for a person: what went wrong and, for a damaged file, where. */
export function reasonOf(error: unknown): string {
  if (error instanceof DiskError) return `${error.path}: ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
}

function loadFault(fault: unknown, rdb: RdbReader): string {
  return fault instanceof RdbError ? fault.message : `at offset ${rdb.bytesRead}: ${reasonOf(fault)}`;
}
