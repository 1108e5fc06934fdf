/**
 * Taking elements out: LPOP, RPOP, LMPOP, and what their blocking forms do when there is something to take.
 *
 * LMPOP is propagated as an LPOP or RPOP of the one list that it took from. Source: redis 7.2.6 t_list.c (popGenericCommand,
 * mpopGenericCommand, lmpopGenericCommand).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { formatInt64 } from '../../base/numbers.js';
import { type ListValue } from '../../store/types/list-value.js';
import { positiveArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, wrongArity } from '../errors.js';
import { manyPopsArgs, type ManyPops } from '../numbered-keys.js';
import { elementsRemoved } from '../removal.js';
import { POP_EVENTS, type End } from './events.js';
import { endArg, listSlot, openList, popAt, replyRange, shrunk } from './lists.js';

const POP_NAMES: Readonly<Record<End, Bytes>> = { left: ascii('LPOP'), right: ascii('RPOP') };

/** LPOP key [count] */
export function lpop(ctx: CommandContext, argv: Bytes[]): void {
  pop(ctx, argv, 'left');
}

/** RPOP key [count] */
export function rpop(ctx: CommandContext, argv: Bytes[]): void {
  pop(ctx, argv, 'right');
}

function pop(ctx: CommandContext, argv: Bytes[], end: End): void {
  if (argv.length > 3) throw wrongArity(ctx.command.fullName);
  const count = argv.length === 3 ? positiveArg(argv[2], Errors.mustBePositive) : undefined;
  const slot = listSlot(ctx, argv[1]);
  if (slot < 0) {
    if (count === undefined) ctx.reply.null();
    else ctx.reply.nullArray();
  } else if (count === undefined) ctx.reply.bulk(popOne(ctx, argv[1], slot, end));
  else if (count === 0) ctx.reply.array(0);
  else popSome(ctx, argv[1], slot, end, count);
}

/** Takes one element from the end of the list in `slot`. */
export function popOne(ctx: CommandContext, key: Bytes, slot: number, end: End): Bytes {
  const list = openList(ctx, slot);
  const element = popAt(list, end);
  shrunk(ctx, key, slot, list, POP_EVENTS[end], 1);
  return element;
}

/** Takes up to `count` elements from the end of the list in `slot` and answers with them. @returns how many */
function popSome(ctx: CommandContext, key: Bytes, slot: number, end: End, count: number): number {
  const { length } = ctx.db.valueAt(slot) as ListValue;
  const taken = Math.min(count, length);
  const start = end === 'left' ? 0 : length - taken;
  replyRange(ctx.reply, ctx.db.valueAt(slot) as ListValue, start, taken, end === 'right');
  if (taken === length) elementsRemoved(ctx, key, slot, 0, POP_EVENTS[end], taken);
  else {
    const list = openList(ctx, slot);
    list.removeRange(start, taken);
    shrunk(ctx, key, slot, list, POP_EVENTS[end], taken);
  }
  return taken;
}

/** LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count] */
export function lmpop(ctx: CommandContext, argv: Bytes[]): void {
  if (!popFirst(ctx, manyPopsArgs(argv, 1, endArg))) ctx.reply.nullArray();
}

/** Takes from the first of the lists that is there and answers with its key and the elements. @returns whether one was */
export function popFirst(ctx: CommandContext, { keys, side: end, count }: ManyPops<End>): boolean {
  for (const key of keys) {
    const slot = listSlot(ctx, key);
    if (slot < 0) continue;
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    const taken = popSome(ctx, key, slot, end, count);
    ctx.effects.replace(POP_NAMES[end], key, formatInt64(taken));
    return true;
  }
  return false;
}

/** As `popFirst`, for one element, answered without an array of its own (BLPOP, BRPOP). */
export function popFirstOne(ctx: CommandContext, keys: readonly Bytes[], end: End): boolean {
  for (const key of keys) {
    const slot = listSlot(ctx, key);
    if (slot < 0) continue;
    const element = popOne(ctx, key, slot, end);
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    ctx.reply.bulk(element);
    ctx.effects.replace(POP_NAMES[end], key);
    return true;
  }
  return false;
}
