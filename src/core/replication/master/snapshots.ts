/**
 * Snapshots for replicas: one job serves all replicas that wait and want the same (capabilities, filter).
 *
 *   diskless:  $EOF:<mark> CR LF ── blocks straight to the sockets ── <mark>      paced by the fastest, slow ones are dropped
 *   disk:      blocks ► file ── when it is whole: $<length> CR LF + file          replicas that come meanwhile share it
 *
 * `+FULLRESYNC` goes out when the job begins, with the offset of that moment. RDB version by repl-compat-version.
 */
import { type FileWriter } from '../../base/disk.js';
import { COMPAT_VERSIONS } from '../../persistence/rdb/format.js';
import { type SnapshotJob, type SnapshotOutput } from '../../persistence/rdb/snapshot-job.js';
import { reasonOf } from '../../persistence/persistence.js';
import { type ReplicationParts } from '../ports.js';
import { type Cursor } from '../stream.js';
import { QUEUE_BYTES } from './feed.js';
import { sameFilter, type Replica } from './replica-state.js';

/** Bytes on their way to the disk beyond which the walk waits. */
const FILE_QUEUE_BYTES = 4 * 1024 * 1024;
const MARK_DIGITS = 40;

export interface SnapshotHost extends ReplicationParts {
  /** A snapshot for replicas is about to begin. */
  fullSyncBegins(): void;
  /** The position of the running snapshot is settled: answer FULLRESYNC to a replica. */
  beginFullSync(replica: Replica, offset: number, cursor: Cursor): void;
  /** All of a diskless snapshot has been handed to this replica's connection. */
  snapshotWritten(replica: Replica): void;
  /** A file with the snapshot is ready for this replica. */
  sendFile(replica: Replica, path: string): void;
  /** It failed: the replica cannot be served. */
  snapshotFailed(replica: Replica): void;
  /** Offset and cursor of this moment; the next effect of the stream begins with SELECT. */
  mark(): { offset: number; cursor: Cursor };
  replicasGone(replica: Replica): boolean;
}

/** A snapshot that is being made. */
export interface RunningSnapshot {
  readonly form: 'eof' | 'length';
  /** Whether a replica that came later can share it. */
  accepts(replica: Replica): boolean;
  add(replica: Replica): void;
  /** A replica has left. */
  left(replica: Replica): void;
}

export function startSnapshot(
  host: SnapshotHost,
  replicas: Replica[],
  diskless: boolean,
): RunningSnapshot | undefined {
  return diskless ? new SocketSnapshot(host, replicas) : FileSnapshot.start(host, replicas);
}

function optionsFor(host: SnapshotHost, { announced }: Replica) {
  const version = COMPAT_VERSIONS[host.engine.config.values.replCompatVersion];
  host.fullSyncBegins();
  return host.persistence.snapshotOptions(version, announced.include);
}

class SocketSnapshot implements RunningSnapshot, SnapshotOutput {
  readonly form = 'eof';
  private readonly mark: string;
  private readonly job: SnapshotJob;
  /** Those whose socket will tell when it has drained. */
  private readonly draining = new Set<Replica>();

  constructor(
    private readonly host: SnapshotHost,
    private targets: Replica[],
  ) {
    this.mark = host.engine.random.hex(MARK_DIGITS);
    const { offset, cursor } = host.mark();
    for (const replica of targets) {
      host.beginFullSync(replica, offset, { ...cursor });
      replica.session.connection.write(`$EOF:${this.mark}\r\n`);
    }
    this.job = host.persistence.startJob(optionsFor(host, targets[0]), this, 'replicas', () => this.abort());
  }

  accepts(): boolean {
    return false;
  }

  add(): void {
    throw new Error('a diskless snapshot takes no further replicas');
  }

  write(block: Buffer): void {
    for (const replica of [...this.targets]) {
      const { session } = replica;
      session.connection.writeBuffer(block);
      session.bytesOut += block.length;
      this.host.engine.stats.replOut += block.length;
      this.host.engine.clients.enforceOutputLimit(session);
    }
    const taken = this.targets.every(({ session }) => session.connection.queuedBytes === 0);
    if (taken) this.job.recycle(block);
  }

  ready(): boolean {
    const fastest = Math.min(...this.targets.map(({ session }) => session.connection.queuedBytes));
    if (fastest < QUEUE_BYTES) return true;
    this.awaitDrain();
    return false;
  }

