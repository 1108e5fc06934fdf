/**
 * The gallery of recorded traces (test/recorded): each is read back, and this version's rules must name what its server was
 * brought into. A rule that changes is held to real software's bytes, without the software.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findEntry } from '../../../src/core/diagnosis/table.js';
import { OTHERS, SCENARIOS } from '../../recorded/scenarios.js';
import { replayLines, schemaFaults } from '../../support/tape-check.js';

const TRACES = new URL('../../recorded/traces/', import.meta.url);
const all = [...SCENARIOS, ...OTHERS];
const files = readdirSync(TRACES).sort();
const scenarioOf = (file: string): (typeof all)[number] | undefined =>
  all.find(({ name }) => file.startsWith(`${name}.`));

describe('the gallery', () => {
  it('has a trace of every scenario, and no other', () => {
    expect(files.filter((file) => scenarioOf(file) === undefined)).toEqual([]);
    expect(all.filter(({ name }) => !files.some((file) => file.startsWith(`${name}.`)))).toEqual([]);
  });

  it.each(files)('%s', (file) => {
    const text = readFileSync(new URL(file, TRACES), 'utf8');
    const lines = text.trimEnd().split('\n');
    const scenario = scenarioOf(file);
    expect(JSON.parse(lines[0])).toMatchObject({
      kind: 'recording',
      software: scenario?.software ?? 'redis-server',
      configuration: scenario?.configuration,
    });
    expect(lines.flatMap(schemaFaults)).toEqual([]);
    const { verdict, ids, recordedIds } = replayLines(lines);
    expect(ids).toEqual(scenario?.expected);
    expect(verdict).toBe(verdictOf(ids));
    expect(recordedIds).toBeUndefined();
  });

  it('tells nothing of the machine that it was recorded on', () => {
    for (const file of files) {
      const text = readFileSync(new URL(file, TRACES), 'utf8');
      expect(text, file).not.toMatch(/(?<![\d.])(\d{1,3}\.){3}\d{1,3}(?![\d.])/);
      expect(text, file).not.toMatch(/\/tmp\/|\/home\/|\/usr\/|hunter2|pw1234|Ada/);
    }
  });
});

function verdictOf(ids: readonly string[]): string {
  if (!ids.some((id) => findEntry(id)?.severity === 'fault')) return 'passed';
  return ids[0] === 'connection-refused' ? 'unreachable' : 'failed';
}
