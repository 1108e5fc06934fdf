/** HDEL, and what is left to do when fields were deleted (redis 7.2.6 t_hash.c:hdelCommand). */
import { type Bytes } from '../../base/bytes.js';
import { EVENT_DEL } from '../../store/events.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { type CommandContext } from '../context.js';
import { EVENT_HDEL } from './events.js';
import { fieldsFrom, hashSlot } from './lookup.js';

/** HDEL key field [field ...] */
export function hdel(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const slot = hashSlot(ctx, key);
  const deleted = slot < 0 ? 0 : deleteFields(ctx, key, slot, argv);
  ctx.reply.int(deleted);
}

/** Fields that are over are left to those who delete by time. */
function deleteFields(ctx: CommandContext, key: Bytes, slot: number, argv: readonly Bytes[]): number {
  const from = fieldsFrom(ctx);
  let hash = ctx.db.valueAt(slot) as HashValue;
  let deleted = 0;
  for (let i = 2; i < argv.length; i++) {
    if (hash.getLive(argv[i], from) === undefined) continue;
    if (deleted++ === 0) hash = ctx.gate.open(ctx.db, slot) as HashValue;
    hash.delete(argv[i]);
  }
  if (deleted > 0) fieldsDeleted(ctx, key, slot, hash, deleted);
  return deleted;
}

/** Announces that `count` fields were deleted by a command, and removes a hash that has no others. */
export function fieldsDeleted(
  ctx: CommandContext,
  key: Bytes,
  slot: number,
  hash: HashValue,
  count: number,
): void {
  const { db, gate } = ctx;
  const emptied = hash.size === 0;
  // The removal of the key counts for the last field.
  gate.changed(db, key, EVENT_HDEL, emptied ? count - 1 : count);
  if (emptied) gate.remove(db, key, slot, EVENT_DEL);
}
