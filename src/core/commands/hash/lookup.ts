/**
 * Finding hashes, and which of their fields a command may see.
 *
 * A field whose time is over is not there for a command, unless the command comes from the master or from a file: those decide
 * themselves. Where fields are deleted by time (a master), a look-up deletes some that are over before anybody looks; what is left of
 * them, and on a replica all, is hidden: handlers ask for fields with `fieldsFrom`.
 */
import { type Bytes } from '../../base/bytes.js';
import { FIELDS_PER_STEP } from '../../store/field-expire-cycle.js';
import { HashValue } from '../../store/types/hash-value.js';
import { type Value } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

/** Fields that were due before this time (ms) are not there for the running command. */
export function fieldsFrom(ctx: CommandContext): number {
  return ctx.store.expiryPolicy === 'keep' ? -Infinity : ctx.store.nowMs;
}

/** The hash at a key for a command that reads: a hit or a miss is counted. Throws WRONGTYPE. */
export function readHash(ctx: CommandContext, key: Bytes): HashValue | undefined {
  const value = ctx.db.lookupRead(key);
  if (value === undefined) return undefined;
  const hash = hashOrThrow(value);
  if (hash.earliestMs >= ctx.store.nowMs) return hash;
  const slot = swept(ctx, key, ctx.db.lookup(key));
  return slot < 0 ? undefined : (ctx.db.valueAt(slot) as HashValue);
}

/** The slot of the hash at a key for a command that writes, or -1. Throws WRONGTYPE. */
export function hashSlot(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookupWrite(key);
  if (slot < 0) return slot;
  const hash = hashOrThrow(ctx.db.valueAt(slot));
  return hash.earliestMs >= ctx.store.nowMs ? slot : swept(ctx, key, slot);
}

function hashOrThrow(value: Value): HashValue {
  if (!(value instanceof HashValue)) throw Errors.wrongType;
  return value;
}

/** Deletes some fields that are over, where that is this server's business. @returns the slot of the hash, or -1 */
function swept(ctx: CommandContext, key: Bytes, slot: number): number {
  const { db, store } = ctx;
  if (store.expiryPolicy !== 'delete') return slot;
  const hash = db.valueAt(slot) as HashValue;
  ctx.gate.expireFields(db, slot, key, hash.fieldsOver(store.nowMs, FIELDS_PER_STEP));
  return db.keyspace.table.find(key);
}
