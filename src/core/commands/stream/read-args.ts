/** The arguments of XREAD and XREADGROUP up to the ids (redis 7.2.6 t_stream.c:xreadCommand). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { indexArg, timeoutMsArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { StreamErrors, unbalancedStreams } from './errors.js';

export interface ReadArgs {
  /** undefined: no BLOCK. 0: for ever. */
  timeoutMs: number | undefined;
  /** Entries per stream; Infinity: all. */
  limit: number;
  noAck: boolean;
  group: Bytes | undefined;
  consumer: Bytes | undefined;
  /** Where the keys begin; as many ids follow them. */
  keysAt: number;
  streams: number;
}

export function readArgs(ctx: CommandContext, argv: readonly Bytes[], ofGroup: boolean): ReadArgs {
  const args: ReadArgs = {
    timeoutMs: undefined,
    limit: Infinity,
    noAck: false,
    group: undefined,
    consumer: undefined,
    keysAt: 0,
    streams: 0,
  };
  let i = 1;
  while (args.keysAt === 0) {
    if (i >= argv.length) throw Errors.syntax;
    i = option(ctx, args, argv, i, ofGroup) + 1;
  }
  if (ofGroup && args.group === undefined) throw StreamErrors.missingGroup;
  return args;
}

/** Reads the option at `i`. @returns the index of its last argument */
function option(
  ctx: CommandContext,
  args: ReadArgs,
  argv: readonly Bytes[],
  i: number,
  ofGroup: boolean,
): number {
  const word = argv[i];
  const more = argv.length - 1 - i;
  if (more > 0 && isWord(word, 'block')) {
    args.timeoutMs = timeoutMsArg(ctx, argv[i + 1]);
    return i + 1;
  }
  if (more > 0 && isWord(word, 'count')) {
    const count = indexArg(argv[i + 1]);
    args.limit = count > 0 ? count : Infinity;
    return i + 1;
  }
  if (more > 0 && isWord(word, 'streams')) {
    if (more % 2 !== 0) throw unbalancedStreams(ctx.command.fullName, ofGroup ? '>' : '$');
    args.keysAt = i + 1;
    args.streams = more / 2;
    return argv.length - 1;
  }
  if (more > 1 && isWord(word, 'group')) {
    if (!ofGroup) throw StreamErrors.groupOfXread;
    args.group = argv[i + 1];
    args.consumer = argv[i + 2];
    return i + 2;
  }
  if (!isWord(word, 'noack')) throw Errors.syntax;
  if (!ofGroup) throw StreamErrors.noackOfXread;
  args.noAck = true;
  return i;
}
