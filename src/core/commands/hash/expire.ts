/**
 * Expiry of fields (Redis 7.4): HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT, HPERSIST, and what tells it: HTTL, HPTTL, HEXPIRETIME,
 * HPEXPIRETIME. Every command answers for each field by itself: -2 for one that is not there.
 *
 * What is propagated does not depend on the clock of who receives it: HPEXPIREAT for the fields whose time was set, or HDEL when that
 * time is over. Written from the command pages of redis.io.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { int64Arg, rangeArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, invalidExpire, type ReplyError } from '../errors.js';
import { isOver } from '../generic/expire.js';
import { elementsRemoved } from '../removal.js';
import { type Handler } from '../spec.js';
import { EVENT_HDEL, EVENT_HEXPIRE, EVENT_HPERSIST } from './events.js';
import { fieldsFrom, hashSlot, readHash } from './lookup.js';
import { preventWhereUnknown, propagateFieldDeletion, propagateFieldExpiry } from './propagation.js';

/** How a time is given or told. */
interface TimeForm {
  readonly seconds: boolean;
  readonly absolute: boolean;
}

/** What a field is answered with. */
const NO_FIELD = -2;
const NO_EXPIRY = -1;
const REFUSED = 0;
const SET = 1;
const DELETED = 2;

/** The latest time that Redis takes, in ms: 2^46 - 1, in the year 4199. */
const LATEST_MS = 70_368_744_177_663;

type Condition = 'nx' | 'xx' | 'gt' | 'lt';
const CONDITIONS: readonly Condition[] = ['nx', 'xx', 'gt', 'lt'];

/** A command of the HEXPIRE family: key time [NX | XX | GT | LT] FIELDS numfields field [field ...] */
export function hexpireCommand(form: TimeForm): Handler {
  return (ctx, argv) => {
    const slot = hashSlot(ctx, argv[1]);
    const when = expiryTime(ctx, argv[2], form);
    const condition = CONDITIONS.find((word) => isWord(argv[3], word));
    const first = fieldsArg(argv, condition === undefined ? 3 : 4, Errors.numFieldsTooSmall);
    ctx.reply.array(argv.length - first);
    if (slot < 0) for (let i = first; i < argv.length; i++) ctx.reply.int(NO_FIELD);
    else if (isOver(ctx, when)) deleteFields(ctx, argv, first, slot, { when, condition });
    else expireFields(ctx, argv, first, slot, { when, condition });
  };
}

/** The absolute time in ms that an argument means. */
function expiryTime(ctx: CommandContext, text: Bytes, { seconds, absolute }: TimeForm): number {
  const value = int64Arg(text);
  if (value < 0) throw Errors.negativeExpire;
  const when = Number(value) * (seconds ? 1000 : 1) + (absolute ? 0 : ctx.store.nowMs);
  if (when > LATEST_MS) throw invalidExpire(ctx.command.fullName);
  return when;
}

/** Reads `FIELDS numfields` at argument `at`. @returns the index of the first field, all others follow it */
function fieldsArg(argv: readonly Bytes[], at: number, badCount: ReplyError): number {
  if (!isWord(argv[at], 'fields')) throw Errors.fieldsMissing;
  if (at + 1 >= argv.length) throw Errors.numFieldsMismatch;
  const count = rangeArg(argv[at + 1], 1, INT64_MAX, badCount);
  if (count !== argv.length - at - 2) throw Errors.numFieldsMismatch;
  return at + 2;
}

interface Wish {
  readonly when: number;
  readonly condition: Condition | undefined;
}

/** What becomes of a field that was due at `current`: Infinity is later than any time. */
function verdict(current: number | undefined, from: number, { when, condition }: Wish): number {
  if (current === undefined || current < from) return NO_FIELD;
  switch (condition) {
    case 'nx':
      return current === Infinity ? SET : REFUSED;
    case 'xx':
      return current === Infinity ? REFUSED : SET;
    case 'gt':
      return when > current ? SET : REFUSED;
    case 'lt':
      return when < current ? SET : REFUSED;
    case undefined:
      return SET;
  }
}

