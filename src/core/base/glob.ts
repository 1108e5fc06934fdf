/**
 * Glob patterns as KEYS, SCAN, PSUBSCRIBE, ACL and CONFIG GET match them: `*`, `?`, `[abc]`, `[^a-z]`, `\` before a byte to
 * take it as it is (redis 7.2.6 util.c:stringmatchlen). Matching is a loop that remembers only the last `*`: a longer match
 * for an earlier one can never help, so the cost is at most pattern length times string length, however many stars there are.
 */
import { type Bytes } from './bytes.js';

const STAR = 42;
const DASH = 45;
const QUESTION = 63;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const CARET = 94;

/**
 * Redis gives up, without a match, on a pattern whose stars nest deeper (its matcher recurses). Runs of stars count as one.
 */
const MAX_STARS = 1000;

/** Whether the whole of `s` matches `pattern`. @param nocase ignores the case of ASCII letters */
export function globMatch(pattern: Bytes, s: Bytes, nocase = false): boolean {
  // Redis's loop does not run at all on an empty string: not even `*` matches it
  if (s.length === 0) return pattern.length === 0;
  let p = 0;
  let i = 0;
  let afterStar = -1;
  let starAt = 0;
  let stars = 0;
  for (;;) {
    if (p < pattern.length && pattern.charCodeAt(p) === STAR) {
      while (pattern.charCodeAt(p) === STAR) p++;
      if (p === pattern.length) return true;
      if (++stars > MAX_STARS) return false;
      afterStar = p;
      starAt = i;
      continue;
    }
    if (i === s.length) return p >= pattern.length;
    const next = p < pattern.length ? matchOne(pattern, p, s.charCodeAt(i), nocase) : -1;
    if (next >= 0) {
      p = next;
      i++;
    } else {
      if (afterStar < 0) return false;
      p = afterStar;
      i = ++starAt;
    }
  }
}

/** The index behind the element at `p` when it matches the byte `c`, else -1. */
function matchOne(pattern: Bytes, p: number, c: number, nocase: boolean): number {
  const element = pattern.charCodeAt(p);
  if (element === QUESTION) return p + 1;
  if (element === OPEN) return matchSet(pattern, p + 1, c, nocase);
  const at = element === BACKSLASH && p + 1 < pattern.length ? p + 1 : p;
  return fold(pattern.charCodeAt(at), nocase) === fold(c, nocase) ? at + 1 : -1;
}

/**
 * A set, from behind its `[`. Without a `]` it reaches to the end of the pattern. Inside it a byte after `\` is compared with
 * its case even under `nocase`, and a range may be given backwards, as in Redis.
 */
function matchSet(pattern: Bytes, from: number, c: number, nocase: boolean): number {
  const end = pattern.length;
  const negated = pattern.charCodeAt(from) === CARET;
  let p = negated ? from + 1 : from;
  let found = false;
  while (p < end && pattern.charCodeAt(p) !== CLOSE) {
    const element = pattern.charCodeAt(p);
    if (element === BACKSLASH && p + 1 < end) {
      if (pattern.charCodeAt(p + 1) === c) found = true;
      p += 2;
    } else if (p + 2 < end && pattern.charCodeAt(p + 1) === DASH) {
      if (inRange(element, pattern.charCodeAt(p + 2), c, nocase)) found = true;
      p += 3;
    } else {
      if (fold(element, nocase) === fold(c, nocase)) found = true;
      p++;
    }
  }
  return found === negated ? -1 : Math.min(p + 1, end);
}

/**
 * Redis compares `char`s, which are signed: bytes from 128 on come before the others. It puts the ends in order first and
 * folds them then; glibc's tolower makes bytes 128-254 positive again, but not 255.
 */
function inRange(a: number, b: number, c: number, nocase: boolean): boolean {
  const low = Math.min(signed(a), signed(b));
  const high = Math.max(signed(a), signed(b));
  const value = foldSigned(signed(c), nocase);
  return value >= foldSigned(low, nocase) && value <= foldSigned(high, nocase);
}

function foldSigned(c: number, nocase: boolean): number {
  return nocase && c < -1 ? c + 256 : fold(c, nocase);
}

function signed(c: number): number {
  return c > 127 ? c - 256 : c;
}

function fold(c: number, nocase: boolean): number {
  return nocase && c >= 65 && c <= 90 ? c + 32 : c;
}
