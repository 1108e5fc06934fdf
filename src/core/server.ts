/**
 * Server: the composition root. It puts engine, persistence, replication and wires together and walks them through a server's
 * life: listen, load the data set (clients are answered LOADING meanwhile), serve, save and close.
 */
import { aclFile } from './acl-file.js';
import { type Dial } from './base/byte-channel.js';
import { type Bytes, toText } from './base/bytes.js';
import { type Clock } from './base/clock.js';
import { type Disk } from './base/disk.js';
import { type Random } from './base/random.js';
import { type ShutdownOptions } from './commands/context.js';
import { ReplyError } from './commands/errors.js';
import { FAMILIES } from './commands/families.js';
import { type Connection } from './engine/connection.js';
import { EngineGate } from './engine/gate-bits.js';
import { Engine } from './engine/engine.js';
import { type ProcessPort } from './engine/host.js';
import { REDIS_VERSION } from './engine/version.js';
import { connectTo } from './net/client-connection.js';
import { BIND_REASONS, Listening } from './listening.js';
import { followFolder, reportWithoutEffect } from './live-config.js';
import { MigrationLinks } from './net/migration-links.js';
import { Listener, type Receiver } from './net/tcp-server.js';
import { persistencePort } from './persistence-port.js';
import { Persistence, reasonOf, type LoadOutcome } from './persistence/persistence.js';
import { Replication } from './replication/replication.js';
import { Shutdown } from './shutdown.js';
import { type ConfiguredUsers } from './services/acl/configured.js';
import { type Config } from './services/config/config.js';
import { rewriteConf } from './services/config/rewrite.js';
import { type Log } from './services/log.js';
import { StartError } from './start-error.js';
import { ExpireCycle } from './store/expire-cycle.js';
import { FieldExpireCycle } from './store/field-expire-cycle.js';

export { StartError };

export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly config: Config;
  readonly log: Log;
  readonly host: ProcessPort;
  /** Absolute path of the configuration file, empty when there is none. */
  readonly configFile: string;
  /** The `user` lines of the configuration. */
  readonly users?: ConfiguredUsers;
  /** Port 0 means any free port; otherwise it means none, as in Redis. */
  readonly anyPort: boolean;
  /** A client asked for SHUTDOWN, and what had to be saved has been. */
  onShutdown(): void;
  /** A shutdown was aborted, or the save before it failed: the server goes on. */
  onShutdownGivenUp?(): void;
  /** How a master, and the target of MIGRATE, is reached: over TCP unless something else is given. */
  readonly dial?: (host: string, port: number) => Dial;
  readonly onLoadProgress?: (loadedBytes: number, totalBytes: number, keys: number) => void;
  /** Takes each new connection, and hands on one that is listened to (net/wire-tap); by default none is. */
  readonly tap?: (
    connection: Connection,
    accept: (connection: Connection) => Receiver | undefined,
  ) => Receiver | undefined;
  /** ReplicationParts.pingBehindSnapshot. */
  readonly pingBehindSnapshot?: boolean;
}

export class Server {
  readonly engine: Engine;
  readonly persistence: Persistence;
  readonly replication: Replication;
  /** How the server ends: SHUTDOWN, signals. */
  readonly shutdown: Shutdown;
  private readonly listener: Listener;
  private readonly listening: Listening;
  private readonly migration: MigrationLinks;

