/**
 * A whole engine in memory: no socket, no disk, a clock that stands still. Clients call commands and read decoded replies;
 * `stream` records what is propagated, framed as `SELECT` per database and MULTI/EXEC per transaction.
 */
import { type Bytes, fromText } from '../../src/core/base/bytes.js';
import { ManualClock } from '../../src/core/base/clock.js';
import { SeededRandom } from '../../src/core/base/random.js';
import {
  type MigrationPort,
  type PersistencePort,
  type ReplicationPort,
  type ShutdownOptions,
} from '../../src/core/commands/context.js';
import { ReplyError } from '../../src/core/commands/errors.js';
import { type CommandDefinition } from '../../src/core/commands/spec.js';
import { type Connection } from '../../src/core/engine/connection.js';
import { TARGET_ALL, type Effect } from '../../src/core/engine/effects.js';
import { Engine } from '../../src/core/engine/engine.js';
import { type MemoryFigures } from '../../src/core/engine/host.js';
import { encodeCommandBuffer } from '../../src/core/protocol/command-encoder.js';
import { ReplyDecoder, type Reply } from '../../src/core/protocol/reply-decoder.js';
import { Config } from '../../src/core/services/config/config.js';
import { NO_LOG } from '../../src/core/services/log.js';
import { NotifyClass } from '../../src/core/store/events.js';
import { Armed } from '../../src/core/store/write-gate.js';

/** The other end of a session: collects what is written. */
export class MemoryConnection implements Connection {
  readonly peerAddress = '127.0.0.1:50000';
  readonly peerHost = '127.0.0.1';
  readonly localAddress = '127.0.0.1:6379';
  readonly isUnix = false;
  readonly isLoopback = true;
  readonly written: Buffer[] = [];
  queuedBytes = 0;
  ended = false;
  reading = true;

  write(latin1: string): void {
    this.written.push(Buffer.from(latin1, 'latin1'));
  }

  writeBuffer(bytes: Buffer): void {
    this.written.push(Buffer.from(bytes));
  }

  writeTransient(bytes: Buffer): boolean {
    this.writeBuffer(bytes);
    return true;
  }

  onDrained(): void {
    // Nothing ever waits here.
  }

  pauseReading(): void {
    this.reading = false;
  }

  resumeReading(): void {
    this.reading = true;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.ended = true;
  }

  /** Everything written since the last call. */
  take(): Buffer {
    return Buffer.concat(this.written.splice(0));
  }
}

export interface TestClient {
  /** Sends one command and returns its reply; undefined when nothing was answered. */
  call(...args: (string | number)[]): Reply | undefined;
  /** Sends raw bytes and returns the raw answer. */
  send(wire: string | Buffer): string;
  /** Decoded replies that arrived since the last call. */
  replies(): Reply[];
  readonly connection: MemoryConnection;
  readonly session: NonNullable<ReturnType<Engine['accept']>>;
}

export interface TestEngine {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly config: Config;
  /** What was propagated since the last call, one line per command, arguments separated by blanks. */
  stream(): string[];
  connect(): TestClient;
  /** A client that is there from the start. */
  readonly client: TestClient;
  readonly shutdowns: ShutdownOptions[];
  /** What the process says of its memory; to be changed. */
  readonly memory: { -readonly [K in keyof MemoryFigures]: MemoryFigures[K] };
}

export interface TestEngineOptions {
  families: readonly (readonly CommandDefinition[])[];
  seed?: number;
  /** Directives as in redis.conf. */
  config?: Readonly<Record<string, string>>;
  persistence?: Partial<PersistencePort>;
  replication?: Partial<ReplicationPort>;
  migration?: MigrationPort;
  /** False: nobody wants the replication stream, as on a server that never had a replica; `stream` is empty. */
  propagates?: boolean;
}

/** A process with little in a large heap. */
export function plainMemory(): TestEngine['memory'] {
  return {
    rssBytes: 2e7,
    heapUsedBytes: 1e7,
    heapTotalBytes: 1.2e7,
    outsideBytes: 1e6,
    heapLimitBytes: 4e9,
    liveHeapBytes: 1e7,
    collections: 1,
  };
}

