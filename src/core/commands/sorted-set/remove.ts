/** ZREM and ZREMRANGEBYRANK, -SCORE and -LEX (redis 7.2.6 t_zset.c:zremCommand, zremrangeGenericCommand). */
import { type Bytes } from '../../base/bytes.js';
import { type KeyEvent } from '../../store/events.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { elementsRemoved } from '../removal.js';
import { lexRange, ranksBetween, ranksByLex, ranksByScore, scoreRange, WHOLE, type Ranks } from './bounds.js';
import { EVENT_ZREM, EVENT_ZREMRANGEBYLEX, EVENT_ZREMRANGEBYRANK, EVENT_ZREMRANGEBYSCORE } from './events.js';
import { openZSet, writeSlot, zsetOrThrow } from './values.js';

/** ZREM key member [member ...] */
export function zrem(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const slot = writeSlot(ctx, key);
  const found =
    slot < 0 ? -1 : argv.findIndex((_, i) => i >= 2 && zsetOrThrow(ctx.db.valueAt(slot)).has(argv[i]));
  if (found < 0) {
    ctx.reply.int(0);
    return;
  }
  const zset = openZSet(ctx, slot);
  let removed = 0;
  for (let i = found; i < argv.length && zset.size > 0; i++) if (zset.delete(argv[i])) removed++;
  elementsRemoved(ctx, key, slot, zset.size, EVENT_ZREM, removed);
  ctx.reply.int(removed);
}

/** ZREMRANGEBYRANK key start stop */
export function zremrangebyrank(ctx: CommandContext, argv: Bytes[]): void {
  const start = indexArg(argv[2]);
  const stop = indexArg(argv[3]);
  removeRanks(ctx, argv[1], (zset) => ranksBetween(start, stop, zset.size), EVENT_ZREMRANGEBYRANK);
}

/** ZREMRANGEBYSCORE key min max */
export function zremrangebyscore(ctx: CommandContext, argv: Bytes[]): void {
  const range = scoreRange(argv[2], argv[3]);
  removeRanks(ctx, argv[1], (zset) => ranksByScore(zset, range), EVENT_ZREMRANGEBYSCORE);
}

/** ZREMRANGEBYLEX key min max */
export function zremrangebylex(ctx: CommandContext, argv: Bytes[]): void {
  const range = lexRange(argv[2], argv[3]);
  removeRanks(ctx, argv[1], (zset) => ranksByLex(zset, range, WHOLE), EVENT_ZREMRANGEBYLEX);
}

function removeRanks(
  ctx: CommandContext,
  key: Bytes,
  ranksOf: (zset: ZSetValue) => Ranks,
  event: KeyEvent,
): void {
  const slot = writeSlot(ctx, key);
  const { start, end } = slot < 0 ? { start: 0, end: 0 } : ranksOf(zsetOrThrow(ctx.db.valueAt(slot)));
  if (start < end) {
    const zset = openZSet(ctx, slot);
    zset.removeRange(start, end);
    elementsRemoved(ctx, key, slot, zset.size, event, end - start);
  }
  ctx.reply.int(end - start);
}
