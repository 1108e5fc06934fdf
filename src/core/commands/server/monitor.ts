/** MONITOR (redis 7.2.6 server.c:monitorCommand). */
import { ClientFlag, type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';

const DENIED = new ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client");

/** MONITOR: a client that is one already, and a replica, get no answer. */
export function monitor({ mayBlock, client, server, reply }: CommandContext): void {
  if (!mayBlock) throw DENIED;
  if (client.flags & ClientFlag.replica) return;
  server.monitor(client);
  reply.ok();
}
