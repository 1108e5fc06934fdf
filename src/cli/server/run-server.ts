/**
 * The main thread of `serve` and `replica`: starts the engine's Worker, writes its log, shows what a person may watch, turns
 * signals into a clean shutdown, and ends with the Worker's exit code.
 *
 * Losing the terminal or the reader of the log does not end a server: as in Redis, SIGHUP is ignored and what cannot be written is
 * lost. (nohup is of no use to a Node process, which sets the signals back.) A live view ends with its terminal: nobody would
 * look for a server in a window that is closed.
 */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isWord, type Bytes } from '../../core/base/bytes.js';
import { firstTypedLine, joinConf } from '../../core/services/config/conf-file.js';
import { type ParsedArgv } from '../../core/services/config/argv.js';
import { debugs } from '../debugs.js';
import { LogSink } from './log-sink.js';
import { type BackupRequest, type EngineData, type FromEngine, type ToEngine } from './messages.js';

/** Share of the memory (of the machine or the container) that the engine's heap may take. */
const HEAP_SHARE = 0.8;
/** An environment variable that says so in megabytes instead, where others need the memory too. */
const HEAP_VARIABLE = 'REDIS_TS_HEAP_MB';
/** V8 itself needs as much. */
const LEAST_HEAP_MB = 32;
/**
 * New objects live here first. What is stored survives, so a collection copies nearly all of it: a large one makes long pauses.
 * Long strings are kept elsewhere (store/long-strings), so a larger one gains little; docs/decisions.md has the figures.
 */
const YOUNG_GENERATION_MB = 12;

/** What a person, or a program, sees of a running server besides its log. */
export interface ServerView {
  /** Every message, in order, before it has an effect. */
  receive(message: FromEngine): void;
  /** Whether this line of the log is to be kept from stdout. A `logfile` gets all of them. */
  hides(log: Extract<FromEngine, { type: 'log' }>): boolean;
  /** The terminal is to be left as it was. */
  stop(): void;
  /** Closing the terminal ends the server, cleanly. */
  readonly endsWithTerminal?: boolean;
}

/** The log and nothing else. */
export const PLAIN_VIEW: ServerView = {
  receive: () => undefined,
  hides: () => false,
  stop: () => undefined,
};

export interface RunOptions {
  readonly view: ServerView;
  readonly defaults?: EngineData['defaults'];
  readonly watch?: EngineData['watch'];
  readonly trace?: boolean;
  readonly backup?: BackupRequest | undefined;
}

/** Runs a server until it ends. @returns the exit code. Throws when the configuration file cannot be read. */
export function runServer(argv: ParsedArgv, options: RunOptions): Promise<number> {
  const worker = new Worker(new URL('./engine-worker.js', import.meta.url), {
    workerData: engineData(argv, options),
    resourceLimits: {
      maxOldGenerationSizeMb: heapMb(),
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    },
  });
  return new Runner(worker, options.view).exitCode;
}

function engineData({ configFile, stdin, text, directives }: ParsedArgv, options: RunOptions): EngineData {
  const path = configFile === undefined ? '' : resolve(configFile);
  const file = path === '' ? undefined : readConfFile(path);
  const piped = stdin ? (readFileSync(0, 'latin1') as Bytes) : undefined;
  const ports = directives.filter(([name]) => isWord(name, 'port'));
  const anyPort = ports.at(-1)?.[1][0] === '0';
  return {
    defaults: options.defaults ?? [],
    confText: joinConf(file, piped, text),
    typedFrom: firstTypedLine(file, piped),
    configFile: path,
    command: process.argv[1],
    cwd: process.cwd(),
    anyPort,
    watch: options.watch ?? 'none',
    trace: options.trace ?? false,
    ...(options.backup && { backup: withPath(options.backup) }),
  };
}

function withPath(backup: BackupRequest): BackupRequest {
  return backup.file === '' ? backup : { ...backup, file: resolve(backup.file) };
}

/** The text and the exit code are redis-server's (redis 7.2.6 config.c:loadServerConfig). */
function readConfFile(path: string): Bytes {
  try {
    return readFileSync(path, 'latin1') as Bytes;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'No such file or directory' : (code ?? message);
    throw new Error(`Fatal error, can't open config file '${path}': ${reason}`, { cause: error });
  }
}

function heapMb(): number {
  const given = Number(process.env[HEAP_VARIABLE]);
  return given >= LEAST_HEAP_MB ? Math.floor(given) : Math.floor((availableMemory() * HEAP_SHARE) / 2 ** 20);
}

