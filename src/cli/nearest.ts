/** Finds what was probably meant by a mistyped word, for unknown flags. */
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
