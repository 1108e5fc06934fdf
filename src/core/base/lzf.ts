/**
 * LZF, the compression of strings and list nodes in an RDB (format and hash of liblzf 3.6 as in redis 7.2.6 lzf_c.c, lzf_d.c).
 *
 *   000LLLLL <L+1 bytes>            literal run of 1-32
 *   LLLooooo oooooooo               L+2 bytes (L 1-6) from o+1 bytes back
 *   111ooooo LLLLLLLL oooooooo      L+9 bytes from o+1 bytes back
 *
 * The compressor takes the decisions that liblzf takes with an empty hash table, so payloads can be compared byte for byte.
 * Called by the RDB writer and reader and by DUMP and RESTORE.
 */

const MAX_LITERAL = 32;
const MAX_OFFSET = 1 << 13;
const MAX_MATCH = 264;
const HASH_BITS = 16;
const HASH_MASK = (1 << HASH_BITS) - 1;

/** Input that no compressor made. */
export class LzfError extends Error {
  override readonly name = 'LzfError';

  /** @param offset in the packed bytes */
  constructor(
    what: string,
    readonly offset: number,
  ) {
    super(`corrupt LZF data: ${what} at byte ${offset}`);
  }
}

/**
 * Last position of each hash, counted from `tableBase`: a smaller entry is of an earlier call and counts as empty, so the
 * table is not cleared for every small string.
 */
let table: Int32Array | undefined;
let tableBase = 1;
let nextBase = 1;
const MAX_BASE = 0x7fffffff;

/**
 * The packed bytes, or undefined when they do not fit into `maxLength`. By default that is four bytes less than the input,
 * as redis 7.2.6 rdb.c:rdbSaveLzfStringObject asks for.
 */
export function lzfCompress(input: Uint8Array, maxLength = input.length - 4): Buffer | undefined {
  if (maxLength <= 0) return undefined;
  const out = Buffer.allocUnsafe(maxLength);
  const packed = lzfPack(input, 0, input.length, out, maxLength);
  return packed === 0 ? undefined : out.subarray(0, packed);
}

/**
 * Packs `input[start, end)` into the beginning of `out`, which holds at least `maxLength` bytes.
 * @returns how many bytes it took, 0 when `maxLength` are too few
 */
export function lzfPack(
  input: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  maxLength: number,
): number {
  const length = end - start;
  if (length === 0 || maxLength <= 0) return 0;
  const slots = claimTable(length);
  const base = tableBase - start;
  const last = end - 2;
  let ip = start;
  let op = 1;
  let literals = 0;
  let hash = length > 1 ? (input[start] << 8) | input[start + 1] : 0;
  while (ip < last) {
    hash = ((hash << 8) | input[ip + 2]) & 0xffffff;
    const slot = ((hash >>> 8) - hash * 5) & HASH_MASK;
    const ref = slots[slot] - base;
    slots[slot] = ip + base;
    if (ref <= start || ip - ref > MAX_OFFSET || !sameThree(input, ref, ip)) {
      if (op >= maxLength) return 0;
      out[op++] = input[ip++];
      if (++literals === MAX_LITERAL) {
        out[op - literals - 1] = literals - 1;
        literals = 0;
        op++;
      }
      continue;
    }
    // 3 bytes of reference and one of the next run
    if (op - (literals === 0 ? 1 : 0) + 4 >= maxLength) return 0;
    if (literals === 0) op--;
    else out[op - literals - 1] = literals - 1;
    const size = matchLength(input, ref, ip, end);
    op = writeReference(out, op, ip - ref - 1, size);
    literals = 0;
    op++;
    ip += size;
    if (ip >= last) break;
    // the last two positions of the match are hashed too (VERY_FAST of liblzf)
    hash = ((input[ip - 2] << 16) | (input[ip - 1] << 8) | input[ip]) & 0xffffff;
    slots[((hash >>> 8) - hash * 5) & HASH_MASK] = ip - 2 + base;
    hash = ((hash << 8) | input[ip + 1]) & 0xffffff;
    slots[((hash >>> 8) - hash * 5) & HASH_MASK] = ip - 1 + base;
  }
  return finish(input, ip, end, out, maxLength, op, literals);
}

