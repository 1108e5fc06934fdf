/**
 * The main thread of `serve` and `replica`: starts the engine's Worker, writes its log, shows loading progress, turns signals into
 * a clean shutdown, and ends with the Worker's exit code.
 */
import { createWriteStream, readFileSync, unlinkSync, writeFileSync, type WriteStream } from 'node:fs';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import ora, { type Ora } from 'ora';
import { isWord, type Bytes } from '../../core/base/bytes.js';
import { joinConf } from '../../core/services/config/conf-file.js';
import { type ParsedArgv } from '../../core/services/config/argv.js';
import { formatBytes } from '../../core/inspect/units.js';
import { type EngineData, type FromEngine, type ToEngine } from './messages.js';

/** Share of the memory (of the machine or the container) that the engine's heap may take. */
const HEAP_SHARE = 0.8;
/** New objects live here first: large enough that a burst of writes is not copied twice. */
const YOUNG_GENERATION_MB = 64;

export interface RunOptions {
  /** Draw a spinner on stderr while the data set loads. */
  readonly interactive: boolean;
  /** Messages beyond the log, for the caller's own view. */
  onMessage?(message: FromEngine): void;
}

/** Runs a server until it ends. @returns the exit code */
export function runServer(argv: ParsedArgv, options: RunOptions): Promise<number> {
  const data = engineData(argv);
  const worker = new Worker(new URL('./engine-worker.js', import.meta.url), {
    workerData: data,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.floor((availableMemory() * HEAP_SHARE) / 2 ** 20),
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    },
  });
  return new Runner(worker, options).exitCode;
}

function engineData({ configFile, stdin, text, directives }: ParsedArgv): EngineData {
  const path = configFile === undefined ? '' : resolve(configFile);
  const file = path === '' ? undefined : (readFileSync(path, 'latin1') as Bytes);
  const piped = stdin ? (readFileSync(0, 'latin1') as Bytes) : undefined;
  const ports = directives.filter(([name]) => isWord(name, 'port'));
  const anyPort = ports.at(-1)?.[1][0] === '0';
  return { confText: joinConf(file, piped, text), configFile: path, cwd: process.cwd(), anyPort };
}

/** What the machine has, or what the container (cgroup) may use of it. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

class Runner {
  readonly exitCode: Promise<number>;
  private resolve!: (code: number) => void;
  private spinner: Ora | undefined;
  private logTo: WriteStream | NodeJS.WriteStream = process.stdout;
  private pidfile = '';
  private signals = 0;
  private readonly onSignal = (signal: 'SIGINT' | 'SIGTERM') => this.signal(signal);

  constructor(
    private readonly worker: Worker,
    private readonly options: RunOptions,
  ) {
    this.exitCode = new Promise((done) => (this.resolve = done));
    worker.on('message', (message: FromEngine) => this.receive(message));
    worker.on('error', (error: Error & { code?: string }) => this.crashed(error));
    worker.on('exit', (code) => this.end(code));
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  private signal(signal: 'SIGINT' | 'SIGTERM'): void {
    if (this.signals++ > 0 && signal === 'SIGINT') {
      process.stderr.write('You insist... exiting now.\n');
      this.end(1);
      return;
    }
    this.worker.postMessage({ type: 'signal', signal } satisfies ToEngine);
  }

  private receive(message: FromEngine): void {
    this.options.onMessage?.(message);
    switch (message.type) {
      case 'log':
        this.logTo.write(message.line + '\n');
        break;
      case 'settings':
        this.settings(message.logfile, message.pidfile);
        break;
      case 'loading':
        this.progress(message);
        break;
      case 'ready':
        this.spinner?.stop();
        this.spinner = undefined;
        break;
      case 'failed':
        this.spinner?.stop();
        process.stderr.write(message.message.replace(/\n+$/, '') + '\n');
        this.end(1);
        break;
      case 'exit':
        this.end(message.code);
        break;
    }
  }

  private settings(logfile: string, pidfile: string): void {
    if (logfile !== '') this.logTo = createWriteStream(logfile, { flags: 'a' });
    if (pidfile === '') return;
    try {
      writeFileSync(pidfile, `${process.pid}\n`);
      this.pidfile = pidfile;
    } catch (error) {
      process.stderr.write(`Could not write the pid file: ${(error as Error).message}\n`);
    }
  }

  private progress({ loadedBytes, totalBytes, keys }: Extract<FromEngine, { type: 'loading' }>): void {
    if (!this.options.interactive || totalBytes === 0) return;
    this.spinner ??= ora({ stream: process.stderr }).start();
    const percent = Math.floor((loadedBytes / totalBytes) * 100);
    this.spinner.text = `loading ${percent} % of ${formatBytes(totalBytes)}, ${keys.toLocaleString('en')} keys`;
  }

  private crashed(error: Error & { code?: string }): void {
    const text =
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'Out of memory: the data set has outgrown the heap. Set maxmemory, or give the process more memory.'
        : `The engine ended with an error: ${error.stack ?? error.message}`;
    process.stderr.write(text + '\n');
    this.end(1);
  }

  private end(code: number): void {
    this.spinner?.stop();
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
    if (this.pidfile !== '') {
      unlinkSync(this.pidfile);
      this.pidfile = '';
    }
    void this.worker.terminate();
    if (this.logTo === process.stdout) this.resolve(code);
    else (this.logTo as WriteStream).end(() => this.resolve(code));
  }
}
