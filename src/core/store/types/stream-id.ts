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
const LAST_WORD = 0xffffffff;
const U64_MAX = 18446744073709551615n;
const scratch = Buffer.alloc(16);

/** The id `ms`-`seq`; both within unsigned 64 bits. */
export function streamId(ms: number | bigint, seq: number | bigint): StreamId {
  writeHalf(0, ms);
  writeHalf(8, seq);
  return sliceBytes(scratch, 0, 16) as StreamId;
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

/** `ms-seq` in decimal. */
export function formatStreamId(id: StreamId): Bytes {
  return `${half(id, 0)}-${half(id, 8)}` as Bytes;
}

/** The id right after `id`, or undefined after the largest (redis 7.2.6 t_stream.c:streamIncrID). */
export function nextStreamId(id: StreamId): StreamId | undefined {
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
  if (high <= 0x1fffff) return high * WORD + low;
  return high === LAST_WORD && low === LAST_WORD ? U64_MAX : (BigInt(high) << 32n) + BigInt(low);
}

function word(id: StreamId, i: number): number {
  return (
    id.charCodeAt(i) * 16777216 +
    ((id.charCodeAt(i + 1) << 16) | (id.charCodeAt(i + 2) << 8) | id.charCodeAt(i + 3))
  );
}
