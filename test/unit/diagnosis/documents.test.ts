/** The written pages about diagnoses name what there is, all of it, and nothing else. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIAGNOSES } from '../../../src/core/diagnosis/table.js';
import { projectRoot } from '../../support/server-process.js';

const page = (name: string): string => readFileSync(path.join(projectRoot, 'docs', name), 'utf8');
const linked = (text: string): string[] =>
  [...text.matchAll(/\[`([a-z-]+)`\]\(diagnoses\.md#([a-z-]+)\)/g)].map(([, shown, anchor]) => {
    expect(anchor).toBe(shown);
    return shown;
  });
const IDS = DIAGNOSES.map(({ id }) => id as string).sort();
const MODES = 101;

describe('docs/will-not-attach.md', () => {
  it('leads to every diagnosis once, and to none that is not there', () => {
    expect(linked(page('will-not-attach.md')).sort()).toEqual(IDS);
  });
});

describe('docs/failure-modes.md', () => {
  const rows = new Map(
    [...page('failure-modes.md').matchAll(/^\| (\d+) \|(.*)$/gm)].map(([, n, text]) => [Number(n), text]),
  );

  it('has each failure mode, with the place where it is seen', () => {
    expect([...rows.keys()]).toEqual(Array.from({ length: MODES }, (_, i) => i + 1));
    for (const [n, text] of rows) expect(text, `row ${n}`).toMatch(/handshake|inspect|serve --trace/);
  });

  it('leads to findings of inspect that there are', () => {
    const known = new Set([...page('findings.md').matchAll(/^### ([a-z-]+)$/gm)].map(([, id]) => id));
    const named = [...page('failure-modes.md').matchAll(/\]\(findings\.md#([a-z-]+)\)/g)].map(([, id]) => id);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it('names each diagnosis in the rows that its source names, and nowhere else', () => {
    const named = new Map<string, number[]>();
    for (const [n, text] of rows) for (const id of linked(text)) named.set(id, [...(named.get(id) ?? []), n]);
    const expected = DIAGNOSES.filter(({ modes }) => modes.length > 0);
    expect(Object.fromEntries(named)).toEqual(
      Object.fromEntries(expected.map(({ id, modes }) => [id, modes])),
    );
  });
});
