/**
 * What a handler may touch: the context, and the ports behind it that the engine, replication and persistence implement.
 *
 * The context is one mutable object per engine, filled before each call. Handlers see clients through `Client`; they never
 * see sockets. Everything that a family needs from a higher layer is declared here.
 */
import { type ByteRange } from '../base/byte-range.js';
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { type InfoField, type InfoSection } from '../info/format.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { type AclLog } from '../services/acl/acl-log.js';
import { type Denial } from '../services/acl/environment.js';
import { type AclUser } from '../services/acl/user.js';
import { type AclUsers } from '../services/acl/users.js';
import { type Config } from '../services/config/config.js';
import { type LatencyHistogram } from '../services/latency-histogram.js';
import { type LatencyMonitor } from '../services/latency.js';
import { type Log } from '../services/log.js';
import { type PubSub } from '../services/pubsub.js';
import { type Slowlog } from '../services/slowlog.js';
import { type TrackingMode } from '../services/tracking.js';
import { type Database, type Store } from '../store/database.js';
import { type WriteGate } from '../store/write-gate.js';
import { type Command } from './spec.js';
import { type CommandTable } from './table.js';

export interface CommandContext {
  readonly server: ServerPort;
  readonly store: Store;
  readonly gate: WriteGate;
  readonly effects: Effects;
  /** The client on whose behalf the command runs (a script's calls have a client of their own). */
  client: Client;
  /** The client's selected database. */
  db: Database;
  reply: ReplyWriter;
  command: Command;
  /** The last argument, where it was left as it arrived: `argv` has an empty string for it (`takesUnread`). */
  unread: ByteRange | undefined;
  /** False inside MULTI and scripts: a blocking command answers at once as if its timeout had come. */
  mayBlock: boolean;
}

export type Target = 'aof' | 'replicas';

/** How the running command is propagated. By default: as it came, when it raised `dirty`. */
export interface Effects {
  /** Whether anything that is propagated reaches `target` now. */
  reaches(target: Target): boolean;
  /** Somebody is sent effects: without, what `also` is given need not be built. */
  readonly recording: boolean;
  /** Propagates this command in place of the one that came. */
  replace(...argv: Bytes[]): void;
  /** Propagates this besides, before the command itself. `dbId`: the database it belongs to. */
  also(dbId: number, argv: Bytes[], target?: Target): void;
  /** Propagates nothing for the command itself. */
  prevent(target?: Target): void;
  /** Propagates even though `dirty` did not rise (PUBLISH, FUNCTION FLUSH). */
  force(target?: Target): void;
}

/** Flags of a client, as CLIENT LIST shows them (redis 7.2.6 networking.c:catClientInfoString). */
export const ClientFlag = {
  replica: 1 << 0, // S
  master: 1 << 1, // M
  monitor: 1 << 2, // O
  multi: 1 << 3, // x
  blocked: 1 << 4, // b
  dirtyCas: 1 << 5, // d
  closeAfterReply: 1 << 6, // c
  closeAsap: 1 << 7, // A
  unblocked: 1 << 8, // u
  pubsub: 1 << 9, // P
  dirtyExec: 1 << 10,
  noEvict: 1 << 11, // e
  noTouch: 1 << 12, // T
  replyOff: 1 << 13,
  replySkip: 1 << 14,
  replySkipNext: 1 << 15,
  tracking: 1 << 16, // t
  authenticated: 1 << 17,
  unixSocket: 1 << 18, // U
  readonly: 1 << 19, // r
  trackingBroken: 1 << 20, // R
  trackingBroadcast: 1 << 21, // B
  /** CLIENT CACHING was said: it holds for the next command or transaction. */
  caching: 1 << 22,
  /** A script's calls: MONITOR shows them as `lua`. */
  script: 1 << 23,
} as const;

