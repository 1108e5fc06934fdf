/**
 * Arguments: how handlers read numbers, expiry times and string keys, with Redis's errors.
 *
 * Every function either returns what was asked for or throws one of commands/errors.ts; none of them changes anything, so a
 * handler may call them in the order in which Redis looks at its arguments. Numbers are exact: `number` while safe, `bigint`
 * past 2^53. Source: redis 7.2.6 object.c (get*FromObjectOrReply, checkType), t_string.c (getExpireMillisecondsOrReply,
 * checkStringLength).
 */
import { type Bytes } from '../base/bytes.js';
import { ceilLongDouble, multiplyLongDouble, parseLongDouble } from '../base/long-double.js';
import {
  INT64_MAX,
  normalizeInt64,
  parseDouble,
  parseInt64,
  parseSafeInt,
  type Int64,
} from '../base/numbers.js';
import { MAX_STRING_BYTES } from '../protocol/limits.js';
import { RawString } from '../store/types/raw-string.js';
import { type StringValue, type Value, isStringValue, toRawString } from '../store/types/value.js';
import { type CommandContext } from './context.js';
import { Errors, ReplyError, invalidExpire } from './errors.js';

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;
/** Timeouts of up to so many whole seconds are in range whatever the time is. */
const PLAIN_TIMEOUT_SECONDS = 1_000_000_000;

/** A signed 64-bit integer. */
export function int64Arg(text: Bytes, error: ReplyError = Errors.notInteger): Int64 {
  const value = parseInt64(text);
  if (value === undefined) throw error;
  return value;
}

/**
 * An index, offset or count that is only compared with sizes: a 64-bit integer as a double. Beyond 2^53 it is rounded,
 * which is far beyond any size.
 */
export function indexArg(text: Bytes, error?: ReplyError): number {
  return Number(int64Arg(text, error));
}

/** An integer in [min, max]; `error` replaces both the error of the form and that of the range. */
export function rangeArg(text: Bytes, min: Int64, max: Int64, error?: ReplyError): number {
  const value = int64Arg(text, error);
  if (value < min || value > max) {
    throw error ?? new ReplyError(`ERR value is out of range, value must between ${min} and ${max}`);
  }
  return Number(value);
}

/** An integer that fits a C int; `error` as for rangeArg. */
export function int32Arg(text: Bytes, error?: ReplyError): number {
  return rangeArg(text, INT32_MIN, INT32_MAX, error);
}

/** An integer of 0 or more; `error` as for rangeArg. */
export function positiveArg(text: Bytes, error?: ReplyError): number {
  const value = int64Arg(text, error);
  if (value < 0) throw error ?? Errors.mustBePositive;
  return Number(value);
}

/** A double, infinities included; nan is refused. */
export function doubleArg(text: Bytes, error: ReplyError = Errors.notFloat): number {
  const value = parseDouble(text);
  if (value === undefined) throw error;
  return value;
}

/** The string that a value is, or WRONGTYPE. */
export function stringOrThrow(value: Value): StringValue {
  if (!isStringValue(value)) throw Errors.wrongType;
  return value;
}

/** The string at `key` for a command that reads (a hit or a miss is counted); undefined: no such key. Throws WRONGTYPE. */
export function getStringOrThrow(ctx: CommandContext, key: Bytes): StringValue | undefined {
  const value = ctx.db.lookupRead(key);
  return value === undefined ? undefined : stringOrThrow(value);
}

/**
 * The string in `slot` as one that can be changed in place; from then on it is held so, whether it is changed or not
 * (redis 7.2.6 db.c:dbUnshareStringValue). Nobody is told: `gate.open` and `gate.changed` follow when it does change.
 */
export function unshare(ctx: CommandContext, slot: number, value: StringValue): RawString {
  if (value instanceof RawString) {
    value.embedded = false;
    return value;
  }
  const raw = toRawString(value);
  ctx.gate.recode(ctx.db, slot, raw);
  return raw;
}

const BAD_TIMEOUT = new ReplyError('ERR timeout is not an integer or out of range');
const NEGATIVE_TIMEOUT = new ReplyError('ERR timeout is negative');
const TIMEOUT_RANGE = new ReplyError('ERR timeout is out of range');

/** A timeout in whole milliseconds; 0 means none (redis 7.2.6 timeout.c:getTimeoutFromObjectOrReply). */
export function timeoutMsArg(ctx: CommandContext, text: Bytes): number {
  const ms = int64Arg(text, BAD_TIMEOUT);
  if (ms < 0) throw NEGATIVE_TIMEOUT;
  if (BigInt(ms) > INT64_MAX - BigInt(ctx.store.nowMs)) throw TIMEOUT_RANGE;
  return Number(ms);
}

const TIMEOUT_NOT_FLOAT = new ReplyError('ERR timeout is not a float or out of range');

/** A timeout in seconds, fractions allowed, as whole milliseconds; 0 means none (the same function of Redis). */
export function timeoutSecondsArg(ctx: CommandContext, text: Bytes): number {
  const whole = parseSafeInt(text);
  if (whole !== undefined && whole >= 0 && whole <= PLAIN_TIMEOUT_SECONDS) return whole * 1000;
  const seconds = parseLongDouble(text);
  if (seconds === undefined) throw TIMEOUT_NOT_FLOAT;
  const scaled = multiplyLongDouble(seconds, 1000n);
  if (scaled.kind !== 'finite')
    throw scaled.kind === 'infinite' && scaled.negative ? NEGATIVE_TIMEOUT : TIMEOUT_RANGE;
  const ms = ceilLongDouble(scaled);
  if (ms < 0) throw NEGATIVE_TIMEOUT;
  if (ms > INT64_MAX - BigInt(ctx.store.nowMs)) throw TIMEOUT_RANGE;
  return Number(ms);
}

/** How an expiry time was given: its unit, and whether it counts from now. */
export interface ExpiryForm {
  readonly seconds: boolean;
  readonly relative: boolean;
}

/**
 * The absolute time in ms that an expiry argument of SET, GETEX, SETEX or PSETEX means. It must be above 0 and stay within
 * 64 bits; the error names the running command. Past times are allowed.
 */
export function expiryArg(ctx: CommandContext, text: Bytes, form: ExpiryForm): Int64 {
  const value = int64Arg(text);
  const fullName = ctx.command.fullName;
  if (value <= 0) throw invalidExpire(fullName);
  const base = form.relative ? ctx.store.nowMs : 0;
  const ms = Number(value) * (form.seconds ? 1000 : 1) + base;
  if (Number.isSafeInteger(ms)) return ms;
  const exact = BigInt(value) * (form.seconds ? 1000n : 1n) + BigInt(base);
  if (exact > INT64_MAX) throw invalidExpire(fullName);
  return normalizeInt64(exact);
}

/**
 * Whether the command must not be refused for what it asks: it comes from the master or from a file that is being loaded
 * (redis 7.2.6 server.c:mustObeyClient). Those are the commands that see keys whose time is over.
 */
export function mustObey(ctx: CommandContext): boolean {
  return ctx.store.expiryPolicy === 'keep';
}

/** Throws when a string of `bytes` would be longer than proto-max-bulk-len, or than V8's longest string. */
export function checkStringLength(ctx: CommandContext, bytes: number): void {
  const limit = mustObey(ctx)
    ? MAX_STRING_BYTES
    : Math.min(ctx.server.config.values.protoMaxBulkLen, MAX_STRING_BYTES);
  if (bytes > limit) throw Errors.stringTooLong;
}
