/**
 * Questions on a connection of their own, beside the one that is being diagnosed: INFO, CLIENT LIST, CONFIG GET. A replica's
 * connection takes no commands after PSYNC (redis 7.2.6 server.c:processCommand), and on a production master nothing may
 * hang on the answer.
 *
 * One command at a time, because a home-made server may not take a pipeline; what is not answered in time stays undefined.
 */
import { type ByteChannel, type ChannelError, type Dial } from '../base/byte-channel.js';
import { ascii, flat, type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { ReplyFormatError } from '../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../protocol/reply-decoder.js';

export interface SideQuestions {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly user?: Bytes;
  readonly pass?: Bytes;
  readonly commands: readonly (readonly Bytes[])[];
  /** For all of it, connecting included. */
  readonly timeoutMs: number;
  /** Called once: a reply for each command, in order; undefined where none came. `unreachable`: no connection was made. */
  readonly done: (replies: readonly (Reply | undefined)[], unreachable?: ChannelError) => void;
}

/** Connects, logs in when there is a password, asks, closes. */
export function askAside(questions: SideQuestions): void {
  new Asking(questions);
}

class Asking {
  private readonly decoder = new ReplyDecoder();
  private readonly queue: (readonly Bytes[])[];
  private readonly replies: (Reply | undefined)[] = [];
  private readonly timer;
  private readonly abandon: () => void;
  private logins: number;
  private channel: ByteChannel | undefined;
  private over = false;

  constructor(private readonly questions: SideQuestions) {
    const { user, pass } = questions;
    const login = pass === undefined ? [] : [[ascii('AUTH'), ...(user === undefined ? [] : [user]), pass]];
    this.logins = login.length;
    this.queue = [...login, ...questions.commands];
    this.timer = questions.clock.after(questions.timeoutMs, () => this.finish(), true);
    this.abandon = questions.dial(
      {
        onOpen: (channel) => {
          this.channel = channel;
          this.ask();
        },
        onFail: (error) => this.finish(error),
        onData: (chunk) => this.read(chunk),
        onClose: () => this.finish(),
      },
      { timeoutMs: questions.timeoutMs },
    );
  }

  private ask(): void {
    const command = this.queue.shift();
    if (command === undefined) this.finish();
    else this.channel?.write(flat(encodeCommand(command)));
  }

  private read(chunk: Buffer): void {
    if (this.over) return;
    this.decoder.push(Buffer.from(chunk));
    try {
      for (let reply = this.decoder.next(); reply !== undefined; reply = this.decoder.next())
        this.answered(reply);
    } catch (error) {
      if (!(error instanceof ReplyFormatError)) throw error;
      this.finish();
    }
  }

  private answered(reply: Reply): void {
    if (this.over) return;
    if (this.logins > 0) this.logins--;
    else this.replies.push(reply);
    this.ask();
  }

  private finish(unreachable?: ChannelError): void {
    if (this.over) return;
    this.over = true;
    this.timer.cancel();
    if (this.channel) this.channel.close();
    else this.abandon();
    const { commands, done } = this.questions;
    done(
      commands.map((_, i) => this.replies[i]),
      unreachable,
    );
  }
}

/** The text of a reply that carries text; undefined for errors and everything else. */
export function replyText(reply: Reply | undefined): Bytes | undefined {
  if (reply === undefined) return undefined;
  return reply.type === 'bulk' || reply.type === 'simple' || reply.type === 'verbatim'
    ? reply.value
    : undefined;
}

/** The value that `CONFIG GET name` returned, in RESP2 or RESP3. */
export function configValue(reply: Reply | undefined, name: string): Bytes | undefined {
  if (reply?.type === 'map') return replyText(reply.entries.find(([key]) => replyText(key) === name)?.[1]);
  if (reply?.type !== 'array') return undefined;
  const at = reply.items.findIndex((item, i) => i % 2 === 0 && replyText(item) === name);
  return at < 0 ? undefined : replyText(reply.items[at + 1]);
}
