/** The key specification of commands that say how many keys follow (`numkeys key [key ...]`). */
import { type KeyFlag, type KeySpec } from '../spec.js';

/** Keys behind their number, which stands at `index`. */
export function numberedKeys(index: number, ...flags: KeyFlag[]): KeySpec {
  return { flags, begin: { index }, find: { keyNumIdx: 0, firstKey: 1, step: 1 } };
}
