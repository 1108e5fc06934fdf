/**
 * Moving an element from one list to another, or within one: LMOVE and RPOPLPUSH (redis 7.2.6 t_list.c:lmoveGenericCommand).
 */
import { detached, type Bytes } from '../../base/bytes.js';
import { isInt64Text } from '../../store/types/int-text.js';
import { ListValue } from '../../store/types/list-value.js';
import { type CommandContext } from '../context.js';
import { POP_EVENTS, type End } from './events.js';
import { endArg, grown, growing, listSlot, openList, popAt, pushAt, shrunk } from './lists.js';
import { announcePush } from './push.js';

/** LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> */
export function lmove(ctx: CommandContext, argv: Bytes[]): void {
  const from = endArg(argv[3]);
  const to = endArg(argv[4]);
  if (!moveOne(ctx, argv[1], argv[2], from, to)) ctx.reply.null();
}

/** RPOPLPUSH source destination */
export function rpoplpush(ctx: CommandContext, argv: Bytes[]): void {
  if (!moveOne(ctx, argv[1], argv[2], 'right', 'left')) ctx.reply.null();
}

/** Moves one element and answers with it. @returns false when there is no source, and nothing is answered */
export function moveOne(ctx: CommandContext, source: Bytes, target: Bytes, from: End, to: End): boolean {
  const { db } = ctx;
  if (listSlot(ctx, source) < 0) return false;
  const targetSlot = listSlot(ctx, target);
  // Looking at the target may have deleted it and moved the source.
  const sourceSlot = db.lookup(source);
  const taken = openList(ctx, sourceSlot);
  const element = detached(popAt(taken, from));
  const given = targetSlot < 0 ? new ListValue() : openList(ctx, targetSlot);
  growing(ctx, given, isInt64Text(element) ? 0 : element.length, 1);
  pushAt(given, to, element);
  grown(given);
  // When both are one list, it is still to be settled for what was taken.
  taken.unsettled = true;
  // Told in this order: the arrival, then the departure. The departure is what counts as the change.
  announcePush(ctx, target, targetSlot, given, to, 0);
  shrunk(ctx, source, sourceSlot, taken, POP_EVENTS[from], 1);
  ctx.reply.bulk(element);
  return true;
}
