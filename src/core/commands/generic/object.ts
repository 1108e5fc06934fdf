/** OBJECT: what is known of a value besides its contents (redis 7.2.6 object.c:objectCommand). */
import { type Bytes } from '../../base/bytes.js';
import { lfuCounter } from '../../store/database.js';
import { encodingName } from '../../store/types/encoding.js';
import { type Value } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';
import { replyHelp } from '../help.js';
import { lookAt } from './lookup.js';

/** Redis shares the objects of the integers below this, and shows this count of references for them. */
const SHARED_INTEGERS = 10_000;
const SHARED_REFCOUNT = 2_147_483_647;

const SWITCHING_POLICIES =
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';

const HELP = [
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
];

/** OBJECT HELP */
export function objectHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}

/** The slot of the key, or -1 when null has been answered. */
function slotOrNull(ctx: CommandContext, key: Bytes): number {
  const slot = lookAt(ctx, key, false);
  if (slot < 0) ctx.reply.null();
  return slot;
}

/** OBJECT ENCODING key */
export function objectEncoding(ctx: CommandContext, argv: Bytes[]): void {
  const slot = slotOrNull(ctx, argv[2]);
  if (slot >= 0) ctx.reply.bulkText(encodingName(ctx.db.valueAt(slot), ctx.server.config.values));
}

/** OBJECT REFCOUNT key */
export function objectRefcount(ctx: CommandContext, argv: Bytes[]): void {
  const slot = slotOrNull(ctx, argv[2]);
  if (slot >= 0) ctx.reply.int(isShared(ctx, ctx.db.valueAt(slot)) ? SHARED_REFCOUNT : 1);
}

/** Small integers are shared unless eviction needs an access time per key (redis 7.2.6 object.c:tryObjectEncodingEx). */
function isShared(ctx: CommandContext, value: Value): boolean {
  const { maxmemory, maxmemoryPolicy } = ctx.server.config.values;
  const perKey = maxmemory > 0 && /l[rf]u$/.test(maxmemoryPolicy);
  return typeof value === 'number' && value >= 0 && value < SHARED_INTEGERS && !perKey;
}

/** OBJECT IDLETIME key */
export function objectIdletime(ctx: CommandContext, argv: Bytes[]): void {
  const slot = slotOrNull(ctx, argv[2]);
  if (slot < 0) return;
  if (ctx.store.lfu !== undefined) {
    throw new ReplyError(
      `ERR An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING_POLICIES}`,
    );
  }
  const seconds = Math.floor(ctx.store.nowMs / 1000) - ctx.db.keyspace.accessAt(slot);
  ctx.reply.int(Math.max(0, seconds));
}

/** OBJECT FREQ key */
export function objectFreq(ctx: CommandContext, argv: Bytes[]): void {
  const slot = slotOrNull(ctx, argv[2]);
  if (slot < 0) return;
  if (ctx.store.lfu === undefined) {
    throw new ReplyError(
      `ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING_POLICIES}`,
    );
  }
  ctx.reply.int(lfuCounter(ctx.db.keyspace.accessAt(slot), ctx.store.lfu, ctx.store.nowMs));
}
