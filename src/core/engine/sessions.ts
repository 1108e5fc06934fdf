/**
 * Sessions: from an accepted connection to its end. It executes what the parsers hold, a share of it a turn, sends what was
 * written at the end of the turn, and forgets a session everywhere when it closes.
 *
 *   Connection ──► Session.receive ──► drain ──► Dispatcher.execute
 *   end of turn ──► unblocked clients, leftover input, flush
 *
 * What a session has left behind elsewhere is taken back by the hooks (`onEnd`, `onReset`) that those parts registered.
 */
import { type Bytes } from '../base/bytes.js';
import { ClientFlag } from '../commands/context.js';
import { type Command } from '../commands/spec.js';
import { ProtocolError } from '../protocol/errors.js';
import { type LeavesUnread, type RequestLimits } from '../protocol/request-parser.js';
import { LONGEST_LONG_STRING_BYTES } from '../store/long-strings.js';
import { MemberPrefetch, Prefetch } from '../store/prefetch.js';
import { PROTECTED_MODE_ERROR } from './clients.js';
import { type Connection } from './connection.js';
import { type Engine } from './engine.js';
import { InputBatch } from './input-batch.js';
import { Session, type SessionHost, type WireRequest } from './session.js';

/**
 * A connection executes at most this much in one turn; the rest waits for the next, so that nobody starves. So many small commands
 * are about the 16 KB that redis 7.2.6 reads of one client at a time (networking.c:readQueryFromClient).
 */
const TURN_COMMANDS = 200;
const TURN_BYTES = 64 * 1024;
/** Limits are only looked at beyond these sizes: below them no configured limit of use is exceeded. */
const QUERY_CHECK_BYTES = 1024 * 1024;
const OUTPUT_CHECK_BYTES = 16 * 1024;

export type SessionHook = (session: Session) => void;

export class Sessions implements SessionHost {
  readonly limits: RequestLimits;
  readonly batch: InputBatch;
  readonly leavesUnread: LeavesUnread = (name, count, bytes) =>
    bytes <= LONGEST_LONG_STRING_BYTES && this.engine.commands.find(name)?.takesUnread === count;
  /** The arguments of the running request. */
  runningArgv: Bytes[] = [];
  private readonly prefetch = new Prefetch();
  private readonly memberPrefetch = new MemberPrefetch();
  private readonly toFlush: Session[] = [];
  private readonly unblocked: Session[] = [];
  private readonly leftovers: Session[] = [];
  private readonly endHooks: SessionHook[] = [];
  private readonly resetHooks: SessionHook[] = [];

  constructor(private readonly engine: Engine) {
    this.limits = { maxBulkLength: engine.config.values.protoMaxBulkLen };
    this.batch = new InputBatch(this.prefetch, () => engine.turn.arm());
    const { turn } = engine;
    turn.step('batched-input', () => this.batch.run());
    turn.step('serve-unblocked', () => this.serveUnblocked());
    turn.step('flush-replies', () => this.flushReplies());
    turn.step('leftover-input', () => this.serveLeftovers());
  }

  /** Registers what is done when a session has closed, in this order. */
  onEnd(hook: SessionHook): void {
    this.endHooks.push(hook);
  }

  /** Registers what RESET does besides. */
  onReset(hook: SessionHook): void {
    this.resetHooks.push(hook);
  }

  /** A connection was accepted. @returns its session; undefined: it was refused and is being closed */
  accept(connection: Connection): Session | undefined {
    const { config, clients, stats, acl } = this.engine;
    const { values } = config;
    if (clients.count >= values.maxclients) {
      stats.rejectedConnections++;
      connection.write('-ERR max number of clients reached\r\n');
      connection.end();
      return undefined;
    }
    if (
      values.protectedMode &&
      acl.users.default.needsNoPassword &&
      !connection.isLoopback &&
      !connection.isUnix
    ) {
      stats.rejectedConnections++;
      connection.write(PROTECTED_MODE_ERROR);
      connection.end();
      return undefined;
    }
    stats.connections++;
    const session = this.open(connection);
    if (connection.isUnix) session.flags |= ClientFlag.unixSocket;
    acl.admit(session);
    return session;
  }

