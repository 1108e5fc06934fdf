/**
 * Shutdown: the way from SHUTDOWN or a signal to the end of the server. Replicas are given until `shutdown-timeout` to catch up, so that
 * nothing is lost by a failover; writes are held back meanwhile, and the clients that asked stay parked.
 *
 *   SHUTDOWN ──► begin ──► (replicas lag) waiting ──ready or time over──► save ──► done
 *   signal ──► next tick ──┘                 └──ABORT, or the save failed──► going on
 *
 * Called by the server (server.ts); time is the cron's. Rules: redis 7.2.6 server.c: prepareForShutdown, finishShutdown, serverCron.
 */
import { type Client, type ShutdownOptions } from './commands/context.js';
import { ReplyError } from './commands/errors.js';
import { type Engine } from './engine/engine.js';
import { type Master } from './replication/master/master.js';

const FAILED = 'ERR Errors trying to SHUTDOWN. Check logs.';

export interface ShutdownHost {
  readonly engine: Engine;
  readonly master: Master;
  /** Saves what must be saved. Throws a ReplyError, the reason logged. */
  save(options: ShutdownOptions): void;
  /** The server is to end now. */
  done(): void;
  /** A shutdown was given up: the server goes on. */
  goesOn(): void;
}

export class Shutdown {
  /** Under way: how, and until when replicas are waited for. */
  private waiting: { readonly options: ShutdownOptions; readonly untilMs: number } | undefined;
  /** A signal asked for it; the next tick begins. */
  private signalled: ShutdownOptions | undefined;
  private readonly clients = new Set<Client>();
  private release: () => void = () => undefined;

  constructor(private readonly host: ShutdownHost) {
    host.engine.cron.eachTick(() => this.cron());
  }

  /** SHUTDOWN. Throws a ReplyError when it failed; returns when it is done, or the client is parked. */
  request(client: Client, options: ShutdownOptions): void {
    if (this.waiting === undefined && this.begin(options)) {
      if (!this.finish(options)) throw new ReplyError(FAILED);
      return;
    }
    this.clients.add(client);
    this.host.engine.blocking.park(client, {
      timeoutMs: 0,
      onTimeout: (reply) => reply.error(FAILED),
      onEnd: () => void this.clients.delete(client),
    });
  }

  /** A signal: as SHUTDOWN, from the next tick on. While data is loaded there is nothing to wait for. */
  signal(options: ShutdownOptions): void {
    this.signalled = options;
    if (this.host.engine.isLoading) this.cron();
  }

  /** SHUTDOWN ABORT. @returns whether there was anything to abort */
  abort(): boolean {
    if (this.waiting === undefined && this.signalled === undefined) return false;
    this.goOn();
    this.host.engine.log.notice('Shutdown manually aborted.');
    return true;
  }

  /** Milliseconds that replicas still have; undefined: no shutdown is under way. */
  get leftMs(): number | undefined {
    if (this.waiting === undefined) return undefined;
    return Math.max(0, this.waiting.untilMs - this.host.engine.clock.nowMs());
  }

  private cron(): void {
    const { waiting, signalled } = this;
    if (waiting !== undefined) {
      if (this.replicasAreReady || this.leftMs === 0) this.finish(waiting.options);
    } else if (signalled !== undefined && this.begin(signalled)) this.finish(signalled);
  }

  /** @returns whether nobody has to be waited for */
  private begin(options: ShutdownOptions): boolean {
    const { engine, master } = this.host;
    engine.log.notice('User requested shutdown...');
    const { shutdownTimeout } = engine.config.values;
    if (options.now || shutdownTimeout === 0 || this.replicasAreReady) return true;
    this.waiting = { options, untilMs: engine.clock.nowMs() + shutdownTimeout * 1000 };
    this.release = engine.blocking.holdWrites();
    master.waiters.askForAcks = true;
    engine.turn.arm();
    engine.log.notice('Waiting for replicas before shutting down.');
    return false;
  }

  private get replicasAreReady(): boolean {
    const { engine, master } = this.host;
    const offset = engine.streamOffset();
    for (const replica of master.replicas) if (replica.ackOffset !== offset) return false;
    return true;
  }

  /** @returns false: what had to be saved could not be, and the server goes on */
  private finish(options: ShutdownOptions): boolean {
    const { engine } = this.host;
    this.logReplicas();
    try {
      this.host.save(options);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      engine.log.warning('Errors trying to shut down the server. Check the logs for more information.');
      this.goOn();
      return false;
    }
    this.host.done();
    return true;
  }

  private logReplicas(): void {
    const { engine, master } = this.host;
    if (master.replicas.size === 0) return;
    const offset = engine.streamOffset();
    let ready = 0;
    for (const replica of master.replicas) {
      if (replica.ackOffset === offset) {
        ready++;
        continue;
      }
      const online = replica.phase === 'online';
      const lag = online ? Math.floor((engine.clock.nowMs() - replica.ackAtMs) / 1000) : 0;
      engine.log.notice(
        `Lagging replica ${replica.name} reported offset ${offset - replica.ackOffset} behind master, ` +
          `lag=${lag}, state=${replica.stateName}.`,
      );
    }
    engine.log.notice(`${ready} of ${master.replicas.size} replicas are in sync when shutting down.`);
  }

  /** Those who asked are told, and writes go on. */
  private goOn(): void {
    const { blocking, stats } = this.host.engine;
    this.waiting = undefined;
    this.signalled = undefined;
    this.release();
    this.release = () => undefined;
    for (const client of [...this.clients]) {
      stats.countError(FAILED);
      blocking.release(client, (reply) => reply.error(FAILED));
    }
    this.host.goesOn();
  }
}
