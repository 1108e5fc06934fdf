/**
 * Disk: the port to files. The engine opens none itself; `persistence/disk-system` is the real one, tests and the simulation
 * have their own. Synchronous calls are for short things and for SAVE; data goes out through callbacks.
 */

/** A file that could not be opened, read or written. `reason` is in the words of strerror. */
export class DiskError extends Error {
  constructor(
    readonly code: string,
    readonly reason: string,
    readonly path: string,
  ) {
    super(`${path}: ${reason}`);
    this.name = 'DiskError';
  }
}

export type DiskCallback = (error?: DiskError) => void;

export interface FileWriter {
  readonly path: string;
  /** Appends; `bytes` must not change until the callback. Calls are carried out in their order. */
  write(bytes: Buffer, done: DiskCallback): void;
  fsync(done: DiskCallback): void;
  close(done: DiskCallback): void;
  writeSync(bytes: Buffer): void;
  fsyncSync(): void;
  closeSync(): void;
}

export interface FileReader {
  readonly sizeBytes: number;
  /** Reads into `into` from where the last read ended; `bytes` is 0 at the end. */
  read(into: Buffer, done: (error: DiskError | undefined, bytes: number) => void): void;
  readSync(into: Buffer): number;
  close(): void;
}

export interface Disk {
  /** Creates or empties a file. Throws DiskError. */
  create(path: string): FileWriter;
  /** Throws DiskError. */
  open(path: string): FileReader;
  exists(path: string): boolean;
  /** Throws DiskError. The folder is made durable as far as the platform can. */
  rename(from: string, to: string): void;
  /**
   * Renames at once and calls `done` when the folder is durable: nothing waits for the disk in between. Throws DiskError.
   */
  renameSoon(from: string, to: string, done: DiskCallback): void;
  /** Removes a file; a missing one is no error. Throws DiskError otherwise. */
  remove(path: string): void;
  /** Throws DiskError when the folder cannot be used. */
  checkFolder(path: string): void;
  /** The whole of a small text file, latin1. Throws DiskError. */
  readText(path: string): string;
  /** Replaces a small text file durably. Throws DiskError. */
  writeText(path: string, latin1: string): void;
  /** The path of a file of a folder. */
  join(folder: string, file: string): string;
}
