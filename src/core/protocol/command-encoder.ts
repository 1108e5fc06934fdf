/**
 * Commands as a client, a replica or a replication stream sends them: `*<count>` and one `$<length>` bulk per argument.
 * Used by the client side, by the effect encoder (stream and AOF) and by tests.
 */
import { type Bytes } from '../base/bytes.js';

/** `args` as one multibulk request. The result is a rope: flatten it (`flat`) before storing it for long. */
export function encodeCommand(args: readonly Bytes[]): Bytes {
  let out = '*' + args.length + '\r\n';
  for (const arg of args) out += '$' + arg.length + '\r\n' + arg + '\r\n';
  return out as Bytes;
}

/** `args` as one multibulk request, in a new Buffer of exactly its size. */
export function encodeCommandBuffer(args: readonly Bytes[]): Buffer {
  return Buffer.from(encodeCommand(args), 'latin1');
}
