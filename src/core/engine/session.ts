/**
 * Session: one client. Everything that belongs to a connection lives here and dies with it: selected database, protocol,
 * transaction, name, and whether it is a replica. A replica IS its connection; the port that it announces is display data.
 *
 * `armed` is the part of the gate word that depends on this client (engine/gates.ts); it is derived from `flags` and from the
 * user, and kept up to date by `rearm`.
 */
import { EMPTY, type Bytes } from '../base/bytes.js';
import { ClientFlag, type Client, type ClientType, type MultiState } from '../commands/context.js';
import { OutputPiece } from '../protocol/output-block.js';
import { type OutputPart, ReplyWriter } from '../protocol/reply-writer.js';
import { type ProtocolError } from '../protocol/errors.js';
import { type LeavesUnread, RequestParser, type RequestLimits } from '../protocol/request-parser.js';
import { type Command } from '../commands/spec.js';
import { type AclUser } from '../services/acl/user.js';
import { type TrackingMode } from '../services/tracking.js';
import { type Database } from '../store/database.js';
import { type Connection } from './connection.js';
import { type RequestSource } from './effects.js';
import { SessionGate } from './gate-bits.js';
import { type InputBatch } from './input-batch.js';

/** Bytes that reach the client by another way than replies: the replication feed of a replica. */
export interface OutputFeed {
  /** Bytes that wait for this client. */
  readonly pendingBytes: number;
  /** Sends as much as the connection takes. Called at the end of a turn and when it has drained. */
  pump(): void;
  /** The client sent something that is answered: on a replication link there is no place for answers. */
  replied(): void;
  /** The session is gone. */
  ended(): void;
}

/** A request as it came from the wire: a parser that has just read one is one. */
export interface WireRequest extends RequestSource {
  readonly argv: Bytes[];
  /** Bytes of the stream that it accounts for, up to `wireEnd`. */
  readonly wireLength: number;
}

/** The link to our master: it hears of every command that was executed for it. */
export interface Upstream {
  /** What a pause holds back: its bytes are its own. */
  readonly postponed: WireRequest | undefined;
  /** The request waits for the end of a pause; its bytes are only valid during the call. */
  postpone(request: WireRequest): void;
  /** The request has been executed (or queued, in MULTI). */
  applied(request: WireRequest): void;
  /** What came is no command stream. */
  protocolFault(error: ProtocolError): void;
  /** The session is closed. */
  disconnected(): void;
}

/** Why a session is parked, and how it goes on. */
export interface Parked {
  readonly kind: 'command' | 'keys' | 'paused';
  /** Gives the client its answer when the time is over. */
  onTimeout(): void;
  /** It was given an error in place of its answer. */
  onError?(): void;
  /** It goes on (or is gone): forget it. */
  onEnd(): void;
  /** CLIENT UNBLOCK may end it. */
  readonly canUnblock: boolean;
}

/** What a session asks of the engine. */
export interface SessionHost {
  readonly limits: RequestLimits;
  /** A client that has not logged in is refused. */
  readonly loginRequired: boolean;
  /** The bytes of commands are wanted, not only their arguments: for the replication stream. */
  readonly needsWire: boolean;
  /** Which commands take their last argument unread. */
  readonly leavesUnread: LeavesUnread;
  /** Wall clock, as last read. */
  readonly nowMs: number;
  /** Reads the next command of the parser. @returns false: there is none, or the client is being closed for it */
  readAhead(session: Session): boolean;
  /** Executes what the parser holds. */
  drain(session: Session): void;
  /** Its buffers have changed. */
  measure(session: Session): void;
  /** Input that waits for that of other sessions. */
  readonly batch: InputBatch;
  /** Output is waiting: flush it at the end of the turn. */
  needsFlush(session: Session): void;
  /** The connection is closed or must be. */
  closing(session: Session): void;
  infoLine(session: Session): string;
  /** Whether the output of a session that has grown is still within its limit; otherwise it will be closed. */
  hasRoom(session: Session): boolean;
}

/** A client that has sent nothing for so long keeps no room for input (redis 7.2.6 server.c:clientsCronResizeQueryBuffer). */
const SILENCE_MS = 2000;

/** Up to here a command's arguments are made sooner than its bytes are copied. */
const AS_ARGUMENTS_BYTES = 96;

