/**
 * Parked clients: those that wait for a key, for replicas (WAIT), or for the end of CLIENT PAUSE.
 *
 *   running ──park──► parked ──ready / released / timeout / CLIENT UNBLOCK──► running
 *
 * A parked client's further commands stay in its parser. One that waits for keys runs its command again when one of them is
 * ready, in the order in which clients began to wait, as an execution unit of its own; if it blocks again it keeps its place.
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock, type Timer } from '../base/clock.js';
import { ClientFlag, type BlockOptions, type BlockingPort, type Client } from '../commands/context.js';
import { type Command } from '../commands/spec.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { type Database } from '../store/database.js';
import { Armed, type WriteGate } from '../store/write-gate.js';
import { EngineGate } from './gate-bits.js';
import { type Session } from './session.js';

/** What blocking needs of the engine. */
export interface BlockingHost {
  readonly clock: Clock;
  readonly gate: WriteGate;
  /** The arguments of the running command. */
  readonly runningArgv: Bytes[];
  readonly runningCommand: Command;
  /** Runs a command again for a client that is no longer parked. */
  rerun(session: Session, command: Command, argv: Bytes[]): void;
  /** An error is answered, for INFO errorstats. */
  countError(line: string): void;
  /** Executes a postponed request from the start. */
  execute(session: Session, argv: Bytes[]): void;
  /** The session goes on with what its parser holds, at the end of the turn. */
  resume(session: Session): void;
  armGate(bit: number, on: boolean): void;
  /** A pause began or ended: keys do not expire meanwhile. */
  pauseChanged(): void;
  /** Tells the dispatcher that keys are ready. */
  keysReady(): void;
}

const UNBLOCKED = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';

interface KeyWaiter {
  readonly session: Session;
  readonly db: Database;
  readonly keys: readonly Bytes[];
  readonly command: Command;
  readonly argv: Bytes[];
  readonly options: BlockOptions;
  readonly deadlineMs: number;
  timer: Timer | undefined;
}

export class Blocking implements BlockingPort {
  /** Clients parked by a command, for INFO clients. */
  blockedClients = 0;
  pausedUntilMs = 0;
  pausedAll = false;
  private pauseTimer: Timer | undefined;
  /** What CLIENT PAUSE holds back, in the order in which it came. */
  private readonly paused = new Map<Session, Bytes[]>();
  private readonly waiting = new Map<number, Map<Bytes, Set<KeyWaiter>>>();
  private ready = new Map<Database, Set<Bytes>>();
  /** The waiter whose command runs again: blocking again keeps its place. */
  private rerunning: KeyWaiter | undefined;
  private blockedAgain = false;

  constructor(private readonly host: BlockingHost) {}

  /** Clients parked with a timeout. */
  timedClients = 0;

  /** Keys that somebody waits for. */
  get blockingKeys(): number {
    let sum = 0;
    for (const keys of this.waiting.values()) sum += keys.size;
    return sum;
  }

  park(client: Client, options: BlockOptions): void {
    const session = client as Session;
    const timer = this.timeout(session, options);
    session.parked = {
      kind: 'command',
      canUnblock: true,
      onTimeout: () => this.release(session, (reply) => options.onTimeout(reply)),
      onEnd: () => {
        timer?.cancel();
        options.onEnd?.();
      },
    };
    this.mark(session, true);
  }

  private timeout(session: Session, options: BlockOptions): Timer | undefined {
    if (options.timeoutMs === 0) return undefined;
    this.timedClients++;
    const timer = this.host.clock.after(options.timeoutMs, () => session.parked?.onTimeout());
    return {
      cancel: () => {
        this.timedClients--;
        timer.cancel();
      },
    };
  }

  onKeys(client: Client, db: Database, keys: readonly Bytes[], options: BlockOptions): void {
    if (this.rerunning !== undefined && this.rerunning.session === client) {
      this.blockedAgain = true;
      return;
    }
    const session = client as Session;
    const waiter: KeyWaiter = {
      session,
      db,
      keys,
      command: this.host.runningCommand,
      argv: this.host.runningArgv,
      options,
      deadlineMs: options.timeoutMs === 0 ? 0 : this.host.clock.nowMs() + options.timeoutMs,
      timer: this.timeout(session, options),
    };
    this.enlist(waiter);
    this.parkWaiter(waiter);
    this.mark(session, true);
  }

  private parkWaiter(waiter: KeyWaiter): void {
    waiter.session.parked = {
      kind: 'keys',
      canUnblock: true,
      onTimeout: () => this.release(waiter.session, (reply) => waiter.options.onTimeout(reply)),
      onEnd: () => {
        waiter.timer?.cancel();
        this.delist(waiter);
        waiter.options.onEnd?.();
      },
    };
  }

