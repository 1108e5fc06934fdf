/**
 * Strings as numbers: INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT. The expiry of the key stays.
 *
 * Integers are exact over 64 bits: a safe one is a JS number and is added to as such (the hot path), one past 2^53 is held
 * as its text. Floats are those of the x87's long double. INCRBYFLOAT is propagated as the result it had, so that no replica
 * computes a different one. Source: redis 7.2.6 t_string.c (incrDecrCommand, incrbyfloatCommand).
 */
import { ascii, flat, type Bytes } from '../../base/bytes.js';
import {
  addLongDouble,
  formatLongDouble,
  isFiniteLongDouble,
  longDoubleFromInt64,
  parseLongDouble,
  type LongDouble,
} from '../../base/long-double.js';
import { INT64_MIN, addInt64, formatInt64, normalizeInt64, type Int64 } from '../../base/numbers.js';
import { isLargeInt64Text } from '../../store/types/int-text.js';
import { RawString } from '../../store/types/raw-string.js';
import { stringBytes, type Value } from '../../store/types/value.js';
import { int64Arg, stringOrThrow } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_INCRBY, EVENT_INCRBYFLOAT } from './events.js';

/** INCR key. */
export function incr(ctx: CommandContext, argv: Bytes[]): void {
  add(ctx, argv[1], 1);
}

/** DECR key. */
export function decr(ctx: CommandContext, argv: Bytes[]): void {
  add(ctx, argv[1], -1);
}

/** INCRBY key increment. */
export function incrby(ctx: CommandContext, argv: Bytes[]): void {
  add(ctx, argv[1], int64Arg(argv[2]));
}

/** DECRBY key decrement. The one number that has no negative is refused. */
export function decrby(ctx: CommandContext, argv: Bytes[]): void {
  const by = int64Arg(argv[2]);
  if (by === INT64_MIN) throw Errors.decrementOverflow;
  // 0 - by: the negative of 0 would be -0
  add(ctx, argv[1], typeof by === 'number' ? 0 - by : normalizeInt64(-by));
}

function add(ctx: CommandContext, key: Bytes, by: Int64): void {
  const { db, gate } = ctx;
  const slot = db.lookupWrite(key);
  if (slot >= 0) {
    const value = db.valueAt(slot);
    if (typeof value === 'number' && typeof by === 'number' && Number.isSafeInteger(value + by)) {
      gate.replace(db, key, slot, value + by, EVENT_INCRBY);
      ctx.reply.int(value + by);
      return;
    }
    addExactly(ctx, key, slot, value, by);
    return;
  }
  gate.put(db, key, slot, typeof by === 'number' ? by : formatInt64(by), EVENT_INCRBY, 0);
  ctx.reply.int(by);
}

function addExactly(ctx: CommandContext, key: Bytes, slot: number, value: Value, by: Int64): void {
  const sum = addInt64(integerOf(value), by);
  if (sum === undefined) throw Errors.overflow;
  ctx.gate.replace(ctx.db, key, slot, typeof sum === 'number' ? sum : formatInt64(sum), EVENT_INCRBY);
  ctx.reply.int(sum);
}

function integerOf(value: Value): Int64 {
  return typeof value === 'number' ? value : int64Arg(stringBytes(stringOrThrow(value)));
}

/** INCRBYFLOAT key increment. */
export function incrbyfloat(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const slot = db.lookupWrite(key);
  const old = slot < 0 ? longDoubleFromInt64(0) : floatOf(db.valueAt(slot));
  const sum = addLongDouble(old, longDoubleArg(argv[2]));
  if (!isFiniteLongDouble(sum)) throw Errors.nanOrInfinity;
  const text = flat(formatLongDouble(sum));
  const value = floatResult(text);
  if (slot < 0) gate.put(db, key, slot, value, EVENT_INCRBYFLOAT, 0);
  else gate.replace(db, key, slot, value, EVENT_INCRBYFLOAT);
  ctx.effects.replace(SET, key, text, KEEPTTL);
  ctx.reply.bulk(text);
}

/** Also a whole number is kept as text: OBJECT ENCODING says embstr until the value is set or loaded anew. */
function floatResult(text: Bytes): Bytes | RawString {
  return isLargeInt64Text(text) ? RawString.embedded(text) : text;
}

const SET = ascii('SET');
const KEEPTTL = ascii('KEEPTTL');

function floatOf(value: Value): LongDouble {
  return typeof value === 'number'
    ? longDoubleFromInt64(value)
    : longDoubleArg(stringBytes(stringOrThrow(value)));
}

function longDoubleArg(text: Bytes): LongDouble {
  const value = parseLongDouble(text);
  if (value === undefined) throw Errors.notFloat;
  return value;
}
