/**
 * Parked clients: those that wait for a key, for replicas (WAIT), or for the end of CLIENT PAUSE.
 *
 *   running ──park──► parked ──ready / released / timeout / CLIENT UNBLOCK──► running
 *
 * A parked client's further commands stay in its parser. One that waits for keys runs its command again when one of them is
 * ready, as an execution unit of its own, after the unit that made the key ready; if it blocks again it goes to the end of the
 * queues of its keys and keeps its timeout.
 *
 *   a key becomes ready ──► ready, in that order ──► its waiters, oldest first, each at most once a round
 *                             ▲                          │ run again: may make other keys ready (BLMOVE)
 *                             └──────────────────────────┘ those are the next round
 *
 * Rules: redis 7.2.6 blocked.c (blockForKeys, signalKeyAsReadyLogic, handleClientsBlockedOnKeys).
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock, type Timer } from '../base/clock.js';
import {
  ClientFlag,
  type BlockOptions,
  type BlockingPort,
  type Client,
  type CommandContext,
} from '../commands/context.js';
import { type Command, type CommandGroup } from '../commands/spec.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { type Database } from '../store/database.js';
import { typeName, type TypeName } from '../store/types/value.js';
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
  /** A blocked command ended without being run again: it counts among the calls of its command. */
  accountUnblocked(session: Session, command: Command, failed: boolean): void;
  /** Runs the end of a command that was held back: it has passed the gates. */
  conclude(session: Session, command: Command, argv: Bytes[]): void;
  /** An error is answered, for INFO errorstats. */
  countError(line: string): void;
  /** Executes a postponed request from the start. */
  execute(session: Session, argv: Bytes[]): void;
  /** The session goes on with what its parser holds, at the end of the turn. */
  resume(session: Session): void;
  armGate(bit: number, on: boolean): void;
  /** A pause began or ended: keys do not expire meanwhile (`standsStill`). */
  pauseChanged(): void;
  /** Tells the dispatcher that keys are ready. */
  keysReady(): void;
}

/** What the commands of a group wait for. */
const AWAITED: Partial<Record<CommandGroup, TypeName>> = {
  list: 'list',
  'sorted-set': 'zset',
  stream: 'stream',
};
const UNBLOCKED = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';

interface KeyWaiter {
  readonly session: Session;
  readonly db: Database;
  readonly keys: readonly Bytes[];
  /** The type that a key must have to be ready; undefined: any. */
  readonly type: TypeName | undefined;
  readonly command: Command;
  readonly argv: Bytes[];
  readonly options: BlockOptions;
  readonly timer: Timer | undefined;
}

interface ReadyKey {
  readonly db: Database;
  readonly key: Bytes;
}

function someWakesOnDelete(waiters: Iterable<KeyWaiter>): boolean {
  for (const { options } of waiters) if (options.wakesOnDelete) return true;
  return false;
}

export class Blocking implements BlockingPort {
  /** Clients parked by a command, for INFO clients. */
  blockedClients = 0;
  pausedUntilMs = 0;
  pausedAll = false;
  private pauseTimer: Timer | undefined;
  /** Commands that wait for somebody else while the data must not change. */
  private holds = 0;
  /** What CLIENT PAUSE holds back, in the order in which it came. */
  private readonly paused = new Map<Session, Bytes[]>();
  private readonly waiting = new Map<number, Map<Bytes, Set<KeyWaiter>>>();
  /** Keys that became ready, in that order, each once until its waiters are served. */
  private ready: ReadyKey[] = [];
  private readonly readyKeys = new Map<Database, Set<Bytes>>();
  /** Waiters with `wakesOnDelete`. */
  private deletionWaiters = 0;
  /** The waiter whose command runs again. */
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

