/** Servers broken by chance: each is called by a name that fits what was done to it, or `unknown-answer`, never by a wrong one. */
import { describe, expect, it } from 'vitest';
import { mutant } from '../../support/mutated-master.js';
import { examineWire } from '../../support/wire-master.js';

const SEEDS = Array.from({ length: 400 }, (_, i) => i + 1);
const BATCH = 50;

describe('masters broken by chance', () => {
  for (let from = 0; from < SEEDS.length; from += BATCH) {
    const seeds = SEEDS.slice(from, from + BATCH);
    it(`are named rightly, seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`, async () => {
      for (const seed of seeds) {
        const { what, script, allowed, mayPass } = mutant(seed);
        for (const split of ['whole', seed] as const) {
          const { ids, verdict } = await examineWire(script(), { split });
          const context = `seed ${seed}, ${what}, split ${split}: ${verdict}, ${ids.join(' ')}`;
          expect(
            ids.filter((id) => !allowed.has(id)),
            context,
          ).toEqual([]);
          if (!mayPass) expect(ids, context).not.toEqual([]);
        }
      }
    });
  }
});
