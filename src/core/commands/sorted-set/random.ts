/**
 * ZRANDMEMBER: members at random, different ones for a count of 0 or more, the same again and again for a negative one.
 *
 * Source: redis 7.2.6 t_zset.c (zrandmemberCommand, zrandmemberWithCountCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type Random } from '../../base/random.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { rangeArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { memberWriter, replyMembersHeader, replyRanks } from './reply.js';
import { readZSet } from './values.js';

/** Beyond a third of all members it is cheaper to shuffle their slots than to draw until they differ. */
const SHUFFLE_FROM = 3;
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
  const { reply, store } = ctx;
  const zset = readZSet(ctx, argv[1]);
  if (zset === undefined || count === 0) reply.array(0);
  else if (count >= zset.size) replyRanks(reply, zset, { start: 0, end: zset.size }, true, withScores);
  else {
    const write = memberWriter(reply, withScores);
    const writeSlot = (slot: number): boolean => write(zset.memberInSlot(slot), zset.scoreInSlot(slot));
    replyMembersHeader(reply, Math.abs(count), withScores);
    if (count > 0) sample(zset, count, store.random, writeSlot);
    else for (let i = count; i < 0; i++) writeSlot(store.random.below(zset.size));
  }
}

/** Visits `count` different slots, fewer than there are. */
function sample(zset: ZSetValue, count: number, random: Random, visit: (slot: number) => void): void {
  const { size } = zset;
  if (count * SHUFFLE_FROM > size) {
    const slots = Array.from({ length: size }, (_, slot) => slot);
    for (let i = 0; i < count; i++) {
      const at = i + random.below(size - i);
      visit(slots[at]);
      slots[at] = slots[i];
    }
    return;
  }
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const slot = random.below(size);
    if (drawn.has(slot)) continue;
    drawn.add(slot);
    visit(slot);
  }
}