  constructor(private readonly parts: ServerParts) {
    const { clock, random, config, log, host, disk } = parts;
    this.engine = new Engine({ clock, random, config, log, host, families: FAMILIES });
    const { engine } = this;
    engine.configFile = parts.configFile;
    engine.acl.file = aclFile(config, disk);
    this.persistence = new Persistence({
      store: engine.store,
      gate: engine.gate,
      clock,
      config,
      log,
      disk,
      pid: host.pid,
      redisVersion: REDIS_VERSION,
      usedMemoryBytes: () => engine.memory.used,
      position: () => this.replication.position(),
      setLoading: (state) => engine.setLoading(state),
      setDiskError: (on) => engine.armGate(EngineGate.diskError, on),
      isReplica: () => this.replication.isReplica,
      skipsChecksums: () => engine.debug.skipChecksums,
      onLoadProgress: parts.onLoadProgress,
    });
    engine.persistence = persistencePort(this.persistence, engine);
    const dial =
      parts.dial ??
      ((to: string, port: number) => {
        const localAddress = config.values.bindSourceAddr;
        const target = { kind: 'tcp', host: to, port, tls: false } as const;
        return connectTo(target, { clock, ...(localAddress ? { localAddress: toText(localAddress) } : {}) });
      });
    this.migration = new MigrationLinks({ clock, random, dial });
    engine.migration = this.migration;
    engine.cron.eachSecond(() => this.migration.dropIdle());
    this.replication = new Replication({
      engine,
      persistence: this.persistence,
      disk,
      dial,
      listeningPort: () => this.port,
      pingBehindSnapshot: parts.pingBehindSnapshot,
    });
    engine.replication = this.replication;
    this.shutdown = new Shutdown({
      engine,
      master: this.replication.master,
      save: (options) => this.saveBeforeExit(options),
      done: () => parts.onShutdown(),
      goesOn: () => parts.onShutdownGivenUp?.(),
    });
    engine.shutdownLeftMs = () => this.shutdown.leftMs;
    engine.hooks = {
      shutdown: (options, client) => this.shutdown.request(client, options),
      abortShutdown: () => this.shutdown.abort(),
      rewriteConfig: (all) => this.rewriteConfig(all),
    };
    engine.cron.eachTick(() => this.persistence.cron());
    this.expireActively();
    const { tap } = parts;
    const accept = (connection: Connection): Receiver | undefined => engine.accept(connection);
    this.listener = new Listener({
      accept: tap === undefined ? accept : (connection) => tap(connection, accept),
      backlog: config.values.tcpBacklog,
      get keepAliveSeconds() {
        return config.values.tcpKeepalive;
      },
    });
    this.listening = new Listening({
      listener: this.listener,
      config,
      log,
      anyPort: parts.anyPort,
      portChanged: (port) => void (engine.tcpPort = port),
    });
    followFolder(config, disk);
  }

  /** The TCP port, 0 when there is none. */
  get port(): number {
    return this.listening.port;
  }

  private expireActively(): void {
    const { engine } = this;
    const { clock, config } = this.parts;
    const keys = new ExpireCycle(engine.store, engine.gate, clock, config.values);
    const fields = new FieldExpireCycle(engine.store, engine.gate, clock, config.values);
    engine.cron.eachTick(() => {
      if (!engine.activeExpire) return;
      keys.slow();
      fields.slow();
    });
    engine.turn.step('fast-expire', () => {
      if (!engine.activeExpire) return;
      keys.fast();
      fields.fast();
    });
  }

  /** Listens, loads, serves. Rejects with StartError. */
  async start(): Promise<void> {
    const { log, host } = this.parts;
    log.notice(`Redis version=${REDIS_VERSION} (redis-ts), bits=64, PID: ${host.pid}, just started`);
    reportWithoutEffect(this.parts.config, log);
    this.checkFolder();
    // Before anybody can connect.
    const fault = this.engine.acl.loadAtStart(this.parts.users);
    if (fault !== undefined) throw new StartError(fault);
    await this.listen();
    log.notice('Server initialized');
    this.engine.start();
    const { replicaof } = this.parts.config.values;
    if (replicaof !== undefined) this.replication.follower.expect(replicaof.host, replicaof.port);
    if (!(await this.load())) return;
    if (replicaof !== undefined) this.replication.follow(replicaof.host, replicaof.port, false);
    if (this.parts.config.values.port === 0 && this.port !== 0) log.notice(`Listening on port ${this.port}`);
    if (this.port !== 0) log.notice('Ready to accept connections tcp');
    if (this.parts.config.values.unixsocket) log.notice('Ready to accept connections unix');
  }

