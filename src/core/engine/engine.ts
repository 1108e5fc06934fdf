/**
 * Engine: one server without its wires and disks. It owns the store, the sessions and the parts that execute commands, and is
 * what handlers see as `ctx.server`.
 *
 *   Connection ──► Session.receive ──► drain ──► Dispatcher.execute ──► handler ──► WriteGate, Effects, reply
 *                                                                  end of turn ──► flush, unblocked clients, leftovers
 *
 * Replication and persistence plug themselves in (`attach`); the composition root in server.ts wires everything.
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import {
  ClientFlag,
  type CommandContext,
  type DebugPort,
  type MemoryOverview,
  type MigrationPort,
  type PersistencePort,
  type ReplicationPort,
  type ServerPort,
  type ShutdownOptions,
} from '../commands/context.js';
import { Errors, ReplyError } from '../commands/errors.js';
import { type Command, type CommandDefinition } from '../commands/spec.js';
import { CommandTable } from '../commands/table.js';
import { type InfoSection } from '../info/format.js';
import { ProtocolError } from '../protocol/errors.js';
import { type RequestLimits } from '../protocol/request-parser.js';
import { type Config } from '../services/config/config.js';
import { type Log } from '../services/log.js';
import { type LatencyHistogram } from '../services/latency-histogram.js';
import { LatencyMonitor } from '../services/latency.js';
import { Slowlog } from '../services/slowlog.js';
import { type Database, Store } from '../store/database.js';
import { WriteGate } from '../store/write-gate.js';
import { InputBatch } from './input-batch.js';
import { Prefetch } from '../store/prefetch.js';
import { Blocking } from './blocking.js';
import { Clients, PROTECTED_MODE_ERROR } from './clients.js';
import { type Connection } from './connection.js';
import { Cron } from './cron.js';
import { Dispatcher, type MutableContext } from './dispatcher.js';
import { EffectCollector } from './effects.js';
import { EngineGate } from './gate-bits.js';
import { type GateState } from './gates.js';
import { type ProcessPort } from './host.js';
import { Identity } from './identity.js';
import { infoSections } from './info.js';
import { EngineMemory } from './memory.js';
import { memoryOverview } from './memory-overview.js';
import { Session, type SessionHost } from './session.js';
import { EngineStats } from './stats.js';
import { Transactions } from './transactions.js';
import { Turn } from './turn.js';
import { REDIS_VERSION } from './version.js';

/** A connection executes at most this much in one turn; the rest waits for the next, so that nobody starves. */
const TURN_COMMANDS = 1000;
const TURN_BYTES = 64 * 1024;

export interface EngineParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly log: Log;
  readonly host: ProcessPort;
  readonly families: readonly (readonly CommandDefinition[])[];
}

/** What the composition root does for the engine. */
export interface EngineHooks {
  /** SHUTDOWN was accepted. */
  shutdown(options: ShutdownOptions): void;
  /** SHUTDOWN ABORT. @returns whether a shutdown was under way */
  abortShutdown(): boolean;
  /** CONFIG REWRITE; `all`: with every directive, defaults too. */
  rewriteConfig(all: boolean): void;
}

export class Engine implements ServerPort, SessionHost, GateState {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly log: Log;
  readonly host: ProcessPort;
  readonly store: Store;
  readonly gate: WriteGate;
  readonly effects = new EffectCollector();
  readonly commands: CommandTable;
  readonly stats: EngineStats;
  readonly clients: Clients;
  readonly blocking: Blocking;
  readonly transactions: Transactions;
  readonly turn: Turn;
  readonly dispatcher: Dispatcher;
  readonly cron: Cron;
  readonly memory: EngineMemory;
  readonly version = REDIS_VERSION;
  readonly slowlog = new Slowlog();
  readonly latency = new LatencyMonitor();
  readonly identity: Identity;
  readonly limits: RequestLimits;
  readonly runId: string;
  readonly startedMs: number;
  readonly debug: DebugPort;
  replication!: ReplicationPort;
  persistence!: PersistencePort;
  migration!: MigrationPort;
  hooks!: EngineHooks;
  /** A data set is being loaded, from disk or from a master. */
  loading: LoadingState | undefined;
  /** The MISCONF that applies, if any; set by persistence. */
  diskErrorReply: ReplyError | undefined;
  /** Address and port that INFO server shows. */
  tcpPort = 0;
  configFile = '';
  activeExpire = true;
  private readonly context: MutableContext;
  private readonly toFlush: Session[] = [];
  private readonly unblocked: Session[] = [];
  private readonly leftovers: Session[] = [];

