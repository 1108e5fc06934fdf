/**
 * LCS: the longest common subsequence of two strings, its length, or where its parts lie in both.
 *
 * The classic table of lengths is never kept whole: two of its rows are, and one bit per cell, which says where the walk
 * back goes when the bytes differ. So a call takes a 32nd of the memory Redis takes; the refusals are those of its table
 * nonetheless. Ranges come out last part first. Source: redis 7.2.6 t_string.c:lcsCommand.
 *
 *   cell (i, j): length for a[0, i) and b[0, j)
 *   bit (i, j):  the cell above, (i-1, j), is larger than the cell to the left, (i, j-1)
 */
import { EMPTY, concat, isWord, sliceBytes, toBuffer, type Bytes } from '../../base/bytes.js';
import { isStringValue, stringBytes } from '../../store/types/value.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';

/** Bytes that a cell of Redis's table takes. */
const REDIS_CELL_BYTES = 4;

interface LcsOptions {
  length: boolean;
  indexes: boolean;
  withLengths: boolean;
  minLength: number;
}

/** A part of the common subsequence: `length` bytes at `a` of the first string and at `b` of the second. */
interface Part {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/** LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]. */
export function lcs(ctx: CommandContext, argv: Bytes[]): void {
  const first = ctx.db.lookupRead(argv[1]) ?? EMPTY;
  const second = ctx.db.lookupRead(argv[2]) ?? EMPTY;
  if (!isStringValue(first) || !isStringValue(second)) throw Errors.lcsNotStrings;
  const options = parseOptions(argv);
  if (options.length && options.indexes) throw Errors.lcsLenAndIdx;
  const a = toBuffer(stringBytes(first));
  const b = toBuffer(stringBytes(second));
  const cells = (a.length + 1) * (b.length + 1);
  if (cells * REDIS_CELL_BYTES > ctx.server.config.values.protoMaxBulkLen) throw Errors.lcsTooLarge;

  const bits = options.length ? undefined : newBits(a.length, b.length);
  const length = fill(a, b, bits);
  if (bits === undefined) {
    ctx.reply.int(length);
    return;
  }
  const parts = walkBack(a, b, bits);
  if (options.indexes) replyIndexes(ctx, parts, length, options);
  else ctx.reply.bulk(concat(parts.map((part) => sliceBytes(a, part.a, part.a + part.length)).reverse()));
}

function parseOptions(argv: readonly Bytes[]): LcsOptions {
  const options: LcsOptions = { length: false, indexes: false, withLengths: false, minLength: 0 };
  for (let i = 3; i < argv.length; i++) {
    if (isWord(argv[i], 'idx')) options.indexes = true;
    else if (isWord(argv[i], 'len')) options.length = true;
    else if (isWord(argv[i], 'withmatchlen')) options.withLengths = true;
    else if (isWord(argv[i], 'minmatchlen') && i + 1 < argv.length) options.minLength = indexArg(argv[++i]);
    else throw Errors.syntax;
  }
  return options;
}

/** One bit per cell, each row on its own bytes. */
function newBits(aLength: number, bLength: number): Uint8Array {
  try {
    return new Uint8Array(aLength * rowBytes(bLength));
  } catch {
    throw Errors.lcsNoMemory;
  }
}

function rowBytes(bLength: number): number {
  return (bLength + 7) >>> 3;
}

/** Computes the length row by row, and the bits when they are asked for. */
function fill(a: Uint8Array, b: Uint8Array, bits: Uint8Array | undefined): number {
  let above = new Uint32Array(b.length + 1);
  let row = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const byte = a[i];
    const at = i * rowBytes(b.length);
    for (let j = 0; j < b.length; j++) {
      if (byte === b[j]) row[j + 1] = above[j] + 1;
      else if (above[j + 1] > row[j]) {
        row[j + 1] = above[j + 1];
        if (bits !== undefined) bits[at + (j >>> 3)] |= 1 << (j & 7);
      } else row[j + 1] = row[j];
    }
    [above, row] = [row, above];
  }
  return above[b.length];
}

/** The parts from the end of the strings to their beginning. */
function walkBack(a: Uint8Array, b: Uint8Array, bits: Uint8Array): Part[] {
  const parts: Part[] = [];
  let i = a.length;
  let j = b.length;
  while (i > 0 && j > 0) {
    const end = i;
    while (i > 0 && j > 0 && a[i - 1] === b[j - 1]) {
      i--;
      j--;
    }
    if (i < end) {
      parts.push({ a: i, b: j, length: end - i });
    } else if (bits[(i - 1) * rowBytes(b.length) + ((j - 1) >>> 3)] & (1 << ((j - 1) & 7))) {
      i--;
    } else {
      j--;
    }
  }
  return parts;
}

function replyIndexes(
  ctx: CommandContext,
  parts: readonly Part[],
  length: number,
  options: LcsOptions,
): void {
  const { reply } = ctx;
  const shown = parts.filter((part) => part.length >= options.minLength);
  reply.map(2);
  reply.bulkText('matches');
  reply.array(shown.length);
  for (const part of shown) {
    reply.array(options.withLengths ? 3 : 2);
    for (const start of [part.a, part.b]) {
      reply.array(2);
      reply.int(start);
      reply.int(start + part.length - 1);
    }
    if (options.withLengths) reply.int(part.length);
  }
  reply.bulkText('len');
  reply.int(length);
}