export class Session implements Client {
  readonly parser: RequestParser;
  readonly reply = new ReplyWriter();
  /** Session half of the gate word. */
  armed = 0;
  flags = 0;
  name: Bytes = EMPTY;
  libName: Bytes = EMPTY;
  libVersion: Bytes = EMPTY;
  user: AclUser | undefined;
  readonly multi: MultiState = { queued: [], queuedBytes: 0, watching: [] };
  lastInteractionMs: number;
  lastCommand: Command | undefined;
  parked: Parked | undefined;
  tracking: TrackingMode | undefined;
  /** What its subscriptions and tracking prefixes cost: who keeps those adds and takes away. */
  subscriptionBytes = 0;
  feed: OutputFeed | undefined;
  /** Set on the session of our master. */
  upstream: Upstream | undefined;
  /** Offset of the replication stream after the last command that wrote. */
  writeOffset = 0;
  /** In the engine's list of sessions to flush. */
  flushPending = false;
  /** In the engine's list of sessions with input left over from the last turn. */
  inputPending = false;
  /** Commands and bytes executed in the turn `turn`. */
  turn = 0;
  turnCommands = 0;
  turnBytes = 0;
  /** Wall clock when the soft output limit was first exceeded, 0 when it is not. */
  softLimitSinceMs = 0;
  closed = false;
  /** What it was last found to cost, as which type, and the bucket it is in for eviction, -1 for none (client-memory.ts). */
  memoryBytes = 0;
  memoryType: ClientType = 'normal';
  memoryBucket = -1;
  /** Input is in the parser that the batch is to execute. */
  private inputWaits = false;
  /** Its first command has been read: it is in the parser's fields. */
  commandWaits = false;
  /** The peer has ended its half of the connection. */
  private inputOver = false;
  private muted: ReplyWriter | undefined;
  totalCommands = 0;
  bytesIn = 0;
  bytesOut = 0;

  constructor(
    readonly id: number,
    readonly connection: Connection,
    private readonly host: SessionHost,
    public db: Database,
    readonly createdMs: number,
  ) {
    this.parser = new RequestParser(host.limits, host.leavesUnread);
    this.parser.authenticated = true;
    this.lastInteractionMs = createdMs;
    this.reply.isWanted = () => host.hasRoom(this);
  }

  get peerAddress(): string {
    return this.connection.peerAddress;
  }

  get localAddress(): string {
    return this.connection.localAddress;
  }

  get isLocal(): boolean {
    return this.connection.isLoopback || this.connection.isUnix;
  }

  get type(): ClientType {
    if (this.flags & ClientFlag.master) return 'master';
    // MONITOR clients carry the replica flag in Redis but count as normal ones (networking.c:getClientType).
    if (this.flags & ClientFlag.replica && !(this.flags & ClientFlag.monitor)) return 'replica';
    return this.flags & ClientFlag.pubsub ? 'pubsub' : 'normal';
  }

  /** Bytes of output that have not left this process. */
  get outputBytes(): number {
    return this.reply.length + this.connection.queuedBytes + (this.feed?.pendingBytes ?? 0);
  }

  setFlag(flag: number, on: boolean): void {
    this.flags = on ? this.flags | flag : this.flags & ~flag;
    this.rearm();
  }

  /** Derives the gate word from the flags. */
  rearm(): void {
    const { flags } = this;
    let armed = 0;
    if (!(flags & ClientFlag.authenticated) && this.host.loginRequired) armed |= SessionGate.unauthenticated;
    if (flags & ClientFlag.multi) armed |= SessionGate.multi;
    if (flags & ClientFlag.pubsub && this.reply.resp === 2) armed |= SessionGate.pubsub;
    if (flags & ClientFlag.replica) armed |= SessionGate.replica;
    if (
      flags &
      (ClientFlag.replyOff | ClientFlag.replySkip | ClientFlag.replySkipNext | ClientFlag.noTouch)
    ) {
      armed |= SessionGate.special;
    }
    if (this.user !== undefined && !this.user.isUnrestricted) armed |= SessionGate.acl;
    this.armed = armed;
    this.parser.authenticated = (armed & SessionGate.unauthenticated) === 0;
  }

  /** Its commands are those of `user` from now on; `loggedIn`: nobody has to ask it for a password. */
  become(user: AclUser, loggedIn: boolean): void {
    this.user = user;
    this.setFlag(ClientFlag.authenticated, loggedIn);
  }

  /** Bytes from the wire. `chunk` is only valid during the call. */
  receive(chunk: Buffer, start: number, end: number): void {
    if (this.closed) return;
    this.bytesIn += end - start;
    // It will be executed by nobody, and a peer that does not read could send without end.
    if (this.flags & ClientFlag.closeAfterReply) return;
    const { host, parser } = this;
    const batched = this.canWait && host.batch.wants(this, chunk, start, end);
    parser.push(chunk, start, end);
    if (batched && this.readsAhead(end - start)) host.batch.add(this);
    else this.execute();
  }

  /**
   * Reads the first command of the `bytes` that have come, and keeps what it needs: the bytes themselves, or of a few that nobody
   * asks for its arguments, which costs less. @returns false: no command is complete
   */
  private readsAhead(bytes: number): boolean {
    const { host, parser } = this;
    const copied = bytes > AS_ARGUMENTS_BYTES || host.needsWire;
    if (copied) parser.detach();
    this.commandWaits = this.inputWaits = host.readAhead(this);
    if (!copied && this.inputWaits) {
      parser.readUnread();
      parser.detach();
    }
    return this.inputWaits;
  }

