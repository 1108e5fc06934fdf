/**
 * Delivery to a consumer: new entries, which move the group on and become pending, and those that it has pending already.
 * Source: redis 7.2.6 t_stream.c (streamReplyWithRange, streamReplyWithRangeFromConsumerPEL).
 */
import { type Bytes } from '../../base/bytes.js';
import {
  increment,
  UNKNOWN_ENTRIES_READ,
  type PendingEntry,
  type StreamConsumer,
  type StreamGroup,
} from '../../store/types/stream-groups.js';
import { nextStreamId, type StreamId } from '../../store/types/stream-id.js';
import { type StreamValue } from '../../store/types/stream-value.js';
import { type CommandContext } from '../context.js';
import { propagateClaim, propagateGroupId } from './propagate.js';

/** Who gets something from which stream. All of them may be changed. */
export interface Delivery {
  readonly key: Bytes;
  readonly stream: StreamValue;
  readonly group: StreamGroup;
  readonly consumer: StreamConsumer;
}

/** Gives the consumer the entries behind the group's last one. @returns how many, at most `limit` */
export function deliver(ctx: CommandContext, to: Delivery, limit: number, noAck: boolean): number {
  const { key, stream, group } = to;
  const cursor = stream.from(nextStreamId(group.lastId)!);
  let count = 0;
  while (count < limit && cursor.next()) {
    const { id } = cursor;
    advance(stream, group, id);
    if (!noAck) propagateClaim(ctx, key, group, makePending(ctx, to, id));
    count++;
  }
  if (noAck) propagateGroupId(ctx, key, group);
  return count;
}

/** The group has come to `id`; how many entries that makes is counted on where nothing was deleted ahead of it. */
function advance(stream: StreamValue, group: StreamGroup, id: StreamId): void {
  if (group.entriesRead !== UNKNOWN_ENTRIES_READ && !stream.hasGapsFrom(id)) {
    group.entriesRead = increment(group.entriesRead);
  } else if (stream.entriesAdded !== 0) group.entriesRead = stream.entriesUpTo(id);
  group.lastId = id;
}

/** After XGROUP SETID the entry may be pending already, with whomever: it is the consumer's from now on. */
function makePending(ctx: CommandContext, { group, consumer }: Delivery, id: StreamId): PendingEntry {
  const { nowMs } = ctx.store;
  let entry = group.addPending(id, consumer, nowMs, 1);
  if (entry === undefined) {
    entry = group.pel.get(id)!;
    group.movePending(entry, consumer);
    entry.deliveryTime = nowMs;
    entry.deliveryCount = 1;
  }
  consumer.activeTime = nowMs;
  return entry;
}

/** The consumer's own pending entries behind `after`, at most `limit`. Those that still exist count as delivered once more. */
export function deliverAgain(
  ctx: CommandContext,
  stream: StreamValue,
  consumer: StreamConsumer,
  after: StreamId,
  limit: number,
): PendingEntry[] {
  const pending: PendingEntry[] = [];
  // `after` is below the largest id, which stands for new entries.
  const cursor = consumer.pel.from(nextStreamId(after)!);
  for (let entry = cursor.next(); entry !== undefined && pending.length < limit; entry = cursor.next()) {
    pending.push(entry);
    if (!stream.has(entry.id)) continue;
    entry.deliveryTime = ctx.store.nowMs;
    entry.deliveryCount = increment(entry.deliveryCount);
  }
  return pending;
}
