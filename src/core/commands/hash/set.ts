/**
 * Commands that set fields: HSET, HMSET, HSETNX. A field that is set does not expire any more.
 * Source: redis 7.2.6 t_hash.c (hsetCommand, hsetnxCommand, hashTypeTryConversion).
 */
import { type Bytes } from '../../base/bytes.js';
import { settleEncoding } from '../../store/types/encoding.js';
import { HashValue } from '../../store/types/hash-value.js';
import { type CommandContext } from '../context.js';
import { wrongArity } from '../errors.js';
import { EVENT_HSET } from './events.js';
import { fieldsFrom, hashSlot } from './lookup.js';

/** HSET key field value [field value ...]: how many fields are new. */
export function hset(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(setPairs(ctx, argv));
}

/** HMSET key field value [field value ...] */
export function hmset(ctx: CommandContext, argv: Bytes[]): void {
  setPairs(ctx, argv);
  ctx.reply.ok();
}

function setPairs(ctx: CommandContext, argv: readonly Bytes[]): number {
  if (argv.length % 2 === 1) throw wrongArity(ctx.command.fullName);
  const { db, gate } = ctx;
  const key = argv[1];
  const pairs = (argv.length - 2) / 2;
  const slot = hashSlot(ctx, key);
  const hash = slot < 0 ? new HashValue() : (gate.open(db, slot) as HashValue);
  const from = fieldsFrom(ctx);
  let created = 0;
  for (let i = 2; i < argv.length; i += 2) {
    forgetIfOver(hash, argv[i], from);
    if (hash.set(argv[i], argv[i + 1])) created++;
  }
  // Redis looks at the number of pairs, not at how many different fields they are.
  if (pairs > hash.peakSize) hash.peakSize = pairs;
  storeHash(ctx, key, slot, hash, pairs);
  return created;
}

/** HSETNX key field value */
export function hsetnx(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, field, value] = argv;
  const { db, gate } = ctx;
  const slot = hashSlot(ctx, key);
  const from = fieldsFrom(ctx);
  if (slot >= 0 && (db.valueAt(slot) as HashValue).getLive(field, from) !== undefined) {
    ctx.reply.int(0);
    return;
  }
  const hash = slot < 0 ? new HashValue() : (gate.open(db, slot) as HashValue);
  forgetIfOver(hash, field, from);
  hash.set(field, value);
  storeHash(ctx, key, slot, hash, 1);
  ctx.reply.int(1);
}

/** A field that is over counts as new when it is set. */
function forgetIfOver(hash: HashValue, field: Bytes, from: number): void {
  if (hash.earliestMs < from && hash.expiryOf(field)! < from) hash.delete(field);
}

/** Announces a hash whose fields have been set, and stores it when the key is new. */
function storeHash(ctx: CommandContext, key: Bytes, slot: number, hash: HashValue, pairs: number): void {
  const { db, gate } = ctx;
  settleEncoding(hash, ctx.server.config.values);
  if (slot >= 0) gate.changed(db, key, EVENT_HSET, pairs);
  else {
    gate.put(db, key, slot, hash, EVENT_HSET);
    gate.dirty += pairs - 1;
  }
}
