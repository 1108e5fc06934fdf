import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULE_GROUPS } from '../../../src/core/diagnosis/diagnose.js';
import { diagnosesPage } from '../../../src/core/diagnosis/document.js';
import { DIAGNOSES, findEntry } from '../../../src/core/diagnosis/table.js';
import { projectRoot } from '../../support/server-process.js';

describe('the table of diagnoses', () => {
  it('has each id once, in kebab-case', () => {
    const ids = DIAGNOSES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('has no empty field', () => {
    for (const { id, seen, means, fix, source, explain } of DIAGNOSES) {
      for (const text of [seen, means, fix, source, explain]) expect(text.length, id).toBeGreaterThan(8);
    }
  });

  it('has a rule for each entry about masters', () => {
    const ruled = new Set<string>(RULE_GROUPS.flat().map(({ id }) => id));
    // Those about replicas are the judge's: replica-judge.test.ts has a replica for each.
    const ofMasters = DIAGNOSES.filter(({ chapter }) => !chapter.startsWith('replica-'));
    expect(ofMasters.map(({ id }) => id).filter((id) => !ruled.has(id))).toEqual([]);
  });

  it('finds an entry by its id', () => {
    expect(findEntry('bare-continue')?.chapter).toBe('position');
    expect(findEntry('nonsense')).toBeUndefined();
  });

  it('is what docs/diagnoses.md says: run `npm run docs`', () => {
    expect(readFileSync(path.join(projectRoot, 'docs/diagnoses.md'), 'utf8')).toBe(diagnosesPage());
  });
});
