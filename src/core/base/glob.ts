/** Glob patterns. */
import { type Bytes } from './bytes.js';

/** Whether `s` matches `pattern`. */
export function globMatch(pattern: Bytes, s: Bytes, nocase = false): boolean {
  throw new Error('not written yet ' + pattern + s + nocase);
}
