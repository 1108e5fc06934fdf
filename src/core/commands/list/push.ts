/**
 * Adding elements: LPUSH, RPUSH, LPUSHX, RPUSHX, LINSERT (redis 7.2.6 t_list.c:pushGenericCommand, linsertCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { ListValue } from '../../store/types/list-value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_LINSERT, PUSH_EVENTS, type End } from './events.js';
import { grown, growing, listSlot, openList, pushAt } from './lists.js';

/** LPUSH key element [element ...] */
export function lpush(ctx: CommandContext, argv: Bytes[]): void {
  push(ctx, argv, 'left', listSlot(ctx, argv[1]));
}

/** RPUSH key element [element ...] */
export function rpush(ctx: CommandContext, argv: Bytes[]): void {
  push(ctx, argv, 'right', listSlot(ctx, argv[1]));
}

/** LPUSHX key element [element ...]. Only to a list that is there. */
export function lpushx(ctx: CommandContext, argv: Bytes[]): void {
  pushIfThere(ctx, argv, 'left');
}

/** RPUSHX key element [element ...]. Only to a list that is there. */
export function rpushx(ctx: CommandContext, argv: Bytes[]): void {
  pushIfThere(ctx, argv, 'right');
}

function pushIfThere(ctx: CommandContext, argv: Bytes[], end: End): void {
  const slot = listSlot(ctx, argv[1]);
  if (slot < 0) ctx.reply.int(0);
  else push(ctx, argv, end, slot);
}

function push(ctx: CommandContext, argv: Bytes[], end: End, slot: number): void {
  const key = argv[1];
  const count = argv.length - 2;
  const list = slot < 0 ? new ListValue() : openList(ctx, slot);
  let bytes = 0;
  for (let i = 2; i < argv.length; i++) bytes += argv[i].length;
  growing(ctx, list, bytes, count);
  for (let i = 2; i < argv.length; i++) pushAt(list, end, argv[i]);
  grown(list);
  announcePush(ctx, key, slot, list, end, count);
  ctx.reply.int(list.length);
}

/** `count` elements were added to the list in `slot`, or to a new one (-1). */
export function announcePush(
  ctx: CommandContext,
  key: Bytes,
  slot: number,
  list: ListValue,
  end: End,
  count: number,
): void {
  const { db, gate } = ctx;
  if (slot >= 0) gate.changed(db, key, PUSH_EVENTS[end], count);
  else {
    gate.put(db, key, -1, list, PUSH_EVENTS[end], 0);
    gate.dirty += count - 1;
  }
}

/** LINSERT key <BEFORE | AFTER> pivot element */
export function linsert(ctx: CommandContext, argv: Bytes[]): void {
  const after = isWord(argv[2], 'after');
  if (!after && !isWord(argv[2], 'before')) throw Errors.syntax;
  const [, key, , pivot, element] = argv;
  const slot = listSlot(ctx, key);
  if (slot < 0) {
    ctx.reply.int(0);
    return;
  }
  const list = openList(ctx, slot);
  growing(ctx, list, element.length, 1);
  const at = list.indexOf(pivot);
  if (at < 0) {
    ctx.reply.int(-1);
    return;
  }
  list.insertAt(after ? at + 1 : at, element);
  grown(list);
  ctx.gate.changed(ctx.db, key, EVENT_LINSERT);
  ctx.reply.int(list.length);
}
