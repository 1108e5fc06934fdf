/**
 * Dispatcher: from a parsed request to an executed command.
 *
 *   execute: look-up ── arity ── gates (only when the gate word is not 0) ──► call | queue | park | refuse
 *   call:    time, effects, handler, statistics; nested calls (EXEC, scripts) share the time and the execution unit
 *
 * The hot path is `execute` and `call`; everything rare is in functions of its own. Rules: redis 7.2.6 server.c:
 * processCommand, call, rejectCommand.
 */
import { isWord, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { ClientFlag, type CommandContext } from '../commands/context.js';
import { ReplyError, unknownCommand, unknownSubcommand, wrongArity } from '../commands/errors.js';
import { type Command } from '../commands/spec.js';
import { type CommandTable } from '../commands/table.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { type Store } from '../store/database.js';
import { type WriteGate } from '../store/write-gate.js';
import { type EffectCollector, type RequestSource } from './effects.js';
import { Observer, SessionGate } from './gate-bits.js';
import { gateMaskOf, walkGates, type GateState } from './gates.js';
import { type Session } from './session.js';
import { type EngineStats } from './stats.js';

/** The context with its fields open to the dispatcher. */
export type MutableContext = { -readonly [K in keyof CommandContext]: CommandContext[K] };

export interface DispatcherParts {
  readonly clock: Clock;
  readonly table: CommandTable;
  readonly store: Store;
  readonly gate: WriteGate;
  readonly effects: EffectCollector;
  readonly stats: EngineStats;
  readonly context: MutableContext;
  readonly gateState: GateState;
  /** Queues a command of a transaction. */
  queue(session: Session, command: Command, argv: Bytes[]): void;
  /** As the gate of permissions, for a queued command when its transaction runs. */
  forbiddenInExec(session: Session, command: Command, argv: readonly Bytes[]): ReplyError | undefined;
  /** A refused command dirties the transaction; EXEC itself ends it. */
  refusedInMulti(session: Session, command: Command, error: ReplyError): ReplyError;
  /** Parks the client until the pause is over, then executes the command again. */
  postpone(session: Session, argv: Bytes[]): void;
  /** Keys became ready that clients are blocked on: serve them now. */
  serveReady(): void;
  /** Where the replication stream stands: what WAIT waits for. */
  streamOffset(): number;
  /** A command has run that somebody looks at (`observers`): MONITOR, tracking. */
  observed(session: Session, command: Command, argv: readonly Bytes[], again: boolean): void;
  /** The client of a command that was not nested has its answer: messages that waited for that follow. */
  answered(session: Session): void;
  /** SLOWLOG and the latency monitor. `us` is the duration. */
  slow(session: Session, command: Command, argv: readonly Bytes[], us: number): void;
  /** Nothing answers to a request, or `container` has no such subcommand. */
  missing(argv: readonly Bytes[], container: string | undefined): void;
  /** An exception that is no ReplyError: a fault of ours. */
  internalError(error: unknown, argv: readonly Bytes[]): void;
}

export class Dispatcher {
  /** Engine half of the gate word (EngineGate bits). */
  armed = 0;
  /** Keys with blocked clients became ready during the last call. */
  keysReady = false;
  /** Commands that take longer go to `slow`; microseconds. */
  slowUs = 10_000;
  /** Wall clock minus monotonic clock, microseconds; the cron refreshes it. */
  wallOffsetUs = 0;
  /** Depth of nested calls. */
  depth = 0;
  /** Who looks at commands that have run (Observer bits). */
  observers = 0;
  /** The client that is being served; a script's calls are its own. */
  current: Session | undefined;
  /** The running command is that of a client that was parked by it. */
  private again = false;
  /** When the clock was last read, monotonic microseconds. */
  lastUs = 0;

  constructor(private readonly p: DispatcherParts) {
    for (const command of p.table.byId) command.gateMask = gateMaskOf(command);
    this.syncWallClock();
  }

  /** Sets a bit of `observers` on or off. */
  observe(bit: number, on: boolean): void {
    this.observers = on ? this.observers | bit : this.observers & ~bit;
  }

  /** Reads both clocks anew. */
  syncWallClock(): void {
    this.wallOffsetUs = this.p.clock.wallAheadUs();
    this.readClock();
  }

  /** Reads the time once; `store.nowMs` follows. @returns monotonic microseconds */
  readClock(): number {
    const us = this.p.clock.monotonicUs();
    this.lastUs = us;
    this.p.store.nowMs = Math.floor((us + this.wallOffsetUs) / 1000);
    return us;
  }

  /** Executes one request of a client. `source`: where its bytes lie, when it came straight from the wire. */
  execute(session: Session, argv: Bytes[], source: RequestSource | undefined): void {
    let command = this.p.table.find(argv[0]);
    session.lastCommand = command;
    if (command === undefined) {
      this.unknown(session, argv);
      return;
    }
    if (command.children !== undefined && argv.length > 1) {
      const sub = this.p.table.resolve(argv);
      session.lastCommand = sub;
      if (sub === undefined) {
        this.p.missing(argv, command.name);
        this.refuse(session, command, unknownSubcommand(argv[1], command.name));
        return;
      }
      command = sub;
    }
    const { arity } = command;
    if (arity > 0 ? argv.length !== arity : argv.length < -arity) {
      this.refuse(session, command, wrongArity(command.fullName));
      return;
    }
    const word = (command.gateMask & this.armed) | session.armed;
    if (word !== 0 || this.observers !== 0) source?.readUnread?.();
    if (word !== 0 && !this.pass(word, session, command, argv)) return;
    this.call(session, command, argv, source);
    if (this.keysReady) this.p.serveReady();
  }

  /** The end of a command that has passed the gates before. */
  conclude(session: Session, command: Command, argv: Bytes[]): void {
    this.again = true;
    try {
      this.call(session, command, argv, undefined);
    } finally {
      this.again = false;
    }
  }

  /** A blocked command ended without being run again (redis 7.2.6 blocked.c:updateStatsOnUnblock). */
  accountUnblocked(session: Session, command: Command, failed: boolean): void {
    const { stats } = this.p;
    stats.calls[command.id]++;
    session.totalCommands++;
    if (failed) stats.failed[command.id]++;
    stats.noteDuration(command.id, 0);
  }

  private unknown(session: Session, argv: readonly Bytes[]): void {
    // Somebody makes a browser or an HTTP client talk to us (redis 7.2.6 server.c:securityWarningCommand).
    if (isWord(argv[0], 'post') || isWord(argv[0], 'host:')) {
      session.close('possible cross protocol scripting: POST or Host: seen');
      return;
    }
    this.p.missing(argv, undefined);
    this.refuse(session, undefined, unknownCommand(argv));
  }

  /** @returns true: call it */
  private pass(word: number, session: Session, command: Command, argv: Bytes[]): boolean {
    const outer = this.current;
    this.current = session;
    const verdict = walkGates(word, this.p.gateState, session, command, argv);
    this.current = outer;
    // Room was made for this command at the cost of its own client.
    if (session.closed) return false;
    if (verdict === undefined) return true;
    if (verdict === 'queue') {
      this.p.queue(session, command, argv);
      session.out.simple('QUEUED');
      this.leaveSpecial(session);
      session.wrote();
    } else if (verdict === 'park') this.p.postpone(session, argv);
    else this.refuse(session, command, verdict);
    return false;
  }

  /** Answers with an error without having run anything. */
  private refuse(session: Session, command: Command | undefined, error: ReplyError): void {
    if (command !== undefined) this.p.stats.rejected[command.id]++;
    if (session.flags & ClientFlag.multi || command?.name === 'exec') {
      error = this.p.refusedInMulti(session, command ?? NO_COMMAND, error);
    }
    this.p.stats.countError(error.line);
    session.out.error(error.line);
    this.leaveSpecial(session);
    session.wrote();
  }

  /**
   * Runs a command of a transaction, unless the client's user has lost the permission since it was queued: then the error stands in
   * its place. @returns whether it was run
   */
  callQueued(session: Session, command: Command, argv: Bytes[]): boolean {
    const error =
      session.armed & SessionGate.acl ? this.p.forbiddenInExec(session, command, argv) : undefined;
    if (error === undefined) this.call(session, command, argv, undefined);
    else {
      this.p.stats.countError(error.line);
      this.p.context.reply.error(error.line);
    }
    return error === undefined;
  }

  /** The last error of a transaction was of none of its commands: it is counted as its own (redis 7.2.6 incrCommandStatsOnError). */
  accountFailed(command: Command): void {
    this.p.stats.failed[command.id]++;
  }

  /** Runs a command that nothing refuses, as an execution unit of its own or as a part of the running one. */
  call(session: Session, command: Command, argv: Bytes[], source: RequestSource | undefined): void {
    const { context, effects, gate, stats } = this.p;
    const nested = this.depth > 0;
    // One look at the clock a command: it begins when the last one ended, or when the engine began with this input. What
    // runs inside a transaction is measured by itself, and the time that commands see stands still.
    const startUs = nested ? this.p.clock.monotonicUs() : this.lastUs;
    const dirtyBefore = gate.dirty;
    const offsetBefore = effects.wanted === 0 ? 0 : this.p.streamOffset();
    const special = (session.flags & SPECIAL) !== 0;
    const reply = special ? this.enterSpecial(session) : session.reply;
    const saved = nested ? effects.saveCall() : undefined;
    const outer = this.current;
    if (!nested) this.current = session;
    context.client = session;
    context.db = session.db;
    context.reply = reply;
    context.command = command;
    context.unread = source?.unread;
    this.depth++;
    effects.enter();
    effects.begin();
    const dbId = session.db.id;
    try {
      try {
        command.run(context, argv);
      } catch (error) {
        this.failed(command, error, argv, reply);
      }
      if (effects.wanted !== 0) {
        if (!nested && command.flagSet.has('touches_arbitrary_keys')) effects.unwrapped();
        effects.end(dbId, argv, gate.dirty !== dirtyBefore, source);
      }
    } finally {
      effects.leave();
      this.depth--;
      if (saved !== undefined) effects.restoreCall(saved);
    }
    if (this.observers !== 0) this.observed(session, command, argv, nested);
    this.current = outer;
    // A command that blocks is accounted when it ends (redis 7.2.6 server.c:call).
    const blocked = (session.flags & ClientFlag.blocked) !== 0;
    if (!blocked) {
      stats.calls[command.id]++;
      session.totalCommands++;
    }
    if (nested) {
      this.measured(session, command, argv, this.p.clock.monotonicUs() - startUs);
      return;
    }
    if (effects.wanted !== 0) {
      // What WAIT waits for: where this client's last command ended that went into the stream, not what others wrote since.
      const offset = this.p.streamOffset();
      if (offset !== offsetBefore) session.writeOffset = offset;
    }
    const us = this.readClock() - startUs;
    if (us >= this.slowUs) source?.readUnread?.();
    if (!blocked) this.measured(session, command, argv, us);
    stats.loop.commands++;
    stats.loop.commandUs += us;
    session.lastInteractionMs = this.p.store.nowMs;
    if (special || (session.flags & SPECIAL) !== 0) this.leaveSpecial(session);
    if (!session.flushPending) session.wrote();
  }

  /** Runs the command of a client that was parked by it once more: it has to pass the gates again, and nobody is shown it again. */
  rerun(session: Session, command: Command, argv: Bytes[]): void {
    const word = (command.gateMask & this.armed) | session.armed;
    if (word !== 0 && !this.pass(word, session, command, argv)) return;
    this.again = true;
    try {
      this.call(session, command, argv, undefined);
    } finally {
      this.again = false;
    }
  }

  private observed(session: Session, command: Command, argv: readonly Bytes[], nested: boolean): void {
    if (this.observers & (Observer.monitors | Observer.tracking)) {
      this.p.observed(session, command, argv, this.again);
    }
    if (!nested && this.observers & (Observer.pushes | Observer.own)) this.p.answered(session);
  }

  private measured(session: Session, command: Command, argv: readonly Bytes[], us: number): void {
    this.p.stats.noteDuration(command.id, us);
    if (us >= this.slowUs && this.slowUs >= 0) this.p.slow(session, command, argv, us);
  }

  private failed(command: Command, error: unknown, argv: readonly Bytes[], reply: ReplyWriter): void {
    const { stats } = this.p;
    stats.failed[command.id]++;
    if (error instanceof ReplyError) {
      stats.countError(error.line);
      reply.error(error.line);
      return;
    }
    stats.unexpectedErrors++;
    this.p.internalError(error, argv);
    reply.error('ERR internal error: see the log');
  }

  private enterSpecial(session: Session): ReplyWriter {
    if (session.flags & ClientFlag.noTouch && session.lastCommand?.name !== 'touch') {
      this.p.store.noTouch = true;
    }
    return session.out;
  }

  private leaveSpecial(session: Session): void {
    this.p.store.noTouch = false;
    // The command of a parked client is not over: it may yet be answered.
    if (session.parked === undefined) session.commandOver();
  }
}

const SPECIAL =
  ClientFlag.replyOff |
  ClientFlag.replySkip |
  ClientFlag.replySkipNext |
  ClientFlag.noTouch |
  ClientFlag.caching;

/** Stands for a command that does not exist, where a refusal asks for its name. */
const NO_COMMAND = { name: '', fullName: '' } as Command;
