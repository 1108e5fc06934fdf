/**
 * Monitors: the clients of MONITOR, and the line that each executed command makes for them (redis 7.2.6
 * replication.c:replicationFeedMonitors). Secrets have been taken out of the arguments by the commands themselves.
 */
import { quote, type Bytes } from '../base/bytes.js';
import { ClientFlag } from '../commands/context.js';
import { type Command } from '../commands/spec.js';
import { type Engine } from './engine.js';
import { Observer } from './gate-bits.js';
import { type Session } from './session.js';

/** Arguments are quoted in pieces of this length: a quoted argument may be four times as long as V8's longest string. */
const PIECE_BYTES = 64 * 1024;

const SILENT = ClientFlag.replyOff | ClientFlag.replySkip | ClientFlag.closeAfterReply | ClientFlag.closeAsap;

export class Monitors {
  private readonly monitors = new Set<Session>();

  constructor(private readonly engine: Engine) {
    const { sessions } = engine;
    sessions.onEnd((session) => this.remove(session));
    sessions.onReset((session) => {
      if (this.remove(session)) session.setFlag(ClientFlag.monitor | ClientFlag.replica, false);
    });
  }

  /** MONITOR: Redis marks such a client as a replica, and so do the gates. */
  add(session: Session): void {
    session.setFlag(ClientFlag.monitor | ClientFlag.replica, true);
    this.monitors.add(session);
    this.engine.dispatcher.observe(Observer.monitors, true);
  }

  private remove(session: Session): boolean {
    if (!this.monitors.delete(session)) return false;
    this.engine.dispatcher.observe(Observer.monitors, this.monitors.size > 0);
    return true;
  }

  /** A command has been executed. */
  executed(session: Session, command: Command, argv: readonly Bytes[]): void {
    if (command.flagSet.has('skip_monitor') || command.flagSet.has('admin')) return;
    this.feed(session, argv);
  }

  /** Shows a command whatever its flags. */
  feed(session: Session, argv: readonly Bytes[]): void {
    if (this.monitors.size === 0 || this.engine.isLoading) return;
    const pieces = [this.head(session)];
    for (const [i, arg] of argv.entries()) quoteInto(pieces, arg, i === argv.length - 1 ? '\r\n' : ' ');
    const line = pieces.length === 1 ? pieces : joinShort(pieces);
    for (const monitor of this.monitors) {
      if (monitor.flags & SILENT) continue;
      for (const piece of line) monitor.reply.raw(piece);
      monitor.wrote();
      this.engine.sessions.checkOutput(monitor);
    }
  }

  /** `+1339518083.107412 [0 127.0.0.1:60866] ` */
  private head(session: Session): string {
    const us = this.engine.clock.nowUs();
    const seconds = Math.floor(us / 1e6);
    const micros = String(Math.floor(us % 1e6)).padStart(6, '0');
    return `+${seconds}.${micros} [${session.db.id} ${this.origin(session)}] `;
  }

  private origin({ flags, peerAddress }: Session): string {
    if (flags & ClientFlag.script) return 'lua';
    return flags & ClientFlag.unixSocket ? `unix:${this.engine.config.values.unixsocket}` : peerAddress;
  }
}

function quoteInto(pieces: string[], arg: Bytes, end: string): void {
  if (arg.length <= PIECE_BYTES) {
    pieces.push(quote(arg) + end);
    return;
  }
  pieces.push('"');
  for (let at = 0; at < arg.length; at += PIECE_BYTES) {
    pieces.push(quote(arg.slice(at, at + PIECE_BYTES) as Bytes, false));
  }
  pieces.push('"' + end);
}

/** The line as one string where that is short enough. */
function joinShort(pieces: readonly string[]): readonly string[] {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length <= PIECE_BYTES ? [pieces.join('')] : pieces;
}
