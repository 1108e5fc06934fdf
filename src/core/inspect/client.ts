/**
 * A small client for looking at a server: opens one connection, logs in, sends groups of commands and waits for their replies.
 * Every way in which that can fail becomes an InspectError with a sentence for the user. Used by `collect`.
 */
import { type ByteChannel, type ChannelClose, type ChannelEvents, type Dial } from '../base/byte-channel.js';
import { ascii, concat, fromText, quote, type Bytes } from '../base/bytes.js';
import { type Clock, type Timer } from '../base/clock.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { ReplyFormatError } from '../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../protocol/reply-decoder.js';

/** Why nothing could be found out. */
export type InspectFailure =
  'unreachable' | 'timeout' | 'closed' | 'not-redis' | 'refused' | 'no-replication';

export class InspectError extends Error {
  override readonly name = 'InspectError';
  constructor(
    readonly failure: InspectFailure,
    message: string,
    /** Of `unreachable`: the code of the connection attempt, such as `ECONNREFUSED`. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** What it means that a server takes a connection and is silent. */
export const SILENT =
  'It takes connections and answers nothing: its process is stopped, swaps, or runs one long command. Look at it where it runs';

export interface Login {
  readonly user?: string;
  readonly pass?: string;
}

/** Longest part of an unexpected answer that is shown. */
const SHOWN_BYTES = 80;

/** Most names of commands in the sentence about a timeout. */
const SHOWN_COMMANDS = 6;

interface Waiting {
  readonly what: string;
  readonly count: number;
  readonly replies: Reply[];
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: InspectError) => void;
  readonly timer: Timer;
}

/** One open connection. Groups are answered one at a time: do not start one before the last has ended. */
export class InspectClient {
  private readonly decoder = new ReplyDecoder();
  private waiting: Waiting | undefined;
  private failure: InspectError | undefined;
  private channel!: ByteChannel;

  private constructor(
    private readonly name: string,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** Connects to what `dial` reaches and logs in. `name` is the address for messages. Rejects with InspectError. */
  static async open(
    dial: Dial,
    name: string,
    options: { readonly clock: Clock; readonly timeoutMs: number; readonly login?: Login },
  ): Promise<InspectClient> {
    const client = new InspectClient(name, options.clock, options.timeoutMs);
    await client.connect(dial);
    try {
      await client.login(options.login ?? {});
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /** Sends `commands` in one write; resolves with a reply for each (an error reply is a reply). */
  calls(commands: readonly (readonly Bytes[])[]): Promise<Reply[]> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const what = [...new Set(commands.map((args) => args[0]))].slice(0, SHOWN_COMMANDS).join(', ');
      const timer = this.clock.after(this.timeoutMs, () => this.timedOut(what), true);
      this.waiting = { what, count: commands.length, replies: [], resolve, reject, timer };
      this.channel.write(concat(commands.map(encodeCommand)));
      this.deliver();
    });
  }

  /** Ends the connection. */
  close(): void {
    this.channel.close();
  }

  /** The address of the peer, without its port. */
  get peerHost(): string {
    return this.channel.remote.host;
  }

  private connect(dial: Dial): Promise<void> {
    return new Promise((resolve, reject) => {
      const events: ChannelEvents = {
        onOpen: (channel) => {
          this.channel = channel;
          resolve();
        },
        onFail: (error) => {
          const message = `cannot connect to ${this.name}: ${error.message}`;
          reject(new InspectError('unreachable', message, error.code));
        },
        onData: (chunk) => {
          this.decoder.push(Buffer.from(chunk));
          this.deliver();
        },
        onClose: (close) => this.closed(close),
      };
      dial(events, { timeoutMs: this.timeoutMs });
    });
  }

  private async login({ user, pass }: Login): Promise<void> {
    if (pass === undefined) return;
    const args = [ascii('AUTH'), ...(user === undefined ? [] : [fromText(user)]), fromText(pass)];
    const [reply] = await this.calls([args]);
    // A server without a password needs no login; redis-cli goes on here, too.
    if (
      reply.type === 'error' &&
      !reply.value.startsWith('ERR AUTH <password> called without any password')
    ) {
      throw new InspectError('refused', `${this.name} refuses the login: ${quote(reply.value, false)}`);
    }
  }

  private deliver(): void {
    try {
      while (this.waiting) {
        const reply = this.decoder.next();
        if (!reply) return;
        if (reply.type === 'push') continue;
        this.waiting.replies.push(reply);
        if (this.waiting.replies.length === this.waiting.count) this.settle().resolve();
      }
    } catch (error) {
      if (!(error instanceof ReplyFormatError)) throw error;
      const got = error.got.slice(0, SHOWN_BYTES);
      this.fail(
        new InspectError('not-redis', `${this.name} does not speak the Redis protocol: it sent ${got}`),
      );
      this.close();
    }
  }

  /** Takes the waiting group out; nothing may be waiting afterwards when its promise settles. */
  private settle(): { resolve(): void; reject(error: InspectError): void } {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.timer.cancel();
    return {
      resolve: () => waiting?.resolve(waiting.replies),
      reject: (error) => waiting?.reject(error),
    };
  }

  private fail(error: InspectError): void {
    this.failure ??= error;
    this.settle().reject(this.failure);
  }

  private timedOut(what: string): void {
    const seconds = this.timeoutMs / 1000;
    this.fail(new InspectError('timeout', `${this.name} did not answer ${what} within ${seconds} s`));
    this.close();
  }

  private closed(close: ChannelClose): void {
    const how = close.error ? ` (${close.error.code})` : '';
    // A server that refuses us says why before it closes: maxclients, protected mode.
    const said = [...(this.waiting?.replies ?? []), ...this.unread()].find((reply) => reply.type === 'error');
    const why = said ? `, saying: ${quote(said.value, false)}` : '';
    this.fail(new InspectError('closed', `${this.name} closed the connection${how}${why}`));
  }

  /** What arrived before anything was asked. */
  private unread(): Reply[] {
    try {
      const reply = this.decoder.next();
      return reply ? [reply] : [];
    } catch (error) {
      if (error instanceof ReplyFormatError) return [];
      throw error;
    }
  }
}
