/**
 * How `--verify --sample` chooses keys, and what a sample can tell. A small one is drawn with RANDOMKEY on both sides, half on
 * each. From a tenth of the keys on both are scanned, and a hash of its name says whether a key is in: every key is as likely
 * as any other, none comes twice, and both sides choose alike. Pure.
 */
import { type Bytes } from '../base/bytes.js';

/** As many keys, or a share of all of them (0 to 1). */
export type SampleSize = { readonly keys: number } | { readonly share: number };

/** From this share of the keys on, a scan costs less than draws that hit the same keys again. */
const SCAN_SHARE = 0.1;

export interface SamplePlan {
  /** `all`: the sample is as large as the data. */
  readonly by: 'draw' | 'scan' | 'all';
  /** Keys that are to be compared. */
  readonly keys: number;
  /** How likely each key of one side is chosen, on that side. */
  readonly share: number;
}

/** How to choose `size` of the keys of two servers. */
export function planSample(size: SampleSize, first: number, second: number): SamplePlan {
  const most = Math.max(first, second);
  const keys = 'keys' in size ? size.keys : Math.max(1, Math.ceil(size.share * most));
  if (keys >= most) return { by: 'all', keys: most, share: 1 };
  if (keys >= SCAN_SHARE * most) return { by: 'scan', keys, share: keys / most };
  return { by: 'draw', keys, share: keys / (first + second) };
}

/** Whether a scan takes `key`: FNV-1a from a basis of its own for each run, mixed at the end. */
export function picks(key: Bytes, seed: number, share: number): boolean {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}

/** How sure the sentence about a sample is. */
export const CERTAINTY = 0.99;

/** So many keys must differ for a sample of that share to hit one of them with CERTAINTY. */
export function detectable(share: number): number {
  if (share >= 1) return 1;
  return Math.ceil(Math.log(1 - CERTAINTY) / Math.log(1 - share));
}
