/** Ranges and counts against a sorted array, in both encodings; the forms of the arguments are in the wire transcripts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { createTestEngine, plain } from '../../../support/engine.js';

type Pair = [member: string, score: number];

const bound = fc.tuple(fc.integer({ min: -6, max: 6 }), fc.boolean());
const pairs = fc.uniqueArray(
  fc.tuple(
    fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), maxLength: 5 }),
    fc.integer({ min: -5, max: 5 }),
  ),
  { selector: ([member]) => member, minLength: 1, maxLength: 60 },
);
const limit = fc.option(fc.tuple(fc.nat(8), fc.integer({ min: -1, max: 8 })), { nil: undefined });

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function inOrder(members: readonly Pair[]): Pair[] {
  return members
    .map(([member, score]): Pair => [bytes(member), score])
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}

function cut(found: Pair[], window: [number, number] | undefined): Pair[] {
  if (window === undefined) return found;
  return found.slice(window[0], window[1] < 0 ? undefined : window[0] + window[1]);
}

function setUp(members: readonly Pair[], encoding: 'listpack' | 'skiplist') {
  const entries = encoding === 'listpack' ? '128' : '0';
  const t = createTestEngine({
    families: [SORTED_SET_COMMANDS],
    config: { 'zset-max-listpack-entries': entries },
  });
  const call = (...args: (string | number)[]) => plain(t.client.call(...args));
  call('ZADD', 'z', ...members.flatMap(([member, score]) => [score, bytes(member)]));
  return call;
}

describe.each(['listpack', 'skiplist'] as const)('ranges of a %s', (encoding) => {
  it('by score', () => {
    fc.assert(
      fc.property(pairs, bound, bound, fc.boolean(), limit, (members, min, max, reverse, window) => {
        const call = setUp(members, encoding);
        const found = inOrder(members).filter(
          ([, score]) =>
            (min[1] ? score > min[0] : score >= min[0]) && (max[1] ? score < max[0] : score <= max[0]),
        );
        const [low, high] = [min, max].map(([at, open]) => `${open ? '(' : ''}${at}`);
        expect(call('ZCOUNT', 'z', low, high)).toBe(found.length);
        if (reverse) found.reverse();
        const wanted = cut(found, window).flatMap(([member, score]) => [member, String(score)]);
        const options = window === undefined ? [] : ['LIMIT', ...window];
        const ends = reverse ? [high, low] : [low, high];
        const rev = reverse ? ['REV'] : [];
        expect(call('ZRANGE', 'z', ...ends, 'BYSCORE', ...rev, 'WITHSCORES', ...options)).toEqual(wanted);
        expect(call('ZREMRANGEBYSCORE', 'z', low, high)).toBe(found.length);
        expect(call('ZCARD', 'z')).toBe(members.length - found.length);
      }),
      { numRuns: 60 },
    );
  });

  it('by rank', () => {
    const index = fc.integer({ min: -70, max: 70 });
    fc.assert(
      fc.property(pairs, index, index, fc.boolean(), (members, start, stop, reverse) => {
        const call = setUp(members, encoding);
        const sorted = inOrder(members).map(([member]) => member);
        const size = sorted.length;
        if (reverse) sorted.reverse();
        const [from, to] = [start, stop].map((at) => (at < 0 ? at + size : at));
        const wanted = to < 0 ? [] : sorted.slice(Math.max(0, from), to + 1);
        expect(call('ZRANGE', 'z', start, stop, ...(reverse ? ['REV'] : []))).toEqual(wanted);
        expect(call('ZRANGESTORE', 'd', 'z', start, stop, ...(reverse ? ['REV'] : []))).toBe(wanted.length);
        expect((call('ZRANGE', 'd', 0, -1) as string[]).sort()).toEqual(wanted.slice().sort());
      }),
      { numRuns: 60 },
    );
  });

  it('by member, where all scores are one', () => {
    const end = fc.option(
      fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 3 }), fc.boolean()),
      {
        nil: undefined,
      },
    );
    fc.assert(
      fc.property(pairs, end, end, fc.boolean(), limit, (members, min, max, reverse, window) => {
        const level = members.map(([member]): Pair => [member, 0]);
        const call = setUp(level, encoding);
        const found = inOrder(level).filter(
          ([member]) =>
            (min === undefined || (min[1] ? member > bytes(min[0]) : member >= bytes(min[0]))) &&
            (max === undefined || (max[1] ? member < bytes(max[0]) : member <= bytes(max[0]))),
        );
        const low = min === undefined ? '-' : (min[1] ? '(' : '[') + bytes(min[0]);
        const high = max === undefined ? '+' : (max[1] ? '(' : '[') + bytes(max[0]);
        expect(call('ZLEXCOUNT', 'z', low, high)).toBe(found.length);
        if (reverse) found.reverse();
        const ends = reverse ? [high, low] : [low, high];
        const options = window === undefined ? [] : ['LIMIT', ...window];
        expect(call(reverse ? 'ZREVRANGEBYLEX' : 'ZRANGEBYLEX', 'z', ...ends, ...options)).toEqual(
          cut(found, window).map(([member]) => member),
        );
        expect(call('ZREMRANGEBYLEX', 'z', low, high)).toBe(found.length);
      }),
      { numRuns: 60 },
    );
  });
});
