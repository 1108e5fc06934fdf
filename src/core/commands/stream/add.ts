/**
 * XADD. The order of the checks is Redis's: options and id, number of fields, type, whether an id is left, whether it is above the
 * last one. What is propagated names the id, and trims exactly. Source: redis 7.2.6 t_stream.c (xaddCommand, streamAppendItem).
 */
import { type Bytes } from '../../base/bytes.js';
import {
  formatStreamId,
  idMs,
  MAX_STREAM_ID,
  MIN_STREAM_ID,
  nextStreamId,
  streamId,
  type StreamId,
} from '../../store/types/stream-id.js';
import { NODE_BYTES_MAX } from '../../store/types/stream-node.js';
import { StreamValue } from '../../store/types/stream-value.js';
import { type CommandContext } from '../context.js';
import { wrongArity } from '../errors.js';
import { StreamErrors } from './errors.js';
import { EVENT_XADD, EVENT_XTRIM } from './events.js';
import { type GivenId } from './ids.js';
import { openStream, streamSlot } from './lookup.js';
import { makeExact, trimArgs, type TrimArgs } from './trim-args.js';

/** XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...] */
export function xadd(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const args = trimArgs(ctx, argv, true);
  const fieldsAt = args.idAt + 1;
  const parts = argv.length - fieldsAt;
  if (parts < 2 || parts % 2 === 1) throw wrongArity(ctx.command.fullName);
  if (args.id?.ms === 0 && args.id.seq === 0) throw StreamErrors.idZero;
  const slot = streamSlot(ctx, key);
  if (slot < 0 && args.noMkstream) {
    ctx.reply.null();
    return;
  }
  const found = slot < 0 ? undefined : (db.keyspace.valueAt(slot) as StreamValue);
  const id = idAfter(ctx, found?.lastId ?? MIN_STREAM_ID, args.id);
  checkSize(argv, fieldsAt);
  const stream = found === undefined ? new StreamValue() : openStream(ctx, slot);
  stream.append(id, argv, ctx.server.config.values, fieldsAt);
  const trimmed = args.rule === undefined ? 0 : stream.trim(args.rule, args.approximate, args.limit);
  if (slot < 0) gate.put(db, key, slot, stream, EVENT_XADD);
  else gate.changed(db, key, EVENT_XADD);
  if (trimmed > 0) gate.notify(db, key, EVENT_XTRIM);
  propagate(ctx, argv, args, id, stream);
  ctx.reply.bulk(formatStreamId(id));
}

/** The id of the new entry in a stream whose last one was `last`. Throws. */
function idAfter(ctx: CommandContext, last: StreamId, given: GivenId | undefined): StreamId {
  if (last === MAX_STREAM_ID) throw StreamErrors.idsExhausted;
  if (given === undefined) {
    const { nowMs } = ctx.store;
    return nowMs > idMs(last) ? streamId(nowMs, 0) : nextStreamId(last)!;
  }
  const next = given.seq === undefined && given.ms === idMs(last) ? nextStreamId(last)! : undefined;
  const id = next ?? streamId(given.ms, given.seq ?? 0);
  // The sequence of that millisecond may be at its end.
  if (id <= last || idMs(id) !== given.ms) throw StreamErrors.idTooSmall;
  return id;
}

function checkSize(argv: readonly Bytes[], fieldsAt: number): void {
  let bytes = 0;
  for (let i = fieldsAt; i < argv.length; i++) bytes += argv[i].length;
  if (bytes > NODE_BYTES_MAX) throw StreamErrors.tooLarge;
}

function propagate(
  ctx: CommandContext,
  argv: Bytes[],
  args: Readonly<TrimArgs>,
  id: StreamId,
  stream: StreamValue,
): void {
  const named = args.id?.seq !== undefined;
  if (!ctx.effects.recording || (named && !args.approximate)) return;
  const sent = argv.slice();
  if (!named) sent[args.idAt] = formatStreamId(id);
  if (args.approximate) makeExact(sent, args, stream);
  ctx.effects.prevent();
  ctx.effects.also(ctx.db.id, sent);
}
