/**
 * Splits a line into arguments by the quoting rules of inline commands and redis.conf lines (redis 7.2.6
 * sds.c:sdssplitargs): blanks separate; `"..."` knows \n \r \t \b \a \xHH and \<any>; `'...'` knows only \'; a closing
 * quote must be followed by a blank or the end. Called by the request parser and by whoever reads configuration lines.
 */
import { type Bytes, isBlank } from './bytes.js';

const QUOTE = 34;
const APOSTROPHE = 39;
const BACKSLASH = 92;
const ESCAPED: Record<number, string> = { 97: '\x07', 98: '\b', 110: '\n', 114: '\r', 116: '\t' };

/** One token and where the next begins. */
interface Token {
  text: string;
  next: number;
}

/** The arguments of `line` up to its first NUL byte, or undefined when its quotes are not balanced. */
export function splitArgs(line: Bytes): Bytes[] | undefined {
  const nul = line.indexOf('\0');
  const end = nul < 0 ? line.length : nul;
  const args: Bytes[] = [];
  let at = skipBlanks(line, 0, end);
  while (at < end) {
    const token = readToken(line, at, end);
    if (!token) return undefined;
    args.push(Buffer.from(token.text, 'latin1').latin1Slice() as Bytes);
    at = skipBlanks(line, token.next, end);
  }
  return args;
}

function skipBlanks(line: Bytes, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(line.charCodeAt(at))) at++;
  return at;
}

/** Unlike other blanks, the vertical tab and the form feed are part of a token. */
function endsToken(c: number): boolean {
  return c === 32 || c === 9 || c === 10 || c === 13;
}

function readToken(line: Bytes, from: number, end: number): Token | undefined {
  let text = '';
  let at = from;
  while (at < end) {
    const c = line.charCodeAt(at);
    if (endsToken(c)) break;
    if (c === QUOTE || c === APOSTROPHE) {
      // a quoted part always ends its token: what follows its closing quote is a blank
      const quoted = c === QUOTE ? readDouble(line, at + 1, end) : readSingle(line, at + 1, end);
      if (!quoted || (quoted.next < end && !isBlank(line.charCodeAt(quoted.next)))) return undefined;
      return { text: text + quoted.text, next: quoted.next };
    }
    text += line[at++];
  }
  return { text, next: at };
}

function readDouble(line: Bytes, from: number, end: number): Token | undefined {
  let text = '';
  for (let at = from; at < end; at++) {
    const c = line.charCodeAt(at);
    if (c === QUOTE) return { text, next: at + 1 };
    if (c !== BACKSLASH || at + 1 >= end) {
      text += line[at];
      continue;
    }
    const byte = line.charCodeAt(at + 1) === 120 ? hexByte(line, at + 2, end) : -1;
    text += byte >= 0 ? String.fromCharCode(byte) : (ESCAPED[line.charCodeAt(at + 1)] ?? line[at + 1]);
    at += byte >= 0 ? 3 : 1;
  }
  return undefined;
}

function readSingle(line: Bytes, from: number, end: number): Token | undefined {
  let text = '';
  for (let at = from; at < end; at++) {
    const c = line.charCodeAt(at);
    if (c === APOSTROPHE) return { text, next: at + 1 };
    if (c === BACKSLASH && at + 1 < end && line.charCodeAt(at + 1) === APOSTROPHE) at++;
    text += line[at];
  }
  return undefined;
}

/** The value of two hex digits at `at`, or -1. */
function hexByte(line: Bytes, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const high = hexDigit(line.charCodeAt(at));
  const low = hexDigit(line.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
