/**
 * Bytes: a binary string in which every char code is one byte (0-255).
 *
 * Keys, values and arguments inside the engine are Bytes. V8 keeps such a string at one byte per char and compares two of
 * them as memcmp does. This module owns the rules: how Bytes come in from a Buffer or from text, how they go out, and the
 * byte-safe forms of the string methods that are Unicode-aware (eslint forbids those on Bytes everywhere else).
 */

export type Bytes = string & { readonly __bytes: unique symbol };

/** The empty string of bytes. */
export const EMPTY = '' as Bytes;

/** Marks a literal of plain ASCII (or \xNN escapes) as Bytes. Costs nothing; not for text from outside. */
export function ascii(literal: string): Bytes {
  return literal as Bytes;
}

/** Bytes of `buf[start, end)`: a copy that keeps nothing of the buffer alive. */
export function sliceBytes(buf: Buffer, start: number, end: number): Bytes {
  return buf.latin1Slice(start, end) as Bytes;
}

/** Bytes of a whole Buffer (copied). */
export function fromBuffer(buf: Uint8Array): Bytes {
  return Buffer.from(buf.buffer, buf.byteOffset, buf.byteLength).latin1Slice() as Bytes;
}

/** A new Buffer that holds `bytes`. */
export function toBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** Text from outside (argv, environment, library options) as its UTF-8 bytes. */
export function fromText(text: string): Bytes {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').latin1Slice() as Bytes;
  }
  return text as Bytes;
}

/** Bytes read as UTF-8, for a person to look at. Invalid sequences become U+FFFD: never feed the result back. */
export function toText(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** ASCII lower case; bytes outside A-Z are left as they are. */
export function lower(bytes: Bytes): Bytes {
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (c >= 65 && c <= 90) return mapCase(bytes, 65, 90, 32);
  }
  return bytes;
}

/** ASCII upper case; bytes outside a-z are left as they are. */
export function upper(bytes: Bytes): Bytes {
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (c >= 97 && c <= 122) return mapCase(bytes, 97, 122, -32);
  }
  return bytes;
}

function mapCase(bytes: Bytes, from: number, to: number, shift: number): Bytes {
  const buf = toBuffer(bytes);
  for (let i = 0; i < buf.length; i++) {
    if (buf[i] >= from && buf[i] <= to) buf[i] += shift;
  }
  return buf.latin1Slice() as Bytes;
}

/** Whether `bytes` equals `word` ignoring ASCII case. `word` must be lower case. */
export function isWord(bytes: Bytes, word: string): boolean {
  if (bytes.length !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    let c = bytes.charCodeAt(i);
    if (c >= 65 && c <= 90) c += 32;
    if (c !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Orders as memcmp does, a prefix before what it begins: negative, 0 or positive. */
export function compareBytes(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A flat copy of `bytes` that shares no memory with the string it was cut from or put together of. For what is stored:
 * a substring of 13 chars or more keeps its whole parent alive, `+` builds a rope.
 */
export function flat(bytes: Bytes): Bytes {
  return Buffer.from(bytes, 'latin1').latin1Slice() as Bytes;
}

/** V8 copies shorter substrings. */
const SLICED_MIN = 13;

/** As `flat`, for what may have been cut from a longer string: a short one was copied then. */
export function detached(bytes: Bytes): Bytes {
  return bytes.length < SLICED_MIN ? bytes : flat(bytes);
}

/** Joins by copying into one flat string. */
export function concat(parts: readonly Bytes[]): Bytes {
  return flat(parts.join('') as Bytes);
}

/** Printable form as `redis-cli` shows it: quotes, \r \n \t \a \b, \xNN for the rest. For traces and logs. */
export function quote(bytes: Bytes, quotes = true): string {
  let out = '';
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    if (c === 34 || c === 92) out += '\\' + bytes[i];
    else if (c >= 32 && c < 127) out += bytes[i];
    else out += ESCAPES[c] ?? '\\x' + c.toString(16).padStart(2, '0');
  }
  return quotes ? '"' + out + '"' : out;
}

const ESCAPES: Record<number, string> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 13: '\\r' };

/** C isspace; takes a char code. The vertical tab and the form feed are blanks, too. */
export function isBlank(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13);
}
