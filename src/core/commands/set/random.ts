/**
 * Members by chance: SPOP and SRANDMEMBER.
 *
 * Every choice is uniform. Distinct members of a listpack come in its order, as in Redis; else in the order of drawing. SPOP is
 * propagated as the removals it made. Source: redis 7.2.6 t_set.c (spopCommand, spopWithCountCommand, srandmemberWithCountCommand).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { SetValue } from '../../store/types/set-value.js';
import { positiveArg, rangeArg } from '../args.js';
import { differentPlaces, drawnPlaces, orderedPlaces, writeAnyPlaces } from '../by-chance.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { elementsRemoved } from '../removal.js';
import { EVENT_SPOP } from './events.js';
import { addMember, limitsOf, openSet, readSet, replyMembers, setSlot, shownMembers } from './sets.js';

const SREM = ascii('SREM');
const DEL = ascii('DEL');
const UNLINK = ascii('UNLINK');

/** One propagated SREM names at most so many members. */
const SREM_BATCH = 1024;
/** When fewer than a fifth of the members that go would stay, those that stay are drawn. */
const KEEP_FACTOR = 5;

/** SPOP key [count] */
export function spop(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw Errors.syntax;
  if (argv.length === 3) {
    popMany(ctx, argv[1], positiveArg(argv[2], Errors.mustBePositive));
    return;
  }
  const key = argv[1];
  const slot = setSlot(ctx, key);
  if (slot < 0) {
    ctx.reply.null();
    return;
  }
  const set = openSet(ctx, slot);
  const member = set.memberAt(ctx.server.random.below(set.size));
  set.delete(member);
  elementsRemoved(ctx, key, slot, set.size, EVENT_SPOP, 1);
  ctx.effects.replace(SREM, key, member);
  ctx.reply.bulk(member);
}

function popMany(ctx: CommandContext, key: Bytes, count: number): void {
  const slot = setSlot(ctx, key);
  if (slot < 0 || count === 0) ctx.reply.set(0);
  else if (count >= (ctx.db.valueAt(slot) as SetValue).size) popAll(ctx, key, slot);
  else popSome(ctx, key, slot, count);
}

function popAll(ctx: CommandContext, key: Bytes, slot: number): void {
  const set = ctx.db.valueAt(slot) as SetValue;
  replyMembers(ctx, set);
  elementsRemoved(ctx, key, slot, 0, EVENT_SPOP, set.size);
  ctx.effects.replace(ctx.server.config.values.lazyfreeLazyServerDel ? UNLINK : DEL, key);
}

function popSome(ctx: CommandContext, key: Bytes, slot: number, count: number): void {
  const { db, gate, reply } = ctx;
  const set = db.valueAt(slot) as SetValue;
  const remaining = set.size - count;
  let popped: Bytes[];
  if (remaining * KEEP_FACTOR > count) {
    popped = removeSome(ctx, openSet(ctx, slot), count);
    gate.changed(db, key, EVENT_SPOP, count);
  } else {
    const kept = keepSome(ctx, set, remaining);
    popped = withoutThose(set, kept);
    gate.replace(db, key, slot, kept, EVENT_SPOP);
    gate.dirty += count - 1;
  }
  reply.set(count);
  for (const member of popped) reply.bulk(member);
  for (let i = 0; i < count; i += SREM_BATCH) {
    ctx.effects.also(db.id, [SREM, key, ...popped.slice(i, i + SREM_BATCH)]);
  }
  ctx.effects.prevent();
}

/** Removes `count` members and returns them. */
function removeSome(ctx: CommandContext, set: SetValue, count: number): Bytes[] {
  const { random } = ctx.server;
  const popped: Bytes[] = [];
  if (set.encoding === 'listpack') {
    for (const place of orderedPlaces(random, set.size, count)) popped.push(set.memberAt(place));
    for (const member of popped) set.delete(member);
    return popped;
  }
  while (popped.length < count) {
    const member = set.memberAt(random.below(set.size));
    set.delete(member);
    popped.push(member);
  }
  return popped;
}

/** A new set of `count` members of `set`, which stays as it is. */
function keepSome(ctx: CommandContext, set: SetValue, count: number): SetValue {
  const { random } = ctx.server;
  const limits = limitsOf(ctx);
  const places =
    set.encoding === 'listpack'
      ? orderedPlaces(random, set.size, count)
      : drawnPlaces(random, set.size, count);
  const kept = new SetValue();
  if (set.encoding !== 'intset') kept.encoding = 'listpack';
  for (const place of places) addMember(kept, set.memberAt(place), limits);
  return kept;
}

function withoutThose(set: SetValue, kept: SetValue): Bytes[] {
  const members = shownMembers(set);
  const out: Bytes[] = [];
  for (let place = 0; place < members.size; place++) {
    const member = members.memberAt(place);
    if (!kept.has(member)) out.push(member);
  }
  return out;
}

/** SRANDMEMBER key [count] */
export function srandmember(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw Errors.syntax;
  const { random } = ctx.server;
  if (argv.length === 2) {
    const set = readSet(ctx, argv[1]);
    if (set === undefined) ctx.reply.null();
    else ctx.reply.bulk(set.memberAt(random.below(set.size)));
    return;
  }
  const count = rangeArg(argv[2], -INT64_MAX, INT64_MAX);
  const set = readSet(ctx, argv[1]);
  if (set === undefined || count === 0) ctx.reply.array(0);
  else if (count < 0 || count === 1) replyAny(ctx, set, Math.abs(count));
  else replyDistinct(ctx, set, count);
}

/** `count` members, the same one as often as it is drawn. */
function replyAny(ctx: CommandContext, set: SetValue, count: number): void {
  const { reply } = ctx;
  reply.array(count);
  writeAnyPlaces(ctx, set.size, count, (place) => reply.bulk(set.memberAt(place)));
}

/** Up to `count` members, each once. */
function replyDistinct(ctx: CommandContext, set: SetValue, count: number): void {
  const { reply, server } = ctx;
  if (count >= set.size) {
    const members = shownMembers(set);
    reply.array(members.size);
    for (let place = 0; place < members.size; place++) reply.bulk(members.memberAt(place));
    return;
  }
  reply.array(count);
  const packed = set.encoding === 'listpack';
  for (const place of differentPlaces(server.random, set.size, count, packed))
    reply.bulk(set.memberAt(place));
}