  /** Keys that somebody waits for who is also woken when the key goes. */
  get blockingKeysOnNoKey(): number {
    let sum = 0;
    for (const keys of this.waiting.values()) {
      for (const waiters of keys.values()) if (someWakesOnDelete(waiters)) sum++;
    }
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
    const { clock } = this.host;
    const deadlineMs = clock.nowMs() + options.timeoutMs;
    this.timedClients++;
    // A timer may ring before a time that is far away: it then goes on waiting.
    const ring = () => {
      const leftMs = deadlineMs - clock.nowMs();
      if (leftMs > TIMER_EARLY_MS) timer = clock.after(leftMs, ring);
      else session.parked?.onTimeout();
    };
    let timer = clock.after(options.timeoutMs, ring);
    return {
      cancel: () => {
        this.timedClients--;
        timer.cancel();
      },
    };
  }

  onKeys(client: Client, db: Database, keys: readonly Bytes[], options: BlockOptions): void {
    const { rerunning } = this;
    if (rerunning !== undefined && rerunning.session === client) {
      this.blockedAgain = true;
      this.wait(rerunning);
      return;
    }
    const session = client as Session;
    const { runningCommand } = this.host;
    this.wait({
      session,
      db,
      keys,
      type: AWAITED[runningCommand.group],
      command: runningCommand,
      argv: this.host.runningArgv,
      options,
      timer: this.timeout(session, options),
    });
  }

  /** Parks the session of a waiter, last in the queues of its keys. */
  private wait(waiter: KeyWaiter): void {
    const { session } = waiter;
    this.enlist(waiter);
    session.parked = {
      kind: 'keys',
      canUnblock: true,
      onTimeout: () => {
        this.release(session, (reply) => waiter.options.onTimeout(reply));
        this.host.accountUnblocked(session, waiter.command, false);
      },
      onError: () => this.host.accountUnblocked(session, waiter.command, true),
      onEnd: () => {
        this.delist(waiter);
        this.forget(waiter);
      },
    };
    this.mark(session, true);
  }

  private forget(waiter: KeyWaiter): void {
    waiter.timer?.cancel();
    waiter.options.onEnd?.();
  }

  private enlist(waiter: KeyWaiter): void {
    let keys = this.waiting.get(waiter.db.id);
    if (keys === undefined) this.waiting.set(waiter.db.id, (keys = new Map<Bytes, Set<KeyWaiter>>()));
    for (const key of waiter.keys) {
      const waiters = keys.get(key);
      if (waiters === undefined) keys.set(key, new Set([waiter]));
      else waiters.add(waiter);
    }
    if (waiter.options.wakesOnDelete) this.deletionWaiters++;
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
    if (waiter.options.wakesOnDelete) this.deletionWaiters--;
    this.host.gate.arm(Armed.blocked, this.waiting.size > 0);
  }

  /** A key changed, or went, that somebody may wait for. */
  keyChanged(db: Database, key: Bytes): void {
    const waiters = this.waiting.get(db.id)?.get(key);
    if (waiters === undefined) return;
    const type = typeIn(db, key);
    for (const waiter of waiters) {
      if (!isReadyFor(waiter, type)) continue;
      this.markReady(db, key);
      return;
    }
  }

  private markReady(db: Database, key: Bytes): void {
    let keys = this.readyKeys.get(db);
    if (keys === undefined) this.readyKeys.set(db, (keys = new Set()));
    if (keys.has(key)) return;
    keys.add(key);
    this.ready.push({ db, key });
    this.host.keysReady();
  }

  /** Every key of `db` that is waited for may have come into being or gone (SWAPDB). */
  databaseReplaced(db: Database): void {
    for (const key of this.waiting.get(db.id)?.keys() ?? []) this.keyChanged(db, key);
  }

  /** Every key of `db` is about to go. */
  flushing(db: Database): void {
    if (this.deletionWaiters === 0) return;
    for (const [key, waiters] of this.waiting.get(db.id) ?? []) {
      if (typeIn(db, key) === undefined) continue;
      for (const waiter of waiters) if (waiter.options.wakesOnDelete) this.markReady(db, key);
    }
  }

  /** Serves the clients that wait for ready keys, until no key is ready. */
  serveReady(): void {
    while (this.ready.length > 0) {
      const round = this.ready;
      this.ready = [];
      for (const { db, key } of round) {
        this.readyKeys.get(db)!.delete(key);
        this.serveKey(db, key);
      }
    }
  }

