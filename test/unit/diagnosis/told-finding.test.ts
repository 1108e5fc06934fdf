import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../src/core/diagnosis/table.js';
import { severityOf, told } from '../../../src/core/diagnosis/told-finding.js';
import { examinePort } from '../../support/examine.js';
import { fullSync, startFakeMaster } from '../../support/fake-master.js';

describe('a finding as it is told', () => {
  it('has the words of its entry', () => {
    const { means, fix } = entryOf('noauth');
    expect(told({ id: 'noauth' })).toEqual({ finding: { id: 'noauth' }, severity: 'fault', means, fix });
  });

  it('has its own advice and severity where it brings them', () => {
    const finding = { id: 'noauth', fix: 'Ask.', severity: 'warning' } as const;
    expect(told(finding)).toMatchObject({ finding, severity: 'warning', fix: 'Ask.' });
    expect(severityOf(finding)).toBe('warning');
  });

  it('keeps its own advice in an examination', async () => {
    const master = await startFakeMaster({ on: { psync: () => fullSync('') } });
    const { events } = await examinePort(master.port);
    await master.stop();
    const found = events.find((event) => event.kind === 'finding');
    expect(found?.finding.id).toBe('snapshot-wrong-length');
    expect(found?.fix).toMatch(/^Send an empty RDB/);
  });
});
