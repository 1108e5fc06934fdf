/**
 * Commands that replace a whole string: SET and its older forms, GETSET, MSET, MSETNX.
 *
 * SET without options and MSET are the hot path: one look-up, one `put`, nothing allocated beyond the value. What is
 * propagated never depends on the clock of the one that applies it: a relative time becomes `SET key value PXAT ms`.
 * Source: redis 7.2.6 t_string.c (setGenericCommand, getsetCommand, msetGenericCommand).
 */
import { type ByteRange } from '../../base/byte-range.js';
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { formatInt64, type Int64 } from '../../base/numbers.js';
import { EVENT_EXPIRE } from '../../store/events.js';
import { makeString } from '../../store/types/value.js';
import { expiryArg, getStringOrThrow, type ExpiryForm } from '../args.js';
import { type CommandContext } from '../context.js';
import { wrongArity } from '../errors.js';
import { type KeyReference } from '../spec.js';
import { EVENT_SET } from './events.js';
import { Given, SET_OPTIONS, expiryOf, parseStringOptions } from './options.js';
import { replyString } from './reply.js';

const SET = ascii('SET');
const PXAT = ascii('PXAT');

/** SET key value [options]. */
export function set(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) {
    setWithOptions(ctx, argv);
    return;
  }
  const { unread } = ctx;
  store(ctx, argv[1], unread === undefined || unread.length === 0 ? argv[2] : unread);
  ctx.reply.ok();
}

/** Sets a key without an expiry, whatever it held; nobody has looked at that. */
function store(ctx: CommandContext, key: Bytes, given: Bytes | ByteRange): void {
  const { db } = ctx;
  const value = typeof given === 'string' ? makeString(given) : given;
  ctx.gate.overwrite(db, key, db.lookupWrite(key), value, EVENT_SET, 0);
}

/** The order of the checks is Redis's: options, time, type of the old value (with GET), condition. */
function setWithOptions(ctx: CommandContext, argv: Bytes[]): void {
  const { db, reply } = ctx;
  const key = argv[1];
  const options = parseStringOptions(argv, 3, SET_OPTIONS);
  const { given } = options;
  const expiry = expiryOf(ctx, options);
  const wantsOld = (given & Given.get) !== 0;
  const old = wantsOld ? getStringOrThrow(ctx, key) : undefined;
  const slot = db.lookupWrite(key);
  const refused = given & (slot < 0 ? Given.xx : Given.nx);
  if (!refused) {
    if (expiry !== undefined) {
      storeUntil(ctx, key, slot, argv[2], expiry);
      if (!(given & Given.pxAt)) propagateUntil(ctx, key, argv[2], expiry);
    } else {
      ctx.gate.put(db, key, slot, makeString(argv[2]), EVENT_SET, given & Given.keepTtl ? undefined : 0);
      if (wantsOld) ctx.effects.replace(...withoutGet(argv));
    }
  }
  if (wantsOld) replyString(reply, old);
  else if (refused) reply.null();
  else reply.ok();
}

function storeUntil(ctx: CommandContext, key: Bytes, slot: number, value: Bytes, expiry: Int64): void {
  ctx.gate.put(ctx.db, key, slot, makeString(value), EVENT_SET, Number(expiry));
  ctx.gate.notify(ctx.db, key, EVENT_EXPIRE);
}

function propagateUntil(ctx: CommandContext, key: Bytes, value: Bytes, expiry: Int64): void {
  ctx.effects.replace(SET, key, value, PXAT, formatInt64(expiry));
}

/** GET changes the reply alone, so replicas are not sent it. */
function withoutGet(argv: readonly Bytes[]): Bytes[] {
  return argv.filter((arg, i) => i < 3 || !isGet(arg));
}

function isGet(arg: Bytes): boolean {
  return isWord(arg, 'get');
}

/** With GET the command reads its key, and ACLs must allow that (redis 7.2.6 db.c:setGetKeys). */
export function setKeys(argv: readonly Bytes[]): KeyReference[] {
  const reads = argv.some((arg, i) => i >= 3 && isGet(arg));
  return [{ index: 1, flags: reads ? ['RW', 'access', 'update'] : ['OW', 'update'] }];
}

/** SETNX key value. */
export function setnx(ctx: CommandContext, argv: Bytes[]): void {
  const { db } = ctx;
  const key = argv[1];
  const slot = db.lookupWrite(key);
  if (slot < 0) ctx.gate.put(db, key, slot, makeString(argv[2]), EVENT_SET, 0);
  ctx.reply.int(slot < 0 ? 1 : 0);
}

const IN_SECONDS: ExpiryForm = { seconds: true, relative: true };
const IN_MILLISECONDS: ExpiryForm = { seconds: false, relative: true };

/** SETEX key seconds value. */
export function setex(ctx: CommandContext, argv: Bytes[]): void {
  setFor(ctx, argv, IN_SECONDS);
}

/** PSETEX key milliseconds value. */
export function psetex(ctx: CommandContext, argv: Bytes[]): void {
  setFor(ctx, argv, IN_MILLISECONDS);
}

function setFor(ctx: CommandContext, argv: Bytes[], form: ExpiryForm): void {
  const [, key, time, value] = argv;
  const expiry = expiryArg(ctx, time, form);
  storeUntil(ctx, key, ctx.db.lookupWrite(key), value, expiry);
  propagateUntil(ctx, key, value, expiry);
  ctx.reply.ok();
}

/** GETSET key value. */
export function getset(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, value] = argv;
  const old = getStringOrThrow(ctx, key);
  ctx.gate.put(ctx.db, key, ctx.db.lookupWrite(key), makeString(value), EVENT_SET, 0);
  ctx.effects.replace(SET, key, value);
  replyString(ctx.reply, old);
}

/** MSET key value [key value ...]. */
export function mset(ctx: CommandContext, argv: Bytes[]): void {
  checkPairs(ctx, argv);
  for (let i = 1; i < argv.length; i += 2) store(ctx, argv[i], argv[i + 1]);
  ctx.reply.ok();
}

/** MSETNX key value [key value ...]: all of them or none. A key that is named twice gets its last value. */
export function msetnx(ctx: CommandContext, argv: Bytes[]): void {
  checkPairs(ctx, argv);
  for (let i = 1; i < argv.length; i += 2) {
    if (ctx.db.lookupWrite(argv[i]) >= 0) {
      ctx.reply.int(0);
      return;
    }
  }
  for (let i = 1; i < argv.length; i += 2) store(ctx, argv[i], argv[i + 1]);
  ctx.reply.int(1);
}

function checkPairs(ctx: CommandContext, argv: readonly Bytes[]): void {
  if (argv.length % 2 === 0) throw wrongArity(ctx.command.fullName);
}
