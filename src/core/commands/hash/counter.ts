/**
 * Fields as numbers: HINCRBY, HINCRBYFLOAT. The expiry of the field stays.
 *
 * Integers are exact over 64 bits, floats are those of the x87's long double. HINCRBYFLOAT is propagated as the result it had; HSET
 * ends the expiry of a field, so one that has an expiry gets it again. Source: redis 7.2.6 t_hash.c.
 */
import { flat, type Bytes } from '../../base/bytes.js';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  longDoubleFromInt64,
  parseLongDouble,
  type LongDouble,
} from '../../base/long-double.js';
import { addInt64, formatInt64 } from '../../base/numbers.js';
import { type KeyEvent } from '../../store/events.js';
import { settleEncoding } from '../../store/types/encoding.js';
import { HashValue } from '../../store/types/hash-value.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_HINCRBY, EVENT_HINCRBYFLOAT } from './events.js';
import { fieldsFrom, hashSlot } from './lookup.js';
import { propagateAsHset } from './propagation.js';

/** HINCRBY key field increment */
export function hincrby(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, field, text] = argv;
  const by = int64Arg(text);
  const slot = hashSlot(ctx, key);
  const held = liveValue(ctx, slot, field);
  const sum = addInt64(held === undefined ? 0 : int64Arg(held, Errors.hashNotInteger), by);
  if (sum === undefined) throw Errors.overflow;
  store(ctx, argv, slot, formatInt64(sum), EVENT_HINCRBY);
  ctx.reply.int(sum);
}

/** HINCRBYFLOAT key field increment */
export function hincrbyfloat(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, field, text] = argv;
  const by = parseLongDouble(text);
  if (by === undefined) throw Errors.notFloat;
  if (!isFiniteLongDouble(by)) throw Errors.valueNanOrInfinity;
  const slot = hashSlot(ctx, key);
  const held = liveValue(ctx, slot, field);
  const sum = addLongDouble(held === undefined ? longDoubleFromInt64(0) : floatOf(held), by);
  if (!isFiniteLongDouble(sum)) throw Errors.nanOrInfinity;
  const result = flat(formatLongDouble(sum));
  const hash = store(ctx, argv, slot, result, EVENT_HINCRBYFLOAT);
  propagateAsHset(ctx, key, field, result, hash.expiryOf(field)!);
  ctx.reply.bulk(result);
}

function liveValue(ctx: CommandContext, slot: number, field: Bytes): Bytes | undefined {
  if (slot < 0) return undefined;
  return (ctx.db.valueAt(slot) as HashValue).getLive(field, fieldsFrom(ctx));
}

function floatOf(text: Bytes): LongDouble {
  const value = parseLongDouble(text);
  if (value === undefined) throw Errors.hashNotFloat;
  return value;
}

/** Stores the result in the field; one that was over does not expire any more. */
function store(
  ctx: CommandContext,
  [, key, field]: readonly Bytes[],
  slot: number,
  result: Bytes,
  event: KeyEvent,
): HashValue {
  const { db, gate } = ctx;
  const hash = slot < 0 ? new HashValue() : (gate.open(db, slot) as HashValue);
  if (hash.getLive(field, fieldsFrom(ctx)) === undefined) hash.set(field, result);
  else hash.setKeepingExpiry(field, result);
  settleEncoding(hash, ctx.server.config.values);
  if (slot < 0) gate.put(db, key, slot, hash, event);
  else gate.changed(db, key, event);
  return hash;
}
