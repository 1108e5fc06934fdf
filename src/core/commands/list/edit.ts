/** Changing a list in its middle: LSET, LREM, LTRIM (redis 7.2.6 t_list.c). */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { type ListValue } from '../../store/types/list-value.js';
import { indexArg, int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { elementsRemoved } from '../removal.js';
import { EVENT_LREM, EVENT_LSET, EVENT_LTRIM } from './events.js';
import { fromStart, growing, listSlot, openList, settleShrunk, shrunk } from './lists.js';

const LSET = ascii('LSET');

/** LSET key index element. The index is looked at only when the key is there. */
export function lset(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, , element] = argv;
  const slot = listSlot(ctx, key);
  if (slot < 0) throw Errors.noKey;
  const asked = int64Arg(argv[2]);
  const given = toInt32(asked);
  const list = openList(ctx, slot);
  const index = fromStart(given, list.length);
  growing(ctx, list, element.length, 1);
  if (index < 0 || index >= list.length) throw Errors.outOfRange;
  list.setAt(index, element);
  settleShrunk(ctx, list);
  ctx.gate.changed(ctx.db, key, EVENT_LSET);
  // Replicas before 7.2 take the index as it is, and would refuse this one.
  if (given !== asked) ctx.effects.replace(LSET, key, ascii(String(given)), element);
  ctx.reply.ok();
}

/** Redis takes the index of LSET for a C int, whatever it was (redis 7.2.6 t_list.c:listTypeReplaceAtIndex). */
function toInt32(index: Int64): number {
  return typeof index === 'number' ? index | 0 : Number(BigInt.asIntN(32, index));
}

/** LREM key count element */
export function lrem(ctx: CommandContext, argv: Bytes[]): void {
  const count = indexArg(argv[2]);
  const slot = listSlot(ctx, argv[1]);
  if (slot < 0) {
    ctx.reply.int(0);
    return;
  }
  const list = openList(ctx, slot);
  const removed = list.removeMatching(argv[3], count);
  if (removed > 0) shrunk(ctx, argv[1], slot, list, EVENT_LREM, removed);
  ctx.reply.int(removed);
}

/** LTRIM key start stop. Also a list that stays as it is tells of it, but only a change is propagated. */
export function ltrim(ctx: CommandContext, argv: Bytes[]): void {
  const first = indexArg(argv[2]);
  const last = indexArg(argv[3]);
  const slot = listSlot(ctx, argv[1]);
  if (slot >= 0) {
    const { length } = ctx.db.valueAt(slot) as ListValue;
    const start = Math.max(fromStart(first, length), 0);
    const end = Math.min(fromStart(last, length), length - 1);
    if (start > end) elementsRemoved(ctx, argv[1], slot, 0, EVENT_LTRIM, length);
    else {
      const list = openList(ctx, slot);
      list.trim(start, end + 1);
      shrunk(ctx, argv[1], slot, list, EVENT_LTRIM, length - list.length);
    }
  }
  ctx.reply.ok();
}
