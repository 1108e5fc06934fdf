/**
 * Strings as rows of bits: bit 0 is the most significant bit of the first byte.
 *
 * Reading works on every encoding of a string, and beyond its end everything is 0. What is written to becomes a RawString first
 * (redis 7.2.6 db.c:dbUnshareStringValue), even when the bits turn out to be what they were. Used by all commands of this family.
 */
import { EMPTY, toBuffer, type Bytes } from '../../base/bytes.js';
import { formatInt64, parseInt64 } from '../../base/numbers.js';
import { MAX_STRING_BYTES } from '../../protocol/limits.js';
import { RawString } from '../../store/types/raw-string.js';
import { type StringValue, stringLength } from '../../store/types/value.js';
import { mustObey, stringOrThrow, unshare } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

export const BITS_PER_BYTE = 8;

/**
 * The offset of a bit. `#n` (`fieldBits` above 0) counts in fields of that width, wrapping at 64 bits as in C
 * (redis 7.2.6 bitops.c:getBitOffsetFromArgument).
 */
export function bitOffsetArg(ctx: CommandContext, text: Bytes, fieldBits = 0): number {
  const counted = fieldBits > 0 && text.charCodeAt(0) === 35;
  let offset = parseInt64(counted ? (text.slice(1) as Bytes) : text);
  if (offset === undefined) throw Errors.bitOffset;
  if (counted) {
    const product = Number(offset) * fieldBits;
    offset = Number.isSafeInteger(product) ? product : BigInt.asIntN(64, BigInt(offset) * BigInt(fieldBits));
  }
  const limit = mustObey(ctx) ? Infinity : ctx.server.config.values.protoMaxBulkLen * BITS_PER_BYTE;
  if (offset < 0 || offset >= limit) throw Errors.bitOffset;
  return Number(offset);
}

/** How many bytes a string must have for a bit to be in it. Throws when no string can be so long. */
export function bytesUpTo(bit: number): number {
  const bytes = Math.floor(bit / BITS_PER_BYTE) + 1;
  if (bytes > MAX_STRING_BYTES) throw Errors.stringTooLong;
  return bytes;
}

/** The byte at `index` of a string, 0 beyond its end. */
export function byteOf(value: StringValue, index: number): number {
  if (typeof value === 'object') return value.byteAt(index);
  const text = typeof value === 'string' ? value : formatInt64(value);
  return index < text.length ? text.charCodeAt(index) : 0;
}

/** The bytes in [start, end) of a string, to read only and only during the command. */
export function bytesOf(value: StringValue, start = 0, end = stringLength(value)): Buffer {
  if (typeof value === 'object') return value.view().subarray(start, end);
  const text = typeof value === 'string' ? value : formatInt64(value);
  return toBuffer(text.slice(start, end) as Bytes);
}

/** A string that a command is going to change. */
export interface OpenBits {
  /** The slot of the key, -1 when there is none yet. */
  readonly slot: number;
  /** What it holds; of a key that is not there: nothing, not stored. */
  readonly raw: RawString;
}

/** The string at `key` in a form that can be changed. Throws WRONGTYPE. Nobody is told; `raw` is only looked at so far. */
export function lookUpBits(ctx: CommandContext, key: Bytes): OpenBits {
  const slot = ctx.db.lookupWrite(key);
  if (slot < 0) return { slot, raw: RawString.of(EMPTY) };
  return { slot, raw: unshare(ctx, slot, stringOrThrow(ctx.db.valueAt(slot))) };
}

/** The string to be changed now: a running snapshot keeps its own. */
export function openBits(ctx: CommandContext, { slot, raw }: OpenBits): RawString {
  return slot < 0 ? raw : (ctx.gate.open(ctx.db, slot) as RawString);
}