function expireFields(ctx: CommandContext, argv: Bytes[], first: number, slot: number, wish: Wish): void {
  const { db, gate, reply } = ctx;
  const key = argv[1];
  const from = fieldsFrom(ctx);
  const changed: Bytes[] = [];
  let hash = db.valueAt(slot) as HashValue;
  for (let i = first; i < argv.length; i++) {
    const answer = verdict(hash.expiryOf(argv[i]), from, wish);
    reply.int(answer);
    if (answer !== SET) continue;
    if (changed.push(argv[i]) === 1) hash = gate.open(db, slot) as HashValue;
    gate.setFieldExpiry(db, key, hash, argv[i], wish.when);
  }
  if (changed.length === 0) return;
  gate.changed(db, key, EVENT_HEXPIRE, changed.length);
  propagateFieldExpiry(ctx, key, wish.when, changed);
}

/** A time that is over deletes the fields that it would have been set for. */
function deleteFields(ctx: CommandContext, argv: Bytes[], first: number, slot: number, wish: Wish): void {
  const { db, gate, reply } = ctx;
  const key = argv[1];
  const from = fieldsFrom(ctx);
  const deleted: Bytes[] = [];
  let hash = db.valueAt(slot) as HashValue;
  for (let i = first; i < argv.length; i++) {
    const answer = verdict(hash.expiryOf(argv[i]), from, wish);
    reply.int(answer === SET ? DELETED : answer);
    if (answer !== SET) continue;
    if (deleted.push(argv[i]) === 1) hash = gate.open(db, slot) as HashValue;
    hash.delete(argv[i]);
  }
  if (deleted.length === 0) return;
  elementsRemoved(ctx, key, slot, hash.size, EVENT_HDEL, deleted.length);
  propagateFieldDeletion(ctx, key, deleted);
}

/** HPERSIST key FIELDS numfields field [field ...] */
export function hpersist(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate, reply } = ctx;
  const key = argv[1];
  const slot = hashSlot(ctx, key);
  const first = fieldsArg(argv, 2, Errors.numFieldsNotPositive);
  const from = fieldsFrom(ctx);
  let hash = slot < 0 ? undefined : (db.valueAt(slot) as HashValue);
  let changed = 0;
  reply.array(argv.length - first);
  for (let i = first; i < argv.length; i++) {
    const current = hash?.expiryOf(argv[i]);
    if (hash === undefined || current === undefined || current < from) reply.int(NO_FIELD);
    else if (current === Infinity) reply.int(NO_EXPIRY);
    else {
      if (changed++ === 0) hash = gate.open(db, slot) as HashValue;
      gate.setFieldExpiry(db, key, hash, argv[i], Infinity);
      reply.int(SET);
    }
  }
  if (changed === 0) return;
  gate.changed(db, key, EVENT_HPERSIST, changed);
  preventWhereUnknown(ctx);
}

/** A command of the HTTL family: key FIELDS numfields field [field ...]. Seconds are rounded up: what is left is never 0. */
export function httlCommand({ seconds, absolute }: TimeForm): Handler {
  return (ctx, argv) => {
    const { reply } = ctx;
    const hash = readHash(ctx, argv[1]);
    const first = fieldsArg(argv, 2, Errors.numFieldsNotPositive);
    const from = fieldsFrom(ctx);
    reply.array(argv.length - first);
    for (let i = first; i < argv.length; i++) {
      const dueMs = hash?.expiryOf(argv[i]);
      if (dueMs === undefined || dueMs < from) reply.int(NO_FIELD);
      else if (dueMs === Infinity) reply.int(NO_EXPIRY);
      else {
        const ms = Math.max(0, absolute ? dueMs : dueMs - ctx.store.nowMs);
        reply.int(seconds ? Math.ceil(ms / 1000) : ms);
      }
    }
  };
}
