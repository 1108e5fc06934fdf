/**
 * Walking the keyspace: KEYS, SCAN, RANDOMKEY, DBSIZE.
 *
 * SCAN walks slots from high to low (store/slot-table), so a key that is there during the whole iteration is returned
 * whatever is added and deleted meanwhile.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { typeName } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { cursorArg, scanOptions } from '../scan-args.js';
import { lookAt } from './lookup.js';

/** SCAN looks at no more slots than this many times COUNT, holes included. */
const SLOTS_PER_COUNT = 10;
/** Where every key has an expiry and none may be deleted, RANDOMKEY gives up looking for a live one. */
const RANDOM_TRIES = 100;

/** KEYS pattern: keys whose time is over are left out, and left alone. */
export function keys(ctx: CommandContext, argv: Bytes[]): void {
  const pattern = argv[1];
  const { keyspace } = ctx.db;
  const { nowMs } = ctx.store;
  const found: Bytes[] = [];
  for (let slot = 0; slot < keyspace.table.top; slot++) {
    const key = keyspace.keyAt(slot);
    if (key === undefined || (pattern !== '*' && !globMatch(pattern, key))) continue;
    const expiry = keyspace.expiryAt(slot);
    if (expiry === 0 || expiry >= nowMs) found.push(key);
  }
  ctx.reply.bulks(found);
}

/** SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] */
export function scan(ctx: CommandContext, argv: Bytes[]): void {
  const cursor = cursorArg(argv[1]);
  const { count, pattern, type } = scanOptions(argv, 2, true);
  const { table } = ctx.db.keyspace;
  const found: Bytes[] = [];
  const next = table.scan(cursor, count, count * SLOTS_PER_COUNT, (slot) => {
    const key = table.keyAt(slot)!;
    if (pattern === undefined || globMatch(pattern, key)) found.push(key);
  });
  // Looking at a key may delete it and move others, so that comes after the walk.
  const live = found.filter((key) =>
    type === undefined ? ctx.db.lookup(key) >= 0 : isOfType(ctx, key, type),
  );
  ctx.reply.array(2);
  ctx.reply.bulkInt(next);
  ctx.reply.bulks(live);
}

/** A type that does not exist is no error: no key has it. */
function isOfType(ctx: CommandContext, key: Bytes, type: Bytes): boolean {
  const slot = lookAt(ctx, key, false);
  return slot >= 0 && isWord(type, typeName(ctx.db.valueAt(slot)));
}

/** RANDOMKEY */
export function randomKey(ctx: CommandContext): void {
  const { keyspace } = ctx.db;
  for (let tries = 1; keyspace.size > 0; tries++) {
    const key = keyspace.keyAt(keyspace.table.sample(ctx.store.random))!;
    const hopeless = tries >= RANDOM_TRIES && keyspace.expiring === keyspace.size;
    if (ctx.db.lookup(key) < 0 && !hopeless) continue;
    ctx.reply.bulk(key);
    return;
  }
  ctx.reply.null();
}

/** DBSIZE: keys whose time is over count until they are deleted. */
export function dbSize(ctx: CommandContext): void {
  ctx.reply.int(ctx.db.size);
}