  /** A session on any connection, without the checks for clients (the link to a master, scripts). */
  open(connection: Connection): Session {
    const { clients, store, clock } = this.engine;
    const session = new Session(clients.newId(), connection, this, store.databases[0], clock.nowMs());
    clients.add(session);
    return session;
  }

  get loginRequired(): boolean {
    return this.engine.acl.loginRequired;
  }

  get nowMs(): number {
    return this.engine.store.nowMs;
  }

  get needsWire(): boolean {
    return this.engine.effects.wanted !== 0;
  }

  readAhead(session: Session): boolean {
    try {
      return session.parser.next();
    } catch (error) {
      this.failedToRead(session, error);
      return false;
    }
  }

  drain(session: Session): void {
    const { parser } = session;
    const { dispatcher, turn, stats } = this.engine;
    if (session.turn !== turn.number) {
      session.turn = turn.number;
      session.turnCommands = 0;
      session.turnBytes = 0;
    }
    const startUs = this.batch.goesOn ? dispatcher.lastUs : dispatcher.readClock();
    // The first command is executed without looking ahead: most often there is only one.
    let looked = 1;
    try {
      while (session.parked === undefined && !session.closed) {
        if (session.flags & (ClientFlag.closeAfterReply | ClientFlag.closeAsap)) return;
        if (session.turnCommands >= TURN_COMMANDS || session.turnBytes >= TURN_BYTES) {
          this.leaveForNextTurn(session);
          break;
        }
        const wasRead = session.commandWaits;
        session.commandWaits = false;
        if (--looked < 0) looked = this.prefetchFor(session);
        if (!wasRead && !parser.next()) break;
        session.turnCommands++;
        session.turnBytes += parser.wireLength;
        this.runningArgv = parser.argv;
        if (session.upstream === undefined)
          dispatcher.execute(session, parser.argv, parser.hasWire ? parser : undefined);
        else this.executeForMaster(session, parser);
        if (session.reply.length > OUTPUT_CHECK_BYTES && this.outputGrew(session)) break;
      }
    } catch (error) {
      this.failedToRead(session, error);
      return;
    }
    this.memberPrefetch.forget();
    // The end of a turn counts what it drains itself.
    if (!turn.ending) stats.loop.spent(dispatcher.lastUs - startUs);
    if (parser.pendingBytes > QUERY_CHECK_BYTES) this.engine.clients.enforceQueryLimit(session);
  }

  measure(session: Session): void {
    this.engine.clients.memory.measureInput(session);
  }

  /** Brings what the next commands of a pipeline need into the cache. @returns for how many commands no more is to be done */
  private prefetchFor({ db, parser }: Session): number {
    const { prefetch, memberPrefetch } = this;
    const position = memberPrefetch.begin(parser.argv);
    if (position >= 0) {
      const commands = parser.lookAhead(memberPrefetch, position);
      memberPrefetch.run();
      return Math.max(commands - 1, 0);
    }
    if (!prefetch.pays(db.keyspace)) return TURN_COMMANDS;
    prefetch.begin(db.keyspace);
    const commands = parser.lookAhead(prefetch);
    prefetch.run();
    return Math.max(commands - 1, 0);
  }

  /** Our master's commands see keys whose time is over: it decides when they go. */
  private executeForMaster(session: Session, request: WireRequest): void {
    const { engine } = this;
    engine.store.expiryPolicy = 'keep';
    try {
      engine.dispatcher.execute(session, request.argv, request);
    } finally {
      engine.updateExpiryPolicy();
    }
    if (session.parked === undefined) session.upstream?.applied(request);
    else session.upstream?.postpone(request);
  }

  /** What the parser throws ends the session; anything else is not meant for it, and goes on. */
  private failedToRead(session: Session, error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    if (session.upstream !== undefined) {
      session.upstream.protocolFault(error);
      return;
    }
    this.engine.log.verbose(`Protocol error (${error.message}) from client: ${session.infoLine()}`);
    session.out.error(`ERR ${error.message}`);
    this.engine.stats.countError('ERR');
    session.close('protocol error', true);
  }

  private leaveForNextTurn(session: Session): void {
    if (session.inputPending) return;
    session.inputPending = true;
    session.connection.pauseReading();
    this.leftovers.push(session);
    this.engine.turn.arm();
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
    this.engine.turn.arm();
  }

