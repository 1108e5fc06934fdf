/** XTRIM, XDEL, XSETID and XLEN (redis 7.2.6 t_stream.c: xtrimCommand, xdelCommand, xsetidCommand, xlenCommand). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { MIN_STREAM_ID, type StreamId } from '../../store/types/stream-id.js';
import { type StreamValue } from '../../store/types/stream-value.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { StreamErrors } from './errors.js';
import { EVENT_XDEL, EVENT_XSETID, EVENT_XTRIM } from './events.js';
import { idArg } from './ids.js';
import { openStream, readStream, streamSlot } from './lookup.js';
import { makeExact, trimArgs } from './trim-args.js';

/** XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] */
export function xtrim(ctx: CommandContext, argv: Bytes[]): void {
  const { db } = ctx;
  const key = argv[1];
  const args = trimArgs(ctx, argv, false);
  const slot = streamSlot(ctx, key);
  if (slot < 0) {
    ctx.reply.int(0);
    return;
  }
  const stream = openStream(ctx, slot);
  const removed = stream.trim(args.rule!, args.approximate, args.limit);
  if (removed > 0) {
    ctx.gate.reduced(db, key, EVENT_XTRIM, removed);
    if (args.approximate && ctx.effects.recording) {
      const sent = argv.slice();
      makeExact(sent, args, stream);
      ctx.effects.prevent();
      ctx.effects.also(db.id, sent);
    }
  }
  ctx.reply.int(removed);
}

/** XDEL key id [id ...] */
export function xdel(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const slot = streamSlot(ctx, key);
  if (slot < 0) {
    ctx.reply.int(0);
    return;
  }
  const ids = idsFrom(argv, 2);
  const stream = openStream(ctx, slot);
  let deleted = 0;
  for (const id of ids) if (stream.delete(id)) deleted++;
  if (deleted > 0) ctx.gate.reduced(ctx.db, key, EVENT_XDEL, deleted);
  ctx.reply.int(deleted);
}

/** The arguments from `first` on as ids; all are read before any is used. Throws. */
export function idsFrom(argv: readonly Bytes[], first: number): StreamId[] {
  const ids: StreamId[] = [];
  for (let i = first; i < argv.length; i++) ids.push(idArg(argv[i]));
  return ids;
}

/** XLEN key */
export function xlen(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(readStream(ctx, argv[1])?.length ?? 0);
}

interface SetIdArgs {
  readonly id: StreamId;
  entriesAdded: Int64 | undefined;
  maxDeletedId: StreamId;
}

/** XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id] */
export function xsetid(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const args = setIdArgs(argv);
  const slot = streamSlot(ctx, key);
  if (slot < 0) throw Errors.noKey;
  checkSetId(ctx.db.keyspace.valueAt(slot) as StreamValue, args);
  const stream = openStream(ctx, slot);
  stream.lastId = args.id;
  if (args.entriesAdded !== undefined) stream.entriesAdded = args.entriesAdded;
  if (args.maxDeletedId !== MIN_STREAM_ID) stream.maxDeletedId = args.maxDeletedId;
  ctx.gate.changedAside(ctx.db, key, EVENT_XSETID);
  ctx.reply.ok();
}

function setIdArgs(argv: readonly Bytes[]): SetIdArgs {
  const args: SetIdArgs = { id: idArg(argv[2]), entriesAdded: undefined, maxDeletedId: MIN_STREAM_ID };
  for (let i = 3; i < argv.length; i += 2) {
    const value = argv.at(i + 1);
    if (value !== undefined && isWord(argv[i], 'entriesadded')) {
      args.entriesAdded = int64Arg(value);
      if (args.entriesAdded < 0) throw StreamErrors.negativeEntriesAdded;
    } else if (value !== undefined && isWord(argv[i], 'maxdeletedid')) {
      args.maxDeletedId = idArg(value);
      if (args.id < args.maxDeletedId) throw StreamErrors.setIdBeforeGivenDeleted;
    } else throw Errors.syntax;
  }
  return args;
}

function checkSetId(stream: StreamValue, { id, entriesAdded }: SetIdArgs): void {
  if (id < stream.maxDeletedId) throw StreamErrors.setIdBeforeDeleted;
  if (stream.length === 0) return;
  if (id < stream.lastEntryId) throw StreamErrors.setIdBeforeTop;
  if (entriesAdded !== undefined && entriesAdded < stream.length) throw StreamErrors.entriesAddedBelowLength;
}
