/**
 * The library: a whole server inside the caller's process.
 *
 *   await using server = await createServer({ requirepass: 'secret' });
 *   connect(server.url)
 *
 * It listens on a free loopback port and keeps nothing on disk unless `dir` asks for it. It shares no state with other servers
 * of the process, installs no signal handler, prints nothing, and leaves nothing behind after `close`: the process may end.
 * With `clock: 'manual'` time stands still until `advance`, so that tests of expiry need no sleeping.
 */
import { resolve } from 'node:path';
import { inspect, type InspectOptionsStylized } from 'node:util';
import { fromText, type Bytes } from './core/base/bytes.js';
import { HybridClock } from './core/base/clock-hybrid-system.js';
import { SystemClock } from './core/base/clock-system.js';
import { type Clock } from './core/base/clock.js';
import { SystemRandom } from './core/base/random-system.js';
import { SystemProcess } from './core/engine/process-system.js';
import { MemoryDisk } from './core/persistence/disk-memory.js';
import { SystemDisk } from './core/persistence/disk-system.js';
import { Server, StartError } from './core/server.js';
import { Config } from './core/services/config/config.js';
import { Refusal } from './core/services/config/directive.js';
import { nearest } from './core/services/config/nearest.js';
import { camelName, DIRECTIVES, type Camel, type DirectiveName } from './core/services/config/tables.js';
import { isLogged, logTo, type LogLevel } from './core/services/log.js';

export { StartError, type LogLevel };

/** A directive's value: as in redis.conf, or as a number, a boolean (yes, no), or several arguments. */
export type DirectiveValue = string | number | boolean | readonly (string | number)[];

/** Every directive of redis.conf under its name in camel case: `maxmemoryPolicy: 'allkeys-lru'`. */
export type Directives = { readonly [K in DirectiveName as Camel<K>]?: DirectiveValue };

export interface ServerOptions extends Directives {
  /** The TCP port; 0 (the default) takes a free one. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /**
   * The folder of the data set. With it the server loads `dbfilename` at its start, saves by Redis's save points (`save` sets
   * others) and once more in `close`. Without it nothing is read from or written to disk: there are no save points, and what
   * SAVE writes is kept in memory.
   */
  readonly dir?: string;
  /** The password that clients must give. */
  readonly requirepass?: string;
  /** Directives under their own names: `{ 'maxmemory-policy': 'allkeys-lru' }`. Those in camel case come after them. */
  readonly config?: Readonly<Record<string, string>>;
  /** Takes every log line that `loglevel` lets through. Default: they are dropped. */
  readonly log?: (level: LogLevel, message: string) => void;
  /** `manual`: time stands still until `advance`. Default `system`. */
  readonly clock?: 'system' | 'manual';
}

export interface RunningServer {
  /** The server's time, milliseconds since 1970: what EXPIREAT and PXAT are measured by. */
  readonly now: number;
  readonly host: string;
  readonly port: number;
  /** `redis://host:port`, without the password. */
  readonly url: string;
  /** Resolves when the server has ended, by `close` or by a client's SHUTDOWN. */
  readonly closed: Promise<void>;
  /**
   * Saves if there are save points, ends every connection and stops listening. Further calls wait for the first.
   * Rejects when the data could not be saved; the server is closed all the same.
   */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface ManualServer extends RunningServer {
  /**
   * Moves the server's time forward and does what falls due: keys expire, blocked clients time out, save points are met. It
   * returns when that is done; answers to clients are on their way. Throws RangeError when `ms` is negative.
   */
  readonly advance: (ms: number) => void;
}

/**
 * Starts a server. Rejects with StartError (one clear line) for an unknown or wrong option, a port in use, a folder that cannot
 * be used, a data file that is damaged.
 */
export function createServer(options: ServerOptions & { readonly clock: 'manual' }): Promise<ManualServer>;
export function createServer(options?: ServerOptions): Promise<RunningServer>;
export async function createServer(options: ServerOptions = {}): Promise<RunningServer> {
  const manual = options.clock === 'manual' ? new HybridClock() : undefined;
  const library = new LibraryServer(options, manual ?? new SystemClock());
  await library.start();
  return library;
}

/** What a user may take off the server (`const { advance } = server`) and call by itself. */
const DETACHABLE = ['advance', 'close', Symbol.asyncDispose] as const;

/** What its user sees of it is in RunningServer; the rest is private in plain JavaScript, too. */
class LibraryServer implements ManualServer {
  readonly host: string;
  readonly closed: Promise<void>;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #savesAtEnd: () => boolean;
  #markClosed!: () => void;
  #ending: Promise<void> | undefined;
  #hasEnded = false;