  /** Input that came now may wait for that of other sessions: none is half read, and nobody counts on its being executed. */
  private get canWait(): boolean {
    return (
      !this.inputWaits &&
      this.parser.pendingBytes === 0 &&
      this.parked === undefined &&
      this.feed === undefined &&
      this.upstream === undefined
    );
  }

  private execute(): void {
    this.inputWaits = false;
    const { host, parser } = this;
    host.drain(this);
    parser.detach();
    // What is half sent is no silence.
    if (parser.pendingBytes > 0) this.lastInteractionMs = host.nowMs;
    host.measure(this);
  }

  /** Executes input that waits, if any still does. */
  serveWaiting(): void {
    if (this.inputWaits) this.execute();
  }

  /** The peer sends nothing more, and may still read: it gets the answers to what it has sent. */
  inputEnded(): void {
    if (this.closed) return;
    this.serveWaiting();
    if (this.closed) return;
    if (this.parked !== undefined || this.feed !== undefined) {
      this.host.closing(this);
      return;
    }
    this.inputOver = true;
    this.wrote();
  }

  /** Gives up input buffers that are not used; to be called now and then. */
  trimInput(nowMs: number): void {
    const silentMs = nowMs - this.lastInteractionMs;
    this.connection.input?.trim(silentMs);
    if (silentMs >= SILENCE_MS) this.parser.trim();
    this.host.measure(this);
  }

  /** Where its replies go: nowhere after CLIENT REPLY OFF, or for one command after SKIP. */
  get out(): ReplyWriter {
    if (!(this.flags & (ClientFlag.replyOff | ClientFlag.replySkip))) return this.reply;
    this.muted ??= mutedWriter();
    this.muted.clear();
    this.muted.resp = this.reply.resp;
    return this.muted;
  }

  /**
   * CLIENT REPLY SKIP: silent from the next command on, for one command. CLIENT CACHING: it holds for the next command or
   * transaction (redis 7.2.6 networking.c:resetClient).
   */
  commandOver(): void {
    this.muted?.clear();
    if (this.flags & ClientFlag.caching && !(this.flags & ClientFlag.multi)) {
      const { lastCommand } = this;
      if ((lastCommand?.parent ?? lastCommand)?.name !== 'client') this.setFlag(ClientFlag.caching, false);
    }
    if (this.flags & ClientFlag.replySkip) this.setFlag(ClientFlag.replySkip, false);
    if (this.flags & ClientFlag.replySkipNext) {
      this.setFlag(ClientFlag.replySkipNext, false);
      this.setFlag(ClientFlag.replySkip, true);
    }
  }

  /** The wire is gone. */
  disconnected(): void {
    if (!this.closed) this.serveWaiting();
    if (!this.closed) this.host.closing(this);
  }

  /** Asks for a flush at the end of the turn. */
  wrote(): void {
    if (!this.flushPending) this.host.needsFlush(this);
  }

  /** Hands the replies to the connection, or lets the feed go on. */
  flush(): void {
    this.flushPending = false;
    if (this.closed) return;
    if (this.flags & ClientFlag.closeAsap) {
      this.host.closing(this);
      return;
    }
    if (this.feed === undefined) this.writeReplies();
    else if (this.reply.length === 0) this.feed.pump();
    else {
      this.feed.replied();
      return;
    }
    if (this.inputOver && !this.inputPending) this.flags |= ClientFlag.closeAfterReply;
    if (this.flags & ClientFlag.closeAfterReply) this.closeWhenSent();
  }

  /** Stays in the list of clients, with its limits, until what was written has been taken. */
  private closeWhenSent(): void {
    if (this.connection.queuedBytes === 0) this.host.closing(this);
    else this.connection.onDrained(() => this.host.closing(this));
  }

  private writeReplies(): void {
    const { reply, connection } = this;
    const length = reply.length;
    if (length === 0) return;
    this.bytesOut += length;
    const short = reply.takeShort();
    if (short !== undefined) connection.write(short);
    else for (const part of reply.take()) this.writePart(part);
  }

  private writePart(part: OutputPart): void {
    const { connection } = this;
    if (typeof part === 'string') connection.write(part);
    else if (!(part instanceof OutputPiece)) connection.writeBuffer(part);
    else if (connection.writeTransient(part.view())) part.release();
  }

  close(_reason: string, afterReply = false): void {
    if (this.closed) return;
    if (afterReply) {
      this.setFlag(ClientFlag.closeAfterReply, true);
      this.wrote();
    } else {
      this.setFlag(ClientFlag.closeAsap, true);
      this.host.closing(this);
    }
  }

  infoLine(): string {
    return this.host.infoLine(this);
  }
}

/** A writer whose output nobody wants: it keeps no more than it is writing. */
function mutedWriter(): ReplyWriter {
  const writer = new ReplyWriter();
  writer.isWanted = () => false;
  return writer;
}
