/**
 * XGROUP. Its subcommands share the order of their checks: options, type of the key, whether the key and the group are there; only
 * then the number of arguments (redis 7.2.6 t_stream.c:xgroupCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { StreamGroup, UNKNOWN_ENTRIES_READ } from '../../store/types/stream-groups.js';
import { MIN_STREAM_ID } from '../../store/types/stream-id.js';
import { StreamValue } from '../../store/types/stream-value.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { subcommandSyntax } from '../errors.js';
import { replyHelp } from '../help.js';
import { createConsumer } from './consumer.js';
import { noGroup, StreamErrors } from './errors.js';
import { EVENT_DEL_CONSUMER, EVENT_GROUP_CREATE, EVENT_GROUP_DESTROY, EVENT_GROUP_SETID } from './events.js';
import { idArg, looseIdArg } from './ids.js';
import { openStream, streamSlot } from './lookup.js';

/** XGROUP CREATE key group id [MKSTREAM] [ENTRIESREAD n]: so many arguments at most. */
const CREATE_ARGS_MAX = 8;
const SETID_ARGS_WITH_OPTION = 7;

const HELP = [
  'CREATE <key> <groupname> <id|$> [option]',
  '    Create a new consumer group. Options are:',
  '    * MKSTREAM',
  '      Create the empty stream if it does not exist.',
  '    * ENTRIESREAD entries_read',
  "      Set the group's entries_read counter (internal use).",
  'CREATECONSUMER <key> <groupname> <consumer>',
  '    Create a new consumer in the specified group.',
  'DELCONSUMER <key> <groupname> <consumer>',
  '    Remove the specified consumer.',
  'DESTROY <key> <groupname>',
  '    Remove the specified group.',
  'SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]',
  '    Set the current group ID and entries_read counter.',
];

/** XGROUP HELP */
export function xgroupHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}

interface GroupOptions {
  mkstream: boolean;
  entriesRead: Int64;
}

/** The options behind the id. Throws. */
function options(argv: readonly Bytes[], creating: boolean): GroupOptions {
  const found: GroupOptions = { mkstream: false, entriesRead: UNKNOWN_ENTRIES_READ };
  for (let i = 5; i < argv.length; i++) {
    if (creating && isWord(argv[i], 'mkstream')) found.mkstream = true;
    else if (isWord(argv[i], 'entriesread') && i + 1 < argv.length) {
      found.entriesRead = int64Arg(argv[++i]);
      if (found.entriesRead < UNKNOWN_ENTRIES_READ) throw StreamErrors.badEntriesRead;
    } else throw subcommandSyntax(argv);
  }
  return found;
}

/** The slot of the stream, which must be there. */
function slotOrThrow(ctx: CommandContext, key: Bytes): number {
  const slot = streamSlot(ctx, key);
  if (slot < 0) throw StreamErrors.keyMustExist;
  return slot;
}

/** The slot of the stream, which must be there and have the group. */
function slotWithGroup(ctx: CommandContext, key: Bytes, group: Bytes): number {
  const slot = slotOrThrow(ctx, key);
  if (!(ctx.db.keyspace.valueAt(slot) as StreamValue).groups.has(group)) throw noGroup(key, group);
  return slot;
}

/** XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read] */
export function xgroupCreate(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const [, , key, name, idText] = argv;
  const { mkstream, entriesRead } = options(argv, true);
  const slot = mkstream ? streamSlot(ctx, key) : slotOrThrow(ctx, key);
  if (argv.length > CREATE_ARGS_MAX) throw subcommandSyntax(argv);
  const found = slot < 0 ? undefined : (db.keyspace.valueAt(slot) as StreamValue);
  const id = idText === '$' ? (found?.lastId ?? MIN_STREAM_ID) : idArg(idText);
  if (found?.groups.has(name)) throw StreamErrors.groupExists;
  const stream = found === undefined ? new StreamValue() : openStream(ctx, slot);
  stream.addGroup(new StreamGroup(name, id, entriesRead));
  if (slot < 0) gate.put(db, key, slot, stream, EVENT_GROUP_CREATE);
  else gate.changedAside(db, key, EVENT_GROUP_CREATE);
  ctx.reply.ok();
}

/** XGROUP SETID key group <id | $> [ENTRIESREAD entries-read] */
export function xgroupSetid(ctx: CommandContext, argv: Bytes[]): void {
  const [, , key, name, idText] = argv;
  const { entriesRead } = options(argv, false);
  const slot = slotWithGroup(ctx, key, name);
  if (argv.length > SETID_ARGS_WITH_OPTION) throw subcommandSyntax(argv);
  const last = (ctx.db.keyspace.valueAt(slot) as StreamValue).lastId;
  const id = idText === '$' ? last : looseIdArg(idText);
  const group = openStream(ctx, slot).groupForWrite(name)!;
  group.lastId = id;
  group.entriesRead = entriesRead;
  ctx.gate.changedAside(ctx.db, key, EVENT_GROUP_SETID);
  ctx.reply.ok();
}

/** XGROUP DESTROY key group. Those who wait for the group learn that it is gone. */
export function xgroupDestroy(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const [, , key, name] = argv;
  const slot = slotOrThrow(ctx, key);
  const isThere = (db.keyspace.valueAt(slot) as StreamValue).groups.has(name);
  if (isThere) {
    openStream(ctx, slot).groups.delete(name);
    gate.changedAside(db, key, EVENT_GROUP_DESTROY);
    gate.wake(db, key);
  }
  ctx.reply.int(isThere ? 1 : 0);
}

/** XGROUP CREATECONSUMER key group consumer */
export function xgroupCreateconsumer(ctx: CommandContext, argv: Bytes[]): void {
  const [, , key, name, consumer] = argv;
  const slot = slotWithGroup(ctx, key, name);
  const isNew = !(ctx.db.keyspace.valueAt(slot) as StreamValue).groups.get(name)!.consumers.has(consumer);
  if (isNew) createConsumer(ctx, key, openStream(ctx, slot).groupForWrite(name)!, consumer);
  ctx.reply.int(isNew ? 1 : 0);
}

/** XGROUP DELCONSUMER key group consumer */
export function xgroupDelconsumer(ctx: CommandContext, argv: Bytes[]): void {
  const [, , key, name, consumer] = argv;
  const slot = slotWithGroup(ctx, key, name);
  let pending = 0;
  if ((ctx.db.keyspace.valueAt(slot) as StreamValue).groups.get(name)!.consumers.has(consumer)) {
    pending = openStream(ctx, slot).groupForWrite(name)!.removeConsumer(consumer);
    ctx.gate.changedAside(ctx.db, key, EVENT_DEL_CONSUMER);
  }
  ctx.reply.int(pending);
}
