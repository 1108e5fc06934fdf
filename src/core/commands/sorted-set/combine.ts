/**
 * ZUNION, ZINTER, ZDIFF, their -STORE forms, and ZINTERCARD. Their inputs may be sets, whose members all have the score 1.
 *
 * A sum of scores depends on the order in which they are added, so the order is Redis's: inputs from the smallest to the
 * largest. Source: redis 7.2.6 t_zset.c (zunionInterDiffGenericCommand, zdiff).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type KeyEvent } from '../../store/events.js';
import { DenseMap } from '../../store/types/dense-map.js';
import { type SetValue } from '../../store/types/set-value.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { doubleArg, indexArg, positiveArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { EVENT_ZDIFFSTORE, EVENT_ZINTERSTORE, EVENT_ZUNIONSTORE } from './events.js';
import { replyRanks } from './reply.js';
import { resultZSet, storeZSet } from './values.js';

const WEIGHT = new ReplyError('ERR weight value is not a float');
const NEGATIVE_LIMIT = new ReplyError("ERR LIMIT can't be negative");

type Operation = 'union' | 'inter' | 'diff';
type Aggregate = (a: number, b: number) => number;

const AGGREGATES: readonly (readonly [string, Aggregate])[] = [
  // infinities of both signs make 0
  ['sum', (a, b) => numberOr0(a + b)],
  ['min', (a, b) => (b < a ? b : a)],
  ['max', (a, b) => (b > a ? b : a)],
];

function numberOr0(score: number): number {
  return Number.isNaN(score) ? 0 : score;
}

/** One input: a set, a sorted set, or a key that is not there. */
interface Source {
  readonly value: SetValue | ZSetValue | undefined;
  readonly size: number;
  weight: number;
}

interface Query {
  readonly operation: Operation;
  /** Where `numkeys` stands. */
  readonly at: number;
  readonly form: 'reply' | 'store' | 'count';
}

interface Inputs {
  readonly sources: Source[];
  aggregate: Aggregate;
  withScores: boolean;
  /** 0: none. */
  limit: number;
}

/** Members with their scores, none of them twice. */
interface Pairs {
  readonly members: Bytes[];
  readonly scores: number[];
}

/** ZUNION numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] [WITHSCORES] */
export function zunion(ctx: CommandContext, argv: Bytes[]): void {
  answerCombined(ctx, argv, 'union');
}

/** ZINTER numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] [WITHSCORES] */
export function zinter(ctx: CommandContext, argv: Bytes[]): void {
  answerCombined(ctx, argv, 'inter');
}

/** ZDIFF numkeys key [key ...] [WITHSCORES] */
export function zdiff(ctx: CommandContext, argv: Bytes[]): void {
  answerCombined(ctx, argv, 'diff');
}

/** ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] */
export function zunionstore(ctx: CommandContext, argv: Bytes[]): void {
  storeCombined(ctx, argv, 'union', EVENT_ZUNIONSTORE);
}

/** ZINTERSTORE destination numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] */
export function zinterstore(ctx: CommandContext, argv: Bytes[]): void {
  storeCombined(ctx, argv, 'inter', EVENT_ZINTERSTORE);
}

/** ZDIFFSTORE destination numkeys key [key ...] */
export function zdiffstore(ctx: CommandContext, argv: Bytes[]): void {
  storeCombined(ctx, argv, 'diff', EVENT_ZDIFFSTORE);
}

/** ZINTERCARD numkeys key [key ...] [LIMIT limit] */
export function zintercard(ctx: CommandContext, argv: Bytes[]): void {
  const inputs = readInputs(ctx, argv, { operation: 'inter', at: 1, form: 'count' });
  let count = 0;
  intersect(inputs, () => ++count !== inputs.limit);
  ctx.reply.int(count);
}

function answerCombined(ctx: CommandContext, argv: Bytes[], operation: Operation): void {
  const inputs = readInputs(ctx, argv, { operation, at: 1, form: 'reply' });
  const { members, scores } = combine(inputs, operation);
  const result = resultZSet(ctx, members, scores, false);
  replyRanks(ctx.reply, result, { start: 0, end: result.size }, false, inputs.withScores);
}

function storeCombined(ctx: CommandContext, argv: Bytes[], operation: Operation, event: KeyEvent): void {
  const { members, scores } = combine(readInputs(ctx, argv, { operation, at: 2, form: 'store' }), operation);
  const result = resultZSet(ctx, members, scores, true);
  storeZSet(ctx, argv[1], result, event);
  ctx.reply.int(members.length);
}

/** Reads everything, in Redis's order: the keys are looked at before the options are. */
function readInputs(ctx: CommandContext, argv: readonly Bytes[], query: Query): Inputs {
  const numkeys = indexArg(argv[query.at]);
  if (numkeys < 1) {
    throw new ReplyError(`ERR at least 1 input key is needed for '${ctx.command.fullName}' command`);
  }
  const first = query.at + 1;
  if (numkeys > argv.length - first) throw Errors.syntax;
  const sources: Source[] = [];
  for (let i = first; i < first + numkeys; i++) sources.push(sourceAt(ctx, argv[i]));
  const inputs: Inputs = { sources, aggregate: AGGREGATES[0][1], withScores: false, limit: 0 };
  readOptions(argv, first + numkeys, query, inputs);
  if (query.operation !== 'diff') sources.sort((a, b) => a.size - b.size);
  return inputs;
}

