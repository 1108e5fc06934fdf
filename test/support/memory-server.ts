/**
 * A whole server in memory, wired as in production (src/core/server.ts) but for its edges: no socket, files in memory, a clock
 * that stands still, a log that is kept. Wires are `MemoryWire`s, which can be held up as a network is: what is written to a held
 * wire stays queued, and is delivered by `release`.
 */
import { type Dial } from '../../src/core/base/byte-channel.js';
import { type Bytes, fromText } from '../../src/core/base/bytes.js';
import { ManualClock } from '../../src/core/base/clock.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { type Connection } from '../../src/core/engine/connection.js';
import { type Engine } from '../../src/core/engine/engine.js';
import { MemoryDisk } from '../../src/core/persistence/disk-memory.js';
import { encodeCommandBuffer } from '../../src/core/protocol/command-encoder.js';
import { type Replication } from '../../src/core/replication/replication.js';
import { Server } from '../../src/core/server.js';
import { Config } from '../../src/core/services/config/config.js';
import { logTo } from '../../src/core/services/log.js';
import { plainMemory } from './engine.js';

/** A connection to the server, seen from the other end. */
export class MemoryWire implements Connection {
  readonly peerHost = '127.0.0.1';
  readonly peerAddress: string;
  readonly localAddress = '127.0.0.1:6379';
  readonly isUnix = false;
  readonly isLoopback = true;
  /** The server has closed it. */
  closed = false;
  /** Buffers as they were handed over by writeBuffer: their identity tells who shares memory. */
  readonly buffers: Buffer[] = [];
  private delivered: Buffer[] = [];
  private queue: Buffer[] = [];
  private held = false;
  private drained: (() => void)[] = [];

  constructor(port: number) {
    this.peerAddress = `127.0.0.1:${port}`;
  }

