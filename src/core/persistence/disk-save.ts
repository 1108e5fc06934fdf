/**
 * DiskSave: one BGSAVE on its way to the disk.
 *
 *   writing ──job done──► syncing ──fsync, close──► renamed: saved
 *      └──────── error or abort ────────┴─────────► over: the file is closed once, the owner removes it
 *
 * Blocks go out as they come; while too many wait for the disk the job pauses. Persistence owns the outcome.
 */
import { type DiskCallback, type FileWriter } from '../base/disk.js';
import { type SnapshotJob, type SnapshotOutput } from './rdb/snapshot-job.js';

/** Blocks handed to the disk and not yet written: beyond this the walk waits. */
const DISK_QUEUE_BYTES = 4 * 1024 * 1024;

/** How a background save ended. */
export type SaveOutcome =
  | { readonly kind: 'saved' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface DiskSaveOwner {
  /** Starts the job whose blocks `output` takes. */
  startJob(output: SnapshotOutput, abort: () => void): SnapshotJob;
  /** Puts the finished file in its place; `done` when that is durable. Throws DiskError. */
  publish(done: DiskCallback): void;
  /** Called once, with the file closed or being closed. */
  over(outcome: SaveOutcome): void;
}

export class DiskSave implements SnapshotOutput {
  private pendingBytes = 0;
  private state: 'writing' | 'syncing' | 'closing' | 'over' = 'writing';
  private job: SnapshotJob | undefined;

  constructor(
    private readonly file: FileWriter,
    private readonly owner: DiskSaveOwner,
  ) {}

  /** Begins the snapshot. */
  start(): void {
    this.job = this.owner.startJob(this, () => this.end({ kind: 'aborted' }));
  }

  write(block: Buffer): void {
    this.pendingBytes += block.length;
    this.file.write(block, (error) => {
      this.pendingBytes -= block.length;
      this.job?.recycle(block);
      if (error !== undefined) this.end({ kind: 'failed', error });
      else if (this.ready()) this.job?.resume();
    });
  }

  ready(): boolean {
    return this.pendingBytes < DISK_QUEUE_BYTES;
  }

  done(): void {
    this.state = 'syncing';
    this.file.fsync((error) => {
      if (this.state === 'over') return;
      if (error !== undefined) return this.end({ kind: 'failed', error });
      this.state = 'closing';
      this.file.close((closeError) => {
        if (this.state === 'over') return;
        if (closeError !== undefined) this.end({ kind: 'failed', error: closeError });
        else this.publish();
      });
    });
  }

  private publish(): void {
    try {
      this.owner.publish((error) =>
        this.end(error === undefined ? { kind: 'saved' } : { kind: 'failed', error }),
      );
    } catch (error) {
      this.end({ kind: 'failed', error });
    }
  }

  private end(outcome: SaveOutcome): void {
    const { state } = this;
    if (state === 'over') return;
    this.state = 'over';
    // A descriptor that is closed twice may be somebody else's by then.
    if (state !== 'closing') this.file.close(() => undefined);
    this.owner.over(outcome);
  }
}
