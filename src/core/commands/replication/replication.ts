/** ROLE, REPLICAOF, REPLCONF, PSYNC, SYNC, WAIT and FAILOVER: arguments for the replication layer. */
import { type Bytes } from '../../base/bytes.js';
import { indexArg, timeoutMsArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';

const WAIT_ON_REPLICA = new ReplyError(
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to ' +
    'be writable (which is not the default) writes to replicas are just local and are not propagated.',
);

/** ROLE */
export function role(ctx: CommandContext): void {
  ctx.server.replication.role(ctx.reply);
}

/** REPLICAOF <host port | NO ONE> */
export function replicaof(ctx: CommandContext, argv: Bytes[]): void {
  ctx.server.replication.replicaOf(ctx, argv);
}

/** REPLCONF [option value ...] */
export function replconf(ctx: CommandContext, argv: Bytes[]): void {
  ctx.server.replication.replconf(ctx.client, argv);
}

/** PSYNC replicationid offset */
export function psync(ctx: CommandContext, argv: Bytes[]): void {
  ctx.server.replication.psync(ctx.client, argv);
}

/** SYNC */
export function sync(ctx: CommandContext, argv: Bytes[]): void {
  ctx.server.replication.psync(ctx.client, argv);
}

/** WAIT numreplicas timeout: the timeout is in milliseconds, 0 waits for ever (redis 7.2.6 replication.c:waitCommand). */
export function wait(ctx: CommandContext, argv: Bytes[]): void {
  const { replication } = ctx.server;
  if (replication.isReplica) throw WAIT_ON_REPLICA;
  const replicas = indexArg(argv[1]);
  replication.wait(ctx, replicas, timeoutMsArg(ctx, argv[2]));
}

/** FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds] */
export function failover(ctx: CommandContext, argv: Bytes[]): void {
  ctx.server.replication.failover(ctx, argv);
}
