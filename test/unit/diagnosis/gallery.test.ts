/** The gallery of broken servers: each is called by its name and by no other's, however its bytes are cut. */
import { describe, expect, it } from 'vitest';
import { DIAGNOSES } from '../../../src/core/diagnosis/table.js';
import { examineWire, type Split, type WireScript } from '../../support/wire-master.js';
import { GALLERY } from './gallery/all.js';
import { type Case } from './gallery/case.js';
const SPLITS: readonly Split[] = ['whole', 'bytes', 17, 4711];

describe.each(Object.entries(GALLERY))('%s', (_chapter, cases) => {
  it.each(cases.map((one) => [one.ids.join(' ') || 'nothing', one.what, one] as const))(
    '%s: %s',
    async (_ids, _what, { ids, script, options }) => {
      for (const split of SPLITS) {
        const examined = await examineWire(fresh(script), { ...options, split });
        expect([...examined.ids].sort(), `split ${split}`).toEqual([...ids].sort());
      }
    },
  );
});

/** What remembers how often it was asked begins anew for each examination. */
function fresh(script: Case['script']): WireScript {
  return typeof script === 'function' ? script() : script;
}

describe('the gallery', () => {
  it('has a case for every diagnosis of a master', () => {
    const shown = new Set(Object.values(GALLERY).flatMap((cases) => cases.flatMap(({ ids }) => ids)));
    // Those of replicas have theirs beside the judge (replica-judge.test.ts).
    const ofMasters = DIAGNOSES.filter(({ chapter }) => !chapter.startsWith('replica-'));
    expect(ofMasters.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });
});
