/**
 * ZPOPMIN, ZPOPMAX, ZMPOP and those that wait: BZPOPMIN, BZPOPMAX, BZMPOP. What was popped is propagated as ZPOPMIN or ZPOPMAX.
 *
 * Source: redis 7.2.6 t_zset.c (genericZpopCommand, blockingGenericZpopCommand, zmpopGenericCommand).
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type ZEntry } from '../../store/types/zset-value.js';
import { positiveArg, rangeArg, timeoutSecondsArg } from '../args.js';
import { type BlockOptions, type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { EVENT_ZPOPMAX, EVENT_ZPOPMIN } from './events.js';
import { openZSet, shrunk, writeSlot } from './values.js';

const ZPOPMIN = ascii('ZPOPMIN');
const ZPOPMAX = ascii('ZPOPMAX');
const NUMKEYS = new ReplyError('ERR numkeys should be greater than 0');
const COUNT = new ReplyError('ERR count should be greater than 0');

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
  const { keys, highest, count } = readMultiple(argv, 1);
  if (!popFirst(ctx, keys, highest, count)) ctx.reply.nullArray();
}

/** BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count] */
export function bzmpop(ctx: CommandContext, argv: Bytes[]): void {
  const { keys, highest, count } = readMultiple(argv, 2);
  const timeoutMs = timeoutSecondsArg(ctx, argv[1]);
  if (!popFirst(ctx, keys, highest, count)) waitFor(ctx, keys, timeoutMs);
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

interface Multiple {
  readonly keys: readonly Bytes[];
  readonly highest: boolean;
  readonly count: number;
}

/** Reads the arguments of ZMPOP from `numkeys` on, which stands at `at`. */
function readMultiple(argv: readonly Bytes[], at: number): Multiple {
  const numkeys = rangeArg(argv[at], 1, INT64_MAX, NUMKEYS);
  const where = at + 1 + numkeys;
  if (where >= argv.length) throw Errors.syntax;
  const highest = isWord(argv[where], 'max');
  if (!highest && !isWord(argv[where], 'min')) throw Errors.syntax;
  let count: number | undefined;
  for (let i = where + 1; i < argv.length; i += 2) {
    if (count !== undefined || !isWord(argv[i], 'count') || i + 1 === argv.length) throw Errors.syntax;
    count = rangeArg(argv[i + 1], 1, INT64_MAX, COUNT);
  }
  return { keys: argv.slice(at + 1, where), highest, count: count ?? 1 };
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
  shrunk(ctx, key, slot, zset, highest ? EVENT_ZPOPMAX : EVENT_ZPOPMIN, popped.length);
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