export function createTestEngine(options: TestEngineOptions): TestEngine {
  const clock = new ManualClock();
  const config = new Config(NO_LOG);
  for (const [name, value] of Object.entries(options.config ?? {})) {
    config.load(fromText(name), [fromText(value)]);
  }
  const memory = plainMemory();
  const engine = new Engine({
    clock,
    random: new SeededRandom(options.seed ?? 1),
    config,
    log: NO_LOG,
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
    families: options.families,
  });
  const shutdowns: ShutdownOptions[] = [];
  engine.hooks = {
    shutdown: (how) => void shutdowns.push(how),
    abortShutdown: () => false,
    rewriteConfig: () => {
      throw new ReplyError('ERR The server is running without a config file');
    },
  };
  engine.persistence = { ...noPersistence, ...options.persistence } as PersistencePort;
  engine.replication = { ...noReplication, ...options.replication } as ReplicationPort;
  engine.migration = options.migration ?? noMigration;
  const recorded = options.propagates === false ? () => [] : recordStream(engine);
  const connect = () => testClient(engine, clock);
  return { engine, clock, config, stream: recorded, connect, client: connect(), shutdowns, memory };
}

const noPersistence: Partial<PersistencePort> = {
  lastSaveSeconds: 1_700_000_000,
  hasSavePoints: false,
  flushed: () => undefined,
  info: () => [],
};

const noMigration: MigrationPort = {
  cachedLinks: 0,
  send: () => {
    throw new Error('no server to migrate to');
  },
};

const noReplication: Partial<ReplicationPort> = {
  isReplica: false,
  sendsFieldExpiry: () => true,
  info: () => [['role', 'master']],
  replicaCount: 0,
  bufferBytes: 0,
};

function recordStream(engine: Engine): () => string[] {
  const lines: string[] = [];
  let selected = -1;
  const textOf = (effect: Effect): string => {
    const bytes = effect.wire
      ? Buffer.from(effect.wire.subarray(effect.start, effect.end))
      : Buffer.from(effect.body!, 'latin1');
    const decoder = new ReplyDecoder();
    decoder.push(bytes);
    const reply = decoder.next();
    if (reply?.type !== 'array') throw new Error(`not a command: ${bytes.toString('latin1')}`);
    return reply.items.map((item) => (item.type === 'bulk' ? item.value : '?')).join(' ');
  };
  engine.effects.wanted = TARGET_ALL;
  engine.effects.sink = {
    feed: (unit, transaction) => {
      if (transaction) lines.push('MULTI');
      for (const effect of unit) {
        if (effect.dbId !== selected) lines.push(`SELECT ${(selected = effect.dbId)}`);
        lines.push(textOf(effect));
      }
      if (transaction) lines.push('EXEC');
    },
  };
  return () => lines.splice(0);
}

function testClient(engine: Engine, clock: ManualClock): TestClient {
  const connection = new MemoryConnection();
  const session = engine.accept(connection)!;
  const decoder = new ReplyDecoder();
  const push = (wire: Buffer) => {
    // The bytes are only valid during the call: a copy is handed in and poisoned afterwards.
    const chunk = Buffer.from(wire);
    session.receive(chunk, 0, chunk.length);
    chunk.fill(0xee);
    clock.runTurn();
  };
  const replies = () => {
    decoder.push(connection.take());
    const out: Reply[] = [];
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) out.push(reply);
    return out;
  };
  return {
    connection,
    session,
    replies,
    call: (...args) => {
      push(encodeCommandBuffer(args.map((arg) => (typeof arg === 'number' ? String(arg) : arg) as Bytes)));
      const answered = replies();
      if (answered.length > 1) throw new Error(`${answered.length} replies to one command`);
      return answered[0];
    },
    send: (wire) => {
      push(typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire);
      return connection.take().toString('latin1');
    },
  };
}

/** Notes keyspace events from now on, of all classes by default. @returns those since the last call, `name key` each */
export function recordEvents({ engine: { gate } }: TestEngine, classes = ALL_CLASSES): () => string[] {
  const events: string[] = [];
  gate.ports = { ...gate.ports, notify: (_db, key, event) => void events.push(`${event.name} ${key}`) };
  gate.notifyClasses = classes;
  gate.arm(Armed.notify, true);
  return () => events.splice(0);
}

const ALL_CLASSES = Object.values(NotifyClass).reduce((all, bit) => all | bit, 0);

/** A reply as plain JS: strings, numbers, null, arrays; errors as `-ERR …`. For short assertions. */
export function plain(reply: Reply | undefined): unknown {
  if (reply === undefined) return undefined;
  switch (reply.type) {
    case 'null':
      return null;
    case 'error':
      return `-${reply.value}`;
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(plain);
    case 'map':
      return reply.entries.map(([key, value]) => [plain(key), plain(value)]);
    default:
      return 'value' in reply ? reply.value : reply;
  }
}