  get queuedBytes(): number {
    return this.queue.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** Callbacks that wait for the queue to empty. */
  get waitingForDrain(): number {
    return this.drained.length;
  }

  write(latin1: string): void {
    this.take(Buffer.from(latin1, 'latin1'));
  }

  writeBuffer(bytes: Buffer): void {
    this.buffers.push(bytes);
    this.take(Buffer.from(bytes));
  }

  writeTransient(bytes: Buffer): boolean {
    this.take(Buffer.from(bytes));
    return true;
  }

  private take(piece: Buffer): void {
    if (this.closed) return;
    (this.held ? this.queue : this.delivered).push(piece);
  }

  onDrained(callback: () => void): void {
    this.drained.push(callback);
  }

  /** From now on the other end reads nothing. */
  hold(): void {
    this.held = true;
  }

  /** Lets `bytes` of what is queued through and stays held; without a number everything, and holds no more. */
  release(bytes?: number): void {
    if (bytes === undefined) this.held = false;
    const queued = Buffer.concat(this.queue);
    const through = Math.min(bytes ?? queued.length, queued.length);
    this.delivered.push(queued.subarray(0, through));
    this.queue = through === queued.length ? [] : [queued.subarray(through)];
    if (this.queue.length === 0) for (const callback of this.drained.splice(0)) callback();
  }

  /** Everything that arrived since the last call, latin1. */
  read(): string {
    return Buffer.concat(this.delivered.splice(0)).toString('latin1');
  }

  pauseReading(): void {
    // The tests send little.
  }

  resumeReading(): void {
    // Never paused.
  }

  end(): void {
    this.closed = true;
  }

  destroy(): void {
    this.queue = [];
    this.closed = true;
  }
}

/** One client, replica or not, that speaks raw bytes. */
export interface MemoryClient {
  readonly wire: MemoryWire;
  /** Sends one command and ends the turn. @returns what arrived, latin1 */
  call(...args: (string | number)[]): string;
  /** As `call` with arguments separated by blanks. */
  run(line: string): string;
  /** Sends bytes as they are. @returns what arrived */
  send(bytes: string): string;
  /** What has arrived. */
  read(): string;
  /** The connection is cut from this end. */
  cut(): void;
}

export interface MemoryServer {
  readonly server: Server;
  readonly engine: Engine;
  readonly replication: Replication;
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  /** Log lines, `notice: …`. */
  readonly log: string[];
  connect(): MemoryClient;
  /** A field of INFO. */
  info(name: string): string | undefined;
  /** Moves time; the cron runs, turns end. */
  seconds(n: number): void;
  /** A shutdown is done. */
  ended(): boolean;
}

/** Starts a server; `directives` as in redis.conf, `dialWith` makes the way in which it reaches a master. */
export function memoryServer(
  directives: Readonly<Record<string, string>> = {},
  seed = 1,
  dialWith?: (clock: ManualClock) => (host: string, port: number) => Dial,
  parts: Pick<ConstructorParameters<typeof Server>[0], 'pingBehindSnapshot'> = {},
): MemoryServer {
  const clock = new ManualClock();
  const config = new Config();
  const given = { save: '', 'repl-diskless-sync-delay': '0', ...directives };
  for (const [name, value] of Object.entries(given)) {
    config.load(
      fromText(name),
      value === '' ? [fromText('')] : value.split(' ').map((word) => fromText(word)),
    );
  }
  const log: string[] = [];
  const disk = new MemoryDisk(clock);
  const memory = plainMemory();
  let ended = false;
  const server = new Server({
    clock,
    random: new SeededRandom(seed),
    disk,
    config,
    log: logTo((level, message) => log.push(`${level}: ${message}`)),
    host: {
      pid: 4242,
      executable: '/usr/bin/redis-ts',
      os: 'Test 1.0',
      nodeVersion: 'v20',
      memory: () => memory,
      memoryReport: () => 'heap report',
      cpu: () => ({ userSeconds: 1, systemSeconds: 1 }),
      totalSystemMemoryBytes: 8e9,
      sleep: (ms) => clock.advance(ms),
    },
    configFile: '',
    anyPort: false,
    dial: dialWith?.(clock),
    ...parts,
    onShutdown: () => (ended = true),
  });
  server.engine.start();
  let port = 50_000;
  const connect = () => memoryClient(server.engine, clock, ++port);
  const observer = connect();
  return {
    server,
    engine: server.engine,
    replication: server.replication,
    clock,
    disk,
    log,
    connect,
    info: (name) => new RegExp(`^${name}:(.*)\r$`, 'm').exec(observer.call('INFO', 'everything'))?.[1],
    seconds: (n) => clock.advance(n * 1000),
    ended: () => ended,
  };
}

function memoryClient(engine: Engine, clock: ManualClock, port: number): MemoryClient {
  const wire = new MemoryWire(port);
  const session = engine.accept(wire)!;
  const send = (bytes: Buffer): string => {
    // The bytes are only valid during the call: a copy is handed in and poisoned afterwards.
    const chunk = Buffer.from(bytes);
    session.receive(chunk, 0, chunk.length);
    chunk.fill(0xee);
    clock.runTurn();
    return wire.read();
  };
  const call = (...args: (string | number)[]) =>
    send(encodeCommandBuffer(args.map((arg) => String(arg) as Bytes)));
  return {
    wire,
    call,
    run: (line) => call(...line.split(' ')),
    send: (bytes) => send(Buffer.from(bytes, 'latin1')),
    read: () => {
      clock.runTurn();
      return wire.read();
    },
    cut: () => {
      session.disconnected();
      clock.runTurn();
    },
  };
}

/** What a full sync begins with: the position, the snapshot, and what came behind it. */
export interface FullSync {
  readonly replid: string;
  readonly offset: number;
  readonly form: 'length' | 'eof';
  /** Line feeds between the answer and the snapshot. */
  readonly keepalives: number;
  readonly rdb: string;
  /** What follows the snapshot. */
  readonly rest: string;
}

/** Takes a full sync apart; throws when it is none. */
export function readFullSync(bytes: string): FullSync {
  const head = /^\n*\+FULLRESYNC ([0-9a-f]{40}) (\d+)\r\n(\n*)\$(?:(\d+)|EOF:([0-9a-f]{40}))\r\n/.exec(bytes);
  if (head === null) throw new Error(`no full sync: ${JSON.stringify(bytes.slice(0, 200))}`);
  const [whole, replid, offset, keepalives, length, mark] = head;
  const from = whole.length;
  const to = mark === undefined ? from + Number(length) : bytes.indexOf(mark, from);
  if (to < from || to > bytes.length) throw new Error('the snapshot is not complete');
  return {
    replid,
    offset: Number(offset),
    form: mark === undefined ? 'length' : 'eof',
    keepalives: keepalives.length,
    rdb: bytes.slice(from, to),
    rest: bytes.slice(to + (mark?.length ?? 0)),
  };
}

/** Attaches a replica in the length form and reads its snapshot. */
export function attach(server: MemoryServer): { client: MemoryClient; sync: FullSync } {
  const client = server.connect();
  client.run('REPLCONF capa psync2');
  return { client, sync: readFullSync(client.run('PSYNC ? -1')) };
}

/** A command as it goes over the wire. */
export function wireOf(line: string): string {
  const args = line.split(' ');
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}
