import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitPosition, combine, popCount } from '../../../../src/core/commands/bitmap/words.js';

const RUNS = 300;

/** Bytes that begin at any place of their memory, with runs of equal ones in them. */
const piece = fc
  .tuple(
    fc.uint8Array({ maxLength: 12 }),
    fc.nat(40),
    fc.constantFrom(0, 0xff),
    fc.uint8Array({ maxLength: 12 }),
    fc.nat(3),
  )
  .map(([head, run, byte, tail, shift]) => {
    const all = [...head, ...Array.from({ length: run }, () => byte), ...tail];
    const memory = new Uint8Array(all.length + shift);
    memory.set(all, shift);
    return memory.subarray(shift);
  });

/** A row of bits as text. */
function textOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

describe('rows of bits', () => {
  it('counts ones', () => {
    fc.assert(
      fc.property(piece, (bytes) => {
        expect(popCount(bytes)).toBe(textOf(bytes).replaceAll('0', '').length);
      }),
      { numRuns: RUNS },
    );
  });

  it('counts more ones than one running sum holds', () => {
    expect(popCount(new Uint8Array(4 * 31 * 3 + 5).fill(0xff))).toBe((4 * 31 * 3 + 5) * 8);
  });

  it('finds the first bit in a range', () => {
    fc.assert(
      fc.property(
        piece,
        fc.constantFrom(0 as const, 1 as const),
        fc.nat(7),
        fc.nat(7),
        (bytes, bit, first, cut) => {
          const end = bytes.length * 8 - cut;
          fc.pre(first < end);
          const at = textOf(bytes).indexOf(String(bit), first);
          expect(bitPosition(bytes, bit, first, end)).toBe(at < end ? at : -1);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it.each(['and', 'or', 'xor', 'not'] as const)('combines with %s', (operation) => {
    const byBit = {
      and: (a: number, b: number) => a & b,
      or: (a: number, b: number) => a | b,
      xor: (a: number, b: number) => a ^ b,
      not: (a: number) => ~a & 0xff,
    }[operation];
    const count = operation === 'not' ? 1 : 3;
    fc.assert(
      fc.property(fc.array(piece, { minLength: count, maxLength: count }), (sources) => {
        const length = Math.max(...sources.map((source) => source.length));
        const padded = sources.map((source) => [...source, ...Array<number>(length - source.length).fill(0)]);
        const expected = padded[0].map((byte, i) =>
          padded.length === 1
            ? byBit(byte, 0)
            : padded.slice(1).reduce((sum, other) => byBit(sum, other[i]), byte),
        );
        expect([...combine(operation, sources, length)]).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });
});
