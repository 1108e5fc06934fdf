/**
 * What reading and claiming through a group is propagated as: commands that put the group into the state that it is in, whatever
 * the clock of the one that applies them (redis 7.2.6 t_stream.c: streamPropagateXCLAIM, streamPropagateGroupID,
 * streamPropagateConsumerCreation).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { formatInt64 } from '../../base/numbers.js';
import {
  UNKNOWN_ENTRIES_READ,
  type PendingEntry,
  type StreamGroup,
} from '../../store/types/stream-groups.js';
import { formatStreamId } from '../../store/types/stream-id.js';
import { type CommandContext } from '../context.js';

const XCLAIM = ascii('XCLAIM');
const XGROUP = ascii('XGROUP');
const SETID = ascii('SETID');
const CREATECONSUMER = ascii('CREATECONSUMER');
const ENTRIESREAD = ascii('ENTRIESREAD');
const ZERO = ascii('0');
const TIME = ascii('TIME');
const RETRYCOUNT = ascii('RETRYCOUNT');
const FORCE = ascii('FORCE');
const JUSTID = ascii('JUSTID');
const LASTID = ascii('LASTID');

/** A pending entry as it is now, and how far the group has come. `id`: as the client wrote it. */
export function propagateClaim(
  ctx: CommandContext,
  key: Bytes,
  group: StreamGroup,
  entry: PendingEntry,
  id?: Bytes,
): void {
  if (!ctx.effects.recording) return;
  ctx.effects.also(ctx.db.id, [
    XCLAIM,
    key,
    group.name,
    entry.consumer.name,
    ZERO,
    id ?? formatStreamId(entry.id),
    TIME,
    ascii(String(entry.deliveryTime)),
    RETRYCOUNT,
    formatInt64(entry.deliveryCount),
    FORCE,
    JUSTID,
    LASTID,
    formatStreamId(group.lastId),
  ]);
}

/**
 * How far the group has come, where no pending entry says it. A count that has wrapped is sent as unknown: redis 7.2.6 sends it as it
 * is, and its replica refuses the command (t_stream.c:xgroupCommand) and keeps the old position.
 */
export function propagateGroupId(ctx: CommandContext, key: Bytes, group: StreamGroup): void {
  if (!ctx.effects.recording) return;
  const lastId = formatStreamId(group.lastId);
  ctx.effects.also(ctx.db.id, [
    XGROUP,
    SETID,
    key,
    group.name,
    lastId,
    ENTRIESREAD,
    formatInt64(group.entriesRead < 0 ? UNKNOWN_ENTRIES_READ : group.entriesRead),
  ]);
}

export function propagateConsumer(ctx: CommandContext, key: Bytes, group: Bytes, consumer: Bytes): void {
  ctx.effects.also(ctx.db.id, [XGROUP, CREATECONSUMER, key, group, consumer]);
}
