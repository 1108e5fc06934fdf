/**
 * The commands that wait for an element: BLPOP, BRPOP, BLMPOP, BLMOVE, BRPOPLPUSH.
 *
 * Each tries what its plain form does; with nothing to take, the client is parked and the command runs again when one of the keys
 * holds a list (engine/blocking.ts). They are propagated as their plain forms. Inside MULTI and scripts nothing blocks: the answer
 * is that of a timeout. Source: redis 7.2.6 t_list.c (blockingPopGenericCommand, blmoveGenericCommand).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { timeoutSecondsArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { manyPopsArgs } from '../numbered-keys.js';
import { type End } from './events.js';
import { endArg, listSlot } from './lists.js';
import { moveOne } from './move.js';
import { popFirst, popFirstOne } from './pop.js';

const LMOVE = ascii('LMOVE');
const RPOPLPUSH = ascii('RPOPLPUSH');

function onTimeout(reply: ReplyWriter): void {
  reply.nullArray();
}

function waitFor(ctx: CommandContext, keys: Bytes[], timeoutMs: number): void {
  ctx.server.blocking.onKeys(ctx.client, ctx.db, keys, { timeoutMs, onTimeout });
}

/** BLPOP key [key ...] timeout */
export function blpop(ctx: CommandContext, argv: Bytes[]): void {
  blockingPop(ctx, argv, 'left');
}

/** BRPOP key [key ...] timeout */
export function brpop(ctx: CommandContext, argv: Bytes[]): void {
  blockingPop(ctx, argv, 'right');
}

function blockingPop(ctx: CommandContext, argv: Bytes[], end: End): void {
  const timeoutMs = timeoutSecondsArg(ctx, argv[argv.length - 1]);
  const keys = argv.slice(1, -1);
  if (popFirstOne(ctx, keys, end)) return;
  if (ctx.mayBlock) waitFor(ctx, keys, timeoutMs);
  else ctx.reply.nullArray();
}

/** BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count] */
export function blmpop(ctx: CommandContext, argv: Bytes[]): void {
  const pops = manyPopsArgs(argv, 2, endArg);
  const timeoutMs = timeoutSecondsArg(ctx, argv[1]);
  if (popFirst(ctx, pops)) return;
  if (ctx.mayBlock) waitFor(ctx, pops.keys, timeoutMs);
  else ctx.reply.nullArray();
}

/** BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout */
export function blmove(ctx: CommandContext, argv: Bytes[]): void {
  const from = endArg(argv[3]);
  const to = endArg(argv[4]);
  const timeoutMs = timeoutSecondsArg(ctx, argv[5]);
  if (blockingMove(ctx, argv, from, to, timeoutMs)) {
    ctx.effects.replace(LMOVE, argv[1], argv[2], argv[3], argv[4]);
  }
}

/** BRPOPLPUSH source destination timeout */
export function brpoplpush(ctx: CommandContext, argv: Bytes[]): void {
  const timeoutMs = timeoutSecondsArg(ctx, argv[3]);
  if (blockingMove(ctx, argv, 'right', 'left', timeoutMs)) {
    ctx.effects.replace(RPOPLPUSH, argv[1], argv[2]);
  }
}

/** @returns whether an element was moved */
function blockingMove(ctx: CommandContext, argv: Bytes[], from: End, to: End, timeoutMs: number): boolean {
  if (listSlot(ctx, argv[1]) >= 0) return moveOne(ctx, argv[1], argv[2], from, to);
  if (ctx.mayBlock) waitFor(ctx, [argv[1]], timeoutMs);
  else ctx.reply.null();
  return false;
}
