/**
 * Engine: one server without its wires and disks. It owns the store, the sessions and the parts that execute commands, and is
 * what handlers see as `ctx.server`.
 *
 *   Connection ──► Session.receive ──► Sessions.drain ──► Dispatcher.execute ──► handler ──► WriteGate, Effects, reply
 *                                                                  end of turn ──► flush, unblocked clients, leftovers
 *
 * Its parts hear of each other in wiring.ts; replication, persistence and wires are put in by the composition root (server.ts).
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import {
  type Client,
  type CommandContext,
  type DebugPort,
  type MemoryOverview,
  type MigrationPort,
  type PersistencePort,
  type ReplicationPort,
  type ServerPort,
  type ShutdownOptions,
  type TrackingPort,
} from '../commands/context.js';
import { Errors, ReplyError } from '../commands/errors.js';
import { type Command, type CommandDefinition } from '../commands/spec.js';
import { CommandTable } from '../commands/table.js';
import { type InfoSection } from '../info/format.js';
import { type Config } from '../services/config/config.js';
import { type Log } from '../services/log.js';
import { type LatencyHistogram } from '../services/latency-histogram.js';
import { LatencyMonitor } from '../services/latency.js';
import { type PubSub } from '../services/pubsub.js';
import { Slowlog } from '../services/slowlog.js';
import { type Database, Store } from '../store/database.js';
import { NotifyClass } from '../store/events.js';
import { Armed, WriteGate } from '../store/write-gate.js';
import { AccessControl } from './access.js';
import { type Blocking } from './blocking.js';
import { Clients } from './clients.js';
import { type Connection } from './connection.js';
import { Cron } from './cron.js';
import { type Dispatcher, type MutableContext } from './dispatcher.js';
import { EffectCollector } from './effects.js';
import { EngineGate } from './gate-bits.js';
import { type GateState } from './gates.js';
import { type ProcessPort } from './host.js';
import { newInfoReport } from './info.js';
import { Invalidations } from './invalidations.js';
import { EngineMemory } from './memory.js';
import { memoryOverview } from './memory-overview.js';
import { Messages } from './messages.js';
import { Monitors } from './monitors.js';
import { Pushes } from './pushes.js';
import { type Session } from './session.js';
import { Sessions } from './sessions.js';
import { EngineStats } from './stats.js';
import { Transactions } from './transactions.js';
import { Turn } from './turn.js';
import { REDIS_VERSION } from './version.js';
import { newBlocking, newDispatcher, wireGate, wireSessions } from './wiring.js';

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
  shutdown(options: ShutdownOptions, client: Client): void;
  /** SHUTDOWN ABORT. @returns whether a shutdown was under way */
  abortShutdown(): boolean;
  /** CONFIG REWRITE; `all`: with every directive, defaults too. */
  rewriteConfig(all: boolean): void;
}

