/**
 * A cheap seeded hash of Bytes for the hash tables of the store.
 *
 * V8's own string hash is not used: it is the same for all strings above 16,383 chars of one length. Four chars are mixed
 * per step; the seed is drawn at start, so that nobody can choose keys that collide.
 */
import { type Bytes } from '../base/bytes.js';

/** Takes up to four bytes into the running hash. */
function mix(h: number, k: number): number {
  const mixed = Math.imul(h ^ k, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}

/** Spreads the last bytes over all bits. */
function finish(h: number): number {
  const mixed = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return mixed ^ (mixed >>> 16);
}

/** `hashBytes` of the bytes `buf[start, end)`, of which no string is made. */
export function hashBuffer(buf: Uint8Array, start: number, end: number, seed: number): number {
  let h = seed ^ (end - start);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    h = mix(h, buf[i] | (buf[i + 1] << 8) | (buf[i + 2] << 16) | (buf[i + 3] << 24));
  }
  for (; i < end; i++) h = mix(h, buf[i]);
  return finish(h);
}

/** @returns a signed 32-bit integer, spread over all bits. */
export function hashBytes(key: Bytes, seed: number): number {
  const n = key.length;
  let h = seed ^ n;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const k =
      key.charCodeAt(i) |
      (key.charCodeAt(i + 1) << 8) |
      (key.charCodeAt(i + 2) << 16) |
      (key.charCodeAt(i + 3) << 24);
    h = mix(h, k);
  }
  for (; i < n; i++) h = mix(h, key.charCodeAt(i));
  return finish(h);
}

/** The hash of a 32-bit integer. */
export function hashInt(value: number, seed: number): number {
  return finish(mix(seed, value));
}

let seedOfMembers = 0;

/** Sets the seed that collections draw from now on; those that have one keep it. Nothing that can be observed depends on it. */
export function seedMemberHashes(seed: number): void {
  seedOfMembers = seed;
}

/** The seed for the index of a new collection. */
export function memberSeed(): number {
  return seedOfMembers;
}
