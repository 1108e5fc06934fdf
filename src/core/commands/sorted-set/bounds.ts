/**
 * The bounds of ranges: by score (`1`, `(1.5`, `-inf`), by member (`[a`, `(a`, `-`, `+`), by rank; and the ranks that they mean.
 *
 * Every range becomes ranks [start, end) at once, in O(log n), so a reply knows its length before its first element.
 * Source: redis 7.2.6 t_zset.c (zslParseRange, zslParseLexRange, zslFirstInRange, zzlFirstInLexRange and their like).
 */
import { type Bytes } from '../../base/bytes.js';
import { parseDoubleLoose } from '../../base/numbers.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { ReplyError } from '../errors.js';

const NOT_FLOAT = new ReplyError('ERR min or max is not a float');
const NOT_STRING_RANGE = new ReplyError('ERR min or max not valid string range item');

/** Ranks from `start` up to, not including, `end`. */
export interface Ranks {
  readonly start: number;
  readonly end: number;
}

export const NO_RANKS: Ranks = { start: 0, end: 0 };

/** The ranks from `start` to `stop`, both included, negative ones counted from the end, of `size`. */
export function ranksBetween(start: number, stop: number, size: number): Ranks {
  const first = Math.max(0, start < 0 ? start + size : start);
  const last = Math.min(size - 1, stop < 0 ? stop + size : stop);
  return first > last ? NO_RANKS : { start: first, end: last + 1 };
}

export interface ScoreRange {
  readonly min: number;
  readonly max: number;
  readonly minExcluded: boolean;
  readonly maxExcluded: boolean;
}

export function scoreRange(min: Bytes, max: Bytes): ScoreRange {
  const minExcluded = min.charCodeAt(0) === OPEN;
  const maxExcluded = max.charCodeAt(0) === OPEN;
  return { min: scoreBound(min, minExcluded), max: scoreBound(max, maxExcluded), minExcluded, maxExcluded };
}

const OPEN = 40; // (
const CLOSED = 91; // [

function scoreBound(text: Bytes, excluded: boolean): number {
  const value = parseDoubleLoose(excluded ? (text.slice(1) as Bytes) : text);
  if (value === undefined) throw NOT_FLOAT;
  return value;
}

export function ranksByScore(zset: ZSetValue, range: ScoreRange): Ranks {
  const start = zset.countBelow(range.min, range.minExcluded);
  const end = zset.countBelow(range.max, !range.maxExcluded);
  return start < end ? { start, end } : NO_RANKS;
}

/** A bound of a range of members: one, or what is before (`-`) or after (`+`) all of them. */
interface LexBound {
  readonly edge: -1 | 0 | 1;
  readonly member: Bytes;
  readonly excluded: boolean;
}

export interface LexRange {
  readonly min: LexBound;
  readonly max: LexBound;
}

export function lexRange(min: Bytes, max: Bytes): LexRange {
  return { min: lexBound(min), max: lexBound(max) };
}

function lexBound(text: Bytes): LexBound {
  const first = text.charCodeAt(0);
  if (first === OPEN || first === CLOSED) {
    return { edge: 0, member: text.slice(1) as Bytes, excluded: first === OPEN };
  }
  // What a NUL ends is the bare sign, as C reads it.
  const bare = text.length === 1 || text.charCodeAt(1) === 0;
  if (!bare || (text[0] !== '-' && text[0] !== '+')) throw NOT_STRING_RANGE;
  return { edge: text[0] === '-' ? -1 : 1, member: text, excluded: true };
}

/** What ranks of a range are wanted of a set, seen from the top when `reverse`. */
export interface Cut {
  readonly reverse: boolean;
  /** Below 0: none is wanted. */
  readonly offset: number;
  /** Below 0: all are wanted. */
  readonly limit: number;
}

export const WHOLE: Cut = { reverse: false, offset: 0, limit: -1 };

/** The part of `ranks` that LIMIT wants (redis 7.2.6 t_zset.c:genericZrangebyscoreCommand). */
export function cutRanks({ start, end }: Ranks, { reverse, offset, limit }: Cut): Ranks {
  if (offset < 0) return NO_RANKS;
  const left = end - start - offset;
  if (left <= 0) return NO_RANKS;
  const count = limit < 0 ? left : Math.min(left, limit);
  if (reverse) return { start: end - offset - count, end: end - offset };
  return { start: start + offset, end: start + offset + count };
}

/**
 * The ranks of a range of members, which has a meaning where all scores are one. Where they are not, Redis looks from one end
 * of a packed set, and so do we.
 */
export function ranksByLex(zset: ZSetValue, range: LexRange, cut: Cut): Ranks {
  if (zset.encoding === 'listpack' && zset.at(0).score !== zset.at(zset.size - 1).score) {
    return isEmptyLex(range) ? NO_RANKS : ranksByLooking(zset, range, cut);
  }
  const start = countTo(zset, range.min, range.min.excluded);
  const end = countTo(zset, range.max, !range.max.excluded);
  return cutRanks({ start, end }, cut);
}

function countTo(zset: ZSetValue, bound: LexBound, inclusive: boolean): number {
  if (bound.edge !== 0) return bound.edge < 0 ? 0 : zset.size;
  return zset.countBefore(bound.member, inclusive);
}

function isEmptyLex({ min, max }: LexRange): boolean {
  if (min.edge !== max.edge) return min.edge > max.edge;
  if (min.edge !== 0 || min.member === max.member) return min.excluded || max.excluded;
  return min.member > max.member;
}

/** The offset is skipped without a look at what it skips. */
function ranksByLooking(zset: ZSetValue, { min, max }: LexRange, { reverse, offset, limit }: Cut): Ranks {
  const members = zset.range(0, zset.size).map(({ member }) => member);
  const last = members.length - 1;
  if (offset < 0 || isBeyond(min, members[last], -1) || isBeyond(max, members[0], 1)) return NO_RANKS;
  if (reverse) members.reverse();
  const [from, to] = reverse ? [max, min] : [min, max];
  const side = reverse ? 1 : -1;
  const first = members.findIndex((member) => !isBeyond(from, member, side));
  if (first < 0 || isBeyond(to, members[first], -side)) return NO_RANKS;
  const start = first + offset;
  let end = start;
  while (end <= last && end - start !== limit && !isBeyond(to, members[end], -side)) end++;
  if (start >= end) return NO_RANKS;
  return reverse ? { start: last + 1 - end, end: last + 1 - start } : { start, end };
}

/** Whether `member` lies outside of `bound`, on the side -1 (below) or 1 (above). */
function isBeyond(bound: LexBound, member: Bytes, side: number): boolean {
  if (bound.edge !== 0) return bound.edge !== side;
  if (member === bound.member) return bound.excluded;
  return side < 0 ? member < bound.member : member > bound.member;
}
