/**
 * ZRANDMEMBER: members at random, different ones for a count of 0 or more, the same again and again for a negative one.
 *
 * Source: redis 7.2.6 t_zset.c (zrandmemberCommand, zrandmemberWithCountCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type Visit } from '../../store/types/score-order.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { rangeArg } from '../args.js';
import { differentPlaces, writeAnyPlaces } from '../by-chance.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { memberWriter, replyMembersHeader, replyRanks } from './reply.js';
import { readZSet } from './values.js';

const MAX_WITH_SCORES = Number(INT64_MAX / 2n);

/** ZRANDMEMBER key [count [WITHSCORES]] */
export function zrandmember(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 2) {
    several(ctx, argv);
    return;
  }
  const zset = readZSet(ctx, argv[1]);
  if (zset === undefined) ctx.reply.null();
  else ctx.reply.bulk(zset.memberInSlot(ctx.store.random.below(zset.size)));
}

function several(ctx: CommandContext, argv: Bytes[]): void {
  const count = rangeArg(argv[2], -INT64_MAX, INT64_MAX);
  const withScores = argv.length === 4;
  if (argv.length > 4 || (withScores && !isWord(argv[3], 'withscores'))) throw Errors.syntax;
  if (withScores && Math.abs(count) > MAX_WITH_SCORES) throw Errors.valueOutOfRange;
  const { reply } = ctx;
  const zset = readZSet(ctx, argv[1]);
  if (zset === undefined || count === 0) reply.array(0);
  else if (count >= zset.size) replyRanks(reply, zset, { start: 0, end: zset.size }, true, withScores);
  else {
    const write = memberWriter(reply, withScores);
    replyMembersHeader(reply, Math.abs(count), withScores);
    if (count > 0) writeDifferent(ctx, zset, count, write);
    else {
      writeAnyPlaces(ctx, zset.size, -count, (slot) =>
        write(zset.memberInSlot(slot), zset.scoreInSlot(slot)),
      );
    }
  }
}

/** Members of a packed set come in its order: their places are ranks. Else places are slots. */
function writeDifferent(ctx: CommandContext, zset: ZSetValue, count: number, write: Visit): void {
  const packed = zset.encoding === 'listpack';
  for (const place of differentPlaces(ctx.store.random, zset.size, count, packed)) {
    if (packed) zset.walk(place, place + 1, write);
    else write(zset.memberInSlot(place), zset.scoreInSlot(place));
  }
}
