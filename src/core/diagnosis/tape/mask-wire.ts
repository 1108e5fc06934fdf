/**
 * Masks what lies in raw bytes of the wire: the payloads of bulk strings, what follows the aux fields of an RDB, and
 * anything that is no protocol. Lines of RESP, lengths and line ends stay, and so do the marks by which rules know a
 * fault: the beginnings of an RDB in hex or base64, the bytes that a text conversion leaves behind.
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Masks } from './mask.js';

/** U+FFFD in UTF-8. */
const REPLACEMENT = '\xef\xbf\xbd';
const RDB_MAGIC = /^(REDIS\d{4}|VALKEY\d{3})/;
const MAGIC_BYTES = 9;
const RDB_AS_TEXT = /^(5245444953|UkVESVM)/;
/** Names of commands and words of the protocol tell nothing of the data. */
const WORD = /^[A-Za-z][A-Za-z|._-]{0,31}$/;
const OPCODE_AUX = 0xfa;
const OPCODE_EOF = '\xff';
const CHECKSUM_BYTES = 8;
/** First bytes of strings that are integers, and how many bytes those take. */
const INTEGER_BYTES = new Map([
  [0xc0, 1],
  [0xc1, 2],
  [0xc2, 4],
]);
/** Aux fields that servers write of themselves (redis 7.2.6 rdb.c:rdbSaveInfoAuxFields). */
export const KNOWN_AUX =
  /^(redis-ver|valkey-ver|redis-bits|ctime|used-mem|repl-stream-db|repl-id|repl-offset|aof-base|aof-preamble)$/;

/**
 * The bytes with their data masked; as long as they were. `strict` is for what comes where data are: a line that only happens
 * to begin with + or - is masked, too.
 */
export function maskWire(bytes: Bytes, masks: Masks, strict: boolean): Bytes {
  let out = '';
  let at = 0;
  // Arguments of the command that is being read; the first one is its name.
  let argument = -1;
  while (at < bytes.length) {
    const rest = bytes.slice(at);
    if (RDB_MAGIC.test(rest)) return ascii(out + maskRdb(ascii(rest)));
    const line = protocolLine(rest, strict);
    if (line === undefined) return ascii(out + maskUnknown(rest));
    out += line;
    at += line.length;
    if (line.startsWith('*')) argument = 0;
    const length = /^\$(\d{1,9})\r?\n$/.exec(line)?.[1];
    if (length === undefined) continue;
    const payload = ascii(bytes.slice(at, at + Number(length)));
    if (RDB_MAGIC.test(payload) || RDB_AS_TEXT.test(payload)) continue;
    out += argument <= 0 && WORD.test(payload) ? payload : masks.value(payload);
    at += payload.length;
    if (argument >= 0) argument++;
  }
  return ascii(out);
}

const LINE = /^(?:\r?\n|[:*$]-?\d*(?:\r?\n|$)|\$EOF:[^\r\n]{0,40}(?:\r?\n|$)|[+-][^\r\n]*(?:\r?\n|\r?$))/;
/** Where no data come: a line whose end is damaged, and an answer to PSYNC without its sign, are known by their words. */
const DAMAGED_LINE = /^(?:[+-][^\n]*(?:\n|$)|(?:FULLRESYNC|CONTINUE)\b[^\n]*(?:\n|$))/;

/** The line of RESP that `rest` begins with, its end included when it came; undefined when it is none. */
function protocolLine(rest: string, strict: boolean): string | undefined {
  const line = LINE.exec(rest)?.[0];
  if (!strict) return line ?? DAMAGED_LINE.exec(rest)?.[0];
  if (line === undefined || !/^[+-]/.test(line)) return line;
  return /^[+-][A-Z]{2,}\b/.test(line) ? line : undefined;
}

/**
 * An RDB: magic, version and the aux fields that every server writes stay (they tell of the server, not of its data); behind them
 * only the end opcode with its checksum, when nothing else is there.
 */
export function maskRdb(rdb: Bytes): Bytes {
  let at = MAGIC_BYTES;
  while (rdb.charCodeAt(at) === OPCODE_AUX) {
    const name = skipString(rdb, at + 1);
    const end = name === undefined ? undefined : skipString(rdb, name);
    if (end === undefined || !KNOWN_AUX.test(rdb.slice(at + 2, name))) break;
    at = end;
  }
  const kept = rdb[at] === OPCODE_EOF ? at + 1 + CHECKSUM_BYTES : at;
  return ascii(rdb.slice(0, kept) + maskUnknown(rdb.slice(kept)));
}

/** Behind the string at `at`: 6-bit length, 14-bit length, or an integer of 8, 16 or 32 bits. Undefined when it is cut. */
function skipString(rdb: Bytes, at: number): number | undefined {
  const first = rdb.charCodeAt(at);
  const integer = INTEGER_BYTES.get(first);
  let end = NaN;
  if (integer !== undefined) end = at + 1 + integer;
  else if (first < 0x40) end = at + 1 + first;
  else if (first < 0x80) end = at + 2 + (((first & 0x3f) << 8) | rdb.charCodeAt(at + 1));
  return end <= rdb.length ? end : undefined;
}

/** Bytes of which nothing is known: line ends and replacement characters stay, an RDB written as text keeps its beginning. */
export function maskUnknown(bytes: string): string {
  const kept = RDB_AS_TEXT.exec(bytes)?.[0] ?? '';
  const rest = bytes.slice(kept.length);
  return (
    kept + rest.replace(new RegExp(`${REPLACEMENT}|[^\\r\\n]`, 'g'), (c) => (c === REPLACEMENT ? c : 'x'))
  );
}
