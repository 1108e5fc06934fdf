/** `handshake --explain ID`: what the table says of one diagnosis; of all of them, in a line each, with `--explain list`. */
import { CHAPTERS, DIAGNOSES, findEntry } from '../../core/diagnosis/table.js';
import { type Chapter } from '../../core/diagnosis/entry.js';
import { explainFinding } from '../../core/inspect/findings/document.js';
import { nearestIds, orOf } from '../nearest.js';
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
  const meant = nearestIds(
    id,
    DIAGNOSES.map((entry) => entry.id),
  );
  return meant.length === 0 ? all : `did you mean ${orOf(meant)}? ${all}`;
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
