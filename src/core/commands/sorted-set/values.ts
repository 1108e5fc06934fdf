/**
 * What the commands on sorted sets share: finding the value, adding to it as its encoding wants, taking it away when it is
 * empty, storing a result under a key. The geo family uses it too.
 */
import { type Bytes } from '../../base/bytes.js';
import { EVENT_DEL, type KeyEvent } from '../../store/events.js';
import { settleEncoding } from '../../store/types/encoding.js';
import { type Value } from '../../store/types/value.js';
import { ZSetValue } from '../../store/types/zset-value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

/** The sorted set that a value is, or WRONGTYPE. */
export function zsetOrThrow(value: Value): ZSetValue {
  if (typeof value !== 'object' || value.kind !== 'zset') throw Errors.wrongType;
  return value;
}

/** The sorted set at `key` for a command that reads (a hit or a miss is counted); undefined: no such key. Throws WRONGTYPE. */
export function readZSet(ctx: CommandContext, key: Bytes): ZSetValue | undefined {
  const value = ctx.db.lookupRead(key);
  return value === undefined ? undefined : zsetOrThrow(value);
}

/** The slot of the sorted set at `key` for a command that writes, or -1: no such key. Throws WRONGTYPE. */
export function writeSlot(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookupWrite(key);
  if (slot >= 0) zsetOrThrow(ctx.db.valueAt(slot));
  return slot;
}

/** The sorted set in `slot`, to be changed. */
export function openZSet(ctx: CommandContext, slot: number): ZSetValue {
  return ctx.gate.open(ctx.db, slot) as ZSetValue;
}

/**
 * Adds a member or moves it. A packed score that is a whole number is an integer, which has no negative zero
 * (redis 7.2.6 t_zset.c:zzlInsertAt).
 */
export function setScore(
  ctx: CommandContext,
  zset: ZSetValue,
  member: Bytes,
  score: number,
): 'added' | 'moved' | 'same' {
  const stored = Object.is(score, -0) && isPackedWith(ctx, zset, member) ? 0 : score;
  return zset.set(member, stored);
}

/** Whether the set is packed and stays so with `member` (redis 7.2.6 t_zset.c:zsetAdd). */
function isPackedWith(ctx: CommandContext, zset: ZSetValue, member: Bytes): boolean {
  const { zsetMaxListpackEntries, zsetMaxListpackValue } = ctx.server.config.values;
  if (zset.encoding !== 'listpack') return false;
  if (zset.peakSize > zsetMaxListpackEntries || zset.peakLength > zsetMaxListpackValue) return false;
  return zset.has(member) || (zset.size < zsetMaxListpackEntries && member.length <= zsetMaxListpackValue);
}

/** So many members are coming: a set of more than fit gives up its packed encoding at once (t_zset.c:zsetTypeMaybeConvert). */
export function expectMembers(ctx: CommandContext, zset: ZSetValue, count: number): void {
  if (count > ctx.server.config.values.zsetMaxListpackEntries) zset.encoding = 'skiplist';
}

/** The end of a command that may have added members: the encoding is decided by the limits of this moment. */
export function settle(ctx: CommandContext, zset: ZSetValue): void {
  settleEncoding(zset, ctx.server.config.values);
}

/**
 * Makes a sorted set the value of `key` in place of whatever it holds; an empty one, and none, leave no such key.
 * @param by what Redis adds to `dirty` when something is stored
 */
export function storeZSet(
  ctx: CommandContext,
  key: Bytes,
  zset: ZSetValue | undefined,
  event: KeyEvent,
  by = 1,
): void {
  const { db, gate } = ctx;
  if (zset !== undefined && zset.size > 0) {
    settle(ctx, zset);
    gate.put(db, key, db.lookupWrite(key), zset, event, 0);
    gate.dirty += by - 1;
    return;
  }
  const slot = db.lookup(key);
  if (slot >= 0) gate.remove(db, key, slot, EVENT_DEL);
}

/**
 * A sorted set of results, whose members and scores are known at last. One that is to be stored is packed when it fits, and
 * then has no negative zero (redis 7.2.6 t_zset.c:zsetConvertToListpackIfNeeded).
 */
export function resultZSet(
  ctx: CommandContext,
  members: readonly Bytes[],
  scores: readonly number[],
  stored: boolean,
): ZSetValue {
  const { zsetMaxListpackEntries, zsetMaxListpackValue } = ctx.server.config.values;
  const packed =
    stored &&
    members.length <= zsetMaxListpackEntries &&
    members.every((member) => member.length <= zsetMaxListpackValue);
  const zset = new ZSetValue();
  for (let i = 0; i < members.length; i++) zset.set(members[i], packed ? scores[i] + 0 : scores[i]);
  return zset;
}
