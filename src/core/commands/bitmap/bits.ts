/**
 * SETBIT, GETBIT, BITCOUNT and BITPOS (redis 7.2.6 bitops.c).
 *
 * The order of checks differs from command to command, as it does in Redis: BITCOUNT looks at its key before its arguments, BITPOS
 * reads the bit first, then the key, then the range.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { stringLength, type StringValue } from '../../store/types/value.js';
import { getStringOrThrow, indexArg, int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_SETBIT } from './events.js';
import {
  BITS_PER_BYTE,
  bitOffsetArg,
  byteOf,
  bytesOf,
  bytesUpTo,
  lookUpBits,
  openBits,
} from './string-bits.js';
import { bitPosition, popCount } from './words.js';

/** SETBIT key offset value */
export function setbit(ctx: CommandContext, argv: Bytes[]): void {
  const key = argv[1];
  const offset = bitOffsetArg(ctx, argv[2]);
  const bit = int64Arg(argv[3], Errors.bitValue);
  if (bit !== 0 && bit !== 1) throw Errors.bitValue;
  const length = bytesUpTo(offset);
  const bits = lookUpBits(ctx, key);
  const mask = 0x80 >> (offset & 7);
  const byte = bits.raw.byteAt(length - 1);
  const old = (byte & mask) === 0 ? 0 : 1;
  if (old !== bit || bits.raw.length < length) {
    openBits(ctx, bits).setByte(length - 1, bit === 1 ? byte | mask : byte & ~mask);
    if (bits.slot < 0) ctx.gate.put(ctx.db, key, bits.slot, bits.raw, EVENT_SETBIT, 0);
    else ctx.gate.changed(ctx.db, key, EVENT_SETBIT);
  }
  ctx.reply.int(old);
}

/** GETBIT key offset */
export function getbit(ctx: CommandContext, argv: Bytes[]): void {
  const offset = bitOffsetArg(ctx, argv[2]);
  const value = getStringOrThrow(ctx, argv[1]);
  const byte = value === undefined ? 0 : byteOf(value, Math.floor(offset / BITS_PER_BYTE));
  ctx.reply.int((byte & (0x80 >> (offset & 7))) === 0 ? 0 : 1);
}

/** BITCOUNT key [start end [BYTE | BIT]] */
export function bitcount(ctx: CommandContext, argv: Bytes[]): void {
  const value = getStringOrThrow(ctx, argv[1]);
  ctx.reply.int(value === undefined ? 0 : countIn(argv, value));
}

function countIn(argv: readonly Bytes[], value: StringValue): number {
  const length = stringLength(value);
  if (argv.length === 2) return popCount(bytesOf(value));
  if (argv.length !== 4 && argv.length !== 5) throw Errors.syntax;
  const first = int64Arg(argv[2]);
  const last = int64Arg(argv[3]);
  // Before the unit is looked at, and before anything is clipped.
  if (first < 0 && last < 0 && first > last) return 0;
  const inBits = argv.length === 5 && isBitUnit(argv[4]);
  const { start, end } = clip(Number(first), Number(last), inBits ? length * BITS_PER_BYTE : length);
  if (start > end) return 0;
  if (!inBits) return popCount(bytesOf(value, start, end + 1));
  const firstByte = Math.floor(start / BITS_PER_BYTE);
  const lastByte = Math.floor(end / BITS_PER_BYTE);
  const before = byteOf(value, firstByte) & ~(0xff >> (start & 7));
  const after = byteOf(value, lastByte) & (0x7f >> (end & 7));
  return popCount(bytesOf(value, firstByte, lastByte + 1)) - onesIn(before) - onesIn(after);
}

function onesIn(byte: number): number {
  let ones = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  return ones;
}

function isBitUnit(word: Bytes): boolean {
  if (isWord(word, 'bit')) return true;
  if (isWord(word, 'byte')) return false;
  throw Errors.syntax;
}

/** A range with both ends in it, negative ones counted from the end, cut to what is there. Empty when start > end. */
function clip(first: number, last: number, length: number): { start: number; end: number } {
  const start = first < 0 ? Math.max(0, first + length) : first;
  const end = last < 0 ? Math.max(0, last + length) : last;
  return { start, end: Math.min(end, length - 1) };
}

/** BITPOS key bit [start [end [BYTE | BIT]]] */
export function bitpos(ctx: CommandContext, argv: Bytes[]): void {
  const bit = int64Arg(argv[2]);
  if (bit !== 0 && bit !== 1) throw Errors.bitArgument;
  const value = getStringOrThrow(ctx, argv[1]);
  // A key that is missing is a row of zeros without end.
  if (value === undefined) ctx.reply.int(bit === 1 ? -1 : 0);
  else ctx.reply.int(positionIn(argv, value, bit));
}

function positionIn(argv: readonly Bytes[], value: StringValue, bit: 0 | 1): number {
  const { start, end, endGiven, inBits } = positionRange(argv, stringLength(value));
  if (start > end) return -1;
  const firstBit = inBits ? start : start * BITS_PER_BYTE;
  const endBit = inBits ? end + 1 : (end + 1) * BITS_PER_BYTE;
  const firstByte = Math.floor(firstBit / BITS_PER_BYTE);
  const bytes = bytesOf(value, firstByte, Math.ceil(endBit / BITS_PER_BYTE));
  const base = firstByte * BITS_PER_BYTE;
  const found = bitPosition(bytes, bit, firstBit - base, endBit - base);
  if (found >= 0) return found + base;
  // Behind the end of the string are zeros, unless the caller said where to stop.
  return bit === 0 && !endGiven ? endBit : -1;
}

interface PositionRange {
  readonly start: number;
  readonly end: number;
  readonly endGiven: boolean;
  readonly inBits: boolean;
}

/** Redis reads the start, then the unit, then the end. */
function positionRange(argv: readonly Bytes[], bytes: number): PositionRange {
  if (argv.length === 3) return { start: 0, end: bytes - 1, endGiven: false, inBits: false };
  if (argv.length > 6) throw Errors.syntax;
  const first = indexArg(argv[3]);
  const inBits = argv.length === 6 && isBitUnit(argv[5]);
  const endGiven = argv.length > 4;
  const last = endGiven ? indexArg(argv[4]) : bytes - 1;
  return { ...clip(first, last, inBits ? bytes * BITS_PER_BYTE : bytes), endGiven, inBits };
}
