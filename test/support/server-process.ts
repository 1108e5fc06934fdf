/**
 * Starts and stops servers as processes: ours (`redis-ts serve`) and real ones, with one way to do both.
 *
 * A server gets a folder and a free port of its own, is waited for with PING and a deadline, is ended by its pid and never
 * outlives this process. Its output is kept for the error message. Used by the interop tests, the differential runner and the benchmarks.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RespConnection } from './resp-connection.js';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 10_000;
const KEPT_OUTPUT_CHARS = 64 * 1024;

/** The root of the project. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** The server's own folder: dump.rdb and the AOF go there. */
  readonly dir: string;
  /** What it has written to stdout and stderr, the end of it. */
  output(): string;
  connect(): Promise<RespConnection>;
  /** SIGTERM, then SIGKILL after a deadline; the folder is removed. */
  stop(): Promise<void>;
}

/** The command line of our server as it is installed, or undefined while it has not been built. */
export function ourCommand(): string[] | undefined {
  const fromEnvironment = process.env.REDIS_TS_COMMAND;
  if (fromEnvironment) return splitCommand(fromEnvironment);
  if (!existsSync(path.join(projectRoot, 'dist/commands/serve.js'))) return undefined;
  return [process.execPath, path.join(projectRoot, 'bin/run.js'), 'serve'];
}

/** A real redis-server: $REDIS_SERVER, or the one on the PATH; undefined where there is none. */
export function realRedisServer(): string | undefined {
  const candidate = process.env.REDIS_SERVER ?? 'redis-server';
  return redisVersion(candidate) === undefined ? undefined : candidate;
}

/** The version that `path --version` names, such as [7, 2, 6]; undefined when it is no redis-server. */
export function redisVersion(path: string): [number, number, number] | undefined {
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const match = status === 0 ? /v=(\d+)\.(\d+)\.(\d+)/.exec(stdout) : null;
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Splits a command line at blanks; double quotes keep blanks together. */
export function splitCommand(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

/**
 * Starts `command` with `--port`, `--dir`, no snapshots and no AOF, then `args` (which may override them), and waits
 * until it answers PING. Throws with the server's output when it ends or stays silent.
 */
export async function startServer(
  command: readonly string[],
  args: readonly string[] = [],
): Promise<RunningServer> {
  const port = await freePort();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-server-'));
  const base = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn(command[0], [...command.slice(1), ...base, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('latin1')).slice(-KEPT_OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('error', (error) => keep(Buffer.from(error.message)));
  const killAtExit = (): boolean => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('exit', () => process.off('exit', killAtExit));
  const server: RunningServer = {
    port,
    pid: child.pid ?? -1,
    dir,
    output: () => text,
    connect: () => RespConnection.connect(port),
    stop: () => stopProcess(child, dir),
  };
  try {
    await answers(child, port);
  } catch (error) {
    await server.stop();
    throw new Error(`${command.join(' ')} did not start: ${String(error)}\n${text}`);
  }
  return server;
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    if (child.pid === undefined || hasEnded(child)) throw new Error('it ended');
    try {
      const connection = await RespConnection.connect(port);
      const reply = await connection.send('PING');
      connection.close();
      if (reply.type === 'simple') return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error('no PONG before the deadline');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stopProcess(child: ChildProcess, dir: string): Promise<void> {
  if (child.pid !== undefined && !hasEnded(child)) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  }
  rmSync(dir, { recursive: true, force: true });
}
