/**
 * XREAD and XREADGROUP: ids ── resolved ──► what each stream gives ──► reply, or wait for the keys.
 *
 * Everything that a read through a group changes is done before the reply begins, because the reply tells first how many streams
 * have something. A client that waits runs the whole command again when a key is ready; `$` has become an id by then.
 * Source: redis 7.2.6 t_stream.c:xreadCommand.
 */
import { type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type StreamCursor } from '../../store/types/stream-cursor.js';
import { type PendingEntry } from '../../store/types/stream-groups.js';
import {
  formatStreamId,
  MAX_STREAM_ID,
  MIN_STREAM_ID,
  nextStreamId,
  type StreamId,
} from '../../store/types/stream-id.js';
import { type StreamValue } from '../../store/types/stream-value.js';
import { type CommandContext } from '../context.js';
import { actingConsumer, createConsumer } from './consumer.js';
import { deliver, deliverAgain } from './deliver.js';
import { noKeyOrGroup, StreamErrors } from './errors.js';
import { idArg } from './ids.js';
import { openStreamAt, readStream } from './lookup.js';
import { propagateConsumer } from './propagate.js';
import { readArgs, type ReadArgs } from './read-args.js';
import { replyEntries, replyEntry, replyId } from './reply.js';

/** Stands for `>`, as in Redis, where nobody can tell it from that id. */
const NEW_ENTRIES = MAX_STREAM_ID;

/** What one stream gives: entries behind an id, or what the consumer has pending. */
interface Served {
  readonly key: Bytes;
  readonly stream: StreamValue;
  readonly after: StreamId;
  readonly count: number;
  readonly history?: readonly PendingEntry[];
}

/** XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...] */
export function xread(ctx: CommandContext, argv: Bytes[]): void {
  const args = readArgs(ctx, argv, false);
  const ids = resolveIds(ctx, argv, args);
  const served: Served[] = [];
  for (let i = 0; i < args.streams; i++) {
    const key = argv[args.keysAt + i];
    const stream = readStream(ctx, key);
    if (stream === undefined || stream.length === 0 || stream.lastEntryId <= ids[i]) continue;
    const count = stream.countBetween(nextStreamId(ids[i])!, MAX_STREAM_ID, args.limit);
    served.push({ key, stream, after: ids[i], count });
  }
  answer(ctx, argv, args, ids, served);
}

/** XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...] */
export function xreadgroup(ctx: CommandContext, argv: Bytes[]): void {
  const args = readArgs(ctx, argv, true);
  const ids = resolveIds(ctx, argv, args);
  const served: Served[] = [];
  for (let i = 0; i < args.streams; i++) {
    const key = argv[args.keysAt + i];
    // Redis looks a second time, and counts it.
    readStream(ctx, key);
    const given = serveGroup(ctx, key, args, ids[i]);
    if (given !== undefined) served.push(given);
  }
  ctx.effects.prevent();
  answer(ctx, argv, args, ids, served);
}

/** What a stream gives to the consumer, with all that this changes; undefined: nothing new. */
function serveGroup(ctx: CommandContext, key: Bytes, args: ReadArgs, after: StreamId): Served | undefined {
  const stream = openStreamAt(ctx, key);
  const group = stream.groupForWrite(args.group!)!;
  const isHistory = after !== NEW_ENTRIES;
  const hasNew = !isHistory && stream.length > 0 && stream.lastEntryId > group.lastId;
  // What is delivered names the consumer; Redis leaves its replicas without one that gets nothing.
  if ((args.noAck || !hasNew) && !group.consumers.has(args.consumer!)) {
    createConsumer(ctx, key, group, args.consumer!);
    propagateConsumer(ctx, key, args.group!, args.consumer!);
  }
  const consumer = actingConsumer(ctx, key, group, args.consumer!);
  if (!isHistory && !hasNew) return undefined;
  ctx.gate.changedAside(ctx.db, key, undefined);
  if (isHistory) {
    const history = deliverAgain(ctx, stream, consumer, after, args.limit);
    return { key, stream, after, count: history.length, history };
  }
  const from = group.lastId;
  const count = deliver(ctx, { key, stream, group, consumer }, args.limit, args.noAck);
  return { key, stream, after: from, count };
}

/** The id of each stream behind which it is read. All errors are found here, before anything changes. */
function resolveIds(ctx: CommandContext, argv: readonly Bytes[], args: ReadArgs): StreamId[] {
  const ids: StreamId[] = [];
  for (let i = 0; i < args.streams; i++) {
    const key = argv[args.keysAt + i];
    const text = argv[args.keysAt + args.streams + i];
    const stream = readStream(ctx, key);
    if (args.group !== undefined && !stream?.groups.has(args.group)) {
      throw noKeyOrGroup(key, args.group, ' in XREADGROUP with GROUP option');
    }
    ids.push(resolveId(text, stream, args.group !== undefined));
  }
  return ids;
}

function resolveId(text: Bytes, stream: StreamValue | undefined, ofGroup: boolean): StreamId {
  if (text === '$') {
    if (ofGroup) throw StreamErrors.dollarOfGroup;
    return stream?.lastId ?? MIN_STREAM_ID;
  }
  if (text === '>') {
    if (!ofGroup) throw StreamErrors.newOfXread;
    return NEW_ENTRIES;
  }
  return idArg(text);
}

function answer(
  ctx: CommandContext,
  argv: Bytes[],
  args: ReadArgs,
  ids: readonly StreamId[],
  served: readonly Served[],
): void {
  const { reply } = ctx;
  if (served.length > 0) {
    if (reply.resp === 3) reply.map(served.length);
    else reply.array(served.length);
    for (const given of served) replyServed(reply, given);
  } else if (args.timeoutMs === undefined || !ctx.mayBlock) reply.nullArray();
  else block(ctx, argv, args, ids);
}

function replyServed(reply: ReplyWriter, { key, stream, after, count, history }: Served): void {
  if (reply.resp === 2) reply.array(2);
  reply.bulk(key);
  if (history === undefined) {
    replyEntries(reply, stream.from(nextStreamId(after)!), count);
    return;
  }
  reply.array(count);
  for (const { id } of history) {
    const at: StreamCursor | undefined = stream.find(id);
    if (at !== undefined) replyEntry(reply, at);
    else {
      // Delivered, and deleted since.
      reply.array(2);
      replyId(reply, id);
      reply.nullArray();
    }
  }
}

function block(ctx: CommandContext, argv: Bytes[], args: ReadArgs, ids: readonly StreamId[]): void {
  const idsAt = args.keysAt + args.streams;
  for (let i = 0; i < args.streams; i++)
    if (argv[idsAt + i] === '$') argv[idsAt + i] = formatStreamId(ids[i]);
  ctx.server.blocking.onKeys(ctx.client, ctx.db, argv.slice(args.keysAt, idsAt), {
    timeoutMs: args.timeoutMs!,
    onTimeout: (reply) => reply.nullArray(),
    wakesOnDelete: args.group !== undefined,
  });
}
