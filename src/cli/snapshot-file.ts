/**
 * A file that a snapshot is written to while it arrives: beside its final name first, renamed when it is whole, so that a
 * broken transfer never leaves a file that looks like a backup.
 */
import { createWriteStream, openSync, renameSync, rmSync } from 'node:fs';
import { type SnapshotSink } from '../core/replication/handshake/visit.js';
import { UsageError } from './usage-error.js';

export interface SnapshotFile {
  readonly sink: SnapshotSink;
  /** Call once at the end. `whole`: keep it under its name; otherwise it is removed. Rejects when it could not be written. */
  finish(whole: boolean): Promise<void>;
}

/** Opens `path` for writing. Throws UsageError when that is not possible. */
export function snapshotFile(path: string): SnapshotFile {
  const part = `${path}.part`;
  const stream = createWriteStream(part, { fd: open(part, path) });
  let failure: Error | undefined;
  stream.on('error', (error) => (failure = error));
  return {
    sink: {
      write: (chunk) => stream.write(chunk) || failure !== undefined,
      onDrain: (fn) => void stream.once(failure ? 'close' : 'drain', fn),
    },
    finish: (whole) =>
      new Promise((resolve, reject) => {
        stream.end(() => {
          if (failure) return reject(failure);
          if (whole) renameSync(part, path);
          else rmSync(part, { force: true });
          resolve();
        });
      }),
  };
}

function open(part: string, path: string): number {
  try {
    return openSync(part, 'w');
  } catch (error) {
    throw new UsageError(`--rdb: cannot write ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
