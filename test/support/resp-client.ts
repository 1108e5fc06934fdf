/** A pipelining client of any server: calls that are not awaited share the wire. Arguments hold one byte per char. */
import { connect } from 'node:net';
import { type Bytes } from '../../src/core/base/bytes.js';
import { encodeCommandBuffer } from '../../src/core/protocol/command-encoder.js';
import { type Reply, ReplyDecoder } from '../../src/core/protocol/reply-decoder.js';

export type CallArgument = string | number | Buffer;

export interface RespClient {
  /** Sends one command and resolves with its reply (an error reply too). */
  readonly call: (...args: CallArgument[]) => Promise<Reply>;
  /** A field of INFO, from all sections. */
  info(name: string): Promise<string | undefined>;
  close(): void;
}

/** Connects to a loopback port. */
export async function connectClient(port: number): Promise<RespClient> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const decoder = new ReplyDecoder();
  const waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  const fail = (error: Error) => {
    for (const one of waiting.splice(0)) one.reject(error);
  };
  socket.setNoDelay(true);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk) => {
    decoder.push(chunk);
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next())
      waiting.shift()?.resolve(reply);
  });
  const call = (...args: CallArgument[]): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('the connection is closed'));
      waiting.push({ resolve, reject });
      const bytes = args.map(
        (arg) => (typeof arg === 'object' ? arg.toString('latin1') : String(arg)) as Bytes,
      );
      socket.write(encodeCommandBuffer(bytes));
    });
  return { call, info: infoOf(call), close: () => socket.destroy() };
}

/** Reads a field of INFO through `call`. */
export function infoOf(call: (...args: string[]) => Promise<Reply>): RespClient['info'] {
  return async (name) => {
    const reply = await call('INFO', 'everything');
    const text = reply.type === 'bulk' || reply.type === 'verbatim' ? reply.value : '';
    return new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1];
  };
}