  constructor(parts: EngineParts) {
    this.clock = parts.clock;
    this.random = parts.random;
    this.config = parts.config;
    this.log = parts.log;
    this.host = parts.host;
    this.runId = parts.random.hex(40);
    this.startedMs = parts.clock.nowMs();
    this.store = new Store(parts.config.values.databases, parts.random);
    this.gate = new WriteGate(this.store);
    this.commands = new CommandTable(parts.families);
    this.stats = new EngineStats(this.commands.byId.length);
    this.clients = new Clients(this.clock, this.config, this.stats, this.log);
    this.identity = new Identity(this.config);
    this.transactions = new Transactions(this.store, this.gate);
    this.turn = new Turn(this.clock);
    this.limits = { maxBulkLength: this.config.values.protoMaxBulkLen };
    this.blocking = this.newBlocking();
    this.context = this.newContext();
    this.dispatcher = this.newDispatcher();
    this.debug = {
      sleep: (ms) => this.host.sleep(ms),
      setActiveExpire: (on) => void (this.activeExpire = on),
      pauseCron: (paused) => void (this.cron.paused = paused),
      skipChecksums: false,
    };
    this.wireGate();
    this.wireTurn();
    this.memory = new EngineMemory(this);
    this.applyConfig();
    this.config.onChange('requirepass', () => this.admitWithoutPassword());
    this.cron = new Cron(this);
  }

  /** Client, database, reply and command are filled in before each call. */
  private newContext(): MutableContext {
    return {
      server: this,
      store: this.store,
      gate: this.gate,
      effects: this.effects,
      mayBlock: true,
    } as unknown as MutableContext;
  }

  private newBlocking(): Blocking {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the host reads fields that are set later
    const engine = this;
    return new Blocking({
      clock: this.clock,
      gate: this.gate,
      get runningArgv() {
        return engine.runningArgv;
      },
      get runningCommand() {
        return engine.context.command;
      },
      rerun: (session, command, argv) => this.rerun(session, command, argv),
      conclude: (session, command, argv) => {
        this.runningArgv = argv;
        this.dispatcher.readClock();
        this.dispatcher.conclude(session, command, argv);
      },
      accountUnblocked: (session, command, failed) =>
        this.dispatcher.accountUnblocked(session, command, failed),
      execute: (session, argv) => this.execute(session, argv),
      resume: (session) => this.resume(session),
      armGate: (bit, on) => this.armGate(bit, on),
      pauseChanged: () => this.updateExpiryPolicy(),
      keysReady: () => void (this.dispatcher.keysReady = true),
    });
  }

  private newDispatcher(): Dispatcher {
    return new Dispatcher({
      clock: this.clock,
      table: this.commands,
      store: this.store,
      gate: this.gate,
      effects: this.effects,
      stats: this.stats,
      context: this.context,
      gateState: this,
      queue: (session, command, argv) => this.transactions.queue(session, command, argv),
      refusedInMulti: (session, command, error) => this.transactions.refused(session, command, error),
      postpone: (session, argv) => this.blocking.postpone(session, argv),
      serveReady: () => this.serveReady(),
      streamOffset: () => this.streamOffset(),
      slow: (session, command, argv, us) => this.noteSlow(session, command, argv, us),
      internalError: (error, argv) => {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.log.warning(`Internal error while executing '${argv[0]}': ${reason}`);
      },
    });
  }

  private wireGate(): void {
    this.gate.ports = {
      touched: (db, key) => this.transactions.touched(db, key),
      flushing: (db) => {
        this.transactions.flushing(db);
        this.blocking.flushing(db);
      },
      swapped: (a, b) => {
        // The containers have changed places already: what was in one is now in the other.
        this.transactions.flushing(a, b);
        this.transactions.flushing(b, a);
        this.blocking.databaseReplaced(a);
        this.blocking.databaseReplaced(b);
      },
      notify: () => undefined,
      ready: (db, key) => this.blocking.keyChanged(db, key),
      preimage: () => undefined,
      removedByTime: (db, key, cause) => this.propagateRemoval(db, key, cause),
      fieldsRemovedByTime: (db, key, fields) => this.propagateFieldRemoval(db, key, fields),
    };
  }

