import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { FINDING_IDS } from '../../../src/core/inspect/findings/catalogue.js';
import { findingsPage } from '../../../src/core/inspect/findings/document.js';
import { report } from '../../../src/core/inspect/report.js';
import { facts, replicaInfo, REPLID, TROUBLED } from '../../support/inspect-facts.js';

const read = (file: string) => readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
const schema = JSON.parse(read('inspect.schema.json')) as {
  definitions: { finding: { properties: { id: { enum: string[] } } } };
};
const validate = new Ajv({ allErrors: true }).compile(schema);

/** What is wrong with `value` as it would be printed. */
const faults = (value: unknown) => {
  validate(JSON.parse(JSON.stringify(value)));
  return validate.errors ?? [];
};

describe('docs/inspect.schema.json', () => {
  it('takes the reports of masters and replicas', () => {
    expect(faults(report(facts(TROUBLED)))).toEqual([]);
    expect(faults(report(facts(TROUBLED), { expectReplicas: 3 }))).toEqual([]);
    const transfer = { master_link_status: 'down', master_sync_total_bytes: 0, master_sync_read_bytes: 512 };
    const info = replicaInfo(700, {
      ...transfer,
      master_sync_last_io_seconds_ago: 0,
      master_link_down_since_seconds: 3,
    });
    const upstream = { address: '10.0.0.5:6379', replid: REPLID, offset: 5000 };
    const missing = [{ command: 'CLIENT LIST', why: 'no', lacks: 'much' }];
    expect(faults(report(facts({ info, rest: { upstream, missing, linkState: 'sync' } })))).toEqual([]);
  });

  it('takes failures, and refuses what is neither', () => {
    const error = { failure: 'timeout', message: 'too slow' };
    expect(faults({ schema: 1, target: 'h:1', status: 'unknown', error })).toEqual([]);
    expect(faults({ schema: 1, target: 'h:1', status: 'unknown' })).not.toEqual([]);
    expect(faults({ ...report(facts(TROUBLED)), surprise: 1 })).not.toEqual([]);
  });

  it('knows every finding, and so does the page', () => {
    expect([...schema.definitions.finding.properties.id.enum].sort()).toEqual([...FINDING_IDS].sort());
    // Stale? npm run docs
    expect(read('findings.md')).toBe(findingsPage());
  });
});
