/**
 * Counting, searching and combining bits a word of 32 at a time. Pure: bytes in, numbers or bytes out.
 *
 * A typed array of words must begin at a multiple of four: what lies before it and what is left at the end is done by bytes.
 */

const WORD_BYTES = 4;
/** So many words add at most 248 to each byte of a running sum. */
const WORDS_PER_SUM = 31;

const NO_WORDS = new Int32Array(0);

/** How many bytes lie before the first word of `bytes`, and how many words follow. */
function layOut(bytes: Uint8Array): { head: number; words: Int32Array } {
  const head = -bytes.byteOffset & (WORD_BYTES - 1);
  if (bytes.length < head + WORD_BYTES) return { head: bytes.length, words: NO_WORDS };
  const count = (bytes.length - head) >>> 2;
  return { head, words: new Int32Array(bytes.buffer, bytes.byteOffset + head, count) };
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  return ones;
});

/** How many bits are 1. */
export function popCount(bytes: Uint8Array): number {
  const { head, words } = layOut(bytes);
  let ones = 0;
  for (let i = 0; i < head; i++) ones += ONES[bytes[i]];
  for (let i = head + words.length * WORD_BYTES; i < bytes.length; i++) ones += ONES[bytes[i]];
  let at = 0;
  while (at < words.length) {
    const end = Math.min(at + WORDS_PER_SUM, words.length);
    let sums = 0;
    for (; at < end; at++) {
      const pairs = words[at] - ((words[at] >>> 1) & 0x55555555);
      const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
      sums = (sums + ((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f)) | 0;
    }
    const halves = (sums & 0x00ff00ff) + ((sums >>> 8) & 0x00ff00ff);
    ones += (halves & 0xffff) + (halves >>> 16);
  }
  return ones;
}

/**
 * The first bit in [first, end) that is `bit`, or -1.
 * @param first in the first byte; @param end in the last byte, or the end of it
 */
export function bitPosition(bytes: Uint8Array, bit: 0 | 1, first: number, end: number): number {
  // With the bits turned around when a 0 is wanted, it is always the first 1.
  const flip = bit === 1 ? 0 : 0xff;
  const head = (bytes[0] ^ flip) & (0xff >> first);
  if (head !== 0) return within(leadingZeros(head), end);
  const at = skip(bytes, 1, flip);
  return at === bytes.length ? -1 : within(at * 8 + leadingZeros(bytes[at] ^ flip), end);
}

function within(position: number, end: number): number {
  return position < end ? position : -1;
}

function leadingZeros(byte: number): number {
  return Math.clz32(byte) - 24;
}

/** The first index from `from` on whose byte is not `dull`, or the length. */
function skip(bytes: Uint8Array, from: number, dull: number): number {
  const rest = bytes.subarray(from);
  const { head, words } = layOut(rest);
  let at = 0;
  while (at < head && rest[at] === dull) at++;
  if (at === head) {
    const dullWord = dull === 0 ? 0 : -1;
    let word = 0;
    while (word < words.length && words[word] === dullWord) word++;
    at = head + word * WORD_BYTES;
    while (at < rest.length && rest[at] === dull) at++;
  }
  return from + at;
}

export type BitOperation = 'and' | 'or' | 'xor' | 'not';

/** The operation over all sources, each filled up with zeros to the length of the longest. NOT takes one source. */
export function combine(operation: BitOperation, sources: readonly Uint8Array[], length: number): Buffer {
  const result = Buffer.alloc(length);
  result.set(sources[0]);
  if (operation === 'not') invert(result);
  for (let i = 1; i < sources.length; i++) COMBINERS[operation](result, sources[i]);
  return result;
}

function invert(result: Uint8Array): void {
  const { head, words } = layOut(result);
  for (let i = 0; i < head; i++) result[i] = ~result[i];
  for (let i = 0; i < words.length; i++) words[i] = ~words[i];
  for (let i = head + words.length * WORD_BYTES; i < result.length; i++) result[i] = ~result[i];
}

/** The words of `result` and `source` side by side; a source that does not begin at a word is copied. */
function pair(result: Uint8Array, source: Uint8Array): { into: Int32Array; from: Int32Array } {
  const count = source.length >>> 2;
  const aligned = (source.byteOffset & (WORD_BYTES - 1)) === 0 ? source : source.slice();
  return {
    into: new Int32Array(result.buffer, result.byteOffset, count),
    from: new Int32Array(aligned.buffer, aligned.byteOffset, count),
  };
}

const COMBINERS: Readonly<Record<BitOperation, (result: Uint8Array, source: Uint8Array) => void>> = {
  and(result, source) {
    const { into, from } = pair(result, source);
    for (let i = 0; i < from.length; i++) into[i] &= from[i];
    for (let i = from.length * WORD_BYTES; i < source.length; i++) result[i] &= source[i];
    result.fill(0, source.length);
  },
  or(result, source) {
    const { into, from } = pair(result, source);
    for (let i = 0; i < from.length; i++) into[i] |= from[i];
    for (let i = from.length * WORD_BYTES; i < source.length; i++) result[i] |= source[i];
  },
  xor(result, source) {
    const { into, from } = pair(result, source);
    for (let i = 0; i < from.length; i++) into[i] ^= from[i];
    for (let i = from.length * WORD_BYTES; i < source.length; i++) result[i] ^= source[i];
  },
  not: invert,
};