  private wireTurn(): void {
    this.turn.step('batched-input', () => this.batch.run());
    this.turn.step('serve-unblocked', () => this.serveUnblocked());
    this.turn.step('flush-replies', () => this.flushReplies());
    this.turn.step('leftover-input', () => this.serveLeftovers());
    const { deferredFrees } = this.store;
    deferredFrees.onFirst = () => this.turn.arm();
    this.turn.step('deferred-frees', () => deferredFrees.settle());
  }

  configChanged(): void {
    this.applyConfig();
  }

  get isLoading(): boolean {
    return this.loading !== undefined;
  }

  /** Takes over what the hot path needs of the configuration. */
  applyConfig(): void {
    const { values } = this.config;
    this.limits.maxBulkLength = values.protoMaxBulkLen;
    const slowlogUs = values.slowlogLogSlowerThan < 0 ? Infinity : values.slowlogLogSlowerThan;
    const latencyUs = values.latencyMonitorThreshold === 0 ? Infinity : values.latencyMonitorThreshold * 1000;
    this.dispatcher.slowUs = Math.min(slowlogUs, latencyUs);
    this.stats.latencyTracking = values.latencyTracking;
    const lfu = values.maxmemoryPolicy.endsWith('lfu');
    this.store.savesUsage = lfu || values.maxmemoryPolicy.endsWith('lru');
    this.store.lfu = lfu ? { logFactor: values.lfuLogFactor, decayMinutes: values.lfuDecayTime } : undefined;
    this.store.lazyFree.configure(values);
    this.memory.configured();
    this.armGate(EngineGate.protectedCommands, true);
  }

  /** Without a password those who have not given one are let in (redis 7.2.6 networking.c:authRequired). */
  private admitWithoutPassword(): void {
    if (this.identity.defaultHasPassword) return;
    for (const session of this.clients.list()) session.setFlag(ClientFlag.authenticated, true);
  }

  armGate(bit: number, on: boolean): void {
    const { dispatcher } = this;
    dispatcher.armed = on ? dispatcher.armed | bit : dispatcher.armed & ~bit;
  }

  /** The key's time was over, or memory was short: replicas and the AOF get a DEL or UNLINK. */
  private propagateRemoval(db: Database, key: Bytes, cause: 'expired' | 'evicted'): void {
    if (!this.effects.recording) return;
    const { lazyfreeLazyExpire, lazyfreeLazyEviction } = this.config.values;
    const lazy = cause === 'expired' ? lazyfreeLazyExpire : lazyfreeLazyEviction;
    this.effects.enter();
    this.effects.also(db.id, [(lazy ? 'UNLINK' : 'DEL') as Bytes, key]);
    this.effects.leave();
  }

  /** Fields of a hash were over: replicas and the AOF get an HDEL. */
  private propagateFieldRemoval(db: Database, key: Bytes, fields: readonly Bytes[]): void {
    if (!this.effects.recording) return;
    this.effects.enter();
    this.effects.also(db.id, ['HDEL' as Bytes, key, ...fields]);
    this.effects.leave();
  }

  // ---- sessions

  /** A connection was accepted. @returns its session; undefined: it was refused and is being closed */
  accept(connection: Connection): Session | undefined {
    const { values } = this.config;
    if (this.clients.count >= values.maxclients) {
      this.stats.rejectedConnections++;
      connection.write('-ERR max number of clients reached\r\n');
      connection.end();
      return undefined;
    }
    if (
      values.protectedMode &&
      !this.identity.defaultHasPassword &&
      !connection.isLoopback &&
      !connection.isUnix
    ) {
      this.stats.rejectedConnections++;
      connection.write(PROTECTED_MODE_ERROR);
      connection.end();
      return undefined;
    }
    this.stats.connections++;
    const session = this.newSession(connection);
    if (connection.isUnix) session.flags |= ClientFlag.unixSocket;
    session.setFlag(ClientFlag.authenticated, !this.identity.defaultHasPassword);
    return session;
  }

