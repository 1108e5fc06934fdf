/**
 * Whole databases: FLUSHDB, FLUSHALL, SWAPDB (redis 7.2.6 db.c). A database is emptied by giving it a new container, which
 * is quick whatever its size, so ASYNC and SYNC differ in what is counted as freed in the background alone.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { int32Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';

/** FLUSHDB [ASYNC | SYNC]: propagated even when the database was empty. */
export function flushDb(ctx: CommandContext, argv: Bytes[]): void {
  ctx.gate.flush(ctx.db, isLazy(ctx, argv));
  ctx.effects.force();
  ctx.reply.ok();
}

/** FLUSHALL [ASYNC | SYNC]: propagated even when there was nothing; a running save of the old data ends. */
export function flushAll(ctx: CommandContext, argv: Bytes[]): void {
  ctx.gate.flushAll(isLazy(ctx, argv));
  ctx.server.persistence.flushed();
  ctx.effects.force();
  ctx.reply.ok();
}

/** Whether it is done in the background (redis 7.2.6 db.c:getFlushCommandFlags). */
function isLazy(ctx: CommandContext, argv: readonly Bytes[]): boolean {
  if (argv.length === 1) return ctx.server.config.values.lazyfreeLazyUserFlush;
  if (argv.length !== 2) throw Errors.syntax;
  const lazily = isWord(argv[1], 'async');
  if (!lazily && !isWord(argv[1], 'sync')) throw Errors.syntax;
  return lazily;
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
