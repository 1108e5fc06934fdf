/**
 * Backup: the Worker's side of `replica --once`. The snapshot is written to its file as it comes, beside the final name; when it has
 * been loaded and its checksum is right, it is flushed to the disk and renamed. One attempt: whatever goes wrong ends it, and leaves
 * no file that looks like a backup.
 *
 * Written synchronously: nobody else is served meanwhile, and a slow disk slows the transfer down instead of filling the memory.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LinkEvent, type SnapshotCopy } from '../../core/replication/ports.js';

/** What was written. */
export interface BackupFacts {
  readonly path: string;
  readonly bytes: number;
  readonly rdbVersion: number;
  readonly keys: number;
  readonly checksum: string;
  /** The replication offset that it holds. */
  readonly offset: number;
}

export interface BackupHost {
  done(facts: BackupFacts): void;
  /** There is no backup; one line. */
  failed(reason: string): void;
}

export class Backup implements SnapshotCopy {
  private file: number | undefined;
  private offset = 0;
  private over = false;

  constructor(
    private readonly path: string,
    private readonly host: BackupHost,
  ) {}

  private get part(): string {
    return `${this.path}.part`;
  }

  /** Why the file cannot be written, found out before a master is asked for anything; undefined when it can. */
  obstacle(): string | undefined {
    try {
      closeSync(openSync(this.part, 'w'));
      rmSync(this.part, { force: true });
      return undefined;
    } catch (error) {
      return this.unwritable(error);
    }
  }

  begin(): void {
    this.attempt(() => (this.file = openSync(this.part, 'w')));
  }

  write(bytes: Buffer): void {
    const { file } = this;
    if (file === undefined || this.over) return;
    this.attempt(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    });
  }

  /** What happened on the link. */
  see(event: LinkEvent): void {
    if (this.over) return;
    switch (event.kind) {
      case 'full-sync':
        this.offset = event.offset;
        return;
      case 'snapshot-done':
        this.finish(event);
        return;
      case 'retry':
      case 'lost':
      case 'stopped':
        this.fail(event.reason);
        return;
      case 'connecting':
      case 'connected':
      case 'handshake':
      case 'partial-sync':
      case 'snapshot':
      case 'streaming':
        return;
    }
  }

  private finish({ bytes, rdbVersion, keys, checksum }: Extract<LinkEvent, { kind: 'snapshot-done' }>): void {
    const { file, path } = this;
    this.attempt(() => {
      if (file === undefined) throw new Error('nothing was written');
      fsyncSync(file);
      closeSync(file);
      this.file = undefined;
      renameSync(this.part, path);
      syncFolder(dirname(path));
    });
    if (this.over) return;
    this.over = true;
    this.host.done({ path, bytes, rdbVersion, keys, checksum, offset: this.offset });
  }

  private attempt(work: () => void): void {
    if (this.over) return;
    try {
      work();
    } catch (error) {
      this.fail(this.unwritable(error));
    }
  }

  private unwritable(error: unknown): string {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${this.path} cannot be written: ${code ?? message}`;
  }

  private fail(reason: string): void {
    this.stop();
    this.host.failed(reason);
  }

  /** Ends it; a file that is not whole is removed. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    if (this.file === undefined) return;
    closeSync(this.file);
    rmSync(this.part, { force: true });
  }
}

/** The new name is on the disk only when the folder is; where folders cannot be opened it is a matter of the system. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
