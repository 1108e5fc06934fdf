/**
 * Whole databases: FLUSHDB, FLUSHALL, SWAPDB (redis 7.2.6 db.c). A database is emptied by giving it a new container, which
 * is quick whatever its size, so ASYNC and SYNC are the same.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { int32Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';

/** FLUSHDB [ASYNC | SYNC]: propagated even when the database was empty. */
export function flushDb(ctx: CommandContext, argv: Bytes[]): void {
  checkMode(argv);
  ctx.gate.flush(ctx.db);
  ctx.effects.force();
  ctx.reply.ok();
}

/** FLUSHALL [ASYNC | SYNC]: propagated even when there was nothing; a running save of the old data ends. */
export function flushAll(ctx: CommandContext, argv: Bytes[]): void {
  checkMode(argv);
  ctx.gate.flushAll();
  ctx.server.persistence.flushed();
  ctx.effects.force();
  ctx.reply.ok();
}

function checkMode(argv: readonly Bytes[]): void {
  if (argv.length === 1) return;
  if (argv.length !== 2 || !(isWord(argv[1], 'async') || isWord(argv[1], 'sync'))) throw Errors.syntax;
}

/** SWAPDB index1 index2 */
export function swapDb(ctx: CommandContext, argv: Bytes[]): void {
  const first = int32Arg(argv[1], new ReplyError('ERR invalid first DB index'));
  const second = int32Arg(argv[2], new ReplyError('ERR invalid second DB index'));
  const { databases } = ctx.store;
  const count = databases.length;
  if (first < 0 || second < 0 || first >= count || second >= count) throw Errors.dbOutOfRange;
  // A database swapped with itself touches nobody, but it is propagated.
  if (first === second) ctx.gate.dirty++;
  else ctx.gate.swap(databases[first], databases[second]);
  ctx.reply.ok();
}