  private serveKey(db: Database, key: Bytes): void {
    const waiters = this.waiting.get(db.id)?.get(key);
    if (waiters === undefined) return;
    // Who blocks again comes to the end of the set, and is not looked at twice.
    let left = waiters.size;
    for (const waiter of waiters) {
      if (left-- === 0) return;
      const type = liveTypeIn(db, key, this.host.clock.nowMs());
      if (type === undefined && this.deletionWaiters === 0) return;
      if (isReadyFor(waiter, type)) this.serve(waiter);
    }
  }

  private serve(waiter: KeyWaiter): void {
    const { session } = waiter;
    this.delist(waiter);
    session.parked = undefined;
    this.mark(session, false);
    this.rerunning = waiter;
    this.blockedAgain = false;
    this.host.rerun(session, waiter.command, waiter.argv);
    this.rerunning = undefined;
    if (this.blockedAgain) return;
    this.forget(waiter);
    // Not when it is parked otherwise: CLIENT PAUSE holds back what it waits for.
    if (session.parked === undefined) this.host.resume(session);
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

  hold(client: Client): (conclude: (ctx: CommandContext) => void) => void {
    const session = client as Session;
    const { runningCommand: command, runningArgv: argv } = this.host;
    session.parked = {
      kind: 'command',
      canUnblock: false,
      onTimeout: () => undefined,
      onEnd: () => undefined,
    };
    this.mark(session, true);
    this.holds++;
    this.rearm();
    return (conclude) => {
      this.host.conclude(session, { ...command, run: conclude }, argv);
      this.holds--;
      this.rearm();
      this.finish(session);
      this.resumePaused();
    };
  }

  /** Holds writes back, as a pause does. @returns what ends it */
  holdWrites(): () => void {
    this.holds++;
    this.rearm();
    return () => {
      this.holds--;
      this.rearm();
      this.resumePaused();
    };
  }

  unblock(client: Client, withError: boolean): boolean {
    const session = client as Session;
    const { parked } = session;
    if (parked === undefined || !parked.canUnblock) return false;
    if (withError) {
      this.host.countError(UNBLOCKED);
      this.release(session, (reply) => reply.error(UNBLOCKED));
      parked.onError?.();
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
    this.rearm();
    if (untilMs !== 0) {
      this.pauseTimer = this.host.clock.after(untilMs - this.host.clock.nowMs(), () => this.pause(0, false));
      return;
    }
    this.resumePaused();
  }

  /** Nothing changes: writes are held back, our master's too, and keys do not expire. */
  get standsStill(): boolean {
    return this.pausedUntilMs !== 0 || this.holds > 0;
  }

  private rearm(): void {
    this.host.armGate(EngineGate.pausedAll, this.pausedAll);
    this.host.armGate(EngineGate.pausedWrites, this.standsStill && !this.pausedAll);
    this.host.pauseChanged();
  }

  /** Not at once: the command that ends the pause is still running. What is held back by another pause parks again. */
  private resumePaused(): void {
    for (const session of this.paused.keys()) this.host.resume(session);
  }
}

/** A timer that rings so much too early rings in time. */
const TIMER_EARLY_MS = 1;

/** Whether a key that holds a value of this type (undefined: nothing) may end the waiting. */
function isReadyFor(waiter: KeyWaiter, type: TypeName | undefined): boolean {
  if (waiter.options.wakesOnDelete) return true;
  return type !== undefined && (waiter.type === undefined || waiter.type === type);
}

/** The type of what is in `db` at `key`, also when its time is over; undefined: nothing is. */
function typeIn(db: Database, key: Bytes): TypeName | undefined {
  const slot = db.keyspace.table.find(key);
  return slot < 0 ? undefined : typeName(db.valueAt(slot));
}

/** As `typeIn`, but what is over its time is not there. It is left where it is (redis 7.2.6 LOOKUP_NOEFFECTS). */
function liveTypeIn(db: Database, key: Bytes, nowMs: number): TypeName | undefined {
  const slot = db.keyspace.table.find(key);
  if (slot < 0) return undefined;
  const expiryMs = db.expiryAt(slot);
  return expiryMs !== 0 && expiryMs < nowMs ? undefined : typeName(db.valueAt(slot));
}
