/**
 * Ids as clients write them: `ms-seq`, `ms` alone, `-` and `+`, `ms-*` for XADD, `(` before the ends of intervals.
 * Source: redis 7.2.6 t_stream.c (streamGenericParseIDOrReply, streamParseIntervalIDOrReply).
 */
import { type Bytes } from '../../base/bytes.js';
import { parseUint64, type Int64 } from '../../base/numbers.js';
import {
  MAX_STREAM_ID,
  MIN_STREAM_ID,
  nextStreamId,
  previousStreamId,
  streamId,
  type StreamId,
} from '../../store/types/stream-id.js';
import { StreamErrors } from './errors.js';

/** Longer ones are refused unread. */
const ID_TEXT_MAX = 127;
const U64_MAX = 18446744073709551615n;

/** An id; one without a sequence gets 0. `-` and `+` are refused. Throws. */
export function idArg(text: Bytes): StreamId {
  return parseId(text) ?? refuse();
}

/** As idArg, undefined in place of an error. */
export function parseId(text: Bytes): StreamId | undefined {
  return idOf(text, 0, true);
}

/** As idArg, `-` and `+` included. */
export function looseIdArg(text: Bytes): StreamId {
  return idOf(text, 0, false) ?? refuse();
}

/** The start of an interval, included. Throws. */
export function startArg(text: Bytes): StreamId {
  if (!isExclusive(text)) return looseIdArg(text);
  const id = nextStreamId(idArg(text.slice(1) as Bytes));
  if (id === undefined) throw StreamErrors.badStart;
  return id;
}

/** The end of an interval, included: one without a sequence reaches to the last of its millisecond. Throws. */
export function endArg(text: Bytes): StreamId {
  if (!isExclusive(text)) return idOf(text, U64_MAX, false) ?? refuse();
  const id = previousStreamId(idOf(text.slice(1) as Bytes, U64_MAX, true) ?? refuse());
  if (id === undefined) throw StreamErrors.badEnd;
  return id;
}

/** What XADD was told to name the entry. */
export interface GivenId {
  readonly ms: Int64;
  /** undefined: the next one, `ms-*`. */
  readonly seq: Int64 | undefined;
}

/** The id of XADD, other than `*`. Throws. */
export function givenIdArg(text: Bytes): GivenId {
  const end = lengthOf(text);
  const dash = text.indexOf('-');
  if (dash === end - 2 && text[end - 1] === '*' && text.length <= ID_TEXT_MAX) {
    const ms = parseUint64(text.slice(0, dash) as Bytes);
    if (ms === undefined) refuse();
    return { ms, seq: undefined };
  }
  const parts = partsOf(text, 0);
  if (parts === undefined) refuse();
  return { ms: parts[0], seq: parts[1] };
}

function idOf(text: Bytes, missingSeq: Int64, strict: boolean): StreamId | undefined {
  const first = text.charCodeAt(0);
  if (!strict && lengthOf(text) === 1) {
    if (first === MINUS) return MIN_STREAM_ID;
    if (first === PLUS) return MAX_STREAM_ID;
  }
  const parts = partsOf(text, missingSeq);
  return parts === undefined ? undefined : streamId(parts[0], parts[1]);
}

const MINUS = 45;
const PLUS = 43;

/** C's strlen: what is behind a NUL is not read. */
function lengthOf(text: Bytes): number {
  const end = text.indexOf('\0');
  return end < 0 ? text.length : end;
}

function partsOf(text: Bytes, missingSeq: Int64): [ms: Int64, seq: Int64] | undefined {
  if (text.length > ID_TEXT_MAX) return undefined;
  const end = lengthOf(text);
  const dash = text.indexOf('-');
  if (dash < 0 || dash > end) {
    const ms = parseUint64(text.slice(0, end) as Bytes);
    return ms === undefined ? undefined : [ms, missingSeq];
  }
  const ms = parseUint64(text.slice(0, dash) as Bytes);
  const seq = parseUint64(text.slice(dash + 1, end) as Bytes);
  return ms === undefined || seq === undefined ? undefined : [ms, seq];
}

function isExclusive(text: Bytes): boolean {
  return text.length > 1 && text.charCodeAt(0) === 40;
}

function refuse(): never {
  throw StreamErrors.badId;
}
