/** `handshake --explain`: a diagnosis, all of them, and what is said of a name that is none. */
import { describe, expect, it } from 'vitest';
import { explainText } from '../../../src/cli/handshake/explain.js';
import { nearestIds } from '../../../src/cli/nearest.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { DIAGNOSES, findEntry } from '../../../src/core/diagnosis/table.js';

const PLAIN = { color: false, width: 80 };

function refusal(id: string): string {
  try {
    explainText(id, PLAIN);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return '';
}

const nearest = (word: string) =>
  nearestIds(
    word,
    DIAGNOSES.map(({ id }) => id),
  );

describe('--explain', () => {
  it('prints a diagnosis', () => {
    expect(explainText('noauth', PLAIN)).toMatch(/^noauth \(fault\)\n\nWhat is seen\n/);
  });

  it('says of a name that is none what may be meant, and how to see all', () => {
    const all = `redis-ts handshake --explain list prints all ${DIAGNOSES.length}`;
    expect(refusal('qqq')).toBe(`no diagnosis is called "qqq": ${all}`);
    expect(refusal('bare-contine')).toBe(
      `no diagnosis is called "bare-contine": did you mean bare-continue? ${all}`,
    );
    expect(refusal('pnig-refused')).toContain('did you mean ping-refused');
    expect(refusal('\u001b[2J')).not.toContain('\u001b');
  });

  it('knows a finding of inspect', () => {
    expect(refusal('backlog-too-small')).toBe(
      'no diagnosis is called "backlog-too-small": it is a finding of inspect: redis-ts inspect --explain backlog-too-small',
    );
  });

  it('finds ids by a part of them, the best first, and not too many', () => {
    expect(nearest('checksum')).toEqual(['snapshot-bad-checksum', 'snapshot-without-checksum']);
    expect(nearest('PSYNC-UNANSWERD')[0]).toBe('psync-unanswered');
    expect(nearest('snapshot')).toHaveLength(4);
    expect(nearest('x'.repeat(1000))).toEqual([]);
  });

  it('lists all of them within the width', () => {
    const text = explainText('list', PLAIN);
    for (const { id } of DIAGNOSES) expect(text).toMatch(new RegExp(`^ {2}${id}[ *] `, 'm'));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(findEntry('list')).toBeUndefined();
  });
});
