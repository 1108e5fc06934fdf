/** XRANGE and XREVRANGE (redis 7.2.6 t_stream.c:xrangeGenericCommand). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { endArg, startArg } from './ids.js';
import { readStream } from './lookup.js';
import { replyEntries } from './reply.js';

/** XRANGE key start end [COUNT count] */
export function xrange(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, argv[2], argv[3], false);
}

/** XREVRANGE key end start [COUNT count] */
export function xrevrange(ctx: CommandContext, argv: Bytes[]): void {
  answerRange(ctx, argv, argv[3], argv[2], true);
}

function answerRange(ctx: CommandContext, argv: Bytes[], from: Bytes, to: Bytes, reverse: boolean): void {
  const { reply } = ctx;
  const first = startArg(from);
  const last = endArg(to);
  const limit = countOption(argv);
  const stream = readStream(ctx, argv[1]);
  if (stream === undefined) {
    reply.array(0);
  } else if (limit === 0) {
    reply.nullArray();
  } else {
    const count = stream.countBetween(first, last, limit);
    replyEntries(reply, reverse ? stream.downFrom(last) : stream.from(first), count);
  }
}

/** COUNT, the last one given; Infinity without. A negative one is 0. */
function countOption(argv: readonly Bytes[]): number {
  let limit = Infinity;
  for (let i = 4; i < argv.length; i += 2) {
    if (!isWord(argv[i], 'count') || i + 1 >= argv.length) throw Errors.syntax;
    limit = Math.max(0, indexArg(argv[i + 1]));
  }
  return limit;
}
