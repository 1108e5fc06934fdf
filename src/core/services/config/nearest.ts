/**
 * The known name nearest to a mistyped one, for "did you mean".
 */
import { editDistance } from '../../base/edit-distance.js';

/** Most edits that still make two names alike; for short names a third of their length. */
const MAX_EDITS = 3;

/**
 * The name of `names` that takes the fewest edits (insert, delete, replace, swap of neighbours) to become `word`; undefined
 * when none is close. Compared in lower case; the first of equals wins.
 */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const lowered = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.ceil(lowered.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - lowered.length) >= fewest) continue;
    const edits = editDistance(lowered, name.toLowerCase());
    if (edits < fewest) {
      best = name;
      fewest = edits;
    }
  }
  return best;
}
