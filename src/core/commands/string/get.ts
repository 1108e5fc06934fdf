/**
 * Commands that answer with whole strings: GET, GETDEL, GETEX, MGET, STRLEN.
 *
 * GETDEL and GETEX also write; they are never propagated as they came but as what they did to the key (DEL, UNLINK,
 * PEXPIREAT, PERSIST). Source: redis 7.2.6 t_string.c (getGenericCommand, getexCommand, getdelCommand, mgetCommand).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { formatInt64, type Int64 } from '../../base/numbers.js';
import { EVENT_DEL, EVENT_EXPIRE, EVENT_PERSIST } from '../../store/events.js';
import { isStringValue, stringLength } from '../../store/types/value.js';
import { getStringOrThrow, mustObey, stringOrThrow } from '../args.js';
import { type CommandContext } from '../context.js';
import { GETEX_OPTIONS, Given, expiryOf, parseStringOptions } from './options.js';
import { replyString } from './reply.js';

const DEL = ascii('DEL');
const UNLINK = ascii('UNLINK');
const PEXPIREAT = ascii('PEXPIREAT');
const PERSIST = ascii('PERSIST');

/** GET key. */
export function get(ctx: CommandContext, argv: Bytes[]): void {
  const value = ctx.db.lookupRead(argv[1]);
  if (typeof value === 'string') ctx.reply.bulk(value);
  else replyString(ctx.reply, value === undefined ? undefined : stringOrThrow(value));
}

/** MGET key [key ...]. A key of another type answers as a missing one. */
export function mget(ctx: CommandContext, argv: Bytes[]): void {
  const { db, reply } = ctx;
  reply.array(argv.length - 1);
  for (let i = 1; i < argv.length; i++) {
    const value = db.lookupRead(argv[i]);
    replyString(reply, value !== undefined && isStringValue(value) ? value : undefined);
  }
}

/** STRLEN key. */
export function strlen(ctx: CommandContext, argv: Bytes[]): void {
  const value = getStringOrThrow(ctx, argv[1]);
  ctx.reply.int(value === undefined ? 0 : stringLength(value));
}

/** GETDEL key. */
export function getdel(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const value = getStringOrThrow(ctx, key);
  if (value !== undefined) {
    ctx.gate.remove(ctx.db, key, ctx.db.lookup(key), EVENT_DEL);
    ctx.effects.replace(DEL, key);
  }
  replyString(ctx.reply, value);
}

/** GETEX key [PERSIST | EX … | PX … | EXAT … | PXAT …]. The time is only checked when the key is there. */
export function getex(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const options = parseStringOptions(argv, 2, GETEX_OPTIONS);
  const value = getStringOrThrow(ctx, key);
  if (value !== undefined) {
    const { given } = options;
    const expiry = expiryOf(ctx, options);
    if (expiry !== undefined) expireAt(ctx, key, expiry, (given & (Given.exAt | Given.pxAt)) !== 0);
    else if (given & Given.persist) persist(ctx, key);
  }
  replyString(ctx.reply, value);
}

/** An absolute time that is over deletes the key at once; from a master or a file it is set all the same. */
function expireAt(ctx: CommandContext, key: Bytes, expiry: Int64, absolute: boolean): void {
  const { db, gate, server } = ctx;
  const slot = db.lookup(key);
  const decides = !server.replication.isReplica && !mustObey(ctx);
  if (absolute && expiry <= ctx.store.nowMs && decides) {
    gate.remove(db, key, slot, EVENT_DEL);
    ctx.effects.replace(server.config.values.lazyfreeLazyExpire ? UNLINK : DEL, key);
    return;
  }
  gate.setExpiry(db, key, slot, Number(expiry), EVENT_EXPIRE);
  ctx.effects.replace(PEXPIREAT, key, formatInt64(expiry));
}

function persist(ctx: CommandContext, key: Bytes): void {
  const { db, gate } = ctx;
  const slot = db.lookup(key);
  if (db.expiryAt(slot) === 0) return;
  gate.setExpiry(db, key, slot, 0, EVENT_PERSIST);
  ctx.effects.replace(PERSIST, key);
}
