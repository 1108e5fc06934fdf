/**
 * Backup: the Worker's side of `replica --once`. The snapshot is written to a file of its own as it comes, beside the final name; when
 * it has been loaded and its checksum is right, it is flushed to the disk and renamed. One attempt: whatever goes wrong ends it, leaves
 * no file that looks like a backup, and leaves what was there.
 *
 * A file of that name is replaced at that moment and not before; without `force` not one that nobody named, not what is no RDB, and
 * not one that has keys by a snapshot that has none: a master that came up empty must not cost the last good backup.
 *
 * Written synchronously: nobody else is served meanwhile, and a slow disk slows the transfer down instead of filling the memory.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { hostPort } from '../../core/net/target.js';
import { type LinkEvent, type SnapshotCopy } from '../../core/replication/ports.js';
import { noBackup } from '../render/no-backup.js';
import { earlierFile, sizeAndDate, type EarlierFile } from './earlier-file.js';

/** What was written. */
export interface BackupFacts {
  readonly path: string;
  readonly bytes: number;
  readonly rdbVersion: number;
  readonly keys: number;
  readonly checksum: string;
  /** The replication offset that it holds. */
  readonly offset: number;
  /** The file whose place it took. */
  readonly replaced?: { readonly bytes: number; readonly modified: Date };
}

export interface BackupRules {
  /** Replace whatever file lies there. */
  readonly force: boolean;
  /** Whether somebody said where it is to lie; otherwise it is dump.rdb in the folder that one happens to be in. */
  readonly named: boolean;
}

export interface BackupHost {
  done(facts: BackupFacts): void;
  /** There is no backup; one line. */
  failed(reason: string): void;
  /** There is none, because a file that lies there must not be replaced; one line. */
  kept(reason: string): void;
}

/** Why there will be no backup, as BackupHost tells it. */
export type Obstacle = { readonly failed: string } | { readonly kept: string };

export class Backup implements SnapshotCopy {
  private file: number | undefined;
  private offset = 0;
  private master = 'the master';
  private over = false;
  /** `path`, or where it leads as a symbolic link. */
  private readonly target: string;

  constructor(
    private readonly path: string,
    private readonly rules: BackupRules,
    private readonly host: BackupHost,
  ) {
    this.target = existsSync(path) ? realpathSync(path) : path;
  }

  /** Where the bytes go until they are whole: two runs at the same time do not share it. */
  private get part(): string {
    return `${this.target}.${process.pid}.part`;
  }

  /** Why there can be no backup, found out before a master is asked for anything; undefined when nothing speaks against it. */
  obstacle(): Obstacle | undefined {
    try {
      const earlier = earlierFile(this.path);
      const reason = earlier && this.inTheWay(earlier);
      if (reason !== undefined) return reason;
      closeSync(openSync(this.part, 'w'));
      rmSync(this.part, { force: true });
      return undefined;
    } catch (error) {
      return { failed: this.unwritable(error) };
    }
  }

  private inTheWay(earlier: EarlierFile): Obstacle | undefined {
    const { path, rules } = this;
    if (earlier.holds === 'special') return { failed: `${path} cannot be written: not a regular file` };
    if (rules.force) return undefined;
    const which = sizeAndDate(earlier);
    if (!rules.named) {
      return {
        kept: `${path} is there already (${which}), perhaps a server's: say where to write with --rdb FILE, or --force to replace it`,
      };
    }
    return earlier.holds === 'other' ? { kept: `${path} (${which}) is no RDB file: ${LEFT}` } : undefined;
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
      case 'connecting':
        this.master = hostPort(event.host, event.port);
        return;
      case 'full-sync':
        this.offset = event.offset;
        return;
      case 'snapshot-done':
        this.finish(event);
        return;
      case 'retry':
      case 'lost':
      case 'stopped':
        this.fail(noBackup(event.reason, this.master));
        return;
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
    let earlier: EarlierFile | undefined;
    this.attempt(() => {
      if (file === undefined) throw new Error('nothing was written');
      earlier = earlierFile(path);
      if (earlier?.holds === 'keys' && keys === 0 && !this.rules.force) {
        const which = `${path} (${sizeAndDate(earlier)})`;
        this.stop();
        this.host.kept(`the master has 0 keys, and ${which} has some: ${LEFT}`);
        return;
      }
      fsyncSync(file);
      closeSync(file);
      this.file = undefined;
      renameSync(this.part, this.target);
      syncFolder(dirname(this.target));
    });
    if (this.over) return;
    this.over = true;
    const replaced = earlier && { bytes: earlier.bytes, modified: earlier.modified };
    this.host.done({
      path,
      bytes,
      rdbVersion,
      keys,
      checksum,
      offset: this.offset,
      ...(replaced && { replaced }),
    });
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

const LEFT = 'it was left as it is. --force replaces it';

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