  /** A session on any connection, without the checks for clients (the link to a master, scripts). */
  newSession(connection: Connection): Session {
    const id = this.clients.newId();
    const session = new Session(id, connection, this, this.store.databases[0], this.clock.nowMs());
    this.clients.add(session);
    return session;
  }

  drain(session: Session): void {
    const { parser } = session;
    if (session.turn !== this.turn.number) {
      session.turn = this.turn.number;
      session.turnCommands = 0;
      session.turnBytes = 0;
    }
    this.dispatcher.readClock();
    // The first command is executed without looking ahead: most often there is only one.
    let looked = 1;
    try {
      while (session.parked === undefined && !session.closed) {
        if (session.flags & (ClientFlag.closeAfterReply | ClientFlag.closeAsap)) return;
        if (session.turnCommands >= TURN_COMMANDS || session.turnBytes >= TURN_BYTES) {
          this.leaveForNextTurn(session);
          break;
        }
        if (--looked < 0) looked = this.prefetchFor(session);
        if (!parser.next()) break;
        session.turnCommands++;
        session.turnBytes += parser.wireLength;
        this.runningArgv = parser.argv;
        if (session.upstream === undefined) this.dispatcher.execute(session, parser.argv, parser);
        else this.executeForMaster(session);
        if (session.reply.length > OUTPUT_CHECK_BYTES) this.outputGrew(session);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.protocolError(session, error);
      return;
    }
    if (parser.pendingBytes > QUERY_CHECK_BYTES) this.clients.enforceQueryLimit(session);
  }

  measure(session: Session): void {
    this.clients.memory.measureInput(session);
  }

  /** Brings what the next commands of a pipeline need into the cache. @returns for how many commands no more is to be done */
  private prefetchFor({ db, parser }: Session): number {
    const { prefetch } = this;
    if (!prefetch.pays(db.keyspace)) return TURN_COMMANDS;
    prefetch.begin(db.keyspace);
    const commands = parser.lookAhead(prefetch);
    prefetch.run();
    return Math.max(commands - 1, 0);
  }

  /** Our master's commands see keys whose time is over: it decides when they go. */
  private executeForMaster(session: Session): void {
    const { store } = this;
    store.expiryPolicy = 'keep';
    try {
      this.dispatcher.execute(session, session.parser.argv, session.parser);
    } finally {
      this.updateExpiryPolicy();
    }
    session.upstream?.applied(session.parser);
  }

  /** The arguments of the running request. */
  runningArgv: Bytes[] = [];
  private readonly prefetch = new Prefetch();
  readonly batch = new InputBatch(this.prefetch, () => this.turn.arm());

  private protocolError(session: Session, error: ProtocolError): void {
    if (session.upstream !== undefined) {
      session.upstream.protocolFault(error);
      return;
    }
    this.log.verbose(`Protocol error (${error.message}) from client: ${session.infoLine()}`);
    session.out.error(`ERR ${error.message}`);
    this.stats.countError('ERR');
    session.close('protocol error', true);
  }

  private leaveForNextTurn(session: Session): void {
    if (session.inputPending) return;
    session.inputPending = true;
    session.connection.pauseReading();
    this.leftovers.push(session);
    this.turn.arm();
  }

  private serveLeftovers(): void {
    if (this.leftovers.length === 0) return;
    for (const session of this.leftovers.splice(0)) {
      session.inputPending = false;
      if (session.closed) continue;
      this.drain(session);
      this.measure(session);
      if (!session.inputPending && !session.closed) session.connection.resumeReading();
    }
  }

  needsFlush(session: Session): void {
    session.flushPending = true;
    this.toFlush.push(session);
    this.turn.arm();
  }

  private flushReplies(): void {
    // Flushing may close sessions and make others write: those wait for the next turn.
    const due = this.toFlush.splice(0);
    for (const session of due) {
      if (this.hasTooMuch(session)) continue;
      session.flush();
      this.clients.memory.measure(session);
      if (session.feed !== undefined || session.memoryBytes > OUTPUT_CHECK_BYTES)
        this.clients.enforceOutputLimit(session);
    }
  }

  /** Between two commands, as in redis 7.2.6 server.c:processCommand: a pipeline must not push keys out by its own replies. */
  private outputGrew(session: Session): void {
    if (this.hasTooMuch(session)) return;
    this.clients.memory.measureInput(session);
    this.clients.memory.evict();
  }

  /** Closes a client that was written too much for: that counts before the kernel takes it, as in Redis. */
  private hasTooMuch(session: Session): boolean {
    return session.reply.length > OUTPUT_CHECK_BYTES && this.clients.enforceOutputLimit(session);
  }

  closing(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    this.stats.netIn += session.bytesIn;
    this.stats.netOut += session.bytesOut;
    this.blocking.abandon(session);
    this.transactions.discard(session);
    this.clients.delete(session);
    session.reply.clear();
    session.feed?.ended();
    session.upstream?.disconnected();
    const inPeace = session.flags & ClientFlag.closeAfterReply && !(session.flags & ClientFlag.closeAsap);
    if (inPeace) session.connection.end();
    else session.connection.destroy();
  }

  infoLine(session: Session): string {
    const isRunning = this.dispatcher.depth > 0 && this.context.client === session;
    return this.clients.infoLine(session, isRunning ? this.runningArgv : undefined);
  }

  /** A parked session goes on at the end of the turn. */
  private resume(session: Session): void {
    this.unblocked.push(session);
    this.turn.arm();
  }

  private serveUnblocked(): void {
    for (const session of this.unblocked.splice(0)) {
      if (session.closed) continue;
      this.blocking.servePostponed(session);
      this.drain(session);
      this.measure(session);
    }
    if (this.dispatcher.keysReady) this.serveReady();
  }

  private serveReady(): void {
    this.dispatcher.keysReady = false;
    // Whoever waited is a client of ours, also when it is our master's command that woke it.
    const policy = this.store.expiryPolicy;
    this.updateExpiryPolicy();
    this.blocking.serveReady();
    this.store.expiryPolicy = policy;
  }

  /** Executes a request that does not come from a parser. */
  execute(session: Session, argv: Bytes[]): void {
    this.runningArgv = argv;
    this.dispatcher.readClock();
    this.dispatcher.execute(session, argv, undefined);
  }

  private rerun(session: Session, command: Command, argv: Bytes[]): void {
    this.runningArgv = argv;
    this.dispatcher.readClock();
    this.dispatcher.reprocess(session, command, argv);
  }

  private noteSlow(session: Session, command: Command, argv: readonly Bytes[], us: number): void {
    this.noteLatency(command.flagSet.has('fast') ? 'fast-command' : 'command', us / 1000);
    if (command.flagSet.has('skip_slowlog')) return;
    const { slowlogLogSlowerThan, slowlogMaxLen } = this.config.values;
    this.slowlog.push(
      {
        timeSeconds: Math.floor(this.store.nowMs / 1000),
        durationUs: us,
        argv,
        peer: session.peerAddress,
        clientName: session.name,
      },
      { slowerThanUs: slowlogLogSlowerThan, maxLength: slowlogMaxLen },
    );
  }

  /** A sample for the latency monitor, if it is on and the event took long enough (redis 7.2.6 latencyAddSampleIfNeeded). */
  noteLatency(event: string, ms: number): void {
    const threshold = this.config.values.latencyMonitorThreshold;
    if (threshold === 0 || ms < threshold) return;
    this.latency.add(event, Math.floor(ms), Math.floor(this.store.nowMs / 1000));
  }

  // ---- gates

  outOfMemory(fromMaster: boolean): boolean {
    return this.memory.outOfMemory(fromMaster);
  }

  protectedAllowed(command: Command, session: Session): boolean {
    const { enableDebugCommand, enableModuleCommand } = this.config.values;
    const setting = (command.parent ?? command).name === 'debug' ? enableDebugCommand : enableModuleCommand;
    return setting === 'yes' || (setting === 'local' && session.isLocal);
  }

  busyError(): ReplyError {
    return Errors.busyScript;
  }

  diskError(): ReplyError {
    return this.diskErrorReply ?? Errors.misconfRdb;
  }

  // ---- ServerPort

  info(sections: readonly Bytes[]): InfoSection[] {
    return infoSections(this, sections);
  }

  /** Bytes read from and written to clients, connected ones included. */
  netTotals(): { bytesIn: number; bytesOut: number } {
    let bytesIn = this.stats.netIn;
    let bytesOut = this.stats.netOut;
    for (const session of this.clients.list()) {
      bytesIn += session.bytesIn;
      bytesOut += session.bytesOut;
    }
    return { bytesIn, bytesOut };
  }

  memoryOverview(): MemoryOverview {
    return memoryOverview(this);
  }

  latencyOf(command: Command): LatencyHistogram | undefined {
    return this.stats.latencies[command.id];
  }

  resetStats(): void {
    this.stats.reset();
    Object.assign(this.store.stats, { hits: 0, misses: 0, expired: 0, evicted: 0 });
    this.store.lazyFree.reset();
    this.memory.resetStats();
  }

  rewriteConfig(all = false): void {
    this.hooks.rewriteConfig(all);
  }

  exec(ctx: CommandContext): void {
    this.transactions.exec(this.context, ctx.client as Session, this.dispatcher);
  }

  watch(client: Session, db: Database, key: Bytes): void {
    this.transactions.watch(client, db, key);
  }

  unwatch(client: Session): void {
    this.transactions.unwatch(client);
  }

  discard(client: Session): void {
    this.transactions.discard(client);
  }

  shutdown(_ctx: CommandContext, options: ShutdownOptions): void {
    if (!options.abort) this.hooks.shutdown(options);
    else if (!this.hooks.abortShutdown()) throw new ReplyError('ERR No shutdown in progress.');
  }

  resetClient(client: Session): void {
    this.transactions.discard(client);
    client.db = this.store.databases[0];
    client.name = '' as Bytes;
    client.reply.resp = 2;
    client.user = 'default';
    const clearing =
      ClientFlag.replyOff |
      ClientFlag.replySkip |
      ClientFlag.replySkipNext |
      ClientFlag.noEvict |
      ClientFlag.noTouch |
      ClientFlag.readonly;
    client.setFlag(clearing, false);
    client.setFlag(ClientFlag.authenticated, !this.identity.defaultHasPassword);
  }

  setProtocol(client: Session, resp: 2 | 3): void {
    client.reply.resp = resp;
    client.rearm();
  }

  get defaultUserHasPassword(): boolean {
    return this.identity.defaultHasPassword;
  }

  hasUser(name: Bytes): boolean {
    return this.identity.has(name);
  }

  authenticate(client: Session, user: string, password: Bytes): boolean {
    if (!this.identity.check(user, password)) return false;
    client.user = user;
    client.setFlag(ClientFlag.authenticated, true);
    return true;
  }

  /** Where the replication stream stands; replication provides it. */
  streamOffset: () => number = () => 0;

  /** Exchanges the whole data set (`install` does it) for one that came from elsewhere: nothing of it is an effect of ours. */
  replaceData(install: () => void): void {
    for (const db of this.store.databases) this.transactions.flushing(db);
    install();
    for (const db of this.store.databases) this.blocking.databaseReplaced(db);
    if (this.dispatcher.keysReady) this.serveReady();
  }

  /** Starts the periodic work. */
  start(): void {
    this.cron.start();
  }

  /** Ends every session and stops the periodic work. */
  stop(): void {
    this.cron.stop();
    for (const session of [...this.clients.list()]) session.close('shutdown');
  }

  /** A data set begins or ends to be loaded: most commands are refused meanwhile. */
  setLoading(state: LoadingState | undefined): void {
    this.loading = state;
    this.armGate(EngineGate.loading, state !== undefined);
    this.updateExpiryPolicy();
  }

  /** What happens to keys whose time is over: nothing while loading; a replica, and anybody during a pause, hides them. */
  updateExpiryPolicy(): void {
    const hides = this.replication?.isReplica || this.blocking.standsStill;
    this.store.expiryPolicy = this.loading !== undefined ? 'keep' : hides ? 'hide' : 'delete';
  }
}

/** Limits are only looked at beyond these sizes: below them no configured limit of use is exceeded. */
const QUERY_CHECK_BYTES = 1024 * 1024;
const OUTPUT_CHECK_BYTES = 16 * 1024;

export interface LoadingState {
  readonly startedMs: number;
  totalBytes: number;
  loadedBytes: number;
}
