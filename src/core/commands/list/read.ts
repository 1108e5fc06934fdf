/** Reading lists: LLEN, LINDEX, LRANGE, LPOS (redis 7.2.6 t_list.c). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type ListValue } from '../../store/types/list-value.js';
import { indexArg, positiveArg, rangeArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { BATCH, fromStart, readList, replyRange } from './lists.js';

const RANK_ZERO = new ReplyError(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
const NEGATIVE_COUNT = new ReplyError("ERR COUNT can't be negative");
const NEGATIVE_MAXLEN = new ReplyError("ERR MAXLEN can't be negative");

/** LLEN key */
export function llen(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.int(readList(ctx, argv[1])?.length ?? 0);
}

/** LINDEX key index. The index is looked at only when the key is there. */
export function lindex(ctx: CommandContext, argv: Bytes[]): void {
  const list = readList(ctx, argv[1]);
  if (list === undefined) ctx.reply.null();
  else ctx.reply.bulkOrNull(list.at(fromStart(indexArg(argv[2]), list.length)));
}

/** LRANGE key start stop */
export function lrange(ctx: CommandContext, argv: Bytes[]): void {
  const first = indexArg(argv[2]);
  const last = indexArg(argv[3]);
  const list = readList(ctx, argv[1]);
  if (list === undefined) {
    ctx.reply.array(0);
    return;
  }
  const start = Math.max(fromStart(first, list.length), 0);
  const end = Math.min(fromStart(last, list.length), list.length - 1);
  if (start > end) ctx.reply.array(0);
  else replyRange(ctx.reply, list, start, end - start + 1);
}

interface PosOptions {
  /** The first match that counts, from 1 on. */
  rank: number;
  fromTail: boolean;
  /** Matches to answer with, 0: all; undefined: one, and not as an array. */
  count: number | undefined;
  /** Elements to look at, 0: all. */
  maxLength: number;
}

function posOptions(argv: readonly Bytes[]): PosOptions {
  const options: PosOptions = { rank: 1, fromTail: false, count: undefined, maxLength: 0 };
  for (let i = 3; i < argv.length; i += 2) {
    if (i + 1 === argv.length) throw Errors.syntax;
    const value = argv[i + 1];
    if (isWord(argv[i], 'rank')) {
      const rank = rangeArg(value, -INT64_MAX, INT64_MAX);
      if (rank === 0) throw RANK_ZERO;
      options.rank = Math.abs(rank);
      options.fromTail = rank < 0;
    } else if (isWord(argv[i], 'count')) options.count = positiveArg(value, NEGATIVE_COUNT);
    else if (isWord(argv[i], 'maxlen')) options.maxLength = positiveArg(value, NEGATIVE_MAXLEN);
    else throw Errors.syntax;
  }
  return options;
}

/** LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len] */
export function lpos(ctx: CommandContext, argv: Bytes[]): void {
  const options = posOptions(argv);
  const list = readList(ctx, argv[1]);
  const { count } = options;
  const found = list === undefined ? [] : positions(list, argv[2], options);
  if (count === undefined) {
    if (found.length === 0) ctx.reply.null();
    else ctx.reply.int(found[0]);
    return;
  }
  ctx.reply.array(found.length);
  for (const index of found) ctx.reply.int(index);
}

/** The indexes of the matches asked for, in the order of the search. */
function positions(list: ListValue, element: Bytes, options: PosOptions): number[] {
  const { length } = list;
  const { rank, fromTail } = options;
  const wanted = options.count === 0 ? Infinity : (options.count ?? 1);
  const end = options.maxLength === 0 ? length : Math.min(options.maxLength, length);
  const found: number[] = [];
  let matches = 0;
  for (let seen = 0; seen < end; seen += BATCH) {
    const size = Math.min(BATCH, end - seen);
    const from = fromTail ? length - seen - size : seen;
    const batch = list.range(from, from + size);
    for (let i = 0; i < size; i++) {
      const at = fromTail ? size - 1 - i : i;
      if (batch[at] !== element || ++matches < rank) continue;
      found.push(from + at);
      if (found.length >= wanted) return found;
    }
  }
  return found;
}
