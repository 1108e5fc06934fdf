/**
 * XCLAIM and XAUTOCLAIM: pending entries change hands. One whose entry was deleted is dropped from the pending list.
 * Each is propagated as an XCLAIM of its own, which names the consumer; a new one that gets nothing is propagated too. Source: redis 7.2.6 t_stream.c (xclaimCommand, xautoclaimCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { increment, type PendingEntry } from '../../store/types/stream-groups.js';
import { MIN_STREAM_ID, type StreamId } from '../../store/types/stream-id.js';
import { indexArg, int64Arg, rangeArg } from '../args.js';
import { ClientFlag, type CommandContext } from '../context.js';
import { Errors, printed, ReplyError } from '../errors.js';
import { actingConsumer } from './consumer.js';
import { type Delivery } from './deliver.js';
import { noKeyOrGroup, StreamErrors } from './errors.js';
import { idArg, parseId, startArg } from './ids.js';
import { groupOrThrow, openStreamAt, streamOrThrow } from './lookup.js';
import { propagateClaim, propagateConsumer, propagateGroupId } from './propagate.js';
import { replyEntriesById, replyId, replyIds } from './reply.js';

interface ClaimOptions {
  /** Absolute ms of the delivery; undefined: now. */
  time: number | undefined;
  retryCount: Int64 | undefined;
  force: boolean;
  justId: boolean;
  lastId: StreamId;
}

/** XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-ms] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id] */
export function xclaim(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, name, consumerName] = argv;
  const { nowMs } = ctx.store;
  groupOrThrow(ctx, key, name);
  const minIdleMs = Math.max(0, indexArg(argv[4], StreamErrors.claimMinIdle));
  const ids: StreamId[] = [];
  for (let id; ids.length + 5 < argv.length && (id = parseId(argv[ids.length + 5])) !== undefined;)
    ids.push(id);
  const options = claimOptions(ctx, argv, ids.length + 5);
  const { stream, group } = toChange(ctx, key, name);
  const movedOn = options.lastId > group.lastId;
  if (movedOn) group.lastId = options.lastId;
  const isNew = !group.consumers.has(consumerName);
  const consumer = actingConsumer(ctx, key, group, consumerName);
  const to: Delivery = { key, stream, group, consumer };
  const claimed: StreamId[] = [];
  let sent = false;
  for (let i = 0; i < ids.length; i++) {
    let entry = group.pel.get(ids[i]);
    if (!stream.has(ids[i])) {
      if (entry === undefined) continue;
      drop(ctx, to, entry, argv[i + 5]);
      sent = true;
      continue;
    }
    if (entry === undefined) {
      if (!options.force) continue;
      entry = group.addPending(ids[i], consumer, nowMs, 1)!;
    } else if (minIdleMs > 0 && nowMs - entry.deliveryTime < minIdleMs) continue;
    take(ctx, to, entry, options, argv[i + 5]);
    claimed.push(ids[i]);
    sent = true;
  }
  if (movedOn && !sent) {
    propagateGroupId(ctx, key, group);
    ctx.gate.changedAside(ctx.db, key, undefined);
  }
  if (isNew && claimed.length === 0) propagateConsumer(ctx, key, name, consumerName);
  ctx.effects.prevent();
  if (options.justId) replyIds(ctx.reply, claimed);
  else replyEntriesById(ctx.reply, stream, claimed);
}

/** What follows the ids. Throws. */
function claimOptions(ctx: CommandContext, argv: readonly Bytes[], from: number): ClaimOptions {
  const { nowMs } = ctx.store;
  const options: ClaimOptions = {
    time: undefined,
    retryCount: undefined,
    force: false,
    justId: false,
    lastId: MIN_STREAM_ID,
  };
  for (let i = from; i < argv.length; i++) {
    const word = argv[i];
    const hasValue = i + 1 < argv.length;
    if (isWord(word, 'force')) options.force = true;
    else if (isWord(word, 'justid')) options.justId = true;
    else if (hasValue && isWord(word, 'idle')) {
      options.time = nowMs - indexArg(argv[++i], StreamErrors.claimIdle);
    } else if (hasValue && isWord(word, 'time')) {
      options.time = indexArg(argv[++i], StreamErrors.claimTime);
    } else if (hasValue && isWord(word, 'retrycount')) {
      options.retryCount = int64Arg(argv[++i], StreamErrors.claimRetryCount);
    } else if (hasValue && isWord(word, 'lastid')) options.lastId = idArg(argv[++i]);
    else throw new ReplyError(`ERR Unrecognized XCLAIM option '${printed(word)}'`);
  }
  // A time that cannot be, by the client's clock or its arithmetic, is now. Our master's time is what is there, whatever our clock says.
  const latest = ctx.client.flags & ClientFlag.master ? Infinity : nowMs;
  if (options.time !== undefined && (options.time < 0 || options.time > latest)) options.time = nowMs;
  return options;
}