  constructor(options: ServerOptions, clock: Clock) {
    const config = configOf(options);
    this.closed = new Promise((done) => (this.#markClosed = done));
    for (const name of DETACHABLE) {
      // Not enumerable: what shows a server shows its data.
      const value = (this[name] as () => void).bind(this);
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    }
    this.host = options.host ?? '127.0.0.1';
    this.#clock = clock;
    const log = logTo((level, message) => {
      if (options.log !== undefined && isLogged(level, config.values.loglevel)) options.log(level, message);
    });
    this.#server = new Server({
      clock,
      random: new SystemRandom(),
      disk: options.dir === undefined ? new MemoryDisk(clock) : new SystemDisk(),
      config,
      log,
      host: new SystemProcess(),
      configFile: '',
      anyPort: true,
      onShutdown: () => void (this.#ending ??= this.#end()),
    });
    this.#savesAtEnd = () => config.values.save.length > 0 && !this.#server.engine.isLoading;
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    return `redis://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  async start(): Promise<void> {
    try {
      await this.#server.start();
    } catch (error) {
      await (this.#ending ??= this.#end());
      throw error;
    }
  }

  get now(): number {
    return this.#clock.nowMs();
  }

  /** TypeScript offers it with the manual clock only; without types it must say so. */
  advance(ms: number): void {
    if (!(this.#clock instanceof HybridClock))
      throw new Error("advance needs a clock that stands still: createServer({ clock: 'manual' })");
    this.#clock.advance(ms);
  }

  close(): Promise<void> {
    return (this.#ending ??= this.#saveAndEnd());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What a log or an assertion shows of it: not the whole server behind it. */
  toJSON(): { url: string; closed: boolean } {
    return { url: this.url, closed: this.#hasEnded };
  }

  [inspect.custom](_depth: number, options: InspectOptionsStylized): string {
    return `RedisServer ${inspect(this.toJSON(), options)}`;
  }

  async #saveAndEnd(): Promise<void> {
    const { persistence } = this.#server;
    try {
      persistence.abortJob();
      if (this.#savesAtEnd()) persistence.saveNow();
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    await this.#server.close();
    this.#hasEnded = true;
    this.#markClosed();
  }
}

/** Options that are no directives, or whose name is another's. */
const OWN_OPTIONS = new Set(['host', 'config', 'log', 'clock']);

const NAMES = Object.keys(DIRECTIVES) as DirectiveName[];
const BY_CAMEL_NAME = new Map(NAMES.map((name) => [camelName(name), name]));

function configOf(options: ServerOptions): Config {
  const { host = '127.0.0.1', clock = 'system', dir, log } = options;
  if (clock !== 'system' && clock !== 'manual')
    throw new StartError(`clock: 'system' or 'manual', not '${String(clock)}'`);
  if (log !== undefined && typeof log !== 'function')
    throw new StartError(`log: a function (level, message), not ${inspect(log)}`);
  const config = new Config();
  const given: [string, DirectiveName, DirectiveValue][] = [
    ['port', 'port', 0],
    ['host', 'bind', host],
  ];
  if (dir === undefined) given.push(['save', 'save', '']);
  for (const [name, value] of Object.entries(options.config ?? {})) {
    given.push([name, config.primaryName(fromText(name)) ?? unknown(name, NAMES), value]);
  }
  for (const [name, value] of Object.entries(options) as [string, DirectiveValue | undefined][]) {
    if (OWN_OPTIONS.has(name) || value === undefined) continue;
    const known = BY_CAMEL_NAME.get(name) ?? unknown(name, [...BY_CAMEL_NAME.keys(), ...OWN_OPTIONS]);
    given.push([name, known, known === 'dir' ? resolve(String(value)) : value]);
  }
  for (const [name, directive, value] of given) load(config, name, directive, value);
  return config;
}

function unknown(name: string, names: readonly string[]): never {
  const meant = nearest(name, names);
  throw new StartError(`unknown option '${name}'${meant === undefined ? '' : `: did you mean '${meant}'?`}`);
}

function load(config: Config, name: string, directive: DirectiveName, value: DirectiveValue): void {
  try {
    config.load(directive as Bytes, argumentsOf(value));
  } catch (error) {
    if (error instanceof Refusal) throw new StartError(`${name}: ${error.message}`);
    throw error;
  }
}

function argumentsOf(value: DirectiveValue): Bytes[] {
  if (typeof value === 'boolean') return [fromText(value ? 'yes' : 'no')];
  return (Array.isArray(value) ? (value as readonly (string | number)[]) : [value]).map((arg) =>
    fromText(String(arg)),
  );
}
