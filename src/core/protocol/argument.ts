/**
 * The arguments of a command, and one of them out of a read buffer. A string of up to 20 bytes is put together here: String.fromCharCode with a fixed number
 * of operands is a short allocation inside V8 (16 to 35 ns), where latin1Slice crosses into C++ (55 to 60 ns). Either way the
 * result is flat, holds one byte per char, and keeps nothing of the buffer alive. Called by the request parser.
 */
import { type Bytes, EMPTY, sliceBytes } from '../base/bytes.js';

const chars = String.fromCharCode;

/** The `n` bytes of `b` from `i`, which must all be inside the buffer. */
export function readArgument(b: Buffer, i: number, n: number): Bytes {
  if (n > LONGEST_SHORT) return sliceBytes(b, i, i + n);
  return (n <= LONGEST_SHARED && n > 1 ? sharedString(b, i, n) : shortString(b, i, n)) as Bytes;
}

/**
 * Strings of two to four bytes are shared: options, flags and small values come again and again. A value that was seen before is
 * an old object: storing it makes nothing that the collector would have to copy (measured in docs/decisions.md). Direct-mapped:
 * a different string in the same place takes it over.
 */
const LONGEST_SHARED = 4;
const SHARED_PLACES = 1024;
const sharedWords = new Int32Array(SHARED_PLACES);
const sharedStrings: string[] = new Array<string>(SHARED_PLACES).fill('');

function sharedString(b: Buffer, i: number, n: number): string {
  let word = b[i] | (b[i + 1] << 8);
  if (n > 2) word |= b[i + 2] << 16;
  if (n > 3) word |= b[i + 3] << 24;
  const place = (Math.imul(word ^ n, 0x9e3779b1) >>> 22) & (SHARED_PLACES - 1);
  const seen = sharedStrings[place];
  if (sharedWords[place] === word && seen.length === n) return seen;
  const made = shortString(b, i, n);
  sharedWords[place] = word;
  sharedStrings[place] = made;
  return made;
}

/** Beyond this the operands cost as much as the call into C++. */
const LONGEST_SHORT = 20;

// prettier-ignore
function shortString(b: Buffer, i: number, n: number): string {
  switch (n) {
    case 0: return EMPTY;
    case 1: return chars(b[i]);
    case 2: return chars(b[i], b[i + 1]);
    case 3: return chars(b[i], b[i + 1], b[i + 2]);
    case 4: return chars(b[i], b[i + 1], b[i + 2], b[i + 3]);
    case 5: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]);
    case 6: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]);
    case 7: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]);
    case 8: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
    case 9: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8]);
    case 10: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9]);
    case 11: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10]);
    case 12: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11]);
    case 13: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12]);
    case 14: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13]);
    case 15: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14]);
    case 16: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15]);
    case 17: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15],
      b[i + 16]);
    case 18: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15],
      b[i + 16], b[i + 17]);
    case 19: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15],
      b[i + 16], b[i + 17], b[i + 18]);
    case 20: return chars(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15],
      b[i + 16], b[i + 17], b[i + 18], b[i + 19]);
    default: return sliceBytes(b, i, i + n);
  }
}

/**
 * The array for `count` arguments. Short ones are made in their size: an array that is pushed to begins with room for sixteen.
 * Long ones grow as the arguments arrive: an announced count is no reason to allocate.
 */
export function argumentArray(count: number): Bytes[] {
  switch (count) {
    case 1:
      return [EMPTY];
    case 2:
      return [EMPTY, EMPTY];
    case 3:
      return [EMPTY, EMPTY, EMPTY];
    case 4:
      return [EMPTY, EMPTY, EMPTY, EMPTY];
    case 5:
      return [EMPTY, EMPTY, EMPTY, EMPTY, EMPTY];
    default:
      return [];
  }
}
