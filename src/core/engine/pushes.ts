/**
 * Pushes: what a session is told without having asked, and when. Pub/sub messages, invalidations and the subscription replies go
 * through here; they reach a client that CLIENT REPLY has silenced, too.
 *
 * A message for the client whose command is running waits until that command has been answered, EXEC and scripts as a whole;
 * other clients get theirs at once. (P|S)(UN)SUBSCRIBE answer with messages themselves, so nothing waits for those. Rules: redis
 * 7.2.6 networking.c:_addReplyToBufferOrList, server.c:afterCommand.
 */
import { ClientFlag } from '../commands/context.js';
import { ReplyWriter } from '../protocol/reply-writer.js';
import { type Dispatcher, type MutableContext } from './dispatcher.js';
import { Observer } from './gate-bits.js';
import { type Session } from './session.js';

export interface PushHost {
  readonly dispatcher: Dispatcher;
  readonly context: MutableContext;
  /** Closes a session whose output is over its limit. */
  checkOutput(session: Session): void;
}

/** Commands whose answer is a message (redis 7.2.6 networking.c:cmdHasPushAsReply). */
const ANSWERED_BY_PUSH = new Set([
  'subscribe',
  'unsubscribe',
  'psubscribe',
  'punsubscribe',
  'ssubscribe',
  'sunsubscribe',
]);

const CLOSING = ClientFlag.closeAfterReply | ClientFlag.closeAsap;

export class Pushes {
  /** For the client whose command is running. */
  private readonly waiting = new ReplyWriter();

  constructor(private readonly host: PushHost) {}

  /** Where a message for `session` is to be written; `written` follows. Undefined: it is about to be closed and hears nothing. */
  writerFor(session: Session): ReplyWriter | undefined {
    if (session.closed || (session.flags & CLOSING) !== 0) return undefined;
    const { dispatcher, context } = this.host;
    const running = session === dispatcher.current && dispatcher.depth > 0;
    if (!running || ANSWERED_BY_PUSH.has(context.command.name)) return session.reply;
    this.waiting.resp = session.reply.resp;
    dispatcher.observe(Observer.pushes, true);
    return this.waiting;
  }

  /** A message has been written for `session`. */
  written(session: Session): void {
    session.wrote();
    this.host.checkOutput(session);
  }

  /** The command of `session` has been answered: what waited follows. */
  release(session: Session): void {
    this.host.dispatcher.observe(Observer.pushes, false);
    if (session.closed) {
      this.waiting.clear();
      return;
    }
    session.reply.moveFrom(this.waiting);
    this.written(session);
  }
}
