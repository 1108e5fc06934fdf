/**
 * One raw connection to a server, for the variants of `--conformance` and for the manual drive: bytes out as they are told, lines
 * and bytes in with a deadline on silence. It judges nothing. What arrives stays in one queue until it is taken, so no byte is
 * lost between a line and a snapshot.
 */
import { type ByteChannel, type ChannelClose, type ChannelError, type Dial } from '../base/byte-channel.js';
import { ByteQueue, LineTooLongError } from '../base/byte-queue.js';
import { fromBuffer, sliceBytes, toBuffer, type Bytes } from '../base/bytes.js';
import { type Clock, type Timer } from '../base/clock.js';
import { MAX_LINE_BYTES } from '../replication/handshake/run.js';
import { MAX_EVIDENCE_BYTES } from '../replication/handshake/observer.js';

/** The port could not be reached. */
export class Unreachable extends Error {
  constructor(readonly error: ChannelError) {
    super(error.message);
  }
}

/** Why a line did not come. */
export type NoLine = 'timeout' | 'closed' | 'garbage';

export interface Ports {
  readonly dial: Dial;
  readonly clock: Clock;
}

/** Pause between the pieces of a message that is sent in pieces, in ms: each is a segment of its own. */
const PIECE_PAUSE_MS = 1;

export class Peer {
  readonly queue = new ByteQueue();
  closed: ChannelClose | undefined;
  /** When the last bytes came, by the wire tap. */
  readAtUs = 0;
  /** Called after each arrival and at the end, while nobody waits. */
  onIdle: () => void = () => undefined;
  private wake: (() => void) | undefined;

  private constructor(
    private readonly channel: ByteChannel,
    private readonly clock: Clock,
  ) {}

  /** Connects. Rejects with Unreachable. */
  static open(ports: Ports, timeoutMs: number, localPort?: number): Promise<Peer> {
    return new Promise((resolve, reject) => {
      let peer: Peer | undefined;
      ports.dial(
        {
          onOpen: (channel) => {
            peer = new Peer(channel, ports.clock);
            resolve(peer);
          },
          onFail: (error) => reject(new Unreachable(error)),
          onData: (chunk, atUs) => peer?.take(chunk, atUs),
          onClose: (close) => peer?.lost(close),
        },
        { timeoutMs, ...(localPort !== undefined && { localPort }) },
      );
    });
  }

  get local(): { readonly address: string; readonly port: number } {
    return this.channel.local;
  }

  get remote(): string {
    return this.channel.remote.address;
  }

  write(bytes: Bytes): void {
    this.channel.write(bytes);
  }

  /** Writes every byte as a segment of its own. */
  async writeByteByByte(bytes: Bytes): Promise<void> {
    const all = toBuffer(bytes);
    for (let at = 0; at < all.length && this.closed === undefined; at++) {
      this.channel.write(sliceBytes(all, at, at + 1));
      await this.pause(PIECE_PAUSE_MS);
    }
  }

  /** The next line without its end, or why there is none. Each arrival of bytes starts the deadline anew. */
  async line(silenceMs: number): Promise<{ readonly raw: Bytes } | { readonly none: NoLine }> {
    let found: Buffer | 'garbage' | undefined;
    await this.until(() => (found = this.readLine()) !== undefined, silenceMs);
    if (found === 'garbage') return { none: 'garbage' };
    if (found === undefined) return { none: this.closed === undefined ? 'timeout' : 'closed' };
    return { raw: fromBuffer(found) };
  }

  private readLine(): Buffer | 'garbage' | undefined {
    try {
      return this.queue.readLine(MAX_LINE_BYTES);
    } catch (error) {
      if (error instanceof LineTooLongError) return 'garbage';
      throw error;
    }
  }

  /** Waits until `test` holds, or nothing has arrived for so long, or the connection is gone; answers whether it holds. */
  until(test: () => boolean, silenceMs: number): Promise<boolean> {
    return this.wait(test, silenceMs, true);
  }

  /** As `until`, but what arrives does not prolong it: for a peer that may go on talking. */
  within(test: () => boolean, ms: number): Promise<boolean> {
    return this.wait(test, ms, false);
  }

  private wait(test: () => boolean, ms: number, anew: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const arm = (): Timer => this.clock.after(ms, () => settle(test()), true);
      let timer = arm();
      const settle = (holds: boolean): void => {
        timer.cancel();
        this.wake = undefined;
        resolve(holds);
      };
      const look = (): void => {
        if (test()) return settle(true);
        if (this.closed !== undefined) return settle(false);
        if (!anew) return;
        timer.cancel();
        timer = arm();
      };
      this.wake = look;
      look();
    });
  }

  /** Waits that long, whatever arrives. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve, true));
  }

  /** What waits in the queue, cut to a limit. */
  waiting(): Bytes {
    return this.queue.peekText(MAX_EVIDENCE_BYTES);
  }

  /** Takes everything that waits in the queue. */
  takeAll(): Buffer {
    return this.queue.take(this.queue.length);
  }

  close(): void {
    this.channel.close();
  }

  private take(chunk: Buffer, atUs: number): void {
    this.readAtUs = atUs;
    this.queue.push(Buffer.from(chunk));
    (this.wake ?? this.onIdle)();
  }

  private lost(close: ChannelClose): void {
    this.closed = close;
    (this.wake ?? this.onIdle)();
  }
}