/** The table, with room for `length` more positions; the caller's positions start at `tableBase`. */
function claimTable(length: number): Int32Array {
  table ??= new Int32Array(HASH_MASK + 1);
  if (nextBase + length > MAX_BASE) {
    table.fill(0);
    nextBase = 1;
  }
  tableBase = nextBase;
  nextBase += length;
  return table;
}

function sameThree(input: Uint8Array, a: number, b: number): boolean {
  return input[a] === input[b] && input[a + 1] === input[b + 1] && input[a + 2] === input[b + 2];
}

/**
 * How many bytes from `ip` on repeat those from `ref` on: 3 to 264. Near the end liblzf looks two bytes less far, but its
 * unrolled first 16 comparisons do not count along.
 */
function matchLength(input: Uint8Array, ref: number, ip: number, end: number): number {
  const most = Math.min(end - ip - 2, MAX_MATCH);
  const stop = most > UNROLLED ? Math.max(most, 3 + UNROLLED) : most;
  let size = 3;
  while (size < stop && input[ref + size] === input[ip + size]) size++;
  return size;
}

const UNROLLED = 16;

function writeReference(out: Uint8Array, at: number, offset: number, size: number): number {
  const length = size - 2;
  let op = at;
  if (length < 7) {
    out[op++] = (offset >> 8) + (length << 5);
  } else {
    out[op++] = (offset >> 8) + (7 << 5);
    out[op++] = length - 7;
  }
  out[op++] = offset & 255;
  return op;
}

/** Writes the bytes from `ip` on as literals and closes the run. @returns the length of it all, 0 when it is too much */
function finish(
  input: Uint8Array,
  ip: number,
  end: number,
  out: Uint8Array,
  maxLength: number,
  at: number,
  run: number,
): number {
  let op = at;
  let literals = run;
  if (op + 3 > maxLength) return 0;
  for (let i = ip; i < end; i++) {
    out[op++] = input[i];
    if (++literals === MAX_LITERAL) {
      out[op - literals - 1] = literals - 1;
      literals = 0;
      op++;
    }
  }
  if (literals === 0) op--;
  else out[op - literals - 1] = literals - 1;
  return op;
}

/** Unpacks `input`, which must give exactly `length` bytes. Throws LzfError when it does not, or is corrupt. */
export function lzfDecompress(input: Uint8Array, length: number): Buffer {
  // one byte of packed data never stands for more than 132: a wrong length costs no memory
  if (length > input.length * MAX_MATCH) throw new LzfError(`${length} bytes announced`, 0);
  const out = Buffer.allocUnsafe(length);
  let ip = 0;
  let op = 0;
  while (ip < input.length) {
    const at = ip;
    const control = input[ip++];
    if (control < MAX_LITERAL) {
      const run = control + 1;
      if (op + run > length) throw new LzfError('too much output', at);
      if (ip + run > input.length) throw new LzfError('literals cut off', at);
      for (let i = 0; i < run; i++) out[op++] = input[ip++];
      continue;
    }
    let size = control >> 5;
    if (size === 7 && ip < input.length) size += input[ip++];
    if (ip >= input.length) throw new LzfError('reference cut off', at);
    size += 2;
    const from = op - ((control & 31) << 8) - input[ip++] - 1;
    if (op + size > length) throw new LzfError('too much output', at);
    if (from < 0) throw new LzfError('reference before the start', at);
    op = repeat(out, from, op, size);
  }
  if (op !== length) throw new LzfError(`${op} bytes unpacked, ${length} announced`, input.length);
  return out;
}

/** Copies `size` bytes from `from` to `op`; they may overlap, which repeats the pattern. Returns the new end. */
function repeat(out: Buffer, from: number, op: number, size: number): number {
  if (op - from >= size && size > 16) {
    out.copyWithin(op, from, from + size);
    return op + size;
  }
  for (let i = 0; i < size; i++) out[op + i] = out[from + i];
  return op + size;
}
