/** The ids of a stream node: whatever their distances, they are what was put in. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdSteps } from '../../../../src/core/store/types/id-steps.js';
import { idMs, idSeq, streamId, type StreamId } from '../../../../src/core/store/types/stream-id.js';

const U64_MAX = 18446744073709551615n;
/** Around the edges of what a step can say: 2^20 sequences, 2^32 ms, safe numbers, 64 bits. */
const EDGES = [0n, 1n, 1n << 20n, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, U64_MAX];
const part = fc
  .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -3, max: 3 }))
  .map(([edge, step]) => BigInt.asUintN(64, edge + BigInt(step)));
const near = fc.oneof({ weight: 4, arbitrary: fc.nat(5).map(BigInt) }, { weight: 1, arbitrary: part });
const anId = fc.tuple(near, near).map(([ms, seq]) => idOf(ms, seq));

function idOf(ms: bigint, seq: bigint): StreamId {
  const number = (value: bigint) => (value < 1n << 53n ? Number(value) : value);
  return streamId(number(ms), number(seq));
}

function pushed(ids: readonly StreamId[]): IdSteps {
  const steps = new IdSteps(idMs(ids[0]), idSeq(ids[0]));
  for (const id of ids) steps.push(id, idMs(id), idSeq(id));
  return steps;
}

const all = (steps: IdSteps) => Array.from({ length: steps.length }, (_, i) => steps.at(i));

it('keeps ids of any distance in order, and finds where others belong', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anId, { minLength: 1, maxLength: 12 }),
      fc.array(anId, { maxLength: 12 }),
      fc.nat(11),
      (unordered, wanted, at) => {
        const ids = unordered.sort((a, b) => (a < b ? -1 : 1));
        const steps = pushed(ids);
        expect(all(steps)).toEqual(ids);
        for (const id of [...wanted, ...ids]) {
          const found = ids.findIndex((one) => one >= id);
          expect(steps.indexFrom(id)).toBe(found < 0 ? ids.length : found);
        }
        const copy = steps.clone();
        copy.seal();
        copy.remove(at % ids.length, 1);
        expect(all(copy)).toEqual(ids.filter((_, i) => i !== at % ids.length));
        expect(all(steps)).toEqual(ids);
      },
    ),
    { numRuns: 2000 },
  );
});
