/**
 * Real redis-servers for the interop tests: finds the installed ones, starts one in a folder of its own on a free loopback port,
 * and speaks to it. A server never outlives the test process.
 *
 * Which ones: `redis-server` of the PATH, and those that REAL_REDIS_SERVERS names (paths, separated as in PATH). A suite over all of
 * them is `describe.each(realRedisServers())`; where there is none, `describe.skipIf(!realRedisAvailable())` reports it as skipped.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Bytes } from '../../src/core/base/bytes.js';
import { encodeCommandBuffer } from '../../src/core/protocol/command-encoder.js';
import { type Reply, ReplyDecoder } from '../../src/core/protocol/reply-decoder.js';
import { freePort } from './server-process.js';

export interface RealRedisOptions {
  /** More directives, as on the command line: `['--repl-backlog-size', '1mb']`. */
  args?: string[];
  /** The server to run; the first of `realRedisServers()` when left out. */
  bin?: string;
  /** The folder to run in (kept by `stop`); a new temporary one when left out. */
  dir?: string;
}

/** What a call takes. A string holds one byte per char (`Bytes`), so text beyond Latin-1 must be encoded by the caller. */
export type CallArgument = string | number | Buffer;

export interface RealRedis {
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  /** Sends one command and resolves with its reply (an error reply too). Calls that are not awaited are pipelined. */
  readonly call: (...args: CallArgument[]) => Promise<Reply>;
  /** As `call`, but an error reply rejects. */
  must(...args: CallArgument[]): Promise<Reply>;
  /** What the server logged so far. */
  log(): string;
  /** Kills the server and removes its folder. */
  stop(): Promise<void>;
}

export interface RealRedisServer {
  readonly bin: string;
  /** Such as `7.0.15`. */
  readonly version: string;
}

const START_DEADLINE_MS = 15_000;
const POLL_MS = 10;
const PORT_ATTEMPTS = 5;

let found: RealRedisServer[] | undefined;

/** The real servers on this machine, each version once. */
export function realRedisServers(): RealRedisServer[] {
  if (found !== undefined) return found;
  found = [];
  for (const bin of candidates()) {
    const version = versionOf(bin);
    if (version !== undefined && !found.some((server) => server.version === version)) {
      found.push({ bin, version });
    }
  }
  return found;
}

/** Whether there is a real server at all. */
export function realRedisAvailable(): boolean {
  return realRedisServers().length > 0;
}

/** Whether `version` is at least `wanted` (both dotted numbers). */
export function atLeast(version: string, wanted: string): boolean {
  const have = version.split('.').map(Number);
  const want = wanted.split('.').map(Number);
  for (let i = 0; i < want.length; i++) {
    if ((have[i] ?? 0) !== want[i]) return (have[i] ?? 0) > want[i];
  }
  return true;
}

/** Starts a server and resolves when it answers PING. */
export async function startRealRedis(options: RealRedisOptions = {}): Promise<RealRedis> {
  const bin = options.bin ?? realRedisServers().at(0)?.bin;
  if (bin === undefined) throw new Error('no redis-server in the PATH or in REAL_REDIS_SERVERS');
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'redis-ts-real-'));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn(bin, directives(port, dir, options.args ?? []), { stdio: 'ignore' });
    const killAtExit = () => child.kill('SIGKILL');
    process.once('exit', killAtExit);
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const stop = async (): Promise<void> => {
      process.off('exit', killAtExit);
      child.kill('SIGKILL');
      await gone;
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    };
    try {
      const client = await answering(child, port);
      const log = () => readLog(dir);
      return {
        port,
        dir,
        pid: child.pid!,
        call: (...args) => client.call(...args),
        must: (...args) => client.call(...args).then((reply) => refuseError(reply, args)),
        log,
        stop: async () => {
          client.close();
          await stop();
        },
      };
    } catch (error) {
      const log = readLog(dir);
      await stop();
      // Between our choice of the port and the server's bind somebody else may have taken it.
      if (attempt < PORT_ATTEMPTS && log.includes('Address already in use')) continue;
      throw new Error(`${bin} does not start: ${String(error)}\n${log}`);
    }
  }
}

function candidates(): string[] {
  const named = (process.env.REAL_REDIS_SERVERS ?? '').split(delimiter);
  const inPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'redis-server'));
  return [...inPath, ...named].filter((path) => path !== '' && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(bin: string): string | undefined {
  try {
    return /v=(\d+\.\d+\.\d+)/.exec(execFileSync(bin, ['--version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

function directives(port: number, dir: string, more: string[]): string[] {
  const own = { port, bind: '127.0.0.1', dir, logfile: 'redis.log', save: '', 'enable-debug-command': 'yes' };
  return [...Object.entries(own).flatMap(([name, value]) => [`--${name}`, String(value)]), ...more];
}

function readLog(dir: string): string {
  try {
    return readFileSync(join(dir, 'redis.log'), 'utf8');
  } catch {
    return '';
  }
}

interface Client {
  call(...args: CallArgument[]): Promise<Reply>;
  close(): void;
}

/** A client of the server once it answers PING; rejects when the process ends or the deadline passes. */
async function answering(child: ChildProcess, port: number): Promise<Client> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('close', (code) => (failure ??= new Error(`it ended with ${code}`)));
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    if (failure !== undefined) throw failure;
    if (Date.now() > deadline) throw new Error(`no answer within ${START_DEADLINE_MS} ms`);
    const socket = await tryConnect(port);
    if (socket !== undefined) {
      const client = clientOn(socket);
      const reply = await client.call('PING');
      if (reply.type === 'simple') return client;
      client.close();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function tryConnect(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function clientOn(socket: Socket): Client {
  const decoder = new ReplyDecoder();
  const waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  const fail = (error: Error) => {
    for (const one of waiting.splice(0)) one.reject(error);
  };
  socket.setNoDelay(true);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk) => {
    decoder.push(chunk);
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) {
      waiting.shift()?.resolve(reply);
    }
  });
  return {
    call: (...args) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the connection is closed'));
        waiting.push({ resolve, reject });
        socket.write(encodeCommandBuffer(args.map(argumentBytes)));
      }),
    close: () => socket.destroy(),
  };
}

function argumentBytes(arg: CallArgument): Bytes {
  return (typeof arg === 'object' ? arg.toString('latin1') : String(arg)) as Bytes;
}

function refuseError(reply: Reply, args: CallArgument[]): Reply {
  if (reply.type === 'error') throw new Error(`${String(args[0])}: ${reply.value}`);
  return reply;
}
