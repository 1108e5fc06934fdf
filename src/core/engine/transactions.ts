/**
 * MULTI, EXEC, DISCARD and WATCH: queues live on the session, the index from watched keys to sessions lives here.
 *
 * A watched key that was over its time already when WATCH saw it does not count as changed when it is deleted; one whose time
 * runs out afterwards does, even before anybody deletes it (redis 7.2.6 multi.c:touchWatchedKey, isWatchedKeyExpired).
 */
import { type Bytes } from '../base/bytes.js';
import { ClientFlag } from '../commands/context.js';
import { Errors, ReplyError } from '../commands/errors.js';
import { type Command } from '../commands/spec.js';
import { type Database, type Store } from '../store/database.js';
import { type Keyspace } from '../store/keyspace.js';
import { Armed, type WriteGate } from '../store/write-gate.js';
import { type Dispatcher, type MutableContext } from './dispatcher.js';
import { type Session } from './session.js';

export class Transactions {
  /** By database number: the sessions that watch a key. */
  private readonly watched = new Map<number, Map<Bytes, Set<Session>>>();
  /** Sessions with at least one watched key. */
  private watching = 0;

  constructor(
    private readonly store: Store,
    private readonly gate: WriteGate,
    /** An EXEC was refused: those who saw its MULTI are to see that it is over. */
    private readonly aborted: (session: Session) => void,
  ) {}

  queue(session: Session, command: Command, argv: Bytes[]): void {
    // A transaction that will not run need not be kept (redis 7.2.6 multi.c:queueMultiCommand).
    if (session.flags & (ClientFlag.dirtyExec | ClientFlag.dirtyCas)) return;
    session.multi.queued.push({ command, argv });
    for (const arg of argv) session.multi.queuedBytes += arg.length;
  }

  /** A command of the transaction was refused: EXEC will abort. EXEC itself refused ends the transaction at once. */
  refused(session: Session, command: Command, error: ReplyError): ReplyError {
    if (command.name !== 'exec') {
      session.setFlag(ClientFlag.dirtyExec, true);
      return error;
    }
    this.discard(session);
    this.aborted(session);
    return new ReplyError(`EXECABORT Transaction discarded because of: ${error.line.replace(/^ERR /, '')}`);
  }

  exec(context: MutableContext, session: Session, dispatcher: Dispatcher): void {
    if (!(session.flags & ClientFlag.multi)) throw Errors.execWithoutMulti;
    if (this.watchedKeyExpired(session)) session.setFlag(ClientFlag.dirtyCas, true);
    const { flags } = session;
    if (flags & (ClientFlag.dirtyCas | ClientFlag.dirtyExec)) {
      this.discard(session);
      if (flags & ClientFlag.dirtyExec) throw Errors.execAbort;
      context.reply.nullArray();
      return;
    }
    const { queued } = session.multi;
    const { reply } = context;
    this.unwatch(session);
    const mayBlock = context.mayBlock;
    context.mayBlock = false;
    reply.array(queued.length);
    const { command: exec } = context;
    let denied = false;
    for (const { command, argv } of queued) denied = !dispatcher.callQueued(session, command, argv);
    if (denied) dispatcher.accountFailed(exec);
    context.mayBlock = mayBlock;
    this.discard(session);
  }

  /** Forgets the queue and the watched keys. */
  discard(session: Session): void {
    session.multi.queued = [];
    session.multi.queuedBytes = 0;
    session.setFlag(ClientFlag.multi | ClientFlag.dirtyExec, false);
    this.unwatch(session);
    session.setFlag(ClientFlag.dirtyCas, false);
  }

  watch(session: Session, db: Database, key: Bytes): void {
    if (session.multi.watching.some((w) => w.db === db && w.key === key)) return;
    let keys = this.watched.get(db.id);
    if (keys === undefined) this.watched.set(db.id, (keys = new Map<Bytes, Set<Session>>()));
    const sessions = keys.get(key);
    if (sessions === undefined) keys.set(key, new Set([session]));
    else sessions.add(session);
    if (session.multi.watching.length === 0) this.watching++;
    session.multi.watching.push({ db, key, wasExpired: this.isOver(db, key) });
    this.gate.arm(Armed.watch, true);
  }

  /** Whether the key is there but its time is over. */
  private isOver(db: Database, key: Bytes): boolean {
    return this.stateIn(db.keyspace, key) === 'over';
  }

  private stateIn(keyspace: Keyspace, key: Bytes): KeyState {
    const slot = keyspace.table.find(key);
    if (slot < 0) return 'absent';
    const expiry = keyspace.expiryAt(slot);
    return expiry !== 0 && expiry < this.store.nowMs ? 'over' : 'live';
  }

  private watchedKeyExpired(session: Session): boolean {
    return session.multi.watching.some((w) => !w.wasExpired && this.isOver(w.db, w.key));
  }

  unwatch(session: Session): void {
    if (session.multi.watching.length === 0) return;
    for (const { db, key } of session.multi.watching) {
      const keys = this.watched.get(db.id)!;
      const sessions = keys.get(key)!;
      sessions.delete(session);
      if (sessions.size === 0) keys.delete(key);
    }
    session.multi.watching = [];
    this.gate.arm(Armed.watch, --this.watching > 0);
  }

  /** A key changed: those who watch it will find their EXEC refused. */
  touched(db: Database, key: Bytes): void {
    const sessions = this.watched.get(db.id)?.get(key);
    if (sessions === undefined) return;
    for (const session of sessions) {
      const watch = session.multi.watching.find((w) => w.db === db && w.key === key)!;
      // The deletion of what was over already changes nothing for the watcher; what is set next does.
      if (watch.wasExpired && db.keyspace.table.find(key) < 0) {
        session.multi.watching = session.multi.watching.map((w) =>
          w === watch ? { ...w, wasExpired: false } : w,
        );
        continue;
      }
      session.setFlag(ClientFlag.dirtyCas, true);
    }
  }

  /**
   * Everything in `db` is about to go; or, with `other`, the two databases have changed places. A key that was over, or was not
   * there, and now is so, has not changed (redis 7.2.6 multi.c:touchAllWatchedKeysInDb).
   */
  flushing(db: Database, other?: Database): void {
    const keys = this.watched.get(db.id);
    if (keys === undefined) return;
    const before = (other ?? db).keyspace;
    for (const [key, sessions] of keys) {
      const was = this.stateIn(before, key);
      const is = other === undefined ? 'absent' : this.stateIn(db.keyspace, key);
      if (was === 'absent' && is === 'absent') continue;
      for (const session of sessions) {
        const at = session.multi.watching.findIndex((w) => w.db === db && w.key === key);
        const watch = session.multi.watching[at];
        const unchanged = watch.wasExpired ? is !== 'live' : was === 'absent' && is === 'over';
        if (unchanged) session.multi.watching[at] = { ...watch, wasExpired: is === 'over' };
        else session.setFlag(ClientFlag.dirtyCas, true);
      }
    }
  }
}

type KeyState = 'absent' | 'over' | 'live';
