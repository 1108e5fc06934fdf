/**
 * Expiry: EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, PERSIST, and what tells it: TTL, PTTL, EXPIRETIME, PEXPIRETIME.
 *
 * What is propagated does not depend on the clock of who receives it: PEXPIREAT with an absolute time, or the deletion when
 * that time is over (redis 7.2.6 expire.c:expireGenericCommand).
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { formatInt64, INT64_MAX, INT64_MIN, normalizeInt64, type Int64 } from '../../base/numbers.js';
import { EVENT_DEL, EVENT_EXPIRE, EVENT_PERSIST } from '../../store/events.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { invalidExpire, printed, ReplyError } from '../errors.js';
import { type Handler } from '../spec.js';
import { lookAt } from './lookup.js';

const DEL = ascii('DEL');
const UNLINK = ascii('UNLINK');
const PEXPIREAT = ascii('PEXPIREAT');
const MAX_SECONDS = INT64_MAX / 1000n;
const MIN_SECONDS = INT64_MIN / 1000n;

/** Conditions of the EXPIRE family. */
interface Conditions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
}

/** How the time is given. */
interface TimeForm {
  readonly seconds: boolean;
  readonly absolute: boolean;
}

/** A command of the EXPIRE family: key time [NX | XX | GT | LT]. */
export function expireCommand(form: TimeForm): Handler {
  return (ctx, argv) => {
    const conditions = conditionsOf(argv);
    const when = expiryTime(ctx, argv[2], form);
    const key = argv[1];
    const slot = ctx.db.lookupWrite(key);
    if (slot < 0 || refuses(conditions, ctx.db.expiryAt(slot), when)) {
      ctx.reply.int(0);
      return;
    }
    if (isOver(ctx, when)) {
      const lazily = ctx.server.config.values.lazyfreeLazyExpire;
      ctx.gate.remove(ctx.db, key, slot, EVENT_DEL, lazily);
      ctx.effects.replace(lazily ? UNLINK : DEL, key);
    } else {
      ctx.gate.setExpiry(ctx.db, key, slot, storedExpiry(when), EVENT_EXPIRE);
      if (form.seconds || !form.absolute) {
        ctx.effects.replace(PEXPIREAT, key, formatInt64(when), ...argv.slice(3));
      }
    }
    ctx.reply.int(1);
  };
}

function conditionsOf(argv: readonly Bytes[]): Conditions {
  const conditions: Conditions = { nx: false, xx: false, gt: false, lt: false };
  for (let i = 3; i < argv.length; i++) {
    if (isWord(argv[i], 'nx')) conditions.nx = true;
    else if (isWord(argv[i], 'xx')) conditions.xx = true;
    else if (isWord(argv[i], 'gt')) conditions.gt = true;
    else if (isWord(argv[i], 'lt')) conditions.lt = true;
    else throw new ReplyError(`ERR Unsupported option ${printed(argv[i])}`);
  }
  const { nx, xx, gt, lt } = conditions;
  if (nx && (xx || gt || lt)) {
    throw new ReplyError('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if (gt && lt) throw new ReplyError('ERR GT and LT options at the same time are not compatible');
  return conditions;
}

/** The absolute time in ms, which may lie in the past; an error when 64 bits cannot hold it. */
function expiryTime(ctx: CommandContext, text: Bytes, form: TimeForm): Int64 {
  const value = int64Arg(text);
  const base = form.absolute ? 0 : ctx.store.nowMs;
  const quick = Number(value) * (form.seconds ? 1000 : 1) + base;
  if (Number.isSafeInteger(quick) && typeof value === 'number') return quick;
  if (form.seconds && (value > MAX_SECONDS || value < MIN_SECONDS)) throw invalidExpire(ctx.command.fullName);
  const exact = BigInt(value) * (form.seconds ? 1000n : 1n) + BigInt(base);
  if (exact > INT64_MAX) throw invalidExpire(ctx.command.fullName);
  return normalizeInt64(exact);
}

/** Without an expiry (`current` 0) a key lives for ever: nothing is later than that. */
function refuses({ nx, xx, gt, lt }: Conditions, current: number, when: Int64): boolean {
  if (nx && current !== 0) return true;
  if (xx && current === 0) return true;
  // A time beyond 2^53 ms is kept as the nearest number.
  const asKept = Number(when);
  if (gt && (current === 0 || asKept <= current)) return true;
  return lt && current !== 0 && asKept >= current;
}

/**
 * Whether an expiry time means deletion now. Not for what the master or a file says, nor on a replica: there the deletion
 * comes by itself (redis 7.2.6 expire.c:checkAlreadyExpired).
 */
export function isOver(ctx: CommandContext, when: Int64): boolean {
  return when <= ctx.store.nowMs && ctx.store.expiryPolicy !== 'keep' && !ctx.server.replication.isReplica;
}

/** An expiry as the keyspace keeps it: a double, in which 0 is none. The epoch itself is as far in the past as the ms after it. */
export function storedExpiry(when: Int64): number {
  return Number(when) || 1;
}

/** PERSIST key */
export function persist(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const slot = ctx.db.lookupWrite(key);
  const had = slot >= 0 && ctx.db.expiryAt(slot) !== 0;
  if (had) ctx.gate.setExpiry(ctx.db, key, slot, 0, EVENT_PERSIST);
  ctx.reply.int(had ? 1 : 0);
}

/** A command of the TTL family: -2 without the key, -1 without an expiry, else the time, rounded to the unit. */
export function ttlCommand(form: TimeForm): Handler {
  return (ctx, argv) => {
    const slot = lookAt(ctx, argv[1]);
    const expiry = slot < 0 ? 0 : ctx.db.expiryAt(slot);
    if (expiry === 0) {
      ctx.reply.int(slot < 0 ? -2 : -1);
      return;
    }
    const ms = Math.max(0, form.absolute ? expiry : expiry - ctx.store.nowMs);
    ctx.reply.int(inUnit(ms, form.seconds));
  };
}

function inUnit(ms: number, seconds: boolean): Int64 {
  if (Number.isSafeInteger(ms)) return seconds ? Math.floor((ms + 500) / 1000) : ms;
  // Beyond 2^53 a double is a rounded value, and it may round up to 2^63.
  const exact = BigInt(ms) > INT64_MAX ? INT64_MAX : BigInt(ms);
  return seconds ? (exact + 500n) / 1000n : exact;
}