function sourceAt(ctx: CommandContext, key: Bytes): Source {
  const value = ctx.db.lookupRead(key);
  if (value === undefined) return { value, size: 0, weight: 1 };
  if (typeof value !== 'object' || (value.kind !== 'zset' && value.kind !== 'set')) throw Errors.wrongType;
  return { value, size: value.size, weight: 1 };
}

function readOptions(argv: readonly Bytes[], from: number, { operation, form }: Query, inputs: Inputs): void {
  const { sources } = inputs;
  const weighs = operation !== 'diff' && form !== 'count';
  for (let i = from; i < argv.length; i++) {
    const left = argv.length - 1 - i;
    if (weighs && left >= sources.length && isWord(argv[i], 'weights')) {
      for (const source of sources) source.weight = doubleArg(argv[++i], WEIGHT);
    } else if (weighs && left >= 1 && isWord(argv[i], 'aggregate')) {
      const word = argv[++i];
      const found = AGGREGATES.find(([name]) => isWord(word, name));
      if (found === undefined) throw Errors.syntax;
      inputs.aggregate = found[1];
    } else if (form === 'reply' && isWord(argv[i], 'withscores')) inputs.withScores = true;
    else if (form === 'count' && left >= 1 && isWord(argv[i], 'limit')) {
      inputs.limit = positiveArg(argv[++i], NEGATIVE_LIMIT);
    } else throw Errors.syntax;
  }
}

function combine(inputs: Inputs, operation: Operation): Pairs {
  switch (operation) {
    case 'union':
      return unite(inputs);
    case 'inter': {
      const pairs: Pairs = { members: [], scores: [] };
      intersect(inputs, (member, score) => add(pairs, member, score));
      return pairs;
    }
    case 'diff':
      return subtract(inputs.sources);
  }
}

function add(pairs: Pairs, member: Bytes, score: number): boolean {
  pairs.members.push(member);
  pairs.scores.push(score);
  return true;
}

function memberIn(value: SetValue | ZSetValue, slot: number): Bytes {
  return value.kind === 'set' ? value.memberAt(slot) : value.memberInSlot(slot);
}

function scoreIn(value: SetValue | ZSetValue, slot: number): number {
  return value.kind === 'set' ? 1 : value.scoreInSlot(slot);
}

/** The score of `member`, or undefined. */
function scoreOf(value: SetValue | ZSetValue, member: Bytes): number | undefined {
  if (value.kind === 'zset') return value.score(member);
  return value.has(member) ? 1 : undefined;
}

function unite({ sources, aggregate }: Inputs): Pairs {
  const sums = new DenseMap<number>([], []);
  for (const { value, size, weight } of sources) {
    for (let slot = 0; slot < size; slot++) {
      const member = memberIn(value!, slot);
      const score = numberOr0(weight * scoreIn(value!, slot));
      const at = sums.find(member);
      if (at < 0) sums.add(member, score);
      else sums.setValueAt(at, aggregate(sums.valueAt(at), score));
    }
  }
  const pairs: Pairs = { members: [], scores: [] };
  for (let at = 0; at < sums.size; at++) add(pairs, sums.keyAt(at), sums.valueAt(at));
  return pairs;
}

/** Visits what is in every source, until `visit` says that it is enough. */
function intersect({ sources, aggregate }: Inputs, visit: (member: Bytes, score: number) => boolean): void {
  const [smallest] = sources;
  for (let slot = 0; slot < smallest.size; slot++) {
    const member = memberIn(smallest.value!, slot);
    let score = numberOr0(smallest.weight * scoreIn(smallest.value!, slot));
    let i = 1;
    for (; i < sources.length; i++) {
      const { value, weight } = sources[i];
      const other = scoreOf(value!, member);
      if (other === undefined) break;
      score = aggregate(score, other * weight);
    }
    if (i === sources.length && !visit(member, score)) return;
  }
}

/** Looks for each member of the first in the others, or takes each member of the others out: whichever is less work. */
function subtract(sources: readonly Source[]): Pairs {
  const [first, ...rest] = sources;
  const others = rest.filter(({ size }) => size > 0);
  const pairs: Pairs = { members: [], scores: [] };
  if (first.size === 0 || others.some(({ value }) => value === first.value)) return pairs;
  const lookups = (first.size * sources.length) / 2;
  const removals = sources.reduce((sum, { size }) => sum + size, 0);
  const kept = lookups <= removals ? keptByLooking(first, others) : keptByRemoving(first, others);
  for (const slot of kept) add(pairs, memberIn(first.value!, slot), scoreIn(first.value!, slot));
  return pairs;
}

/** The slots of `first` whose members no other source has. The largest source has a member most likely. */
function keptByLooking(first: Source, others: Source[]): number[] {
  const byChance = others.sort((a, b) => b.size - a.size);
  const kept: number[] = [];
  for (let slot = 0; slot < first.size; slot++) {
    const member = memberIn(first.value!, slot);
    if (!byChance.some(({ value }) => scoreOf(value!, member) !== undefined)) kept.push(slot);
  }
  return kept;
}

function keptByRemoving(first: Source, others: readonly Source[]): number[] {
  const slots = new DenseMap<number>([], []);
  for (let slot = 0; slot < first.size; slot++) slots.add(memberIn(first.value!, slot), slot);
  for (const { value, size } of others) {
    for (let i = 0; i < size && slots.size > 0; i++) {
      const at = slots.find(memberIn(value!, i));
      if (at >= 0) slots.removeAt(at);
    }
  }
  return Array.from({ length: slots.size }, (_, at) => slots.valueAt(at));
}
