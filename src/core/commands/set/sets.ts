/**
 * What the handlers of sets share: finding a set, adding to it, and its members in the order in which Redis shows them.
 *
 * The encoding is settled at every member that is added, as redis 7.2.6 t_set.c:setTypeAddAux does, by the limits of that moment.
 * An intset shows its members in ascending order and hands them on so when it becomes a listpack; a listpack keeps the order in
 * which they came; the order of a hash table is nobody's business.
 */
import { type Bytes } from '../../base/bytes.js';
import { settleEncoding, type EncodingLimits } from '../../store/types/encoding.js';
import { isInt64Text } from '../../store/types/int-text.js';
import { SetValue } from '../../store/types/set-value.js';
import { type Value } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

const MINUS = 45;

/** The set that a value is, or WRONGTYPE. */
function setOrThrow(value: Value): SetValue {
  if (!(value instanceof SetValue)) throw Errors.wrongType;
  return value;
}

/** The set at `key` for a command that reads; undefined: no such key. Throws WRONGTYPE. */
export function readSet(ctx: CommandContext, key: Bytes): SetValue | undefined {
  const value = ctx.db.lookupRead(key);
  return value === undefined ? undefined : setOrThrow(value);
}

/** The slot of the set at `key` for a command that writes; -1: no such key. Throws WRONGTYPE. */
export function setSlot(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookupWrite(key);
  if (slot >= 0) setOrThrow(ctx.db.valueAt(slot));
  return slot;
}

/** The set in `slot`, to be changed. */
export function openSet(ctx: CommandContext, slot: number): SetValue {
  return ctx.gate.open(ctx.db, slot) as SetValue;
}

/** The limits of the encodings as they are now. */
export function limitsOf(ctx: CommandContext): EncodingLimits {
  return ctx.server.config.values;
}

/** A set that is about to get `count` members, `first` being one of them (redis 7.2.6 t_set.c:setTypeCreate). */
export function newSetFor(first: Bytes, count: number, limits: EncodingLimits): SetValue {
  const set = new SetValue();
  if (isInt64Text(first) && count <= limits.setMaxIntsetEntries) return set;
  set.encoding = count <= limits.setMaxListpackEntries ? 'listpack' : 'hashtable';
  return set;
}

/** A set is about to be given `count` members: too many at once make it a hash table (setTypeMaybeConvert). */
export function expectMembers(set: SetValue, count: number, limits: EncodingLimits): void {
  const { encoding } = set;
  if (encoding === 'hashtable') return;
  const max = encoding === 'intset' ? limits.setMaxIntsetEntries : limits.setMaxListpackEntries;
  if (count > max) set.encoding = 'hashtable';
}

/** Adds `member`; false when it was there. */
export function addMember(set: SetValue, member: Bytes, limits: EncodingLimits): boolean {
  if (set.encoding === 'hashtable') return set.add(member);
  if (set.encoding === 'intset' && !isInt64Text(member)) leaveIntset(set, limits);
  // What was removed meanwhile, or was added under other limits, does not count.
  set.peakSize = set.size;
  if (set.encoding === 'listpack') set.peakLength = 0;
  if (!set.add(member)) return false;
  settleEncoding(set, limits);
  return true;
}

/** An intset is about to get its first member that is no integer. */
function leaveIntset(set: SetValue, limits: EncodingLimits): void {
  const members = ascending(set);
  const longest = members.length === 0 ? 0 : Math.max(members[0].length, members[members.length - 1].length);
  if (members.length >= limits.setMaxListpackEntries || longest > limits.setMaxListpackValue) {
    set.encoding = 'hashtable';
    return;
  }
  for (const member of members) {
    set.delete(member);
    set.add(member);
  }
  set.encoding = 'listpack';
}

/** The members of an intset from the lowest to the highest. */
function ascending(set: SetValue): Bytes[] {
  return set.toArray().sort(compareIntegers);
}

/** Orders canonical integers by value, whatever their size. */
function compareIntegers(a: Bytes, b: Bytes): number {
  const negative = a.charCodeAt(0) === MINUS;
  if (negative !== (b.charCodeAt(0) === MINUS)) return negative ? -1 : 1;
  const order = a.length !== b.length ? a.length - b.length : a < b ? -1 : 1;
  return negative ? -order : order;
}

/** Members by their place in the order in which they are shown. The set must not change meanwhile. */
export interface Members {
  readonly size: number;
  memberAt(place: number): Bytes;
}

/** The members of a set as they are shown. */
export function shownMembers(set: SetValue): Members {
  if (set.encoding !== 'intset') return set;
  const sorted = ascending(set);
  return { size: sorted.length, memberAt: (place) => sorted[place] };
}

/** Answers with all members. */
export function replyMembers(ctx: CommandContext, set: SetValue): void {
  const { reply } = ctx;
  const members = shownMembers(set);
  reply.set(members.size);
  for (let place = 0; place < members.size; place++) reply.bulk(members.memberAt(place));
}
