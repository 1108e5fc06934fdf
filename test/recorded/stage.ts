/** What the scenarios of the gallery work with: servers that are stopped for them, and a handshake whose trace is kept. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { examinePort, type Examined } from '../support/examine.js';
import { startRealRedis, type RealRedis } from '../support/real-redis.js';
import { freePort } from '../support/server-process.js';

export type ExamineOptions = NonNullable<Parameters<typeof examinePort>[1]>;

/** Patient enough for a busy machine. */
const PATIENT: ExamineOptions = { timeoutMs: 3000, idleMs: 15_000 };
/** Runs what follows as a user without any right. */
export const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

export class Stage {
  private readonly undo: (() => unknown)[] = [];
  /** What `record` found. */
  examined: Examined | undefined;

  /** @param bin the redis-server to use */
  constructor(readonly bin: string) {}

  /** Starts it with these directives. */
  server(...args: string[]): Promise<RealRedis> {
    return this.start({ bin: this.bin, args });
  }

  /** The same as a user for whom the limits of the operating system count. */
  async unprivileged(...args: string[]): Promise<RealRedis> {
    const dir = this.folder();
    chmodSync(dir, 0o777);
    const bin = join(dir, 'as-nobody');
    writeFileSync(bin, `#!/bin/sh\nexec ${AS_NOBODY.join(' ')} ${this.bin} "$@"\n`, { mode: 0o755 });
    return this.start({ bin, args, dir });
  }

  /** The port of a Sentinel that watches nobody. */
  async sentinel(): Promise<number> {
    const dir = this.folder();
    const port = await freePort();
    const conf = join(dir, 'sentinel.conf');
    writeFileSync(conf, `port ${port}\nbind 127.0.0.1\ndir ${dir}\n`);
    const child = spawn(this.bin, [conf, '--sentinel'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('close', resolve));
    this.after(() => gone);
    this.after(() => child.kill('SIGKILL'));
    await eventually(() => askOnce(port, 'PING'));
    return port;
  }

  /** A folder of its own, removed when the scenario is over. */
  folder(): string {
    const dir = mkdtempSync(join(tmpdir(), 'redis-ts-recorded-'));
    this.after(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }

  /** Stops or undoes something when the scenario is over; the last is undone first. */
  after(undo: () => unknown): void {
    this.undo.push(undo);
  }

  /** A handshake before the one that counts: the first replica makes a master keep a backlog. */
  async warmUp(port: number): Promise<void> {
    await examinePort(port, PATIENT);
  }

  /** Makes the handshake, and keeps its trace. */
  async record(port: number, options: ExamineOptions = {}): Promise<void> {
    this.examined = await examinePort(port, { ...PATIENT, ...options });
  }

  /** The scenario is over. */
  async strike(): Promise<void> {
    for (const undo of this.undo.splice(0).reverse()) await undo();
  }

  private async start(options: Parameters<typeof startRealRedis>[0]): Promise<RealRedis> {
    const server = await startRealRedis(options);
    this.after(() => server.stop());
    return server;
  }
}

/** The first line that answers an inline command on a connection of its own. */
export function askOnce(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString('latin1').split('\r\n')[0]);
    });
  });
}

/** Runs a program to its end. Throws when it fails. */
export function run(program: string, ...args: string[]): void {
  execFileSync(program, args);
}