  /** Goes on when the first of the sockets has drained. */
  private awaitDrain(): void {
    for (const replica of this.targets) {
      if (this.draining.has(replica)) continue;
      this.draining.add(replica);
      replica.session.connection.onDrained(() => {
        this.draining.delete(replica);
        this.job.resume();
      });
    }
  }

  done(): void {
    for (const replica of this.targets) {
      replica.session.connection.write(this.mark);
      this.host.snapshotWritten(replica);
    }
    this.targets = [];
    this.host.persistence.endJob();
  }

  left(replica: Replica): void {
    const before = this.targets.length;
    this.targets = this.targets.filter((other) => other !== replica);
    if (this.targets.length === before || this.targets.length > 0) {
      // The one that has left may have been the one that the walk was waiting for.
      if (this.targets.length < before) this.job.resume();
      return;
    }
    this.host.engine.log.warning('Diskless rdb transfer, last replica dropped, killing the snapshot.');
    this.host.persistence.endJob();
  }

  private abort(): void {
    const targets = this.targets;
    this.targets = [];
    this.host.persistence.endJob();
    for (const replica of targets) this.host.snapshotFailed(replica);
  }
}

class FileSnapshot implements RunningSnapshot, SnapshotOutput {
  readonly form = 'length';
  private readonly job: SnapshotJob;
  private readonly position: { offset: number; cursor: Cursor };
  private pendingBytes = 0;
  /** The file is being closed, or is: its descriptor may be somebody else's. */
  private closing = false;
  private over = false;

  static start(host: SnapshotHost, replicas: Replica[]): FileSnapshot | undefined {
    const path = host.disk.join(
      host.engine.config.values.dir,
      `temp-repl-${host.engine.host.pid}-${host.engine.random.hex(8)}.rdb`,
    );
    try {
      return new FileSnapshot(host, replicas, host.disk.create(path));
    } catch (error) {
      host.engine.log.warning(`Can't make a snapshot for replicas: ${reasonOf(error)}`);
      for (const replica of replicas) host.snapshotFailed(replica);
      return undefined;
    }
  }

  private constructor(
    private readonly host: SnapshotHost,
    private readonly targets: Replica[],
    private readonly file: FileWriter,
  ) {
    this.position = host.mark();
    for (const replica of targets) this.admit(replica);
    this.job = host.persistence.startJob(optionsFor(host, targets[0]), this, 'disk', () =>
      this.fail('aborted'),
    );
  }

  private admit(replica: Replica): void {
    this.host.beginFullSync(replica, this.position.offset, { ...this.position.cursor });
  }

  accepts(replica: Replica): boolean {
    const first = this.targets.find((target) => !this.host.replicasGone(target));
    if (first === undefined || this.over) return false;
    return sameFilter(first.announced, replica.announced);
  }

  add(replica: Replica): void {
    this.targets.push(replica);
    this.admit(replica);
  }

  write(block: Buffer): void {
    this.pendingBytes += block.length;
    this.file.write(block, (error) => {
      this.pendingBytes -= block.length;
      this.job.recycle(block);
      if (error !== undefined) this.fail(reasonOf(error));
      else if (this.ready()) this.job.resume();
    });
  }

  ready(): boolean {
    return this.pendingBytes < FILE_QUEUE_BYTES;
  }

  done(): void {
    this.closing = true;
    this.file.close((error) => {
      if (this.over) return;
      if (error !== undefined) {
        this.fail(reasonOf(error));
        return;
      }
      this.over = true;
      this.host.persistence.endJob();
      for (const replica of this.targets) {
        if (!this.host.replicasGone(replica)) this.host.sendFile(replica, this.file.path);
      }
      // Those who send it have opened it.
      this.removeFile();
    });
  }

  private fail(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.host.engine.log.warning(`Snapshot for replicas failed: ${reason}`);
    if (!this.closing) this.file.close(() => undefined);
    this.removeFile();
    this.host.persistence.endJob();
    for (const replica of this.targets) {
      if (!this.host.replicasGone(replica)) this.host.snapshotFailed(replica);
    }
  }

  private removeFile(): void {
    try {
      this.host.disk.remove(this.file.path);
    } catch (error) {
      this.host.engine.log.warning(`Could not remove ${this.file.path}: ${reasonOf(error)}`);
    }
  }

  left(): void {
    if (!this.over && this.targets.every((replica) => this.host.replicasGone(replica)))
      this.fail('the last replica has left');
  }
}

/** The line that begins a snapshot of known length. */
export function lengthHeader(bytes: number): string {
  return `$${bytes}\r\n`;
}