export class Engine implements ServerPort, GateState {
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
  readonly acl: AccessControl;
  /** What INFO says; each part provides its fields. */
  readonly infoReport = newInfoReport(this);
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
  /** Client, database, reply and command are filled in before each call. */
  readonly context: MutableContext;
  readonly sessions: Sessions;
  readonly pushes: Pushes;
  readonly messages: Messages;
  readonly invalidations: Invalidations;
  readonly monitors: Monitors;

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
    this.acl = new AccessControl(this);
    this.transactions = new Transactions(this.store, this.gate, (session) =>
      this.monitors.feed(session, this.sessions.runningArgv),
    );
    this.turn = new Turn(this.clock, this.stats.loop);
    this.sessions = new Sessions(this);
    this.blocking = newBlocking(this);
    this.context = {
      server: this,
      store: this.store,
      gate: this.gate,
      effects: this.effects,
      unread: undefined,
      mayBlock: true,
    } as unknown as MutableContext;
    this.dispatcher = newDispatcher(this);
    this.debug = {
      sleep: (ms) => this.host.sleep(ms),
      setActiveExpire: (on) => void (this.activeExpire = on),
      pauseCron: (paused) => void (this.cron.paused = paused),
      skipChecksums: false,
    };
    this.cron = new Cron(this);
    wireSessions(this);
    this.pushes = new Pushes({
      dispatcher: this.dispatcher,
      context: this.context,
      checkOutput: (session) => this.sessions.checkOutput(session),
    });
    this.messages = new Messages(this, this.pushes);
    this.invalidations = new Invalidations(this, this.pushes);
    this.monitors = new Monitors(this);
    wireGate(this);
    const { deferredFrees } = this.store;
    deferredFrees.onFirst = () => this.turn.arm();
    this.turn.step('deferred-frees', () => deferredFrees.settle());
    this.memory = new EngineMemory(this);
    this.applyConfig();
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
    this.sessions.limits.maxBulkLength = values.protoMaxBulkLen;
    const slowlogUs = values.slowlogLogSlowerThan < 0 ? Infinity : values.slowlogLogSlowerThan;
    const latencyUs = values.latencyMonitorThreshold === 0 ? Infinity : values.latencyMonitorThreshold * 1000;
    this.dispatcher.slowUs = Math.min(slowlogUs, latencyUs);
    this.stats.latencyTracking = values.latencyTracking;
    const lfu = values.maxmemoryPolicy.endsWith('lfu');
    this.store.savesUsage = lfu || values.maxmemoryPolicy.endsWith('lru');
    this.store.lfu = lfu ? { logFactor: values.lfuLogFactor, decayMinutes: values.lfuDecayTime } : undefined;
    this.armGate(EngineGate.protectedCommands, true);
    this.applyKeyspaceEvents(values.notifyKeyspaceEvents);
    this.store.lazyFree.configure(values);
    this.memory.configured();
  }

  /** Without K and E there is no channel for any event. */
  private applyKeyspaceEvents(classes: number): void {
    const { gate, store } = this;
    gate.notifyClasses = classes & (NotifyClass.keyspace | NotifyClass.keyevent) ? classes : 0;
    gate.arm(Armed.notify, gate.notifyClasses !== 0);
    store.missEvents = (gate.notifyClasses & NotifyClass.keyMiss) !== 0;
  }

  armGate(bit: number, on: boolean): void {
    const { dispatcher } = this;
    dispatcher.armed = on ? dispatcher.armed | bit : dispatcher.armed & ~bit;
  }

  /** A command took longer than the slow log or the latency monitor let pass. */
  noteSlow(session: Session, command: Command, argv: readonly Bytes[], us: number): void {
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

  // ---- sessions

  /** A connection was accepted. @returns its session; undefined: it was refused and is being closed */
  accept(connection: Connection): Session | undefined {
    return this.sessions.accept(connection);
  }

  /** A session on any connection, without the checks for clients (the link to a master, scripts). */
  newSession(connection: Connection): Session {
    return this.sessions.open(connection);
  }

  /** Serves the clients that wait for keys that have become ready. */
  serveReady(): void {
    this.dispatcher.keysReady = false;
    // Whoever waited is a client of ours, also when it is our master's command that woke it.
    const policy = this.store.expiryPolicy;
    this.updateExpiryPolicy();
    this.blocking.serveReady();
    this.store.expiryPolicy = policy;
  }

  // ---- gates

  evictClients(): void {
    this.memory.evictClients();
  }

  outOfMemory(fromMaster: boolean): boolean {
    return this.memory.outOfMemory(fromMaster);
  }

  forbidden(session: Session, command: Command, argv: readonly Bytes[]): ReplyError | undefined {
    return this.acl.refusal(session, command, argv);
  }

  limitTracking(session: Session): void {
    this.invalidations.limit(session);
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
    return this.infoReport.sections(sections);
  }

  memoryOverview(): MemoryOverview {
    return memoryOverview(this);
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

  latencyOf(command: Command): LatencyHistogram | undefined {
    return this.stats.latencies[command.id];
  }

  resetStats(): void {
    this.stats.reset();
    this.store.lazyFree.reset();
    this.memory.resetStats();
    Object.assign(this.store.stats, { hits: 0, misses: 0, expired: 0, evicted: 0 });
  }

  rewriteConfig(all = false): void {
    this.hooks.rewriteConfig(all);
  }

  get pubsub(): PubSub<Client> {
    return this.messages.pubsub;
  }

  get tracking(): TrackingPort {
    return this.invalidations;
  }

  publish(kind: 'channel' | 'shard', channel: Bytes, message: Bytes): number {
    return this.messages.publish(kind, channel, message);
  }

  monitor(client: Session): void {
    this.monitors.add(client);
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

  shutdown(ctx: CommandContext, options: ShutdownOptions): void {
    if (!options.abort) this.hooks.shutdown(options, ctx.client);
    else if (!this.hooks.abortShutdown()) throw new ReplyError('ERR No shutdown in progress.');
  }

  resetClient(client: Session): void {
    this.sessions.reset(client);
  }

  setProtocol(client: Session, resp: 2 | 3): void {
    client.reply.resp = resp;
    client.rearm();
  }

  /** Milliseconds that a shutdown still waits for replicas; undefined: none is under way. The composition root provides it. */
  shutdownLeftMs: () => number | undefined = () => undefined;

  /** Where the replication stream stands; replication provides it. */
  streamOffset: () => number = () => 0;

  /** Exchanges the whole data set (`install` does it) for one that came from elsewhere: nothing of it is an effect of ours. */
  replaceData(install: () => void): void {
    for (const db of this.store.databases) this.transactions.flushing(db);
    this.invalidations.flushed();
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

export interface LoadingState {
  readonly startedMs: number;
  totalBytes: number;
  loadedBytes: number;
}
