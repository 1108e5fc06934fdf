/** How members with scores are answered: flat pairs in RESP2, an array for each in RESP3 (redis 7.2.6 t_zset.c). */
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type Visit } from '../../store/types/score-order.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { type Ranks } from './bounds.js';

/** Announces `count` members, each with its score when `withScores`. */
export function replyMembersHeader(reply: ReplyWriter, count: number, withScores: boolean): void {
  reply.array(withScores && reply.resp === 2 ? count * 2 : count);
}

/** Writes a member, and its score when `withScores`. */
export function memberWriter(reply: ReplyWriter, withScores: boolean): Visit {
  const nested = withScores && reply.resp === 3;
  return (member, score) => {
    if (nested) reply.array(2);
    reply.bulk(member);
    if (withScores) reply.double(score);
    return true;
  };
}

/** The members of `ranks`, the highest first when `reverse`. */
export function replyRanks(
  reply: ReplyWriter,
  zset: ZSetValue,
  { start, end }: Ranks,
  reverse: boolean,
  withScores: boolean,
): void {
  replyMembersHeader(reply, end - start, withScores);
  if (!reverse && !withScores) {
    zset.walkRuns(start, end, (members, from, to) => reply.bulkRun(members, from, to));
    return;
  }
  const write = memberWriter(reply, withScores);
  if (reverse) zset.walkBack(start, end, write);
  else zset.walk(start, end, write);
}
