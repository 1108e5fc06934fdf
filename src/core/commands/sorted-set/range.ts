/**
 * ZRANGE in every form, ZRANGESTORE, and the six older commands that are forms of ZRANGE.
 *
 * Source: redis 7.2.6 t_zset.c (zrangeGenericCommand and the functions that it calls).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { ZSetValue } from '../../store/types/zset-value.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import {
  cutRanks,
  lexRange,
  NO_RANKS,
  ranksBetween,
  ranksByLex,
  ranksByScore,
  scoreRange,
  type Cut,
  type Ranks,
} from './bounds.js';
import { EVENT_ZRANGESTORE } from './events.js';
import { replyRanks } from './reply.js';
import { expectMembers, readZSet, setScore, storeZSet } from './values.js';

const LIMIT_OF_RANKS = new ReplyError(
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
);
const SCORES_OF_LEX = new ReplyError('ERR syntax error, WITHSCORES not supported in combination with BYLEX');

type By = 'rank' | 'score' | 'lex';

/** What a command lays down; what it leaves open is an option. */
interface Form {
  /** Where the sorted set's key stands; the bounds follow. */
  readonly source: number;
  readonly by?: By;
  readonly reverse?: boolean;
}

interface Query extends Cut {
  readonly by: By;
  readonly withScores: boolean;
}

const ANY: Form = { source: 1 };
const STORE: Form = { source: 2 };

/** ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES] */
export function zrange(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, ANY);
}

/** ZREVRANGE key start stop [WITHSCORES] */
export function zrevrange(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, { source: 1, by: 'rank', reverse: true });
}

/** ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count] */
export function zrangebyscore(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, { source: 1, by: 'score', reverse: false });
}

/** ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count] */
export function zrevrangebyscore(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, { source: 1, by: 'score', reverse: true });
}

/** ZRANGEBYLEX key min max [LIMIT offset count] */
export function zrangebylex(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, { source: 1, by: 'lex', reverse: false });
}

/** ZREVRANGEBYLEX key max min [LIMIT offset count] */
export function zrevrangebylex(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, { source: 1, by: 'lex', reverse: true });
}

function answerRange(ctx: CommandContext, argv: Bytes[], form: Form): void {
  const query = readQuery(argv, form, true);
  const ranksOf = rangeOf(argv, form, query);
  const zset = readZSet(ctx, argv[form.source]);
  if (zset === undefined) ctx.reply.array(0);
  else replyRanks(ctx.reply, zset, ranksOf(zset), query.reverse, query.withScores);
}

/** ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] */
export function zrangestore(ctx: CommandContext, argv: Bytes[]): void {
  const query = readQuery(argv, STORE, false);
  const ranksOf = rangeOf(argv, STORE, query);
  const zset = readZSet(ctx, argv[STORE.source]);
  const result = new ZSetValue();
  if (zset !== undefined) {
    const { start, end } = ranksOf(zset);
    if (query.by === 'rank') expectMembers(ctx, result, end - start);
    const put = (member: Bytes, score: number): boolean => setScore(ctx, result, member, score) === 'added';
    if (query.reverse) zset.walkBack(start, end, put);
    else zset.walk(start, end, put);
  }
  storeZSet(ctx, argv[1], result, EVENT_ZRANGESTORE);
  ctx.reply.int(result.size);
}

/** Reads the options behind the bounds. */
function readQuery(argv: readonly Bytes[], form: Form, scoresAllowed: boolean): Query {
  let { by, reverse } = form;
  let withScores = false;
  let offset = 0;
  let limit = -1;
  for (let i = form.source + 3; i < argv.length; i++) {
    const word = argv[i];
    if (scoresAllowed && isWord(word, 'withscores')) withScores = true;
    else if (isWord(word, 'limit') && i + 2 < argv.length) {
      offset = indexArg(argv[++i]);
      limit = indexArg(argv[++i]);
    } else if (reverse === undefined && isWord(word, 'rev')) reverse = true;
    else if (by === undefined && isWord(word, 'bylex')) by = 'lex';
    else if (by === undefined && isWord(word, 'byscore')) by = 'score';
    else throw Errors.syntax;
  }
  by ??= 'rank';
  if (limit !== -1 && by === 'rank') throw LIMIT_OF_RANKS;
  if (withScores && by === 'lex') throw SCORES_OF_LEX;
  return { by, reverse: reverse ?? false, withScores, offset, limit };
}

/** Reads the bounds, which come highest first when the range is reversed. @returns what finds their ranks in a set */
function rangeOf(argv: readonly Bytes[], form: Form, query: Query): (zset: ZSetValue) => Ranks {
  const first = argv[form.source + 1];
  const second = argv[form.source + 2];
  const [min, max] = query.reverse ? [second, first] : [first, second];
  switch (query.by) {
    case 'score': {
      const range = scoreRange(min, max);
      return (zset) => cutRanks(ranksByScore(zset, range), query);
    }
    case 'lex': {
      const range = lexRange(min, max);
      return (zset) => ranksByLex(zset, range, query);
    }
    case 'rank': {
      const start = indexArg(first);
      const stop = indexArg(second);
      return (zset) => fromTop(ranksBetween(start, stop, zset.size), zset.size, query.reverse);
    }
  }
}

/** Ranks that were counted from the top, when `reverse`. */
function fromTop(ranks: Ranks, size: number, reverse: boolean): Ranks {
  return reverse && ranks !== NO_RANKS ? { start: size - ranks.end, end: size - ranks.start } : ranks;
}
