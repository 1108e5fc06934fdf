/**
 * One client connection for tests and benchmarks: requests out, replies back in order, push messages apart.
 *
 * Built on node:net and on ReplyDecoder only, so it shares nothing with the server it talks to. A closed socket fails
 * every request that is still waiting, with the reason.
 */
import net from 'node:net';
import { encodeRequest, ReplyDecoder, type Reply } from './resp-decoder.js';

interface Waiter {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class RespConnection {
  /** Push messages (RESP3 `>`), oldest first. */
  readonly pushes: Reply[] = [];
  private readonly decoder = new ReplyDecoder();
  private waiters: Waiter[] = [];
  private taken = 0;
  private failure: Error | undefined;

  private constructor(private readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('connection closed')));
  }

  /** Opens a connection; rejects when it is refused. */
  static connect(port: number, host = '127.0.0.1'): Promise<RespConnection> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new RespConnection(socket));
      });
    });
  }

  /** Sends one request; resolves with its reply (an error reply included). */
  send(...args: string[]): Promise<Reply> {
    return this.write(encodeRequest(args), 1)[0];
  }

  /** Sends requests in one write; resolves with all the replies. */
  pipeline(requests: readonly (readonly string[])[]): Promise<Reply[]> {
    return Promise.all(this.write(requests.map(encodeRequest).join(''), requests.length));
  }

  /** Closes the socket at once. */
  close(): void {
    this.socket.destroy();
  }

  private write(bytes: string, count: number): Promise<Reply>[] {
    const replies = Array.from({ length: count }, () => {
      return new Promise<Reply>((resolve, reject) => {
        if (this.failure !== undefined) reject(this.failure);
        else this.waiters.push({ resolve, reject });
      });
    });
    if (this.failure === undefined) this.socket.write(bytes, 'latin1');
    return replies;
  }

  private receive(chunk: Buffer): void {
    this.decoder.feed(chunk);
    try {
      for (let reply = this.decoder.next(); reply !== undefined; reply = this.decoder.next())
        this.deliver(reply);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      this.socket.destroy();
    }
  }

  private deliver(reply: Reply): void {
    if (reply.type === 'push') {
      this.pushes.push(reply);
      return;
    }
    const waiter = this.waiters[this.taken++] as Waiter | undefined;
    if (waiter === undefined) throw new Error('a reply to no request');
    waiter.resolve(reply);
    if (this.taken === this.waiters.length) {
      this.waiters = [];
      this.taken = 0;
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    const waiting = this.waiters.slice(this.taken);
    this.waiters = [];
    this.taken = 0;
    for (const waiter of waiting) waiter.reject(this.failure);
  }
}
