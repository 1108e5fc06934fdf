/** `handshake --explain ID`: what the table says of one diagnosis. */
import { DIAGNOSES, findEntry } from '../../core/diagnosis/table.js';
import { nearest } from '../nearest.js';
import { renderExplanation } from '../render/handshake-finding.js';
import { palette, type Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

const WIDEST_TEXT = 100;

/** The text. Throws UsageError for an id that is none. */
export function explainText(id: string, terminal: Pick<Terminal, 'color' | 'width'>): string {
  const entry = findEntry(id);
  if (entry) {
    const pen = { paint: palette(terminal.color), width: Math.min(terminal.width, WIDEST_TEXT) };
    return renderExplanation(entry, pen);
  }
  const ids = DIAGNOSES.map((known) => known.id);
  const meant = nearest(id, ids);
  const hint = meant === undefined ? `one of ${ids.join(', ')}` : `did you mean ${meant}?`;
  throw new UsageError(`no diagnosis is called "${id}": ${hint}`);
}
