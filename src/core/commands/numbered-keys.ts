/** Keys behind their number (`numkeys key [key ...]`): their specification, and the arguments of LMPOP, ZMPOP and their blocking forms. */
import { isWord, type Bytes } from '../base/bytes.js';
import { INT64_MAX } from '../base/numbers.js';
import { rangeArg } from './args.js';
import { Errors, ReplyError } from './errors.js';
import { type KeyFlag, type KeySpec } from './spec.js';

const BAD_NUMKEYS = new ReplyError('ERR numkeys should be greater than 0');
const BAD_COUNT = new ReplyError('ERR count should be greater than 0');

/** The specification of keys behind their number, which stands at `index`. */
export function numberedKeys(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { keyNumIdx: 0, firstKey: 1, step: 1 } };
}

/** The number of keys that follow, 1 or more. */
export function numkeysArg(text: Bytes): number {
  return rangeArg(text, 1, INT64_MAX, BAD_NUMKEYS);
}

/** What a command asks for that pops from the first of several keys. */
export interface ManyPops<Side> {
  readonly keys: Bytes[];
  /** From which side of what is there. */
  readonly side: Side;
  readonly count: number;
}

/**
 * `numkeys key [key ...] side [COUNT count]` from `argv[from]` on, in the order of checks of redis 7.2.6
 * t_list.c:lmpopGenericCommand and t_zset.c:zmpopGenericCommand.
 * @param sideArg reads the side, or throws
 */
export function manyPopsArgs<Side>(
  argv: readonly Bytes[],
  from: number,
  sideArg: (text: Bytes) => Side,
): ManyPops<Side> {
  const where = from + numkeysArg(argv[from]) + 1;
  if (where >= argv.length) throw Errors.syntax;
  const side = sideArg(argv[where]);
  let count: number | undefined;
  for (let i = where + 1; i < argv.length; i += 2) {
    if (count !== undefined || !isWord(argv[i], 'count') || i + 1 === argv.length) throw Errors.syntax;
    count = rangeArg(argv[i + 1], 1, INT64_MAX, BAD_COUNT);
  }
  return { keys: argv.slice(from + 1, where), side, count: count ?? 1 };
}
