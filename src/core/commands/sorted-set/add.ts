/**
 * ZADD and ZINCRBY, which is ZADD with INCR under another name. GEOADD ends here too.
 *
 * Source: redis 7.2.6 t_zset.c (zaddGenericCommand, zsetAdd).
 */
import { lower, type Bytes } from '../../base/bytes.js';
import { ZSetValue } from '../../store/types/zset-value.js';
import { doubleArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { EVENT_ZADD, EVENT_ZINCR } from './events.js';
import { expectMembers, openZSet, setScore, settle, writeSlot } from './values.js';

const NX = 1;
const XX = 2;
const GT = 4;
const LT = 8;
const CH = 16;
const INCR = 32;

const OPTIONS: ReadonlyMap<string, number> = new Map([
  ['nx', NX],
  ['xx', XX],
  ['gt', GT],
  ['lt', LT],
  ['ch', CH],
  ['incr', INCR],
]);
const LONGEST_OPTION = 4;

const NX_AND_XX = new ReplyError('ERR XX and NX options at the same time are not compatible');
const GT_LT_NX = new ReplyError('ERR GT, LT, and/or NX options at the same time are not compatible');
const ONE_INCREMENT = new ReplyError('ERR INCR option supports a single increment-element pair');
const NOT_A_NUMBER = new ReplyError('ERR resulting score is not a number (NaN)');

/** ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...] */
export function zadd(ctx: CommandContext, argv: Bytes[]): void {
  add(ctx, argv, 0);
}

/** ZINCRBY key increment member */
export function zincrby(ctx: CommandContext, argv: Bytes[]): void {
  add(ctx, argv, INCR);
}

function add(ctx: CommandContext, argv: Bytes[], implied: number): void {
  let given = implied;
  let first = 2;
  for (; first < argv.length; first++) {
    const option = optionOf(argv[first]);
    if (option === undefined) break;
    given |= option;
  }
  const count = (argv.length - first) / 2;
  checkOptions(given, count);
  const scores: number[] = [];
  for (let i = first; i < argv.length; i += 2) scores.push(doubleArg(argv[i]));

  const slot = writeSlot(ctx, argv[1]);
  if (slot < 0 && given & XX) answer(ctx, given, 0, 0, undefined);
  else addPairs(ctx, argv, { slot, given, first, scores });
}

function optionOf(text: Bytes): number | undefined {
  return text.length > LONGEST_OPTION ? undefined : OPTIONS.get(lower(text));
}

function checkOptions(given: number, count: number): void {
  if (count === 0 || !Number.isInteger(count)) throw Errors.syntax;
  if ((given & (NX | XX)) === (NX | XX)) throw NX_AND_XX;
  const exclusive = given & (GT | LT | NX);
  if (exclusive !== 0 && exclusive !== GT && exclusive !== LT && exclusive !== NX) throw GT_LT_NX;
  if (given & INCR && count > 1) throw ONE_INCREMENT;
}

interface Pairs {
  readonly slot: number;
  readonly given: number;
  /** Where the first score stands. */
  readonly first: number;
  readonly scores: readonly number[];
}

function addPairs(ctx: CommandContext, argv: Bytes[], { slot, given, first, scores }: Pairs): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const zset = slot < 0 ? new ZSetValue() : openZSet(ctx, slot);
  const conditional = (given & ~CH) !== 0;
  let added = 0;
  let updated = 0;
  let result: number | undefined;
  expectMembers(ctx, zset, scores.length);
  for (let i = 0; i < scores.length; i++) {
    const member = argv[first + 1 + i * 2];
    const score = conditional ? scoreWanted(zset.score(member), scores[i], given) : scores[i];
    if (score === undefined) continue;
    result = score;
    const done = setScore(ctx, zset, member, score);
    if (done === 'added') added++;
    else if (done === 'moved') updated++;
  }
  settle(ctx, zset);
  const changes = added + updated;
  const event = given & INCR ? EVENT_ZINCR : EVENT_ZADD;
  if (slot < 0) {
    gate.put(db, key, slot, zset, event, 0);
    gate.dirty += changes - 1;
  } else if (changes > 0) gate.changed(db, key, event, changes);
  answer(ctx, given, added, updated, result);
}

/** The score that a member gets; undefined: the options leave it as it is. Throws only with INCR, which has one pair. */
function scoreWanted(old: number | undefined, score: number, given: number): number | undefined {
  if (old === undefined) return given & XX ? undefined : score;
  if (given & NX) return undefined;
  const wanted = given & INCR ? old + score : score;
  if (Number.isNaN(wanted)) throw NOT_A_NUMBER;
  if ((given & LT && wanted >= old) || (given & GT && wanted <= old)) return undefined;
  return wanted;
}

function answer(
  ctx: CommandContext,
  given: number,
  added: number,
  updated: number,
  score: number | undefined,
): void {
  if (!(given & INCR)) ctx.reply.int(given & CH ? added + updated : added);
  else if (score === undefined) ctx.reply.null();
  else ctx.reply.double(score);
}
