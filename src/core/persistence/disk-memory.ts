/**
 * MemoryDisk: the Disk port without a disk: files are kept in memory, folders are all there.
 *
 * A library server without `dir` saves into it, so that nothing is left on the machine; tests damage its files and make its
 * calls fail (`fault`). Callbacks come at the end of the turn, never from within a call.
 */
import { type Clock } from '../base/clock.js';
import { DiskError, type Disk, type DiskCallback, type FileReader, type FileWriter } from '../base/disk.js';

/** What a call may be asked to fail at. */
export type DiskOperation = 'create' | 'open' | 'write' | 'fsync' | 'close' | 'rename' | 'remove' | 'read';

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>();
  /** Decides before each operation whether it fails, and how. */
  fault: (operation: DiskOperation, path: string) => DiskError | undefined = () => undefined;

  constructor(private readonly clock: Clock) {}

  create(path: string): FileWriter {
    this.check('create', path);
    const content = { blocks: [] as Buffer[] };
    this.files.set(path, Buffer.alloc(0));
    const append = (bytes: Buffer) => {
      content.blocks.push(Buffer.from(bytes));
    };
    const settle = () => {
      const whole = Buffer.concat(content.blocks);
      content.blocks = [whole];
      // A file that was removed meanwhile stays so.
      if (this.files.has(path)) this.files.set(path, whole);
    };
    return {
      path,
      write: (bytes, done) => this.later(done, 'write', path, () => append(bytes)),
      fsync: (done) => this.later(done, 'fsync', path, settle),
      close: (done) => this.later(done, 'close', path, settle),
      writeSync: (bytes) => this.now('write', path, () => append(bytes)),
      fsyncSync: () => this.now('fsync', path, settle),
      closeSync: () => this.now('close', path, settle),
    };
  }

  private now(operation: DiskOperation, path: string, run: () => void): void {
    this.check(operation, path);
    run();
  }

  private later(
    done: (error?: DiskError) => void,
    operation: DiskOperation,
    path: string,
    run: () => void,
  ): void {
    const error = this.fault(operation, path);
    if (error === undefined) run();
    this.clock.endOfTurn(() => done(error));
  }

  open(path: string): FileReader {
    this.check('open', path);
    const file = this.files.get(path);
    if (file === undefined) throw missing(path);
    let at = 0;
    const take = (into: Buffer): number => {
      const bytes = file.copy(into, 0, at, Math.min(file.length, at + into.length));
      at += bytes;
      return bytes;
    };
    return {
      sizeBytes: file.length,
      read: (into, done) => {
        const error = this.fault('read', path);
        const bytes = error === undefined ? take(into) : 0;
        this.clock.endOfTurn(() => done(error, bytes));
      },
      readSync: (into) => {
        this.check('read', path);
        return take(into);
      },
      close: () => undefined,
    };
  }

  exists(path: string): boolean {
    return this.files.has(path);
  }

  rename(from: string, to: string): void {
    this.check('rename', to);
    const file = this.files.get(from);
    if (file === undefined) throw missing(from);
    this.files.delete(from);
    this.files.set(to, file);
  }

  renameSoon(from: string, to: string, done: DiskCallback): void {
    this.rename(from, to);
    done();
  }

  remove(path: string): void {
    this.check('remove', path);
    this.files.delete(path);
  }

  checkFolder(): void {
    // Every folder is there.
  }

  readText(path: string): string {
    const file = this.files.get(path);
    if (file === undefined) throw missing(path);
    return file.toString('latin1');
  }

  writeText(path: string, latin1: string): void {
    this.check('write', path);
    this.files.set(path, Buffer.from(latin1, 'latin1'));
  }

  join(folder: string, file: string): string {
    return `${folder}/${file}`;
  }

  private check(operation: DiskOperation, path: string): void {
    const error = this.fault(operation, path);
    if (error !== undefined) throw error;
  }
}

function missing(path: string): DiskError {
  return new DiskError('ENOENT', 'No such file or directory', path);
}