export interface Client {
  readonly id: number;
  /** Bits of ClientFlag. Change them with `setFlag`: gates depend on it. */
  readonly flags: number;
  name: Bytes;
  libName: Bytes;
  libVersion: Bytes;
  /** Undefined: it may do everything (the link to our master). */
  readonly user: AclUser | undefined;
  db: Database;
  readonly reply: ReplyWriter;
  setFlag(flag: number, on: boolean): void;
  /** `ip:port` of the other end, as CLIENT LIST prints it. */
  readonly peerAddress: string;
  readonly localAddress: string;
  /** It connects from this machine. */
  readonly isLocal: boolean;
  readonly createdMs: number;
  /** Wall clock of the last command, ms. */
  lastInteractionMs: number;
  readonly multi: MultiState;
  /** What its subscriptions and tracking prefixes cost, roughly. */
  subscriptionBytes: number;
  /** How the keys that it reads are tracked; undefined: not at all. */
  readonly tracking: TrackingMode | undefined;
  /** The line of CLIENT LIST and CLIENT INFO. */
  infoLine(): string;
  /** Drops the connection: at once, or once what is written has been sent. */
  close(reason: string, afterReply?: boolean): void;
  /** `normal`, `replica`, `master` or `pubsub`: the classes of client-output-buffer-limit and CLIENT KILL TYPE. */
  readonly type: ClientType;
}

/** Client tracking, as CLIENT TRACKING sets it. */
export interface TrackingPort {
  enable(client: Client, mode: TrackingMode): void;
  disable(client: Client): void;
}

export type ClientType = 'normal' | 'replica' | 'master' | 'pubsub';

export interface MultiState {
  queued: { readonly command: Command; readonly argv: Bytes[] }[];
  /** Bytes of the queued arguments, for CLIENT LIST multi-mem. */
  queuedBytes: number;
  /** Keys this client watches. */
  watching: { readonly db: Database; readonly key: Bytes; readonly wasExpired: boolean }[];
}

/** How long a parked client waits and what it is told when the time is over. */
export interface BlockOptions {
  /** Milliseconds from now; 0: for ever. */
  readonly timeoutMs: number;
  /** Writes the answer of a timeout. */
  onTimeout(reply: ReplyWriter): void;
  /** Called when it is unblocked otherwise (disconnection, CLIENT UNBLOCK), to forget what refers to it. */
  onEnd?(): void;
  /** Of a client that waits for keys: it is also run again when a key goes or changes its type (XREADGROUP). */
  readonly wakesOnDelete?: boolean;
}

export interface BlockingPort {
  /** Parks the client; its later commands wait. */
  park(client: Client, options: BlockOptions): void;
  /**
   * Parks the client until a key is ready: it holds a list, a sorted set or a stream, whichever the command's group says. The
   * command is then run again, and may block again with the timeout that it had.
   */
  onKeys(client: Client, db: Database, keys: readonly Bytes[], options: BlockOptions): void;
  /** Goes on with a parked client after `write` has written its answer. */
  release(client: Client, write: (reply: ReplyWriter) => void): void;
  /**
   * Parks the client until the function that is returned is called, with what concludes the command: a part of the same command
   * that runs as an execution unit of its own, also when the client has gone. Until then the data stands still: the writes of others
   * are held back and keys do not expire. Only where `mayBlock`.
   */
  hold(client: Client): (conclude: (ctx: CommandContext) => void) => void;
  /** CLIENT UNBLOCK. @returns whether it was blocked by a command that can be unblocked */
  unblock(client: Client, withError: boolean): boolean;
  /** CLIENT PAUSE until a wall clock time, 0 to end it. */
  pause(untilMs: number, writesOnly: boolean): void;
  readonly pausedUntilMs: number;
  /** The pause that is on holds back all commands, not writes alone. */
  readonly pausedAll: boolean;
}

export interface ClientsPort {
  /** All connected clients in the order of their ids. */
  list(): Iterable<Client>;
  byId(id: number): Client | undefined;
  readonly count: number;
}

