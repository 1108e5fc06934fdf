/** What asks about members and counts: ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZCOUNT, ZLEXCOUNT, ZSCAN (redis 7.2.6 t_zset.c). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { formatDouble, formatDouble17 } from '../../base/numbers.js';
import { type CommandContext } from '../context.js';
import { Errors, wrongArity } from '../errors.js';
import { cursorArg, scanOptions } from '../scan-args.js';
import { lexRange, ranksByLex, ranksByScore, scoreRange, WHOLE } from './bounds.js';
import { readZSet } from './values.js';

/** ZCARD key */
export function zcard(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(readZSet(ctx, argv[1])?.size ?? 0);
}

/** ZSCORE key member */
export function zscore(ctx: CommandContext, argv: Bytes[]): void {
  replyScore(ctx, readZSet(ctx, argv[1])?.score(argv[2]));
}

/** ZMSCORE key member [member ...] */
export function zmscore(ctx: CommandContext, argv: Bytes[]): void {
  const zset = readZSet(ctx, argv[1]);
  ctx.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) replyScore(ctx, zset?.score(argv[i]));
}

function replyScore(ctx: CommandContext, score: number | undefined): void {
  if (score === undefined) ctx.reply.null();
  else ctx.reply.double(score);
}

/** ZRANK key member [WITHSCORE] */
export function zrank(ctx: CommandContext, argv: Bytes[]): void {
  rank(ctx, argv, false);
}

/** ZREVRANK key member [WITHSCORE] */
export function zrevrank(ctx: CommandContext, argv: Bytes[]): void {
  rank(ctx, argv, true);
}

function rank(ctx: CommandContext, argv: Bytes[], reverse: boolean): void {
  if (argv.length > 4) throw wrongArity(ctx.command.fullName);
  const withScore = argv.length === 4;
  if (withScore && !isWord(argv[3], 'withscore')) throw Errors.syntax;
  const zset = readZSet(ctx, argv[1]);
  const found = zset?.rank(argv[2]);
  const { reply } = ctx;
  if (zset === undefined || found === undefined) {
    if (withScore) reply.nullArray();
    else reply.null();
    return;
  }
  if (withScore) reply.array(2);
  reply.int(reverse ? zset.size - 1 - found : found);
  if (withScore) reply.double(zset.score(argv[2])!);
}

/** ZCOUNT key min max */
export function zcount(ctx: CommandContext, argv: Bytes[]): void {
  const range = scoreRange(argv[2], argv[3]);
  const zset = readZSet(ctx, argv[1]);
  const { start, end } = zset === undefined ? { start: 0, end: 0 } : ranksByScore(zset, range);
  ctx.reply.int(end - start);
}

/** ZLEXCOUNT key min max */
export function zlexcount(ctx: CommandContext, argv: Bytes[]): void {
  const range = lexRange(argv[2], argv[3]);
  const zset = readZSet(ctx, argv[1]);
  const { start, end } = zset === undefined ? { start: 0, end: 0 } : ranksByLex(zset, range, WHOLE);
  ctx.reply.int(end - start);
}

/**
 * ZSCAN key cursor [MATCH pattern] [COUNT count]. A packed set is answered whole, in order. Scores of a larger one are
 * printed with 17 digits, unlike everywhere else (redis 7.2.6 db.c:scanCallback).
 */
export function zscan(ctx: CommandContext, argv: Bytes[]): void {
  const cursor = cursorArg(argv[2]);
  const { reply } = ctx;
  const zset = readZSet(ctx, argv[1]);
  const found: Bytes[] = [];
  let next = 0;
  if (zset !== undefined) {
    const { count, pattern } = scanOptions(argv, 3, false);
    const packed = zset.encoding === 'listpack';
    const visit = (member: Bytes, score: number): boolean => {
      if (pattern !== undefined && !globMatch(pattern, member)) return true;
      found.push(member, packed ? formatDouble(score) : formatDouble17(score));
      return true;
    };
    if (packed) zset.walk(0, zset.size, visit);
    else next = zset.scan(cursor, count, ({ member, score }) => visit(member, score));
  }
  reply.array(2);
  reply.bulkInt(next);
  reply.bulks(found);
}
