/**
 * Keys whatever they hold: EXISTS, TYPE, TOUCH, DEL, UNLINK, RENAME, RENAMENX, MOVE, COPY (redis 7.2.6 db.c).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type Database } from '../../store/database.js';
import {
  EVENT_COPY_TO,
  EVENT_DEL,
  EVENT_MOVE_FROM,
  EVENT_MOVE_TO,
  EVENT_NEW,
  EVENT_RENAME_FROM,
  EVENT_RENAME_TO,
} from '../../store/events.js';
import { copyValue, typeName } from '../../store/types/value.js';
import { int32Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { lookAt } from './lookup.js';

/** EXISTS key [key ...]: a key that is named twice counts twice. */
export function exists(ctx: CommandContext, argv: Bytes[]): void {
  let count = 0;
  for (let i = 1; i < argv.length; i++) if (lookAt(ctx, argv[i]) >= 0) count++;
  ctx.reply.int(count);
}

/** TYPE key */
export function type(ctx: CommandContext, argv: Bytes[]): void {
  const slot = lookAt(ctx, argv[1]);
  ctx.reply.simple(slot < 0 ? 'none' : typeName(ctx.db.valueAt(slot)));
}

/** TOUCH key [key ...] */
export function touch(ctx: CommandContext, argv: Bytes[]): void {
  let count = 0;
  for (let i = 1; i < argv.length; i++) if (ctx.db.lookupRead(argv[i]) !== undefined) count++;
  ctx.reply.int(count);
}

/** DEL key [key ...] */
export function del(ctx: CommandContext, argv: Bytes[]): void {
  deleteKeys(ctx, argv, ctx.server.config.values.lazyfreeLazyUserDel);
}

/** UNLINK key [key ...]: memory is given back by the garbage collector in either case, this only counts it. */
export function unlink(ctx: CommandContext, argv: Bytes[]): void {
  deleteKeys(ctx, argv, true);
}

function deleteKeys(ctx: CommandContext, argv: readonly Bytes[], lazily: boolean): void {
  let count = 0;
  for (let i = 1; i < argv.length; i++) {
    const slot = slotToDelete(ctx, argv[i]);
    if (slot < 0) continue;
    ctx.gate.remove(ctx.db, argv[i], slot, EVENT_DEL, lazily);
    count++;
  }
  ctx.reply.int(count);
}

/** A replica that takes writes deletes also what it only hides (redis 7.2.6 db.c:delGenericCommand). */
function slotToDelete(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookup(key);
  return slot < 0 && ctx.store.expiryPolicy === 'hide' ? ctx.db.keyspace.table.find(key) : slot;
}

/** RENAME key newkey */
export function rename(ctx: CommandContext, argv: Bytes[]): void {
  if (ctx.db.lookupWrite(argv[1]) < 0) throw Errors.noKey;
  if (argv[1] !== argv[2]) moveName(ctx, argv[1], argv[2]);
  ctx.reply.ok();
}

/** RENAMENX key newkey */
export function renameNx(ctx: CommandContext, argv: Bytes[]): void {
  if (ctx.db.lookupWrite(argv[1]) < 0) throw Errors.noKey;
  const free = argv[1] !== argv[2] && ctx.db.lookupWrite(argv[2]) < 0;
  if (free) moveName(ctx, argv[1], argv[2]);
  ctx.reply.int(free ? 1 : 0);
}

function moveName(ctx: CommandContext, from: Bytes, to: Bytes): void {
  const { db } = ctx;
  // A target whose time is over expires first: its deletion is propagated.
  db.lookup(to);
  ctx.gate.relocate({ db, key: from }, { db, key: to }, EVENT_RENAME_FROM, EVENT_RENAME_TO);
}

/** MOVE key db */
export function move(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const from = ctx.db;
  const to = databaseArg(ctx, argv[2]);
  if (from === to) throw Errors.sameObject;
  if (from.lookupWrite(key) < 0 || to.lookupWrite(key) >= 0) {
    ctx.reply.int(0);
    return;
  }
  ctx.gate.relocate({ db: from, key }, { db: to, key }, EVENT_MOVE_FROM, EVENT_MOVE_TO);
  ctx.reply.int(1);
}

/** COPY source destination [DB destination-db] [REPLACE] */
export function copy(ctx: CommandContext, argv: Bytes[]): void {
  const [, source, destination] = argv;
  const { to, replace } = copyOptions(ctx, argv);
  if (to === ctx.db && source === destination) throw Errors.sameObject;
  const value = ctx.db.lookupRead(source);
  if (value === undefined) {
    ctx.reply.int(0);
    return;
  }
  const expiryMs = ctx.db.expiryAt(ctx.db.lookup(source));
  const slot = to.lookupWrite(destination);
  if (slot >= 0 && !replace) {
    ctx.reply.int(0);
    return;
  }
  // Redis deletes the old key, so the copy is a new one.
  if (slot >= 0) ctx.gate.notify(to, destination, EVENT_NEW);
  ctx.gate.put(to, destination, slot, copyValue(value), EVENT_COPY_TO, expiryMs);
  ctx.reply.int(1);
}

function copyOptions(ctx: CommandContext, argv: readonly Bytes[]): { to: Database; replace: boolean } {
  let to = ctx.db;
  let replace = false;
  for (let i = 3; i < argv.length; i++) {
    if (isWord(argv[i], 'replace')) replace = true;
    else if (isWord(argv[i], 'db') && i + 1 < argv.length) to = databaseArg(ctx, argv[++i]);
    else throw Errors.syntax;
  }
  return { to, replace };
}

function databaseArg(ctx: CommandContext, text: Bytes): Database {
  const db: Database | undefined = ctx.store.databases[int32Arg(text)];
  if (db === undefined) throw Errors.dbOutOfRange;
  return db;
}
