/**
 * How expiries of fields are propagated: as absolute times, and only to those who know such commands. The AOF always gets them;
 * replicas of a `repl-compat-version` that has none do not (docs/decisions.md): what they need for the same data is the HDEL that
 * follows when the time is over.
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { formatInt64, type Int64 } from '../../base/numbers.js';
import { type CommandContext } from '../context.js';

const HSET = ascii('HSET');
const HDEL = ascii('HDEL');
const HPEXPIREAT = ascii('HPEXPIREAT');
const FIELDS = ascii('FIELDS');
const ONE = ascii('1');

/** In place of a HINCRBYFLOAT: the value it came to, and again the expiry (Infinity: none), which HSET ends. */
export function propagateAsHset(
  ctx: CommandContext,
  key: Bytes,
  field: Bytes,
  value: Bytes,
  dueMs: number,
): void {
  if (dueMs === Infinity) {
    ctx.effects.replace(HSET, key, field, value);
    return;
  }
  ctx.effects.also(ctx.db.id, [HSET, key, field, value]);
  alsoExpiry(ctx, [HPEXPIREAT, key, formatInt64(dueMs), FIELDS, ONE, field]);
}

/** In place of a command of the HEXPIRE family: the fields whose time it set. */
export function propagateFieldExpiry(
  ctx: CommandContext,
  key: Bytes,
  when: Int64,
  fields: readonly Bytes[],
): void {
  const argv = [HPEXPIREAT, key, formatInt64(when), FIELDS, formatInt64(fields.length)];
  for (const field of fields) argv.push(field);
  alsoExpiry(ctx, argv);
}

/** In place of a command of the HEXPIRE family: the fields that it deleted. */
export function propagateFieldDeletion(ctx: CommandContext, key: Bytes, fields: readonly Bytes[]): void {
  const argv = [HDEL, key];
  for (const field of fields) argv.push(field);
  ctx.effects.prevent();
  ctx.effects.also(ctx.db.id, argv);
}

/** Leaves out the replicas when they do not know the expiry of fields. */
export function preventWhereUnknown(ctx: CommandContext): void {
  if (!ctx.server.replication.sendsFieldExpiry()) ctx.effects.prevent('replicas');
}

function alsoExpiry(ctx: CommandContext, argv: Bytes[]): void {
  ctx.effects.prevent();
  ctx.effects.also(ctx.db.id, argv, ctx.server.replication.sendsFieldExpiry() ? undefined : 'aof');
}