/** What the machine has, or what the container (cgroup) may use of it. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

const OUT_OF_MEMORY =
  'Out of memory: the data set has outgrown the heap. Set maxmemory, or give the process more memory.';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

class Runner {
  readonly exitCode: Promise<number>;
  private resolve!: (code: number) => void;
  private readonly log = new LogSink();
  private pidfile = '';
  private signals = 0;
  private ended = false;
  private readonly onSignal = (signal: (typeof SIGNALS)[number]) => this.signal(signal);

  constructor(
    private readonly worker: Worker,
    private readonly view: ServerView,
  ) {
    this.exitCode = new Promise((done) => (this.resolve = done));
    worker.on('message', (message: FromEngine) => this.receive(message));
    worker.on('error', (error: Error & { code?: string }) => this.crashed(error));
    worker.on('exit', (code) => this.end(code));
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
    process.on('SIGHUP', view.endsWithTerminal ? () => this.signal('SIGTERM') : ignore);
    for (const stream of [process.stdout, process.stderr]) {
      // oclif's own listener throws on anything but EPIPE; a terminal that is gone gives EIO.
      stream.removeAllListeners('error');
      stream.on('error', ignore);
    }
  }

  private signal(signal: (typeof SIGNALS)[number]): void {
    if (this.signals++ > 0 && signal === 'SIGINT') {
      this.end(1, 'You insist... exiting now.');
      return;
    }
    this.worker.postMessage({ type: 'signal', signal } satisfies ToEngine);
  }

  private receive(message: FromEngine): void {
    if (this.ended) return;
    this.view.receive(message);
    switch (message.type) {
      case 'log':
        if (this.log.toFile || !this.view.hides(message)) this.log.write(message.line);
        break;
      case 'settings':
        this.settings(message.logfile, message.pidfile);
        break;
      case 'failed':
        this.end(message.code, message.message.replace(/\n+$/, ''));
        break;
      case 'staying':
        this.signals = 0;
        break;
      case 'title':
        // Only the main thread can name the process.
        process.title = message.title;
        break;
      case 'exit':
        this.end(message.code);
        break;
      case 'loading':
      case 'ready':
      case 'link':
      case 'sample':
      case 'trace':
      case 'backup':
        break;
    }
  }

  private settings(logfile: string, pidfile: string): void {
    const refused = this.log.open(logfile);
    if (refused !== undefined) {
      this.end(1, `Can't open the log file: ${refused}`);
      return;
    }
    if (pidfile === '') return;
    try {
      writeFileSync(pidfile, `${process.pid}\n`);
      this.pidfile = pidfile;
    } catch (error) {
      process.stderr.write(`Could not write the pid file: ${(error as Error).message}\n`);
    }
  }

  private crashed(error: Error & { code?: string }): void {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      if (this.log.toFile) this.log.write(OUT_OF_MEMORY);
      this.end(1, OUT_OF_MEMORY);
      return;
    }
    const stack = error.stack ?? error.message;
    const shown = debugs('server', process.env.DEBUG);
    // The file is where a bug report is made from; on a terminal a stack helps nobody.
    if (this.log.toFile) this.log.write(`The engine ended with an error: ${stack}`);
    const where = this.log.toFile ? 'the log has more' : 'DEBUG=redis-ts* shows where';
    this.end(
      1,
      shown
        ? `The engine ended with an error: ${stack}`
        : `The engine ended with an error: ${error.message} (a bug; ${where})`,
    );
  }

  /** @param lastWords for stderr, once the terminal is as it was */
  private end(code: number, lastWords?: string): void {
    if (this.ended) return;
    this.ended = true;
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    this.view.stop();
    if (lastWords !== undefined) process.stderr.write(`${lastWords}\n`);
    this.removePidfile();
    void this.worker.terminate();
    void Promise.all([written(process.stdout), written(process.stderr)]).then(() => this.resolve(code));
  }

  private removePidfile(): void {
    if (this.pidfile === '') return;
    try {
      unlinkSync(this.pidfile);
    } catch {
      // Somebody was faster.
    }
  }
}

function ignore(): void {
  // Deliberately nothing: see the head of this file.
}

/** A reader that is slower than this loses the end of the log: the process must end. */
const FLUSH_MS = 2000;

/** Resolves when what was written has reached the system, or cannot. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, FLUSH_MS);
    stream.write('', () => {
      clearTimeout(timer);
      done();
    });
  });
}
