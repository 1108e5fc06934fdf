/** HDEL (redis 7.2.6 t_hash.c:hdelCommand). */
import { type Bytes } from '../../base/bytes.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { type CommandContext } from '../context.js';
import { elementsRemoved } from '../removal.js';
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
  if (deleted > 0) elementsRemoved(ctx, key, slot, hash.size, EVENT_HDEL, deleted);
  return deleted;
}
