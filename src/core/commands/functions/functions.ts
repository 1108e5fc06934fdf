/**
 * What can be done with function libraries without running them: they come with a data set, are kept, saved and sent to
 * replicas as they are (redis 7.2.6 functions.c).
 */
import { isWord, lower, type Bytes } from '../../base/bytes.js';
import { splitArgs } from '../../base/split-args.js';
import { type CommandContext } from '../context.js';
import { ReplyError, subcommandSyntax } from '../errors.js';

const BAD_MODE = new ReplyError('ERR FUNCTION FLUSH only supports SYNC|ASYNC option');
const NOT_FOUND = new ReplyError('ERR Library not found');
const NAME = 'name=';

/** FUNCTION FLUSH [ASYNC | SYNC]: the same to us, and propagated even when there was nothing. */
export function functionFlush(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw subcommandSyntax(argv);
  if (argv.length === 3 && !isWord(argv[2], 'sync') && !isWord(argv[2], 'async')) throw BAD_MODE;
  ctx.store.functionLibraries = [];
  ctx.gate.dirty++;
  ctx.reply.ok();
}

/** FUNCTION DELETE library-name */
export function functionDelete(ctx: CommandContext, argv: Bytes[]): void {
  const { functionLibraries } = ctx.store;
  const left = functionLibraries.filter((code) => libraryName(code) !== argv[2]);
  if (left.length === functionLibraries.length) throw NOT_FOUND;
  ctx.store.functionLibraries = left;
  ctx.gate.dirty++;
  ctx.reply.ok();
}

/** The name in a library's first line, `#!lua name=mylib`; undefined when there is none. */
export function libraryName(code: Bytes): Bytes | undefined {
  const end = code.indexOf('\n');
  const words = code.startsWith('#!') && end > 0 ? splitArgs(code.slice(0, end) as Bytes) : undefined;
  const word = words?.slice(1).find((part) => lower(part).startsWith(NAME));
  return word?.slice(NAME.length) as Bytes | undefined;
}
