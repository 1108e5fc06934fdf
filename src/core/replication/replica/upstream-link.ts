/**
 * UpstreamLink: the connection to our master once the stream flows. The master is a session like any client: the same parser, the
 * same dispatcher; what differs is here.
 *
 *   bytes ─► parser ─► execute ─► applied: offset moves by the command's wire length, the same bytes go to the backlog and to
 *                                 sub-replicas; inside MULTI they are held until EXEC
 *
 * The applied offset is the stream's own (`ReplicationStream.offset`); the read offset counts what has arrived. ACKs carry the
 * applied one. A command that cannot be applied ends the link by name and offset (redis 7.2.6 networking.c:commandProcessed).
 * CLIENT PAUSE holds back a master as it does any client: what it sent meanwhile waits in the parser, and nothing is applied.
 */
import { type ByteChannel, type ChannelClose } from '../../base/byte-channel.js';
import { ascii, isWord, quote, type Bytes } from '../../base/bytes.js';
import { ClientFlag } from '../../commands/context.js';
import { type Connection } from '../../engine/connection.js';
import { type Engine } from '../../engine/engine.js';
import { type Session, type Upstream, type WireRequest } from '../../engine/session.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import { type ProtocolError } from '../../protocol/errors.js';
import { type Link } from '../handshake/run.js';
import { type ReplicationStream } from '../stream.js';

/** Bytes of one transaction that are held back until its EXEC. */
const MAX_HELD_BYTES = 1024 * 1024 * 1024;

/** Errors that mean that a command, an option or a database is not known here: going on would lose writes, or misplace them. */
const CANNOT_APPLY =
  /^ERR (unknown (sub)?command|wrong number of arguments|syntax error|DB index is out of range|internal error)/;

export interface LinkHost {
  readonly engine: Engine;
  readonly stream: ReplicationStream;
  /** Passes applied bytes on. */
  proxy(bytes: Buffer, start: number, end: number): void;
  /** The link is gone; a partial resync may follow. */
  lost(reason: string): void;
  /**
   * A command cannot be applied: the link must not come back by itself.
   * @param intact the data is as it was before the command: the position still stands
   */
  cannotApply(reason: string, intact: boolean): void;
  /** What came is no command stream: the position cannot be trusted any more. */
  desynchronised(reason: string): void;
}

export class UpstreamLink implements Upstream {
  readonly session: Session;
  /** Bytes of the stream received. */
  readOffset: number;
  lastReadMs: number;
  /** Commands that were applied. */
  commands = 0;
  ackedMs: number | undefined;
  postponed: WireRequest | undefined;
  /** Error replies to the command that is being applied. */
  private readonly errors: string[] = [];
  private held: Buffer[] = [];
  private heldBytes = 0;
  private over = false;
  private readonly channel: ByteChannel;

  constructor(
    private readonly host: LinkHost,
    private readonly link: Link,
    dbId: number,
  ) {
    const { engine, stream } = host;
    this.channel = link.channel;
    this.readOffset = stream.offset;
    this.lastReadMs = engine.clock.nowMs();
    this.session = engine.newSession(new ChannelConnection(link.channel));
    this.session.parser.fromMaster = true;
    this.session.upstream = this;
    this.session.reply.onError = (line) => this.errors.push(line);
    this.session.db = engine.store.databases[dbId] ?? engine.store.databases[0];
    this.session.setFlag(ClientFlag.master | ClientFlag.authenticated, true);
  }

  /** Begins with what the queue holds already. */
  start(): void {
    this.link.listen(
      () => this.read(),
      (close) => this.closed(close),
    );
    this.read();
  }

  private read(): void {
    const { queue } = this.link;
    if (queue.length === 0 || this.over) return;
    const bytes = queue.take(queue.length);
    this.readOffset += bytes.length;
    this.host.engine.stats.replIn += bytes.length;
    this.lastReadMs = this.host.engine.clock.nowMs();
    this.session.receive(bytes, 0, bytes.length);
  }

  private closed(close: ChannelClose): void {
    if (close.by === 'us') return;
    this.end(close.error === undefined ? 'the master closed the connection' : close.error.message);
  }

  /** Drops the link. */
  end(reason: string): void {
    if (!this.stop()) return;
    this.host.lost(reason);
  }