  private checkFolder(): void {
    const { dir } = this.parts.config.values;
    try {
      this.parts.disk.checkFolder(dir);
    } catch (error) {
      throw new StartError(`Can't use the data directory: ${reasonOf(error)}`);
    }
  }

  private async listen(): Promise<void> {
    await this.listening.start();
    const { unixsocket } = this.parts.config.values;
    if (unixsocket) await this.listenUnix(unixsocket);
  }

  private async listenUnix(path: Bytes): Promise<void> {
    try {
      // What an earlier server left behind would be in the way.
      this.parts.disk.remove(path);
      await this.listener.listenUnix(toText(path));
    } catch (error) {
      const { code } = error as { code?: string };
      const reason = BIND_REASONS[code ?? ''] ?? reasonOf(error);
      throw new StartError(`Failed opening Unix socket: bind: ${path}: ${reason}`);
    }
  }

  /** @returns false when the server was ended meanwhile */
  private async load(): Promise<boolean> {
    const outcome = await new Promise<LoadOutcome>((done) => this.persistence.load(done));
    const { log } = this.parts;
    if (outcome.kind === 'failed') {
      // The log is what is kept of a start that failed (redis 7.2.6 rdb.c:rdbReportError).
      log.warning(outcome.reason);
      log.warning('Terminating server after rdb file reading failure.');
      throw new StartError(`Fatal error loading the DB: ${outcome.reason}. Exiting.`);
    }
    if (outcome.kind === 'stopped') return false;
    if (outcome.kind === 'absent') return true;
    const { loader, seconds } = outcome;
    for (const key of loader.emptyNames) log.notice(`rdbLoadObject skipping empty key: ${key}`);
    const skipped = loader.empty > 0 ? `, empty keys skipped: ${loader.empty}` : '';
    log.notice(`Done loading RDB, keys loaded: ${loader.loaded}, keys expired: ${loader.expired}${skipped}.`);
    log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`);
    if (loader.position !== undefined) this.replication.restore(loader.position, this.replication.isReplica);
    return true;
  }

  /** Throws ReplyError when it failed and `force` is not set. */
  private saveBeforeExit(options: ShutdownOptions): void {
    const { log } = this.parts;
    this.persistence.abortJob();
    const save = options.save === 'save' || (options.save === undefined && this.persistence.hasSavePoints);
    // What is in memory while a data set loads is less than the file holds (redis 7.2.6 server.c:prepareForShutdown).
    if (!save || this.engine.isLoading) return;
    log.notice('Saving the final RDB snapshot before exiting.');
    try {
      this.persistence.saveNow();
    } catch (error) {
      log.warning(
        `Error trying to save the DB, ${options.force ? 'but exiting anyway' : "can't exit"}: ${reasonOf(error)}`,
      );
      if (!options.force) throw new ReplyError('ERR Errors trying to SHUTDOWN. Check logs.');
    }
  }

  private rewriteConfig(all: boolean): void {
    const { configFile, disk, config } = this.parts;
    if (configFile === '') throw new ReplyError('ERR The server is running without a config file');
    try {
      const old = disk.exists(configFile) ? (disk.readText(configFile) as Bytes) : undefined;
      disk.writeText(configFile, rewriteConf(old, config, { all, users: this.userLines() }));
    } catch (error) {
      throw new ReplyError(`ERR Rewriting config file: ${reasonOf(error)}`);
    }
  }

  /** For the configuration file; undefined when users have a file of their own. */
  private userLines(): Bytes[] | undefined {
    const { acl } = this.engine;
    return acl.file === undefined ? acl.users.list().map((user) => user.line()) : undefined;
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    this.replication.close();
    this.engine.stop();
    this.migration.close();
    this.persistence.stopLoading();
    this.persistence.abortJob();
    await this.listener.close();
    this.parts.log.notice('redis-ts is now ready to exit, bye bye...');
  }
}