function toChange(ctx: CommandContext, key: Bytes, name: Bytes): Pick<Delivery, 'stream' | 'group'> {
  const stream = openStreamAt(ctx, key);
  return { stream, group: stream.groupForWrite(name)! };
}

/** Its entry is gone: nobody can claim it any more. */
function drop(ctx: CommandContext, { key, group }: Delivery, entry: PendingEntry, id?: Bytes): void {
  propagateClaim(ctx, key, group, entry, id);
  group.removePending(entry.id);
  ctx.gate.changedAside(ctx.db, key, undefined);
}

type Taking = Pick<ClaimOptions, 'time' | 'retryCount' | 'justId'>;

/** Hands the entry to the consumer. */
function take(ctx: CommandContext, to: Delivery, entry: PendingEntry, how: Taking, id?: Bytes): void {
  const { key, group, consumer } = to;
  group.movePending(entry, consumer);
  entry.deliveryTime = how.time ?? ctx.store.nowMs;
  if (how.retryCount !== undefined && how.retryCount >= 0) entry.deliveryCount = how.retryCount;
  else if (!how.justId) entry.deliveryCount = increment(entry.deliveryCount);
  consumer.activeTime = ctx.store.nowMs;
  propagateClaim(ctx, key, group, entry, id);
  ctx.gate.changedAside(ctx.db, key, undefined);
}

const COUNT_DEFAULT = 100;
/** redis 7.2.6: so that COUNT times the size of an id fits 64 bits. */
const COUNT_MAX = 576460752303423487n;
/** What malloc is refused: more ids than an address space of 47 bits holds. */
const COUNT_OF_MEMORY = 2 ** 43;
/** Pending entries that are looked at for each one that may be claimed. */
const ATTEMPTS_FACTOR = 10;

/** XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID] */
export function xautoclaim(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, name, consumerName] = argv;
  const { nowMs } = ctx.store;
  const value = ctx.db.lookupRead(key);
  const minIdleMs = Math.max(0, indexArg(argv[4], StreamErrors.autoclaimMinIdle));
  const start = startArg(argv[5]);
  const { count, justId } = autoclaimOptions(argv);
  if (value === undefined || !streamOrThrow(value).groups.has(name)) throw noKeyOrGroup(key, name);
  if (count >= COUNT_OF_MEMORY) throw StreamErrors.autoclaimMemory;
  const { stream, group } = toChange(ctx, key, name);
  const isNew = !group.consumers.has(consumerName);
  const consumer = actingConsumer(ctx, key, group, consumerName);
  const to: Delivery = { key, stream, group, consumer };
  const how: Taking = { time: nowMs, retryCount: undefined, justId };
  const claimed: StreamId[] = [];
  const deleted: StreamId[] = [];
  let entry = group.pel.atOrAfter(start);
  for (let attempts = count * ATTEMPTS_FACTOR; attempts > 0 && entry !== undefined; attempts--) {
    const { id } = entry;
    if (!stream.has(id)) {
      drop(ctx, to, entry);
      deleted.push(id);
    } else if (minIdleMs === 0 || nowMs - entry.deliveryTime >= minIdleMs) {
      take(ctx, to, entry, how);
      claimed.push(id);
    }
    entry = group.pel.after(id);
    if (claimed.length + deleted.length === count) break;
  }
  if (isNew && claimed.length === 0) propagateConsumer(ctx, key, name, consumerName);
  ctx.effects.prevent();
  const { reply } = ctx;
  reply.array(3);
  replyId(reply, entry?.id ?? MIN_STREAM_ID);
  if (justId) replyIds(reply, claimed);
  else replyEntriesById(reply, stream, claimed);
  replyIds(reply, deleted);
}

function autoclaimOptions(argv: readonly Bytes[]): { count: number; justId: boolean } {
  let count = COUNT_DEFAULT;
  let justId = false;
  for (let i = 6; i < argv.length; i++) {
    if (isWord(argv[i], 'count') && i + 1 < argv.length) {
      count = rangeArg(argv[++i], 1, COUNT_MAX, StreamErrors.autoclaimCount);
    } else if (isWord(argv[i], 'justid')) justId = true;
    else throw Errors.syntax;
  }
  return { count, justId };
}
