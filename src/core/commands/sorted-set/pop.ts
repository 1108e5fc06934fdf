/**
 * ZPOPMIN, ZPOPMAX, ZMPOP and those that wait: BZPOPMIN, BZPOPMAX, BZMPOP. What was popped is propagated as ZPOPMIN or ZPOPMAX.
 *
 * Source: redis 7.2.6 t_zset.c (genericZpopCommand, blockingGenericZpopCommand, zmpopGenericCommand).
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type ZEntry } from '../../store/types/zset-value.js';
import { positiveArg, timeoutSecondsArg } from '../args.js';
import { type BlockOptions, type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { elementsRemoved } from '../removal.js';
import { manyPopsArgs } from '../numbered-keys.js';
import { EVENT_ZPOPMAX, EVENT_ZPOPMIN } from './events.js';
import { openZSet, writeSlot } from './values.js';

const ZPOPMIN = ascii('ZPOPMIN');
const ZPOPMAX = ascii('ZPOPMAX');

/** ZPOPMIN key [count] */
export function zpopmin(ctx: CommandContext, argv: Bytes[]): void {
  popOne(ctx, argv, false);
}

/** ZPOPMAX key [count] */
export function zpopmax(ctx: CommandContext, argv: Bytes[]): void {
  popOne(ctx, argv, true);
}

function popOne(ctx: CommandContext, argv: Bytes[], highest: boolean): void {
  if (argv.length > 3) throw Errors.syntax;
  const counted = argv.length === 3;
  const count = counted ? positiveArg(argv[2], Errors.mustBePositive) : 1;
  const { reply } = ctx;
  const slot = writeSlot(ctx, argv[1]);
  if (slot < 0 || count === 0) {
    reply.array(0);
    return;
  }
  const popped = pop(ctx, argv[1], slot, highest, count);
  if (counted && reply.resp === 3) replyNested(reply, popped);
  else {
    reply.array(popped.length * 2);
    for (const entry of popped) replyPair(reply, entry);
  }
}

/** ZMPOP numkeys key [key ...] MIN | MAX [COUNT count] */
export function zmpop(ctx: CommandContext, argv: Bytes[]): void {
  const { keys, side, count } = manyPopsArgs(argv, 1, highestArg);
  if (!popFirst(ctx, keys, side, count)) ctx.reply.nullArray();
}

/** BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count] */
export function bzmpop(ctx: CommandContext, argv: Bytes[]): void {
  const { keys, side, count } = manyPopsArgs(argv, 2, highestArg);
  const timeoutMs = timeoutSecondsArg(ctx, argv[1]);
  if (!popFirst(ctx, keys, side, count)) waitFor(ctx, keys, timeoutMs);
}

/** BZPOPMIN key [key ...] timeout */
export function bzpopmin(ctx: CommandContext, argv: Bytes[]): void {
  popOrWait(ctx, argv, false);
}

/** BZPOPMAX key [key ...] timeout */
export function bzpopmax(ctx: CommandContext, argv: Bytes[]): void {
  popOrWait(ctx, argv, true);
}

function popOrWait(ctx: CommandContext, argv: Bytes[], highest: boolean): void {
  const timeoutMs = timeoutSecondsArg(ctx, argv[argv.length - 1]);
  const keys = argv.slice(1, -1);
  for (const key of keys) {
    const slot = writeSlot(ctx, key);
    if (slot < 0) continue;
    const [entry] = pop(ctx, key, slot, highest, 1);
    ctx.effects.replace(highest ? ZPOPMAX : ZPOPMIN, key);
    ctx.reply.array(3);
    ctx.reply.bulk(key);
    replyPair(ctx.reply, entry);
    return;
  }
  waitFor(ctx, keys, timeoutMs);
}

/** MIN or MAX; whether it is MAX. */
function highestArg(text: Bytes): boolean {
  if (isWord(text, 'max')) return true;
  if (isWord(text, 'min')) return false;
  throw Errors.syntax;
}

/** Pops from the first of `keys` that is there and answers; false when none is. */
function popFirst(ctx: CommandContext, keys: readonly Bytes[], highest: boolean, count: number): boolean {
  for (const key of keys) {
    const slot = writeSlot(ctx, key);
    if (slot < 0) continue;
    const popped = pop(ctx, key, slot, highest, count);
    ctx.effects.replace(highest ? ZPOPMAX : ZPOPMIN, key, ascii(String(popped.length)));
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    replyNested(ctx.reply, popped);
    return true;
  }
  return false;
}

/** Takes the lowest or highest members out of the set in `slot`, the outermost first. */
function pop(ctx: CommandContext, key: Bytes, slot: number, highest: boolean, count: number): ZEntry[] {
  const zset = openZSet(ctx, slot);
  const { size } = zset;
  const popped = highest ? zset.removeRange(size - count, size).reverse() : zset.removeRange(0, count);
  elementsRemoved(ctx, key, slot, zset.size, highest ? EVENT_ZPOPMAX : EVENT_ZPOPMIN, popped.length);
  return popped;
}

const WAIT_END: Pick<BlockOptions, 'onTimeout'> = { onTimeout: (reply) => reply.nullArray() };

function waitFor(ctx: CommandContext, keys: readonly Bytes[], timeoutMs: number): void {
  if (!ctx.mayBlock) ctx.reply.nullArray();
  else ctx.server.blocking.onKeys(ctx.client, ctx.db, keys, { ...WAIT_END, timeoutMs });
}

function replyNested(reply: ReplyWriter, entries: readonly ZEntry[]): void {
  reply.array(entries.length);
  for (const entry of entries) {
    reply.array(2);
    replyPair(reply, entry);
  }
}

function replyPair(reply: ReplyWriter, { member, score }: ZEntry): void {
  reply.bulk(member);
  reply.double(score);
}
