/**
 * What a string costs in V8's heap. Collections add it up as their elements come and go, so that nobody has to walk them
 * (store/memory.ts).
 */

/** Map, hash and length words before the characters. */
const HEADER_BYTES = 16;

/** Bytes of memory of a string of `length` one-byte chars. */
export function stringCost(length: number): number {
  return HEADER_BYTES + ((length + 7) & ~7);
}
