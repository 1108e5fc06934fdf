/** XINFO (redis 7.2.6 t_stream.c: xinfoCommand, xinfoReplyWithStreamInfo). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type PendingList } from '../../store/types/pending-list.js';
import {
  UNKNOWN_ENTRIES_READ,
  type PendingEntry,
  type StreamConsumer,
  type StreamGroup,
} from '../../store/types/stream-groups.js';
import { MAX_STREAM_ID, MIN_STREAM_ID } from '../../store/types/stream-id.js';
import { type StreamCursor } from '../../store/types/stream-cursor.js';
import { type StreamValue } from '../../store/types/stream-value.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, subcommandSyntax } from '../errors.js';
import { replyHelp } from '../help.js';
import { noGroup } from './errors.js';
import { readStream } from './lookup.js';
import { replyEntries, replyEntry, replyId } from './reply.js';

/** FULL shows so many of each unless COUNT says otherwise. */
const FULL_COUNT = 10;

const HELP = [
  'CONSUMERS <key> <groupname>',
  '    Show consumers of <groupname>.',
  'GROUPS <key>',
  '    Show the stream consumer groups.',
  'STREAM <key> [FULL [COUNT <count>]',
  '    Show information about the stream.',
];

/** XINFO HELP */
export function xinfoHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}

function streamToShow(ctx: CommandContext, key: Bytes): StreamValue {
  const stream = readStream(ctx, key);
  if (stream === undefined) throw Errors.noKey;
  return stream;
}

/** XINFO CONSUMERS key group */
export function xinfoConsumers(ctx: CommandContext, argv: Bytes[]): void {
  const [, , key, name] = argv;
  const { reply } = ctx;
  const { nowMs } = ctx.store;
  const group = streamToShow(ctx, key).groups.get(name);
  if (group === undefined) throw noGroup(key, name);
  reply.array(group.consumers.size);
  for (const consumer of group.consumersByName()) {
    reply.map(4);
    reply.bulkText('name');
    reply.bulk(consumer.name);
    intField(reply, 'pending', consumer.pel.size);
    intField(reply, 'idle', Math.max(0, nowMs - consumer.seenTime));
    intField(reply, 'inactive', consumer.activeTime === -1 ? -1 : nowMs - consumer.activeTime);
  }
}

/** XINFO GROUPS key */
export function xinfoGroups(ctx: CommandContext, argv: Bytes[]): void {
  const { reply } = ctx;
  const stream = streamToShow(ctx, argv[2]);
  reply.array(stream.groups.size);
  for (const group of stream.groupsByName()) {
    reply.map(6);
    reply.bulkText('name');
    reply.bulk(group.name);
    intField(reply, 'consumers', group.consumers.size);
    intField(reply, 'pending', group.pel.size);
    replyPosition(reply, stream, group);
  }
}

/** Where a group stands: last-delivered-id, entries-read, lag. */
function replyPosition(reply: ReplyWriter, stream: StreamValue, group: StreamGroup): void {
  reply.bulkText('last-delivered-id');
  replyId(reply, group.lastId);
  intField(reply, 'entries-read', group.entriesRead === UNKNOWN_ENTRIES_READ ? undefined : group.entriesRead);
  intField(reply, 'lag', stream.lagOf(group));
}

function intField(reply: ReplyWriter, name: string, value: Int64 | undefined): void {
  reply.bulkText(name);
  if (value === undefined) reply.null();
  else reply.int(value);
}

/** XINFO STREAM key [FULL [COUNT count]] */
export function xinfoStream(ctx: CommandContext, argv: Bytes[]): void {
  const { reply } = ctx;
  const stream = streamToShow(ctx, argv[2]);
  const count = argv.length === 3 ? undefined : fullCount(argv);
  reply.map(count === undefined ? 10 : 9);
  intField(reply, 'length', stream.length);
  intField(reply, 'radix-tree-keys', stream.nodeCount);
  intField(reply, 'radix-tree-nodes', stream.radixNodeCount);
  reply.bulkText('last-generated-id');
  replyId(reply, stream.lastId);
  reply.bulkText('max-deleted-entry-id');
  replyId(reply, stream.maxDeletedId);
  intField(reply, 'entries-added', stream.entriesAdded);
  reply.bulkText('recorded-first-entry-id');
  replyId(reply, stream.firstId);
  if (count === undefined) replyEnds(reply, stream);
  else replyFull(reply, stream, count);
}

/** How many of each FULL shows, Infinity for all. Throws when the options are others. */
function fullCount(argv: readonly Bytes[]): number {
  if ((argv.length !== 4 && argv.length !== 6) || !isWord(argv[3], 'full')) throw subcommandSyntax(argv);
  if (argv.length === 4) return FULL_COUNT;
  if (!isWord(argv[4], 'count')) throw subcommandSyntax(argv);
  const count = indexArg(argv[5]);
  return count < 0 ? FULL_COUNT : count === 0 ? Infinity : count;
}

function replyEnds(reply: ReplyWriter, stream: StreamValue): void {
  intField(reply, 'groups', stream.groups.size);
  reply.bulkText('first-entry');
  replyFirst(reply, stream.from(MIN_STREAM_ID));
  reply.bulkText('last-entry');
  replyFirst(reply, stream.downFrom(MAX_STREAM_ID));
}

function replyFirst(reply: ReplyWriter, cursor: StreamCursor): void {
  if (cursor.next()) replyEntry(reply, cursor);
  else reply.null();
}

function replyFull(reply: ReplyWriter, stream: StreamValue, count: number): void {
  reply.bulkText('entries');
  replyEntries(reply, stream.from(MIN_STREAM_ID), Math.min(count, stream.length));
  reply.bulkText('groups');
  reply.array(stream.groups.size);
  for (const group of stream.groupsByName()) {
    reply.map(7);
    reply.bulkText('name');
    reply.bulk(group.name);
    replyPosition(reply, stream, group);
    intField(reply, 'pel-count', group.pel.size);
    replyPending(reply, group.pel, count, true);
    reply.bulkText('consumers');
    reply.array(group.consumers.size);
    for (const consumer of group.consumersByName()) replyConsumer(reply, consumer, count);
  }
}

function replyConsumer(reply: ReplyWriter, consumer: StreamConsumer, count: number): void {
  reply.map(5);
  reply.bulkText('name');
  reply.bulk(consumer.name);
  intField(reply, 'seen-time', consumer.seenTime);
  intField(reply, 'active-time', consumer.activeTime);
  intField(reply, 'pel-count', consumer.pel.size);
  replyPending(reply, consumer.pel, count, false);
}

/** The field `pending`: the first `count` of a list. */
function replyPending(
  reply: ReplyWriter,
  pel: PendingList<PendingEntry>,
  count: number,
  named: boolean,
): void {
  reply.bulkText('pending');
  const shown = Math.min(count, pel.size);
  reply.array(shown);
  const cursor = pel.from(MIN_STREAM_ID);
  for (let left = shown; left > 0; left--) {
    const entry = cursor.next()!;
    reply.array(named ? 4 : 3);
    replyId(reply, entry.id);
    if (named) reply.bulk(entry.consumer.name);
    reply.int(entry.deliveryTime);
    reply.int(entry.deliveryCount);
  }
}
