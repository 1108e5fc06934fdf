/** The real disk: the adapter behind the Disk port. Paths come as Bytes, as the configuration has them. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bytes, toBuffer } from '../base/bytes.js';
import { DiskError, type Disk, type DiskCallback, type FileReader, type FileWriter } from '../base/disk.js';

/** What strerror says, for the errors that a data folder meets. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  ENOSPC: 'No space left on device',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EROFS: 'Read-only file system',
  EMFILE: 'Too many open files',
  EIO: 'Input/output error',
};

export class SystemDisk implements Disk {
  create(path: string): FileWriter {
    return new SystemWriter(
      path,
      guard(path, () => fs.openSync(native(path), 'w', 0o644)),
    );
  }

  open(path: string): FileReader {
    return guard(path, () => {
      const fd = fs.openSync(native(path), 'r');
      return new SystemReader(path, fd, fs.fstatSync(fd).size);
    });
  }

  exists(path: string): boolean {
    return fs.existsSync(native(path));
  }

  rename(from: string, to: string): void {
    replace(from, to);
    syncFolder(dirname(to));
  }

  renameSoon(from: string, to: string, done: DiskCallback): void {
    replace(from, to);
    const folder = native(dirname(to));
    fs.open(folder, 'r', (openError, fd) => {
      if (openError) return done();
      fs.fsync(fd, (error) => {
        fs.close(fd, () => undefined);
        const harmless = error === null || FOLDER_SYNC_REFUSED.has(codeOf(error));
        done(harmless ? undefined : asDiskError(error, to));
      });
    });
  }

  remove(path: string): void {
    guard(path, () => fs.rmSync(native(path), { force: true }));
  }

  checkFolder(path: string): void {
    guard(path, () => {
      if (!fs.statSync(native(path)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
      fs.accessSync(native(path), fs.constants.R_OK | fs.constants.X_OK);
    });
  }

  readText(path: string): string {
    return guard(path, () => fs.readFileSync(native(path), 'latin1'));
  }

  writeText(path: string, latin1: string): void {
    const temporary = `${path}.tmp`;
    guard(path, () => fs.writeFileSync(native(temporary), latin1, { encoding: 'latin1', flush: true }));
    this.rename(temporary, path);
  }

  join(folder: string, file: string): string {
    return join(folder, file);
  }
}

/** A path as Node takes it. */
function native(path: string): Buffer {
  return toBuffer(path as Bytes);
}

/** Some file systems refuse to sync a folder; the rename itself went through. */
const FOLDER_SYNC_REFUSED = new Set(['EINVAL', 'EPERM', 'EISDIR']);

/**
 * Puts a file in the place of another. Who removes the last name of a large file waits until its blocks are free: the old file is
 * held open over the rename and let go in the thread pool.
 */
function replace(from: string, to: string): void {
  let old: number | undefined;
  try {
    old = fs.openSync(native(to), 'r');
  } catch {
    // There is none, or it cannot be read: then it is not held.
  }
  try {
    guard(to, () => fs.renameSync(native(from), native(to)));
  } finally {
    if (old !== undefined) fs.close(old, () => undefined);
  }
}

/** A rename is durable once its folder is; Windows cannot open one, and does without. */
function syncFolder(path: string): void {
  let fd: number;
  try {
    fd = fs.openSync(native(path), 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!FOLDER_SYNC_REFUSED.has(codeOf(error))) throw asDiskError(error, path);
  } finally {
    fs.closeSync(fd);
  }
}

class SystemWriter implements FileWriter {
  private readonly queue: (() => void)[] = [];
  private busy = false;

  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  write(bytes: Buffer, done: DiskCallback): void {
    this.enqueue((next) => this.writeFrom(bytes, 0, next), done);
  }

  private writeFrom(bytes: Buffer, from: number, next: DiskCallback): void {
    fs.write(this.fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error) next(asDiskError(error, this.path));
      else if (from + written < bytes.length) this.writeFrom(bytes, from + written, next);
      else next();
    });
  }

  fsync(done: DiskCallback): void {
    this.enqueue((next) => fs.fsync(this.fd, (e) => next(e ? asDiskError(e, this.path) : undefined)), done);
  }

  close(done: DiskCallback): void {
    this.enqueue((next) => fs.close(this.fd, (e) => next(e ? asDiskError(e, this.path) : undefined)), done);
  }

  private enqueue(run: (next: DiskCallback) => void, done: DiskCallback): void {
    this.queue.push(() =>
      run((error) => {
        this.busy = false;
        done(error);
        this.pump();
      }),
    );
    this.pump();
  }

  private pump(): void {
    if (this.busy) return;
    const run = this.queue.shift();
    if (run === undefined) return;
    this.busy = true;
    run();
  }

  writeSync(bytes: Buffer): void {
    guard(this.path, () => {
      for (let at = 0; at < bytes.length;) at += fs.writeSync(this.fd, bytes, at);
    });
  }

  fsyncSync(): void {
    guard(this.path, () => fs.fsyncSync(this.fd));
  }

  closeSync(): void {
    guard(this.path, () => fs.closeSync(this.fd));
  }
}

class SystemReader implements FileReader {
  constructor(
    private readonly path: string,
    private readonly fd: number,
    readonly sizeBytes: number,
  ) {}

  read(into: Buffer, done: (error: DiskError | undefined, bytes: number) => void): void {
    fs.read(this.fd, into, 0, into.length, null, (error, bytes) => {
      done(error ? asDiskError(error, this.path) : undefined, bytes);
    });
  }

  readSync(into: Buffer): number {
    return guard(this.path, () => fs.readSync(this.fd, into));
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? 'EIO';
}

function asDiskError(error: unknown, path: string): DiskError {
  const code = codeOf(error);
  return new DiskError(code, REASONS[code] ?? (error instanceof Error ? error.message : String(error)), path);
}

function guard<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw asDiskError(error, path);
  }
}