export interface PersistencePort {
  /** SAVE: synchronously. Throws a ReplyError. */
  save(): void;
  /** BGSAVE [SCHEDULE]. @returns the status line */
  backgroundSave(schedule: boolean): string;
  /** Seconds since the epoch of the last successful save. */
  readonly lastSaveSeconds: number;
  /** DEBUG RELOAD: saves and loads again, synchronously. */
  reload(options: { save: boolean; flush: boolean }): void;
  /** Snapshot work that FLUSHALL must end (redis 7.2.6 db.c:flushAllDataAndResetRDB). */
  flushed(): void;
  /** Whether save points are configured: SHUTDOWN without arguments saves then. */
  readonly hasSavePoints: boolean;
  /** INFO persistence. */
  info(): InfoField[];
}

/** Keys on their way to another server (MIGRATE). */
export interface MigrationRequest {
  readonly host: string;
  readonly port: number;
  /** The database there, in digits. */
  readonly db: Bytes;
  /** How long connecting may take, and how long nothing may happen later. */
  readonly timeoutMs: number;
  /** The AUTH command, if one is to be sent. */
  readonly auth: readonly Bytes[] | undefined;
  /** A RESTORE command for each key, encoded. */
  readonly commands: readonly Buffer[];
}

/** What became of them. */
export interface MigrationOutcome {
  /** For each command, in order, whether the target has taken the key; shorter when answers are missing. */
  readonly taken: readonly boolean[];
  /** The first error that the target answered with. */
  readonly targetError?: Bytes;
  /** Answers are missing because of the connection: what it was doing. */
  readonly failure?: 'connecting' | 'writing' | 'reading';
}

export interface MigrationPort {
  /** Sends the keys; `done` is called once, later. One request at a time. */
  send(request: MigrationRequest, done: (outcome: MigrationOutcome) => void): void;
  /** Connections that are kept for the next request. */
  readonly cachedLinks: number;
}

export interface ReplicationPort {
  replconf(client: Client, argv: readonly Bytes[]): void;
  psync(client: Client, argv: readonly Bytes[]): void;
  replicaOf(ctx: CommandContext, argv: readonly Bytes[]): void;
  failover(ctx: CommandContext, argv: readonly Bytes[]): void;
  role(reply: ReplyWriter): void;
  wait(ctx: CommandContext, replicas: number, timeoutMs: number): void;
  /** This server follows another one. */
  readonly isReplica: boolean;
  /**
   * Whether replicas know that fields of hashes can expire (repl-compat-version). When they do not and there are some, the log says,
   * once, that they are not told.
   */
  sendsFieldExpiry(): boolean;
  /** INFO replication, in the order of its fields. */
  info(): InfoField[];
  /** Connected replicas. */
  readonly replicaCount: number;
  /** Bytes of the stream that are held, for the backlog or for replicas that are behind it. */
  readonly bufferBytes: number;
  /** DEBUG CHANGE-REPL-ID and its like. */
  changeId(): void;
}

/** Users, and what they may do. Changes close the connections that they leave without a user, or without a channel. */
export interface AclPort {
  readonly users: AclUsers;
  /** What was denied. */
  readonly log: AclLog;
  /** @returns what the user lacks for a call; undefined: nothing */
  check(user: AclUser, command: Command, argv: readonly Bytes[]): Denial | undefined;
  /** Whether the client may read every key by this call. */
  mayReadAll(client: Client, command: Command, argv: readonly Bytes[]): boolean;
  /** Logs a client in; a failure is logged, under the command `argv[0]`. @returns whether user and password were right */
  authenticate(client: Client, argv: readonly Bytes[], user: Bytes, password: Bytes): boolean;
  /** Adds rules to a user, which is made if need be; all or none. Throws a ReplyError. */
  setUser(client: Client, name: Bytes, rules: readonly Bytes[]): void;
  /** @returns how many there were */
  deleteUsers(client: Client, names: readonly Bytes[]): number;
  /** Takes over the users of the ACL file. Throws a ReplyError. */
  load(client: Client): void;
  /** Writes the ACL file. Throws a ReplyError. */
  save(): void;
}

