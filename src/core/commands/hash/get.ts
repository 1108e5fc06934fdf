/**
 * Commands that read fields: HGET, HMGET, HEXISTS, HSTRLEN, HLEN, HGETALL, HKEYS, HVALS.
 * Source: redis 7.2.6 t_hash.c. HLEN counts what HGETALL returns.
 */
import { type Bytes } from '../../base/bytes.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { type CommandContext } from '../context.js';
import { fieldsFrom, readHash } from './lookup.js';

/** HGET key field */
export function hget(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.bulkOrNull(readHash(ctx, argv[1])?.getLive(argv[2], fieldsFrom(ctx)));
}

/** HMGET key field [field ...] */
export function hmget(ctx: CommandContext, argv: Bytes[]): void {
  const { reply } = ctx;
  const hash = readHash(ctx, argv[1]);
  const from = fieldsFrom(ctx);
  reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) reply.bulkOrNull(hash?.getLive(argv[i], from));
}

/** HEXISTS key field */
export function hexists(ctx: CommandContext, argv: Bytes[]): void {
  const value = readHash(ctx, argv[1])?.getLive(argv[2], fieldsFrom(ctx));
  ctx.reply.int(value === undefined ? 0 : 1);
}

/** HSTRLEN key field */
export function hstrlen(ctx: CommandContext, argv: Bytes[]): void {
  const value = readHash(ctx, argv[1])?.getLive(argv[2], fieldsFrom(ctx));
  ctx.reply.int(value === undefined ? 0 : value.length);
}

/** HLEN key */
export function hlen(ctx: CommandContext, argv: Bytes[]): void {
  const hash = readHash(ctx, argv[1]);
  ctx.reply.int(hash === undefined ? 0 : liveFields(hash, fieldsFrom(ctx)));
}

/** How many fields there are but for those that were due before `from`. */
export function liveFields(hash: HashValue, from: number): number {
  return hash.size - hash.countOver(from);
}

/** HGETALL key: a map in RESP3. */
export function hgetall(ctx: CommandContext, argv: Bytes[]): void {
  const { reply } = ctx;
  const hash = readHash(ctx, argv[1]);
  if (hash === undefined) {
    reply.map(0);
    return;
  }
  const from = fieldsFrom(ctx);
  reply.map(liveFields(hash, from));
  for (let slot = 0; slot < hash.size; slot++) {
    if (hash.expiryAt(slot) < from) continue;
    reply.bulk(hash.fieldAt(slot));
    reply.bulk(hash.valueAt(slot));
  }
}

/** HKEYS key */
export function hkeys(ctx: CommandContext, argv: Bytes[]): void {
  const hash = readHash(ctx, argv[1]);
  const from = fieldsFrom(ctx);
  ctx.reply.array(hash === undefined ? 0 : liveFields(hash, from));
  for (let slot = 0; hash !== undefined && slot < hash.size; slot++) {
    if (hash.expiryAt(slot) >= from) ctx.reply.bulk(hash.fieldAt(slot));
  }
}

/** HVALS key */
export function hvals(ctx: CommandContext, argv: Bytes[]): void {
  const hash = readHash(ctx, argv[1]);
  const from = fieldsFrom(ctx);
  ctx.reply.array(hash === undefined ? 0 : liveFields(hash, from));
  for (let slot = 0; hash !== undefined && slot < hash.size; slot++) {
    if (hash.expiryAt(slot) >= from) ctx.reply.bulk(hash.valueAt(slot));
  }
}
