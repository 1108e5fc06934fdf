/**
 * LogSink: where the log's lines go, stdout or `logfile`. As in Redis the file is opened for each line, so that it can be rotated
 * by renaming it, and nothing is left unwritten at the end. A log that cannot be written does not stop the server.
 */
import { appendFileSync } from 'node:fs';

export class LogSink {
  private path = '';
  private complained = false;

  /** Lines go to `path` from now on; empty: to stdout. @returns why it cannot be opened */
  open(path: string): string | undefined {
    this.path = path;
    if (path === '') return undefined;
    try {
      appendFileSync(path, '');
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  get toFile(): boolean {
    return this.path !== '';
  }

  write(line: string): void {
    if (this.path === '') {
      process.stdout.write(`${line}\n`);
      return;
    }
    try {
      appendFileSync(this.path, `${line}\n`);
      this.complained = false;
    } catch (error) {
      if (!this.complained) process.stderr.write(`The log cannot be written: ${(error as Error).message}\n`);
      this.complained = true;
    }
  }
}