  private enlist(waiter: KeyWaiter): void {
    let keys = this.waiting.get(waiter.db.id);
    if (keys === undefined) this.waiting.set(waiter.db.id, (keys = new Map<Bytes, Set<KeyWaiter>>()));
    for (const key of waiter.keys) {
      const waiters = keys.get(key);
      if (waiters === undefined) keys.set(key, new Set([waiter]));
      else waiters.add(waiter);
    }
    this.host.gate.arm(Armed.blocked, true);
  }

  private delist(waiter: KeyWaiter): void {
    const keys = this.waiting.get(waiter.db.id)!;
    for (const key of waiter.keys) {
      const waiters = keys.get(key);
      waiters?.delete(waiter);
      if (waiters?.size === 0) keys.delete(key);
    }
    if (keys.size === 0) this.waiting.delete(waiter.db.id);
    this.host.gate.arm(Armed.blocked, this.waiting.size > 0);
  }

  /** A key changed that somebody may wait for. */
  keyChanged(db: Database, key: Bytes): void {
    if (!this.waiting.get(db.id)?.has(key)) return;
    const keys = this.ready.get(db);
    if (keys === undefined) this.ready.set(db, new Set([key]));
    else keys.add(key);
    this.host.keysReady();
  }

  /** Every key of `db` that is waited for may have come into being (SWAPDB). */
  databaseReplaced(db: Database): void {
    for (const key of this.waiting.get(db.id)?.keys() ?? []) {
      if (db.keyspace.table.find(key) >= 0) this.keyChanged(db, key);
    }
  }

  /** Serves the clients that wait for ready keys, until no key is ready. */
  serveReady(): void {
    while (this.ready.size > 0) {
      const ready = this.ready;
      this.ready = new Map();
      for (const [db, keys] of ready) {
        for (const key of keys) {
          for (const waiter of [...(this.waiting.get(db.id)?.get(key) ?? [])]) this.serve(waiter);
        }
      }
    }
  }

  private serve(waiter: KeyWaiter): void {
    const { session } = waiter;
    this.rerunning = waiter;
    this.blockedAgain = false;
    this.host.rerun(session, waiter.command, waiter.argv);
    this.rerunning = undefined;
    if (!this.blockedAgain) this.finish(session);
  }

  /** Ends the parking of a session that has its answer. */
  private finish(session: Session): void {
    const { parked } = session;
    if (parked === undefined) return;
    session.parked = undefined;
    parked.onEnd();
    this.mark(session, false);
    session.commandOver();
    this.host.resume(session);
  }

  release(client: Client, write: (reply: ReplyWriter) => void): void {
    const session = client as Session;
    if (session.parked === undefined) return;
    write(session.out);
    session.wrote();
    this.finish(session);
  }

  unblock(client: Client, withError: boolean): boolean {
    const session = client as Session;
    const { parked } = session;
    if (parked === undefined || !parked.canUnblock) return false;
    if (withError) {
      this.host.countError(UNBLOCKED);
      this.release(session, (reply) => reply.error(UNBLOCKED));
    } else parked.onTimeout();
    return true;
  }

  /** The session is gone: nothing is answered. */
  abandon(session: Session): void {
    const { parked } = session;
    if (parked === undefined) return;
    session.parked = undefined;
    parked.onEnd();
    this.mark(session, false);
  }

  private mark(session: Session, blocked: boolean): void {
    session.setFlag(ClientFlag.blocked, blocked);
    this.blockedClients += blocked ? 1 : -1;
  }

  /** A command that CLIENT PAUSE holds back: it is executed from the start when the pause is over. */
  postpone(session: Session, argv: Bytes[]): void {
    this.paused.set(session, argv);
    session.parked = {
      kind: 'paused',
      canUnblock: false,
      onTimeout: () => undefined,
      onEnd: () => void this.paused.delete(session),
    };
    this.mark(session, true);
  }

  /** The end of a turn: executes what a pause that is over has held back of this session. */
  servePostponed(session: Session): void {
    const argv = this.paused.get(session);
    if (argv === undefined) return;
    this.paused.delete(session);
    session.parked = undefined;
    this.mark(session, false);
    this.host.execute(session, argv);
  }

  pause(untilMs: number, writesOnly: boolean): void {
    this.pauseTimer?.cancel();
    this.pausedUntilMs = untilMs;
    this.pausedAll = untilMs !== 0 && !writesOnly;
    this.host.armGate(EngineGate.pausedAll, this.pausedAll);
    this.host.armGate(EngineGate.pausedWrites, untilMs !== 0 && writesOnly);
    this.host.pauseChanged();
    if (untilMs !== 0) {
      this.pauseTimer = this.host.clock.after(untilMs - this.host.clock.nowMs(), () => this.pause(0, false));
      return;
    }
    // Not at once: CLIENT UNPAUSE is still running.
    for (const session of this.paused.keys()) this.host.resume(session);
  }
}
