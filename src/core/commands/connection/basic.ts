/** PING, ECHO, SELECT, QUIT and RESET (redis 7.2.6 server.c, db.c, networking.c). */
import { ascii, EMPTY, type Bytes } from '../../base/bytes.js';
import { int32Arg } from '../args.js';
import { ClientFlag, type CommandContext } from '../context.js';
import { Errors, ReplyError, wrongArity } from '../errors.js';

/** PING [message]: a subscriber that speaks RESP2 gets a message of two parts, since it expects no other kind. */
export function ping(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 2) throw wrongArity('ping');
  const { reply, client } = ctx;
  if (client.flags & ClientFlag.pubsub && reply.resp === 2) reply.bulks([ascii('pong'), argv[1] ?? EMPTY]);
  else if (argv.length === 1) reply.simple('PONG');
  else reply.bulk(argv[1]);
}

/** ECHO message */
export function echo(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.bulk(argv[1]);
}

/** SELECT index */
export function select(ctx: CommandContext, argv: Bytes[]): void {
  const id = int32Arg(argv[1]);
  const { databases } = ctx.store;
  if (id < 0 || id >= databases.length) throw Errors.dbOutOfRange;
  ctx.client.db = databases[id];
  ctx.reply.ok();
}

/** QUIT: what was sent behind it is not looked at. */
export function quit(ctx: CommandContext): void {
  ctx.reply.ok();
  ctx.client.close('QUIT', true);
}

/** RESET: a replica's connection and the link to a master carry a stream and stay what they are. */
export function reset(ctx: CommandContext): void {
  const { client } = ctx;
  const monitor = (client.flags & ClientFlag.monitor) !== 0;
  const streams = monitor ? ClientFlag.master : ClientFlag.replica | ClientFlag.master;
  if (client.flags & streams) throw new ReplyError('ERR can only reset normal client connections');
  ctx.server.resetClient(client);
  // The client may have been silent (CLIENT REPLY OFF) until now.
  client.reply.simple('RESET');
}
