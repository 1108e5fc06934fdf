/**
 * The known name nearest to a mistyped one, for "did you mean".
 */

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
    const edits = distance(lowered, name.toLowerCase());
    if (edits < fewest) {
      best = name;
      fewest = edits;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance with adjacent swaps, row by row. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.length];
}
