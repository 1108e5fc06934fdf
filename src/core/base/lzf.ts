/** LZF, as liblzf 3.6 packs strings in an RDB. */

/** The packed bytes, or undefined when they would not be shorter than `maxLength` (default: input length - 4, as rdb.c). */
export function lzfCompress(input: Buffer, maxLength = input.length - 4): Buffer | undefined {
  throw new Error('not written yet ' + maxLength);
}
/** Unpacks to exactly `length` bytes. Throws LzfError on corrupt input. */
export function lzfDecompress(input: Buffer, length: number): Buffer {
  throw new Error('not written yet ' + input.length + length);
}
/** Input that no compressor made. */
export class LzfError extends Error {}