export interface ServerPort {
  /** The version of Redis that is spoken. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly commands: CommandTable;
  readonly clients: ClientsPort;
  readonly blocking: BlockingPort;
  readonly persistence: PersistencePort;
  readonly replication: ReplicationPort;
  readonly migration: MigrationPort;
  /** INFO with the sections asked for; none: the default ones. */
  info(sections: readonly Bytes[]): InfoSection[];
  memoryOverview(): MemoryOverview;
  /** What is known of the process. */
  readonly host: { memoryReport(): string };
  /** Who is subscribed to what. */
  readonly pubsub: PubSub<Client>;
  /** Hands a message to all who listen. @returns the number of deliveries */
  publish(kind: 'channel' | 'shard', channel: Bytes, message: Bytes): number;
  readonly tracking: TrackingPort;
  /** Shows the client every command from now on (MONITOR). */
  monitor(client: Client): void;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  /** How long the calls of a command took; undefined: it was not called. */
  latencyOf(command: Command): LatencyHistogram | undefined;
  /** A data set is being loaded. */
  readonly isLoading: boolean;
  /** CONFIG SET has changed something: takes over what is kept elsewhere. */
  configChanged(): void;
  /** CONFIG RESETSTAT. */
  resetStats(): void;
  /** CONFIG REWRITE; `all`: with every directive, defaults too. Throws a ReplyError. */
  rewriteConfig(all?: boolean): void;
  /** Runs the queue of the client's transaction (EXEC). */
  exec(ctx: CommandContext): void;
  watch(client: Client, db: Database, key: Bytes): void;
  unwatch(client: Client): void;
  discard(client: Client): void;
  /** SHUTDOWN. Returns when it was refused or will happen later. Throws a ReplyError. */
  shutdown(ctx: CommandContext, options: ShutdownOptions): void;
  /** DEBUG subcommands that reach into the engine. */
  readonly debug: DebugPort;
  readonly log: Log;
  /** Back to the state of a new connection (RESET). */
  resetClient(client: Client): void;
  /** HELLO: the protocol of what the client is sent from now on. */
  setProtocol(client: Client, resp: 2 | 3): void;
  /** Users and permissions. */
  readonly acl: AclPort;
}

/** How the memory is shared out, in bytes; percentages of 100 (redis 7.2.6 server.h:redisMemOverhead). */
export interface MemoryOverview {
  readonly used: number;
  readonly peak: number;
  readonly startup: number;
  /** Of the replication buffers: the backlog, and what slow replicas hold beyond it. */
  readonly backlog: number;
  readonly replicaBuffers: number;
  readonly replicationBuffers: number;
  /** Clients that are no replicas. */
  readonly normalClients: number;
  /** All that is no key and no value. */
  readonly overhead: number;
  readonly dataset: number;
  readonly datasetPercent: number;
  readonly peakPercent: number;
  readonly keys: number;
  readonly bytesPerKey: number;
  /** What does not make keys be evicted. */
  readonly notCounted: number;
  /** What the allocator has given out, has in pages, and what of it is in memory. */
  readonly allocated: number;
  readonly active: number;
  readonly resident: number;
  /** Those with keys. */
  readonly databases: readonly {
    readonly id: number;
    readonly mainBytes: number;
    readonly expiresBytes: number;
  }[];
}

export interface ShutdownOptions {
  readonly save: 'save' | 'nosave' | undefined;
  readonly now: boolean;
  readonly force: boolean;
  readonly abort: boolean;
}

export interface DebugPort {
  /** Stops the event loop (DEBUG SLEEP). */
  sleep(ms: number): void;
  setActiveExpire(on: boolean): void;
  /** Stops the periodic work, or lets it go on. */
  pauseCron(paused: boolean): void;
  /** Payloads of RESTORE and RDB files are taken whatever their checksum is. */
  skipChecksums: boolean;
}
