/**
 * The arguments that SCAN, HSCAN, SSCAN and ZSCAN share: the cursor, and MATCH, COUNT and TYPE
 * (redis 7.2.6 db.c:parseScanCursorOrReply, scanGenericCommand).
 */
import { isWord, type Bytes } from '../base/bytes.js';
import { indexArg } from './args.js';
import { Errors } from './errors.js';

const DEFAULT_COUNT = 10;
const MAX_CURSOR = 2n ** 64n - 1n;
const BLANK = /^[\t-\r ]/;
const CURSOR = /^(?:[+-]?[0-9]+)?$/;

/**
 * A cursor. Redis reads it with strtoul: an empty one is 0, a sign is allowed, a NUL byte ends it. A cursor that no table of
 * ours can have given out stands for one past its end, so it is no error.
 */
export function cursorArg(text: Bytes): number {
  const end = text.indexOf('\0');
  const digits = end < 0 ? text : (text.slice(0, end) as Bytes);
  if (BLANK.test(digits) || !CURSOR.test(digits)) throw Errors.invalidCursor;
  if (digits === '') return 0;
  const negative = digits.startsWith('-');
  const magnitude = BigInt(digits.replace(/^[+-]/, ''));
  if (magnitude > MAX_CURSOR) throw Errors.invalidCursor;
  return Number(negative && magnitude > 0n ? MAX_CURSOR + 1n - magnitude : magnitude);
}

export interface ScanOptions {
  readonly count: number;
  /** Undefined when everything matches. */
  readonly pattern: Bytes | undefined;
  readonly type: Bytes | undefined;
}

/** The options from argument `from` on. @param withType whether TYPE is one of them */
export function scanOptions(argv: readonly Bytes[], from: number, withType: boolean): ScanOptions {
  let count = DEFAULT_COUNT;
  let pattern: Bytes | undefined;
  let type: Bytes | undefined;
  for (let i = from; i < argv.length; i += 2) {
    if (i + 1 === argv.length) throw Errors.syntax;
    const value = argv[i + 1];
    if (isWord(argv[i], 'count')) {
      count = indexArg(value);
      if (count < 1) throw Errors.syntax;
    } else if (isWord(argv[i], 'match')) pattern = value === '*' ? undefined : value;
    else if (withType && isWord(argv[i], 'type')) type = value;
    else throw Errors.syntax;
  }
  return { count, pattern, type };
}
