/** TIME, SAVE, BGSAVE, LASTSAVE and SHUTDOWN (redis 7.2.6 server.c, rdb.c, db.c). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';

const US_PER_SECOND = 1_000_000;
const MUST_NOT_WAIT = new ReplyError(
  "ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client",
);

/** TIME: seconds and microseconds. */
export function time(ctx: CommandContext): void {
  const us = ctx.server.clock.nowUs();
  ctx.reply.array(2);
  ctx.reply.bulkInt(Math.floor(us / US_PER_SECOND));
  ctx.reply.bulkInt(us % US_PER_SECOND);
}

/** SAVE */
export function save(ctx: CommandContext): void {
  ctx.server.persistence.save();
  ctx.reply.ok();
}

/** BGSAVE [SCHEDULE] */
export function bgsave(ctx: CommandContext, argv: Bytes[]): void {
  const schedule = argv.length === 2 && isWord(argv[1], 'schedule');
  if (argv.length > 1 && !schedule) throw Errors.syntax;
  ctx.reply.simple(ctx.server.persistence.backgroundSave(schedule));
}

/** LASTSAVE */
export function lastsave(ctx: CommandContext): void {
  ctx.reply.int(ctx.server.persistence.lastSaveSeconds);
}

const SHUTDOWN_WORDS = ['nosave', 'save', 'now', 'force', 'abort'] as const;

/** SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] | ABORT: only ABORT is answered when all goes well. */
export function shutdown(ctx: CommandContext, argv: Bytes[]): void {
  const words = new Set<string>();
  for (let i = 1; i < argv.length; i++) {
    const word = SHUTDOWN_WORDS.find((known) => isWord(argv[i], known));
    if (word === undefined) throw Errors.syntax;
    words.add(word);
  }
  const abort = words.has('abort');
  const both = words.has('save') && words.has('nosave');
  if (both || (abort && words.size > 1)) throw Errors.syntax;
  if (!abort && !words.has('now') && !ctx.mayBlock) throw MUST_NOT_WAIT;
  ctx.server.shutdown(ctx, {
    save: words.has('save') ? 'save' : words.has('nosave') ? 'nosave' : undefined,
    now: words.has('now'),
    force: words.has('force'),
    abort,
  });
  if (abort) ctx.reply.ok();
}
