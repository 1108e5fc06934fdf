/**
 * Sets against each other: SINTER, SINTERCARD, SUNION, SDIFF, and their STORE forms.
 *
 * The keys are looked at in their order; a missing one is an empty set. An intersection walks the smallest set; a difference takes
 * the cheaper of two ways. Source: redis 7.2.6 t_set.c (sinterGenericCommand, sunionDiffGenericCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { EVENT_DEL, type KeyEvent } from '../../store/events.js';
import { isInt64Text } from '../../store/types/int-text.js';
import { SetValue } from '../../store/types/set-value.js';
import { positiveArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { numkeysArg } from '../numbered-keys.js';
import { EVENT_SDIFFSTORE, EVENT_SINTERSTORE, EVENT_SUNIONSTORE } from './events.js';
import { addMember, limitsOf, readSet, replyMembers, shownMembers } from './sets.js';

const TOO_MANY_KEYS = new ReplyError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_LIMIT = new ReplyError("ERR LIMIT can't be negative");

/** The sets at the keys from `argv[from]` to before `argv[end]`. */
function readSets(ctx: CommandContext, argv: readonly Bytes[], from: number, end = argv.length) {
  const sets: (SetValue | undefined)[] = [];
  for (let i = from; i < end; i++) sets.push(readSet(ctx, argv[i]));
  return sets;
}

/** Makes `result` the value of `key`, or deletes the key when it is empty. Answers with its size. */
function store(ctx: CommandContext, key: Bytes, result: SetValue, event: KeyEvent): void {
  const { db, gate } = ctx;
  const slot = db.lookupWrite(key);
  if (result.size > 0) gate.put(db, key, slot, result, event, 0);
  else if (slot >= 0) gate.remove(db, key, slot, EVENT_DEL);
  ctx.reply.int(result.size);
}

// ---- intersection

/** SINTER key [key ...] */
export function sinter(ctx: CommandContext, argv: Bytes[]): void {
  const found: Bytes[] = [];
  intersect(readSets(ctx, argv, 1), (member) => found.push(member) > 0);
  ctx.reply.set(found.length);
  for (const member of found) ctx.reply.bulk(member);
}

/** SINTERCARD numkeys key [key ...] [LIMIT limit] */
export function sintercard(ctx: CommandContext, argv: Bytes[]): void {
  const numkeys = numkeysArg(argv[1]);
  if (numkeys > argv.length - 2) throw TOO_MANY_KEYS;
  let limit = 0;
  for (let i = 2 + numkeys; i < argv.length; i += 2) {
    if (!isWord(argv[i], 'limit') || i + 1 === argv.length) throw Errors.syntax;
    limit = positiveArg(argv[i + 1], NEGATIVE_LIMIT);
  }
  let count = 0;
  intersect(readSets(ctx, argv, 2, 2 + numkeys), () => ++count !== limit);
  ctx.reply.int(count);
}

/** SINTERSTORE destination key [key ...] */
export function sinterstore(ctx: CommandContext, argv: Bytes[]): void {
  const limits = limitsOf(ctx);
  const sets = readSets(ctx, argv, 2);
  const result = new SetValue();
  let integers = true;
  const smallest = intersect(sets, (member, from) => {
    // What a packed or hashed set gives is collected as such, and looked at as a whole in the end.
    if (result.size === 0 && from.encoding !== 'intset') result.encoding = 'listpack';
    integers &&= isInt64Text(member);
    return addMember(result, member, limits);
  });
  if (smallest !== undefined && integers && result.size <= limits.setMaxIntsetEntries) {
    result.encoding = 'intset';
  }
  store(ctx, argv[1], result, EVENT_SINTERSTORE);
}

/**
 * Visits the members that all sets have, in the order of the smallest set, until the visitor returns false.
 * @returns the smallest set; undefined when one is missing
 */
function intersect(
  sets: (SetValue | undefined)[],
  visit: (member: Bytes, smallest: SetValue) => boolean,
): SetValue | undefined {
  if (!sets.every((set) => set !== undefined)) return undefined;
  const [smallest, ...others] = sets.slice().sort((a, b) => a.size - b.size);
  const tested = others.filter((set) => set !== smallest);
  const members = shownMembers(smallest);
  for (let place = 0; place < members.size; place++) {
    const member = members.memberAt(place);
    if (inAll(tested, member) && !visit(member, smallest)) break;
  }
  return smallest;
}

function inAll(sets: readonly SetValue[], member: Bytes): boolean {
  for (const set of sets) if (!set.has(member)) return false;
  return true;
}

// ---- union and difference

/** SUNION key [key ...] */
export function sunion(ctx: CommandContext, argv: Bytes[]): void {
  replyMembers(ctx, union(ctx, readSets(ctx, argv, 1)));
}

/** SUNIONSTORE destination key [key ...] */
export function sunionstore(ctx: CommandContext, argv: Bytes[]): void {
  store(ctx, argv[1], union(ctx, readSets(ctx, argv, 2)), EVENT_SUNIONSTORE);
}

/** SDIFF key [key ...] */
export function sdiff(ctx: CommandContext, argv: Bytes[]): void {
  replyMembers(ctx, difference(ctx, readSets(ctx, argv, 1)));
}

/** SDIFFSTORE destination key [key ...] */
export function sdiffstore(ctx: CommandContext, argv: Bytes[]): void {
  store(ctx, argv[1], difference(ctx, readSets(ctx, argv, 2)), EVENT_SDIFFSTORE);
}

function union(ctx: CommandContext, sets: readonly (SetValue | undefined)[]): SetValue {
  const result = new SetValue();
  for (const set of sets) if (set !== undefined) addAll(ctx, result, set);
  return result;
}

function addAll(ctx: CommandContext, result: SetValue, set: SetValue): void {
  const limits = limitsOf(ctx);
  const members = shownMembers(set);
  for (let place = 0; place < members.size; place++) addMember(result, members.memberAt(place), limits);
}

function difference(ctx: CommandContext, sets: readonly (SetValue | undefined)[]): SetValue {
  const [first, ...rest] = sets;
  const result = new SetValue();
  if (first === undefined || rest.includes(first)) return result;
  const others = rest.filter((set) => set !== undefined);
  let all = first.size;
  for (const set of others) all += set.size;
  // Asking every set for each member of the first does less when it finds some: it gets half the price.
  if ((first.size * (others.length + 1)) / 2 <= all) keepUnknown(ctx, result, first, others);
  else {
    addAll(ctx, result, first);
    for (const set of others) removeAll(result, set);
  }
  return result;
}

/** Keeps the members of `first` that no other set has; the largest are asked first. */
function keepUnknown(ctx: CommandContext, result: SetValue, first: SetValue, others: SetValue[]): void {
  const limits = limitsOf(ctx);
  const bySize = others.slice().sort((a, b) => b.size - a.size);
  const members = shownMembers(first);
  for (let place = 0; place < members.size; place++) {
    const member = members.memberAt(place);
    if (!inAny(bySize, member)) addMember(result, member, limits);
  }
}

function inAny(sets: readonly SetValue[], member: Bytes): boolean {
  for (const set of sets) if (set.has(member)) return true;
  return false;
}

function removeAll(result: SetValue, set: SetValue): void {
  for (let slot = 0; slot < set.size && result.size > 0; slot++) result.delete(set.memberAt(slot));
}
