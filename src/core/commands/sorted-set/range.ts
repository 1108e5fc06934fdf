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
  lexRange,
  NO_RANKS,
  ranksBetween,
  ranksByLex,
  ranksByScore,
  scoreRange,
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

interface Query {
  by: By | undefined;
  reverse: boolean | undefined;
  withScores: boolean;
  offset: number;
  /** Below 0: all. */
  limit: number;
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
  else replyRanks(ctx.reply, zset, ranksOf(zset), query.reverse === true, query.withScores);
}

/** ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] */
export function zrangestore(ctx: CommandContext, argv: Bytes[]): void {
  const query = readQuery(argv, STORE, false);
  const ranksOf = rangeOf(argv, STORE, query);
  const zset = readZSet(ctx, argv[STORE.source]);
  const result = new ZSetValue();
  if (zset !== undefined) {
    const { start, end } = ranksOf(zset);
    if (query.by === undefined) expectMembers(ctx, result, end - start);
    const put = (member: Bytes, score: number): boolean => setScore(ctx, result, member, score) === 'added';
    if (query.reverse) zset.walkBack(start, end, put);
    else zset.walk(start, end, put);
  }
  storeZSet(ctx, argv[1], result, EVENT_ZRANGESTORE);
  ctx.reply.int(result.size);
}

/** Reads the options behind the bounds. */
function readQuery(argv: readonly Bytes[], form: Form, scoresAllowed: boolean): Query {
  const query: Query = { by: form.by, reverse: form.reverse, withScores: false, offset: 0, limit: -1 };
  for (let i = form.source + 3; i < argv.length; i++) {
    const word = argv[i];
    if (scoresAllowed && isWord(word, 'withscores')) query.withScores = true;
    else if (isWord(word, 'limit') && i + 2 < argv.length) {
      query.offset = indexArg(argv[++i]);
      query.limit = indexArg(argv[++i]);
    } else if (query.reverse === undefined && isWord(word, 'rev')) query.reverse = true;
    else if (query.by === undefined && isWord(word, 'bylex')) query.by = 'lex';
    else if (query.by === undefined && isWord(word, 'byscore')) query.by = 'score';
    else throw Errors.syntax;
  }
  const byRank = query.by === undefined || query.by === 'rank';
  if (query.limit !== -1 && byRank) throw LIMIT_OF_RANKS;
  if (query.withScores && query.by === 'lex') throw SCORES_OF_LEX;
  return query;
}

/** Reads the bounds. @returns what finds their ranks in a set, with LIMIT */
function rangeOf(argv: readonly Bytes[], form: Form, query: Query): (zset: ZSetValue) => Ranks {
  const first = argv[form.source + 1];
  const second = argv[form.source + 2];
  const reverse = query.reverse === true;
  if (query.by === 'score') {
    const range = reverse ? scoreRange(second, first) : scoreRange(first, second);
    return (zset) => limited(ranksByScore(zset, range), query);
  }
  if (query.by === 'lex') {
    const range = reverse ? lexRange(second, first) : lexRange(first, second);
    return (zset) => limited(ranksByLex(zset, range, reverse), query);
  }
  const start = indexArg(first);
  const stop = indexArg(second);
  return (zset) => {
    const ranks = ranksBetween(start, stop, zset.size);
    return reverse && ranks !== NO_RANKS
      ? { start: zset.size - ranks.end, end: zset.size - ranks.start }
      : ranks;
  };
}

/** A negative offset leaves nothing, a negative limit means all (genericZrangebyscoreCommand). */
function limited({ start, end }: Ranks, { offset, limit, reverse }: Query): Ranks {
  if (offset < 0) return NO_RANKS;
  const left = end - start - offset;
  if (left <= 0) return NO_RANKS;
  const count = limit < 0 ? left : Math.min(left, limit);
  if (reverse) return { start: end - offset - count, end: end - offset };
  return { start: start + offset, end: start + offset + count };
}
