/**
 * How the parts of an engine hear of each other: what blocking, the dispatcher and the write gate ask of the rest. Called once,
 * by the engine's constructor.
 */
import { type Bytes } from '../base/bytes.js';
import { type Command } from '../commands/spec.js';
import { type Database } from '../store/database.js';
import { Armed } from '../store/write-gate.js';
import { Blocking } from './blocking.js';
import { Dispatcher } from './dispatcher.js';
import { type Engine } from './engine.js';
import { MissingCommands } from './missing-commands.js';
import { type Session } from './session.js';

/** Blocking as the engine uses it; what it asks of the engine may be set later. */
export function newBlocking(engine: Engine): Blocking {
  return new Blocking({
    clock: engine.clock,
    gate: engine.gate,
    get runningArgv() {
      return engine.sessions.runningArgv;
    },
    get runningCommand() {
      return engine.context.command;
    },
    rerun: (session, command, argv) => engine.sessions.rerun(session, command, argv),
    conclude: (session, command, argv) => engine.sessions.conclude(session, command, argv),
    accountUnblocked: (session, command, failed) =>
      engine.dispatcher.accountUnblocked(session, command, failed),
    countError: (line) => engine.stats.countError(line),
    execute: (session, argv) => engine.sessions.execute(session, argv),
    resume: (session) => engine.sessions.resume(session),
    armGate: (bit, on) => engine.armGate(bit, on),
    pauseChanged: () => engine.updateExpiryPolicy(),
    keysReady: () => void (engine.dispatcher.keysReady = true),
  });
}

/** The dispatcher over the parts of the engine. */
export function newDispatcher(engine: Engine): Dispatcher {
  const { transactions } = engine;
  const missing = new MissingCommands(engine.log);
  return new Dispatcher({
    clock: engine.clock,
    table: engine.commands,
    store: engine.store,
    gate: engine.gate,
    effects: engine.effects,
    stats: engine.stats,
    context: engine.context,
    gateState: engine,
    queue: (session, command, argv) => transactions.queue(session, command, argv),
    forbiddenInExec: (session, command, argv) => engine.acl.refusalInExec(session, command, argv),
    refusedInMulti: (session, command, error) => transactions.refused(session, command, error),
    postpone: (session, argv) => engine.blocking.postpone(session, argv),
    serveReady: () => engine.serveReady(),
    streamOffset: () => engine.streamOffset(),
    observed: (session, command, argv, again) => observed(engine, session, command, argv, again),
    answered: (session) => {
      engine.pushes.release(session);
      engine.invalidations.release(session);
    },
    slow: (session, command, argv, us) => engine.noteSlow(session, command, argv, us),
    missing: (argv, container) => missing.asked(argv, container),
    internalError: (error, argv) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      engine.log.warning(`Internal error while executing '${argv[0]}': ${reason}`);
    },
  });
}

/** A command has run: MONITOR shows it, and what it has read is remembered for the client that is being served. */
function observed(
  engine: Engine,
  session: Session,
  command: Command,
  argv: readonly Bytes[],
  again: boolean,
): void {
  if (!again) engine.monitors.executed(session, command, argv);
  const { current } = engine.dispatcher;
  if (command.isReadonly && current?.tracking !== undefined)
    engine.invalidations.remember(current, command, argv);
}

/** Who hears of changes of the keyspace. */
export function wireGate(engine: Engine): void {
  const { transactions, blocking, invalidations, messages, gate } = engine;
  gate.ports = {
    touched: (db, key, byServer) => {
      if (gate.armed & Armed.watch) transactions.touched(db, key);
      if (gate.armed & Armed.tracking) invalidations.touched(key, byServer);
    },
    flushing: (db) => {
      transactions.flushing(db);
      blocking.flushing(db);
    },
    flushed: () => invalidations.flushed(),
    swapped: (a, b) => {
      // The containers have changed places already: what was in one is now in the other.
      transactions.flushing(a, b);
      transactions.flushing(b, a);
      blocking.databaseReplaced(a);
      blocking.databaseReplaced(b);
    },
    notify: (db, key, event) => messages.notify(db, key, event, gate.notifyClasses),
    ready: (db, key) => blocking.keyChanged(db, key),
    preimage: () => undefined,
    removedByTime: (db, key, cause) => propagateRemoval(engine, db, key, cause),
    fieldsRemovedByTime: (db, key, fields) => propagateFieldRemoval(engine, db, key, fields),
  };
}

/** The key's time was over, or memory was short: replicas and the AOF get a DEL or UNLINK. */
function propagateRemoval(engine: Engine, db: Database, key: Bytes, cause: 'expired' | 'evicted'): void {
  const { effects, config } = engine;
  if (!effects.recording) return;
  const { lazyfreeLazyExpire, lazyfreeLazyEviction } = config.values;
  const lazy = cause === 'expired' ? lazyfreeLazyExpire : lazyfreeLazyEviction;
  effects.enter();
  effects.also(db.id, [(lazy ? 'UNLINK' : 'DEL') as Bytes, key]);
  effects.leave();
}

/** Fields of a hash were over: replicas and the AOF get an HDEL. */
function propagateFieldRemoval(
  { effects }: Engine,
  db: Database,
  key: Bytes,
  fields: readonly Bytes[],
): void {
  if (!effects.recording) return;
  effects.enter();
  effects.also(db.id, ['HDEL' as Bytes, key, ...fields]);
  effects.leave();
}

/** What a session that ends has left behind. */
export function wireSessions(engine: Engine): void {
  const { sessions, blocking, transactions, clients } = engine;
  sessions.onEnd((session) => blocking.abandon(session));
  sessions.onEnd((session) => transactions.discard(session));
  sessions.onEnd((session) => clients.delete(session));
  sessions.onReset((session) => transactions.discard(session));
}