  /** Closes without telling anybody. @returns whether it was open */
  stop(): boolean {
    if (this.over) return false;
    this.over = true;
    this.session.upstream = undefined;
    this.session.close('master link');
    this.channel.close();
    return true;
  }

  /** Where a new link has to go on: the database that the stream is in. */
  get dbId(): number {
    return this.session.db.id;
  }

  postpone(request: WireRequest): void {
    if (request === this.postponed) return;
    const { argv, inline, wireEnd, wireLength } = request;
    const wire = Buffer.from(request.wire.subarray(wireEnd - wireLength, wireEnd));
    const wireStart = wireLength - (wireEnd - request.wireStart);
    this.postponed = { argv, inline, wire, wireStart, wireEnd: wireLength, wireLength };
  }

  applied(request: WireRequest): void {
    const { session } = this;
    this.postponed = undefined;
    session.reply.clear();
    const errors = this.errors.splice(0);
    if (errors.length > 0 && this.refused(request, errors)) return;
    this.commands++;
    const end = request.wireEnd;
    const start = end - request.wireLength;
    if (session.flags & ClientFlag.multi) this.hold(request.wire, start, end);
    else {
      this.releaseHeld();
      this.host.proxy(request.wire, start, end);
    }
  }

  /** @returns whether the link ended */
  private refused(request: WireRequest, errors: readonly string[]): boolean {
    // One command gives one error, EXEC as many as fail in it: the gravest decides.
    const error = errors.find((line) => CANNOT_APPLY.test(line)) ?? errors[0];
    const name = quote(request.argv[0], false);
    const { engine, stream } = this.host;
    engine.log.warning(
      `== CRITICAL == This replica is sending an error to its master: '${error}' after processing the command '${name}'`,
    );
    if (!CANNOT_APPLY.test(error)) return false;
    const offset = stream.offset + this.heldBytes;
    // EXEC has run the rest of its commands; everything else was refused before it did anything.
    const intact = !isWord(request.argv[0], 'exec');
    const data = intact ? 'the data is as it was before it' : 'a part of the transaction has been applied';
    if (this.stop()) {
      this.host.cannotApply(
        `the command '${name}' at replication offset ${offset} cannot be applied here (${error}): ` +
          `replication stops at this point, ${data}`,
        intact,
      );
    }
    return true;
  }

  private hold(wire: Buffer, start: number, end: number): void {
    this.held.push(Buffer.from(wire.subarray(start, end)));
    this.heldBytes += end - start;
    if (this.heldBytes <= MAX_HELD_BYTES) return;
    if (this.stop()) this.host.cannotApply(`a transaction of more than ${MAX_HELD_BYTES} bytes`, true);
  }

  private releaseHeld(): void {
    for (const bytes of this.held) this.host.proxy(bytes, 0, bytes.length);
    this.held = [];
    this.heldBytes = 0;
  }

  protocolFault(error: ProtocolError): void {
    if (!this.stop()) return;
    this.host.desynchronised(
      `${error.reason} at replication offset ${this.host.stream.offset}: ${quote(ascii(error.near))}`,
    );
  }

  disconnected(): void {
    this.end('the connection was closed');
  }

  /** `REPLCONF ACK` with the applied offset. */
  sendAck(): void {
    if (this.over) return;
    this.ackedMs = this.host.engine.clock.nowMs();
    this.channel.write(encodeCommand(['REPLCONF', 'ACK', String(this.host.stream.offset)] as Bytes[]));
  }
}

/** The engine's view of the channel to a master. Replies to a master are never sent. */
class ChannelConnection implements Connection {
  readonly peerAddress: string;
  readonly localAddress: string;
  readonly peerHost: string;
  readonly isUnix = false;
  readonly isLoopback = false;
  readonly queuedBytes = 0;

  constructor(private readonly channel: ByteChannel) {
    this.peerAddress = channel.remote.address;
    this.localAddress = channel.local.address;
    this.peerHost = channel.remote.host;
  }

  write(): void {
    // Dropped: what would answer a master is for nobody (redis 7.2.6 networking.c:prepareClientToWrite).
  }

  writeBuffer(): void {
    // As `write`.
  }

  writeTransient(): boolean {
    return true;
  }

  onDrained(callback: () => void): void {
    callback();
  }

  pauseReading(): void {
    this.channel.pause();
  }

  resumeReading(): void {
    this.channel.resume();
  }

  end(): void {
    this.channel.close();
  }

  destroy(): void {
    this.channel.close();
  }
}
