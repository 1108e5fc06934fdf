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

/** `args` as one multibulk request, in a new Buffer of exactly its size: for arguments of any length. */
export function encodeCommandBuffer(args: readonly Bytes[]): Buffer {
  const head = `*${args.length}\r\n`;
  let size = head.length;
  for (const arg of args) size += bulkHead(arg).length + arg.length + 2;
  const out = Buffer.allocUnsafe(size);
  let at = out.latin1Write(head, 0);
  for (const arg of args) {
    at += out.latin1Write(bulkHead(arg), at);
    at += out.latin1Write(arg, at);
    at += out.latin1Write('\r\n', at);
  }
  return out;
}

function bulkHead(arg: Bytes): string {
  return `$${arg.length}\r\n`;
}
