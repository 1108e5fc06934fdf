/** `handshake --explain ID`: what the table says of one diagnosis; of all of them, in a line each, with `--explain list`. */
import { editDistance } from '../../core/base/edit-distance.js';
import { CHAPTERS, DIAGNOSES, findEntry } from '../../core/diagnosis/table.js';
import { type Chapter } from '../../core/diagnosis/entry.js';
import { explainFinding } from '../../core/inspect/findings/document.js';
import { renderExplanation } from '../render/handshake-finding.js';
import { palette, type Terminal } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { UsageError } from '../usage-error.js';

const WIDEST_TEXT = 100;
/** The word that stands for all of them; no id is called so. */
export const LIST = 'list';

/** The text. Throws UsageError for an id that is none. */
export function explainText(id: string, terminal: Pick<Terminal, 'color' | 'width'>): string {
  const pen = { paint: palette(terminal.color), width: Math.min(terminal.width, WIDEST_TEXT) };
  if (id === LIST) return listText(pen);
  const entry = findEntry(id);
  if (entry) return renderExplanation(entry, pen);
  throw new UsageError(`no diagnosis is called "${printable(id)}": ${hint(id)}`);
}

function hint(id: string): string {
  if (explainFinding(id) !== undefined) return `it is a finding of inspect: redis-ts inspect --explain ${id}`;
  const all = `redis-ts handshake --explain ${LIST} prints all ${DIAGNOSES.length}`;
  const meant = nearestIds(id);
  if (meant.length === 0) return all;
  const last =
    meant.length === 1 ? meant[0] : `${meant.slice(0, -1).join(', ')} or ${meant[meant.length - 1]}`;
  return `did you mean ${last}? ${all}`;
}

const MOST_MEANT = 4;
/** Longer words are not compared: nobody mistypes them by accident. */
const LONGEST_WORD = 64;
const SHORTEST_PART = 3;

/** Ids that are mistyped so, then those that share the most letters in whole parts (`offset`, `psync-foo`). */
export function nearestIds(word: string): readonly string[] {
  if (word.length > LONGEST_WORD) return [];
  const meant = word.toLowerCase();
  const parts = meant.split(/[^a-z]+/).filter((part) => part.length >= SHORTEST_PART);
  const ranked = DIAGNOSES.map(({ id }) => {
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

function listText({ paint, width }: { paint: ReturnType<typeof palette>; width: number }): string {
  const column = Math.max(...DIAGNOSES.map(({ id }) => id.length)) + 4;
  const room = width - column;
  const lines = (Object.entries(CHAPTERS) as [Chapter, string][]).flatMap(([chapter, title]) => [
    ...['', paint.bold(title)],
    ...DIAGNOSES.filter((entry) => entry.chapter === chapter).flatMap(({ id, severity, means }) => {
      const sign = severity === 'fault' ? ' ' : '*';
      const name = `  ${id}${sign}`;
      return wrap(means, Math.max(30, room)).map((part, i) => (i === 0 ? name : '').padEnd(column) + part);
    }),
  ]);
  return [...lines.slice(1), '', '* a warning: it works, and something will go wrong later']
    .map((line) => `${line}\n`)
    .join('');
}