  private flushReplies(): void {
    // Flushing may close sessions and make others write: those wait for the next turn.
    const due = this.toFlush.splice(0);
    for (const session of due) {
      if (!(session.flags & ClientFlag.closeAsap) && this.hasTooMuch(session)) continue;
      session.flush();
      this.engine.clients.memory.measure(session);
      this.checkOutput(session);
    }
  }

  /**
   * Between two commands, as in redis 7.2.6 server.c:processCommand: a pipeline must not push keys out by its own replies.
   * @returns whether the client was closed for them
   */
  private outputGrew(session: Session): boolean {
    if (this.hasTooMuch(session)) return true;
    const { memory } = this.engine.clients;
    memory.measureInput(session);
    memory.evict();
    return session.closed;
  }

  hasRoom(session: Session): boolean {
    return !this.engine.clients.enforceOutputLimit(session, true);
  }

  /** Closes a client that was written too much for: that counts before the kernel takes it, as in Redis. */
  private hasTooMuch(session: Session): boolean {
    return session.reply.length > OUTPUT_CHECK_BYTES && this.engine.clients.enforceOutputLimit(session);
  }

  /** Closes a session whose output is over its limit. */
  checkOutput(session: Session): void {
    if (!session.closed && (session.feed !== undefined || session.outputBytes > OUTPUT_CHECK_BYTES)) {
      this.engine.clients.enforceOutputLimit(session);
    }
  }

  closing(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    const { stats } = this.engine;
    stats.netIn += session.bytesIn;
    stats.netOut += session.bytesOut;
    for (const hook of this.endHooks) hook(session);
    session.reply.clear();
    session.feed?.ended();
    session.upstream?.disconnected();
    const inPeace = session.flags & ClientFlag.closeAfterReply && !(session.flags & ClientFlag.closeAsap);
    if (inPeace) session.connection.end();
    else session.connection.destroy();
  }

  /** Back to the state of a new connection (redis 7.2.6 networking.c:clearClientConnectionState). */
  reset(session: Session): void {
    for (const hook of this.resetHooks) hook(session);
    const { store, acl } = this.engine;
    session.db = store.databases[0];
    session.name = '' as Bytes;
    session.reply.resp = 2;
    session.setFlag(CLEARED_BY_RESET, false);
    acl.admit(session);
  }

  infoLine(session: Session): string {
    const { clients, dispatcher, context } = this.engine;
    const isRunning = dispatcher.depth > 0 && context.client === session;
    return clients.infoLine(session, isRunning ? this.runningArgv : undefined);
  }

  /** A parked session goes on at the end of the turn. */
  resume(session: Session): void {
    this.unblocked.push(session);
    this.engine.turn.arm();
  }

  private serveUnblocked(): void {
    const { blocking, dispatcher } = this.engine;
    for (const session of this.unblocked.splice(0)) {
      if (session.closed) continue;
      blocking.servePostponed(session);
      this.drain(session);
      this.measure(session);
    }
    if (dispatcher.keysReady) this.engine.serveReady();
  }

  /** Executes a request that does not come from a parser. */
  execute(session: Session, argv: Bytes[]): void {
    const { dispatcher } = this.engine;
    this.runningArgv = argv;
    dispatcher.readClock();
    const postponed = session.upstream?.postponed;
    if (postponed === undefined) dispatcher.execute(session, argv, undefined);
    else this.executeForMaster(session, postponed);
  }

  /** Runs the end of a command that was held back: it has passed the gates. */
  conclude(session: Session, command: Command, argv: Bytes[]): void {
    const { dispatcher } = this.engine;
    this.runningArgv = argv;
    dispatcher.readClock();
    dispatcher.conclude(session, command, argv);
  }

  /** Runs a command again for a client that was parked by it. */
  rerun(session: Session, command: Command, argv: Bytes[]): void {
    const { dispatcher } = this.engine;
    this.runningArgv = argv;
    dispatcher.readClock();
    dispatcher.rerun(session, command, argv);
  }
}

const CLEARED_BY_RESET =
  ClientFlag.replyOff |
  ClientFlag.replySkip |
  ClientFlag.replySkipNext |
  ClientFlag.noEvict |
  ClientFlag.noTouch |
  ClientFlag.readonly;
