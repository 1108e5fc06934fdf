/**
 * What the packed encodings (ziplist, listpack, intset, zipmap) share: the error for a blob that is not what it says, and the
 * collector of their elements. The decoders check every length against the blob, so that corrupt input ends here and nowhere
 * else. Called by the RDB reader, which adds where in the file the blob was.
 */

/** A blob that no Redis wrote. `at` is the offset inside the blob. */
export class PackedError extends Error {
  constructor(
    readonly reason: string,
    readonly at: number,
  ) {
    super(`${reason} at byte ${at} of the blob`);
    this.name = 'PackedError';
  }
}

/** Throws unless `condition`. */
export function check(condition: boolean, reason: string, at: number): asserts condition {
  if (!condition) throw new PackedError(reason, at);
}
