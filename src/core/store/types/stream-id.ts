/**
 * StreamId: the id of a stream entry, two unsigned 64-bit numbers, as 16 bytes big-endian.
 *
 *   | ms, 8 bytes | seq, 8 bytes |        the order of ids is the order of the strings: compare with < and ===
 *
 * Exact up to 18446744073709551615-18446744073709551615, usable as a Map key, and the form in which RDB stores pending ids.
 * Numbers are `number` while safe and `bigint` past 2^53.
 */
import { type Bytes, sliceBytes } from '../../base/bytes.js';

export type StreamId = Bytes & { readonly __streamId: unique symbol };

const WORD = 4294967296;
/** The largest word, as words are held here: signed. */
const LAST_WORD = -1;
const U64_MAX = 18446744073709551615n;
/** The upper words of numbers that are safe are not above this one. */
const SAFE_UPPER_WORD = 0x1fffff;
const scratch = Buffer.alloc(16);

const chars = String.fromCharCode;

/** The id `ms`-`seq`; both within unsigned 64 bits. */
export function streamId(ms: number | bigint, seq: number | bigint): StreamId {
  if (typeof ms === 'number' && typeof seq === 'number') {
    return idOfWords((ms / WORD) | 0, ms | 0, (seq / WORD) | 0, seq | 0);
  }
  writeHalf(0, ms);
  writeHalf(8, seq);
  return sliceBytes(scratch, 0, 16) as StreamId;
}

/** With a fixed number of operands String.fromCharCode is a short allocation inside V8 (protocol/argument.ts). */
function idOfWords(a: number, b: number, c: number, d: number): StreamId {
  // prettier-ignore
  return chars(
    a >>> 24, (a >>> 16) & 255, (a >>> 8) & 255, a & 255, b >>> 24, (b >>> 16) & 255, (b >>> 8) & 255, b & 255,
    c >>> 24, (c >>> 16) & 255, (c >>> 8) & 255, c & 255, d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255,
  ) as StreamId;
}

/** The id in the 16 bytes of `buf` at `offset`. */
export function streamIdAt(buf: Buffer, offset: number): StreamId {
  return sliceBytes(buf, offset, offset + 16) as StreamId;
}

/** 0-0: before every entry. */
export const MIN_STREAM_ID = streamId(0, 0);
/** The largest id. */
export const MAX_STREAM_ID = streamId(U64_MAX, U64_MAX);

/** The milliseconds part. */
export function idMs(id: StreamId): number | bigint {
  return half(id, 0);
}

/** The sequence part. */
export function idSeq(id: StreamId): number | bigint {
  return half(id, 8);
}

/** The milliseconds that were last formatted: most ids are from the same one, and V8 is slow to print numbers of that size. */
let formattedMs: number | bigint = 0;
let formattedText = '0-';

/** `ms-seq` in decimal. */
export function formatStreamId(id: StreamId): Bytes {
  const ms = half(id, 0);
  if (ms !== formattedMs) {
    formattedMs = ms;
    formattedText = `${ms}-`;
  }
  return `${formattedText}${half(id, 8)}` as Bytes;
}

/** The id right after `id`, or undefined after the largest (redis 7.2.6 t_stream.c:streamIncrID). */
export function nextStreamId(id: StreamId): StreamId | undefined {
  const low = word(id, 12);
  if (low !== LAST_WORD) return idOfWords(word(id, 0), word(id, 4), word(id, 8), low + 1);
  if (id === MAX_STREAM_ID) return undefined;
  scratch.latin1Write(id, 0, 16);
  for (let i = 15; i >= 0; i--) {
    if (scratch[i] !== 255) {
      scratch[i]++;
      break;
    }
    scratch[i] = 0;
  }
  return streamIdAt(scratch, 0);
}

/** The id right before `id`, or undefined before 0-0 (redis 7.2.6 t_stream.c:streamDecrID). */
export function previousStreamId(id: StreamId): StreamId | undefined {
  if (id === MIN_STREAM_ID) return undefined;
  scratch.latin1Write(id, 0, 16);
  for (let i = 15; i >= 0; i--) {
    if (scratch[i] !== 0) {
      scratch[i]--;
      break;
    }
    scratch[i] = 255;
  }
  return streamIdAt(scratch, 0);
}

function writeHalf(offset: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    scratch.writeBigUInt64BE(value, offset);
    return;
  }
  scratch.writeUInt32BE(Math.floor(value / WORD), offset);
  scratch.writeUInt32BE(value % WORD, offset + 4);
}

function half(id: StreamId, offset: number): number | bigint {
  const high = word(id, offset);
  const low = word(id, offset + 4);
  if (high >= 0 && high <= SAFE_UPPER_WORD) return high * WORD + (low >>> 0);
  if (high === LAST_WORD && low === LAST_WORD) return U64_MAX;
  return (BigInt(high >>> 0) << 32n) + BigInt(low >>> 0);
}

/** Four bytes as a signed number. */
function word(id: StreamId, i: number): number {
  return (
    (id.charCodeAt(i) << 24) |
    (id.charCodeAt(i + 1) << 16) |
    (id.charCodeAt(i + 2) << 8) |
    id.charCodeAt(i + 3)
  );
}
