/** XACK and XPENDING (redis 7.2.6 t_stream.c: xackCommand, xpendingCommand). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type PendingEntry, type StreamGroup } from '../../store/types/stream-groups.js';
import { type StreamId } from '../../store/types/stream-id.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { endArg, startArg } from './ids.js';
import { groupOrThrow, openStreamAt, readStream } from './lookup.js';
import { replyId } from './reply.js';
import { idsFrom } from './trim.js';

/** XACK key group id [id ...] */
export function xack(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, name] = argv;
  if (!readStream(ctx, key)?.groups.has(name)) {
    ctx.reply.int(0);
    return;
  }
  const ids = idsFrom(argv, 3);
  const group = openStreamAt(ctx, key).groupForWrite(name)!;
  let acknowledged = 0;
  for (const id of ids) if (group.removePending(id)) acknowledged++;
  ctx.gate.changedAside(ctx.db, key, undefined, acknowledged);
  ctx.reply.int(acknowledged);
}

/** Both forms of XPENDING: with so many arguments it is the summary, or the list. */
const SUMMARY_ARGS = 3;
const LIST_ARGS_MIN = 6;
const LIST_ARGS_WITH_IDLE = 8;
const LIST_ARGS_MAX = 9;

/** XPENDING key group [[IDLE min-idle-time] start end count [consumer]] */
export function xpending(ctx: CommandContext, argv: Bytes[]): void {
  const [, key, name] = argv;
  const args = argv.length === SUMMARY_ARGS ? undefined : listArgs(argv);
  const { group } = groupOrThrow(ctx, key, name);
  if (args === undefined) replySummary(ctx.reply, group);
  else replyList(ctx, group, args);
}

interface ListArgs {
  readonly minIdleMs: number;
  readonly count: number;
  readonly first: StreamId;
  readonly last: StreamId;
  readonly consumer: Bytes | undefined;
}

function listArgs(argv: readonly Bytes[]): ListArgs {
  if (argv.length < LIST_ARGS_MIN || argv.length > LIST_ARGS_MAX) throw Errors.syntax;
  let minIdleMs = 0;
  let at = 3;
  if (isWord(argv[at], 'idle')) {
    minIdleMs = indexArg(argv[at + 1]);
    if (argv.length < LIST_ARGS_WITH_IDLE) throw Errors.syntax;
    at += 2;
  }
  const count = Math.max(0, indexArg(argv[at + 2]));
  return {
    minIdleMs,
    count,
    first: startArg(argv[at]),
    last: endArg(argv[at + 1]),
    consumer: at + 3 < argv.length ? argv[at + 3] : undefined,
  };
}

/** How many are pending, the first and the last, and how many each consumer has. */
function replySummary(reply: ReplyWriter, group: StreamGroup): void {
  const { first, last, size } = group.pel;
  reply.array(4);
  reply.int(size);
  if (first === undefined || last === undefined) {
    reply.null();
    reply.null();
    reply.nullArray();
    return;
  }
  replyId(reply, first.id);
  replyId(reply, last.id);
  const busy = group.consumersByName().filter(({ pel }) => pel.size > 0);
  reply.array(busy.length);
  for (const { name, pel } of busy) {
    reply.array(2);
    reply.bulk(name);
    reply.bulkInt(pel.size);
  }
}

function replyList(ctx: CommandContext, group: StreamGroup, args: ListArgs): void {
  const { reply } = ctx;
  const { nowMs } = ctx.store;
  const consumer = args.consumer === undefined ? group : group.consumers.get(args.consumer);
  const found = consumer === undefined ? [] : listed(consumer, args, nowMs);
  reply.array(found.length);
  for (const entry of found) {
    reply.array(4);
    replyId(reply, entry.id);
    reply.bulk(entry.consumer.name);
    reply.int(Math.max(0, nowMs - entry.deliveryTime));
    reply.int(entry.deliveryCount);
  }
}

function listed({ pel }: Pick<StreamGroup, 'pel'>, args: ListArgs, nowMs: number): PendingEntry[] {
  const found: PendingEntry[] = [];
  const cursor = pel.from(args.first);
  while (found.length < args.count) {
    const entry = cursor.next();
    if (entry === undefined || entry.id > args.last) break;
    if (args.minIdleMs === 0 || nowMs - entry.deliveryTime >= args.minIdleMs) found.push(entry);
  }
  return found;
}
