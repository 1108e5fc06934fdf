/**
 * The options of SET and GETEX: which words there are, which of them exclude each other, and the expiry they carry.
 *
 * An option given twice counts once (of two expiries, the later one counts); two that exclude each other are a syntax error,
 * as is one that the command does not have. Source: redis 7.2.6 t_string.c:parseExtendedStringArgumentsOrReply.
 */
import { lower, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { expiryArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

/** What was given, as bits. */
export const Given = {
  nx: 1,
  xx: 2,
  get: 4,
  keepTtl: 8,
  persist: 16,
  ex: 32,
  px: 64,
  exAt: 128,
  pxAt: 256,
} as const;

const { nx, xx, get, keepTtl, persist, ex, px, exAt, pxAt } = Given;
const TIMES = ex | px | exAt | pxAt;

/** The options that each command has. */
export const SET_OPTIONS = nx | xx | get | keepTtl | TIMES;
export const GETEX_OPTIONS = persist | TIMES;

interface Option {
  readonly bit: number;
  readonly excludes: number;
  readonly takesTime: boolean;
}

function flag(bit: number, excludes: number): Option {
  return { bit, excludes, takesTime: false };
}

function time(bit: number): Option {
  return { bit, excludes: (TIMES & ~bit) | keepTtl | persist, takesTime: true };
}

const OPTIONS: Readonly<Record<string, Option>> = {
  nx: flag(nx, xx),
  xx: flag(xx, nx),
  get: flag(get, 0),
  keepttl: flag(keepTtl, persist | TIMES),
  persist: flag(persist, keepTtl | TIMES),
  ex: time(ex),
  px: time(px),
  exat: time(exAt),
  pxat: time(pxAt),
};

/** By the two spellings that clients send; any other mix of cases is lowered first. */
const BY_SPELLING = new Map(
  Object.entries(OPTIONS).flatMap(([word, option]) => [
    [word, option],
    [word.toUpperCase(), option],
  ]),
);

export interface StringOptions {
  /** Bits of Given. */
  readonly given: number;
  /** The argument of EX, PX, EXAT or PXAT, not checked yet; undefined: none of them was given. */
  readonly time: Bytes | undefined;
}

/** Reads the options from `argv[from]` on; `allowed` are the bits that the command has. Throws a syntax error. */
export function parseStringOptions(argv: readonly Bytes[], from: number, allowed: number): StringOptions {
  let given = 0;
  let time: Bytes | undefined;
  for (let i = from; i < argv.length; i++) {
    const option = BY_SPELLING.get(argv[i]) ?? BY_SPELLING.get(lower(argv[i]));
    if (option === undefined || (option.bit & allowed) === 0 || (given & option.excludes) !== 0) {
      throw Errors.syntax;
    }
    given |= option.bit;
    if (!option.takesTime) continue;
    if (++i === argv.length) throw Errors.syntax;
    time = argv[i];
  }
  return { given, time };
}

/** The absolute time in ms that the options ask for; undefined: none. Throws when it is no valid time. */
export function expiryOf(ctx: CommandContext, options: StringOptions): Int64 | undefined {
  const { given, time } = options;
  if (time === undefined) return undefined;
  return expiryArg(ctx, time, {
    seconds: (given & (ex | exAt)) !== 0,
    relative: (given & (ex | px)) !== 0,
  });
}
