/**
 * The arguments that XADD and XTRIM share: MAXLEN or MINID, `=` or `~`, LIMIT; and how a trimming that was approximate is
 * propagated as an exact one (redis 7.2.6 t_stream.c: streamParseAddOrTrimArgsOrReply, streamRewriteTrimArgument).
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { formatStreamId } from '../../store/types/stream-id.js';
import { type StreamValue, type TrimRule } from '../../store/types/stream-value.js';
import { int64Arg, mustObey } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { StreamErrors } from './errors.js';
import { givenIdArg, idArg, type GivenId } from './ids.js';

const EXACTLY = ascii('=');
/** Without LIMIT an approximate trimming removes at most so many nodes… */
const LIMIT_NODES = 100;
/** …and so many entries; the first when nodes have no limit of entries. */
const LIMIT_WITHOUT_NODES = 10_000;
const LIMIT_MAX = 1_000_000;

export interface TrimArgs {
  rule: TrimRule | undefined;
  /** Where the length or the id stands. */
  ruleAt: number;
  approximate: boolean;
  /** 0: none. */
  limit: number;
  noMkstream: boolean;
  /** XADD: where the id stands, and what it says; undefined: `*`. */
  idAt: number;
  id: GivenId | undefined;
}

interface Parsing {
  readonly args: TrimArgs;
  limitGiven: boolean;
}

/** XADD key * …, the usual form. */
const ID_ALONE: Readonly<TrimArgs> = {
  rule: undefined,
  ruleAt: 0,
  approximate: false,
  limit: 0,
  noMkstream: false,
  idAt: 2,
  id: undefined,
};

/** The arguments from index 2 up to the id (`adding`), or all of them. Throws. */
export function trimArgs(ctx: CommandContext, argv: readonly Bytes[], adding: boolean): Readonly<TrimArgs> {
  if (adding && argv[2] === '*') return ID_ALONE;
  const args: TrimArgs = {
    rule: undefined,
    ruleAt: 0,
    approximate: false,
    limit: 0,
    noMkstream: false,
    idAt: argv.length,
    id: undefined,
  };
  const parsing: Parsing = { args, limitGiven: false };
  for (let i = 2; i < argv.length; i++) {
    if (adding && argv[i] === '*') {
      args.idAt = i;
      break;
    }
    const last = option(parsing, argv, i);
    if (last >= 0) {
      i = last;
    } else if (adding && isWord(argv[i], 'nomkstream')) {
      args.noMkstream = true;
    } else if (adding) {
      args.id = givenIdArg(argv[i]);
      args.idAt = i;
      break;
    } else throw Errors.syntax;
  }
  finish(ctx, parsing, adding);
  return args;
}

/** Reads the option at `i`. @returns the index of its last argument; -1: it is none */
function option(parsing: Parsing, argv: readonly Bytes[], i: number): number {
  const { args } = parsing;
  if (i + 1 >= argv.length) return -1;
  const isLength = isWord(argv[i], 'maxlen');
  if (isLength || isWord(argv[i], 'minid')) {
    if (args.rule !== undefined) throw StreamErrors.twoStrategies;
    const operator = i + 2 < argv.length ? argv[i + 1] : undefined;
    args.approximate = operator === '~';
    args.ruleAt = operator === '~' || operator === '=' ? i + 2 : i + 1;
    args.rule = isLength
      ? { maxLength: notNegative(argv[args.ruleAt], StreamErrors.negativeMaxlen) }
      : { minId: idArg(argv[args.ruleAt]) };
    return args.ruleAt;
  }
  if (!isWord(argv[i], 'limit')) return -1;
  args.limit = notNegative(argv[i + 1], StreamErrors.negativeLimit);
  parsing.limitGiven = true;
  return i + 1;
}

function notNegative(text: Bytes, error: Error): number {
  const value = int64Arg(text);
  if (value < 0) throw error;
  return Number(value);
}

function finish(ctx: CommandContext, { args, limitGiven }: Parsing, adding: boolean): void {
  if (args.limit !== 0 && args.rule === undefined) throw StreamErrors.limitWithoutStrategy;
  if (!adding && args.rule === undefined) throw StreamErrors.noStrategy;
  if (mustObey(ctx)) {
    // The master has rewritten the length to what it came to.
    args.limit = 0;
  } else if (limitGiven) {
    if (!args.approximate) throw StreamErrors.limitExact;
  } else if (args.approximate) {
    const limit = LIMIT_NODES * ctx.server.config.values.streamNodeMaxEntries;
    args.limit = limit <= 0 ? LIMIT_WITHOUT_NODES : Math.min(limit, LIMIT_MAX);
  }
}

/** Writes into a copy of the arguments what an approximate trimming came to. */
export function makeExact(argv: Bytes[], args: Readonly<TrimArgs>, stream: StreamValue): void {
  argv[args.ruleAt - 1] = EXACTLY;
  argv[args.ruleAt] =
    'maxLength' in args.rule! ? ascii(String(stream.length)) : formatStreamId(stream.firstNodeId);
}
