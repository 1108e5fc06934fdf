/** Finds what was probably meant by a mistyped word, for unknown flags and for ids. */
import { editDistance } from '../core/base/edit-distance.js';

/** How many edits a suggestion may be away, by the length of the word: one in three letters, at most three. */
function tolerance(word: string): number {
  return Math.min(3, Math.max(1, Math.floor(word.length / 3)));
}

/** Words longer than this are not compared: nobody mistypes them by accident. */
const MAX_WORD = 64;

/** The candidate closest to `word` (case ignored), or undefined when none is close enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = tolerance(word) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const MOST_MEANT = 4;
const SHORTEST_PART = 3;

/** Of `ids`, those that are mistyped so, then those that share the most letters in whole parts (`offset`, `psync-foo`). */
export function nearestIds(word: string, ids: readonly string[]): readonly string[] {
  if (word.length > MAX_WORD) return [];
  const meant = word.toLowerCase();
  const parts = meant.split(/[^a-z]+/).filter((part) => part.length >= SHORTEST_PART);
  const ranked = ids.map((id) => {
    const edits = editDistance(meant, id);
    const shared = parts.filter((part) => id.includes(part)).join('').length;
    return { id, edits, shared, mistyped: edits <= Math.max(2, Math.floor(meant.length / 3)) };
  });
  return ranked
    .filter(({ shared, mistyped }) => shared > 0 || mistyped)
    .sort(
      (a, b) =>
        Number(b.mistyped) - Number(a.mistyped) ||
        (a.mistyped ? 0 : b.shared - a.shared) ||
        a.edits - b.edits,
    )
    .slice(0, MOST_MEANT)
    .map(({ id }) => id);
}

/** `a`, `a or b`, `a, b or c`. */
export function orOf(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}
