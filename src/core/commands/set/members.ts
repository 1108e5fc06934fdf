/**
 * Commands of one set, member by member: SADD, SREM, SMOVE, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS, SSCAN (redis 7.2.6 t_set.c).
 */
import { type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { type CommandContext } from '../context.js';
import { elementsRemoved } from '../removal.js';
import { cursorArg, scanOptions } from '../scan-args.js';
import { EVENT_SADD, EVENT_SREM } from './events.js';
import {
  addMember,
  expectMembers,
  limitsOf,
  newSetFor,
  openSet,
  readSet,
  replyMembers,
  setSlot,
  shownMembers,
} from './sets.js';

/** SADD key member [member ...] */
export function sadd(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const limits = limitsOf(ctx);
  const given = argv.length - 2;
  const slot = setSlot(ctx, key);
  const set = slot < 0 ? newSetFor(argv[2], given, limits) : openSet(ctx, slot);
  if (slot >= 0) expectMembers(set, given, limits);
  let added = 0;
  for (let i = 2; i < argv.length; i++) if (addMember(set, argv[i], limits)) added++;
  if (slot < 0) {
    gate.put(db, key, -1, set, EVENT_SADD, 0);
    gate.dirty += added - 1;
  } else if (added > 0) gate.changed(db, key, EVENT_SADD, added);
  ctx.reply.int(added);
}

/** SREM key member [member ...] */
export function srem(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const slot = setSlot(ctx, key);
  let removed = 0;
  if (slot >= 0) {
    const set = openSet(ctx, slot);
    for (let i = 2; i < argv.length && set.size > 0; i++) if (set.delete(argv[i])) removed++;
    if (removed > 0) elementsRemoved(ctx, key, slot, set.size, EVENT_SREM, removed);
  }
  ctx.reply.int(removed);
}

/** SMOVE source destination member */
export function smove(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate, reply } = ctx;
  const [, source, target, member] = argv;
  if (db.lookupWrite(source) < 0) {
    // Looking at the target notes the access.
    db.lookupWrite(target);
    reply.int(0);
    return;
  }
  setSlot(ctx, source);
  setSlot(ctx, target);
  // Looking at the target may have deleted it and moved the source.
  const slot = db.lookup(source);
  if (source === target) {
    reply.int(openSet(ctx, slot).has(member) ? 1 : 0);
    return;
  }
  const set = openSet(ctx, slot);
  if (!set.delete(member)) {
    reply.int(0);
    return;
  }
  elementsRemoved(ctx, source, slot, set.size, EVENT_SREM, 1);
  const limits = limitsOf(ctx);
  const targetSlot = db.lookup(target);
  const receiver = targetSlot < 0 ? newSetFor(member, 1, limits) : openSet(ctx, targetSlot);
  if (addMember(receiver, member, limits)) {
    if (targetSlot < 0) gate.put(db, target, -1, receiver, EVENT_SADD, 0);
    else gate.changed(db, target, EVENT_SADD);
  }
  reply.int(1);
}

/** SISMEMBER key member */
export function sismember(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(readSet(ctx, argv[1])?.has(argv[2]) ? 1 : 0);
}

/** SMISMEMBER key member [member ...] */
export function smismember(ctx: CommandContext, argv: Bytes[]): void {
  const set = readSet(ctx, argv[1]);
  ctx.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) ctx.reply.int(set?.has(argv[i]) ? 1 : 0);
}

/** SCARD key */
export function scard(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(readSet(ctx, argv[1])?.size ?? 0);
}

/** SMEMBERS key */
export function smembers(ctx: CommandContext, argv: Bytes[]): void {
  const set = readSet(ctx, argv[1]);
  if (set === undefined) ctx.reply.set(0);
  else replyMembers(ctx, set);
}

/** SSCAN key cursor [MATCH pattern] [COUNT count]. What is packed comes whole; the options are looked at only for a set. */
export function sscan(ctx: CommandContext, argv: Bytes[]): void {
  const cursor = cursorArg(argv[2]);
  const set = readSet(ctx, argv[1]);
  const found: Bytes[] = [];
  let next = 0;
  if (set !== undefined) {
    const { count, pattern } = scanOptions(argv, 3, false);
    const visit = (member: Bytes) => {
      if (pattern === undefined || globMatch(pattern, member)) found.push(member);
    };
    if (set.encoding === 'hashtable') next = set.scan(cursor, count, visit);
    else {
      const members = shownMembers(set);
      for (let place = 0; place < members.size; place++) visit(members.memberAt(place));
    }
  }
  ctx.reply.array(2);
  ctx.reply.bulkInt(next);
  ctx.reply.bulks(found);
}
