import { describe, expect, it } from 'vitest';
import { makeCase } from '../../differential/cases.js';
import { differs, hasParted } from '../../differential/compare.js';
import { families } from '../../differential/families/index.js';
import { toleranceFor, type Tolerance } from '../../differential/tolerances.js';
import { type Reply } from '../../support/resp-decoder.js';

const integer = (value: bigint): Reply => ({ type: 'integer', value });
const bulk = (text: string): Reply => ({ type: 'bulk', text });
const error = (text: string): Reply => ({ type: 'error', text });
const array = (...items: Reply[]): Reply => ({ type: 'array', items });
const why = 'for this test';
const refused: Tolerance = { kind: 'refused', error: 'ERR no', otherwise: { kind: 'set', why }, why };

const CASES: [title: string, tolerance: Tolerance, ours: Reply, peer: Reply, same: boolean][] = [
  ['the same bytes', { kind: 'exact' }, bulk('a'), bulk('a'), true],
  ['a bulk for a simple string', { kind: 'exact' }, bulk('OK'), { type: 'simple', text: 'OK' }, false],
  ['another error text', { kind: 'exact' }, error('ERR a'), error('ERR b'), false],
  ['another order', { kind: 'exact' }, array(bulk('a'), bulk('b')), array(bulk('b'), bulk('a')), false],
  [
    'another order in a set',
    { kind: 'set', why },
    array(bulk('a'), bulk('b')),
    array(bulk('b'), bulk('a')),
    true,
  ],
  ['one more in a set', { kind: 'set', why }, array(bulk('a'), bulk('a')), array(bulk('a')), false],
  [
    'another order of pairs',
    { kind: 'pairs', why },
    array(bulk('a'), bulk('1'), bulk('b'), bulk('2')),
    array(bulk('b'), bulk('2'), bulk('a'), bulk('1')),
    true,
  ],
  [
    'other pairs of the same elements',
    { kind: 'pairs', why },
    array(bulk('a'), bulk('1'), bulk('b'), bulk('2')),
    array(bulk('a'), bulk('2'), bulk('b'), bulk('1')),
    false,
  ],
  ['other elements, as many', { kind: 'length', why }, array(bulk('a')), array(bulk('b')), true],
  ['more elements', { kind: 'length', why }, array(bulk('a')), array(bulk('a'), bulk('b')), false],
  ['close numbers', { kind: 'approx', delta: 3, why }, integer(103n), integer(100n), true],
  ['far numbers', { kind: 'approx', delta: 3, why }, integer(104n), integer(100n), false],
  ['no key beside no expiry', { kind: 'approx', delta: 3, why }, integer(-2n), integer(-1n), false],
  ['another value of one shape', { kind: 'shape', why }, bulk('a'), bulk('b'), true],
  ['another shape', { kind: 'shape', why }, bulk('a'), { type: 'nil' }, false],
  ['an error for a shape', { kind: 'shape', why }, error('ERR a'), error('ERR b'), false],
  ['one class of error', { kind: 'error-class', why }, error('ERR a'), error('ERR b'), true],
  ['two classes of error', { kind: 'error-class', why }, error('ERR a'), error('WRONGTYPE b'), false],
  [
    'times at their place',
    { kind: 'clocked', at: [1], why },
    array(integer(7n), array(bulk('a'), integer(5n)), array(bulk('a'), integer(5n))),
    array(integer(7n), array(bulk('a'), integer(5n)), array(bulk('a'), integer(9n))),
    true,
  ],
  [
    'a number that is no time',
    { kind: 'clocked', at: [1], why },
    array(integer(7n), integer(20n)),
    array(integer(8n), integer(20n)),
    false,
  ],
  [
    'times since 1970',
    { kind: 'clocked', at: [], why },
    array(bulk('seen'), integer(1700000000000n)),
    array(bulk('seen'), integer(1700000000009n)),
    true,
  ],
  ['a listed pair', { kind: 'either', pairs: [['x', 'y']], why }, bulk('y'), bulk('x'), true],
  [
    'a dump of a set in another order',
    { kind: 'dump', why },
    bulk('\x02ab12345678'),
    bulk('\x02ba87654321'),
    true,
  ],
  ['a dump of another set', { kind: 'dump', why }, bulk('\x02ab12345678'), bulk('\x02bb12345678'), false],
  [
    'a dump of a string in another order',
    { kind: 'dump', why },
    bulk('\x00ab12345678'),
    bulk('\x00ba12345678'),
    false,
  ],
  ['a refusal of the peer alone', refused, array(bulk('a')), error('ERR no'), true],
  ['a refusal of ours alone', refused, error('ERR no'), array(bulk('a')), false],
  ['another refusal of the peer', refused, array(bulk('a')), error('ERR never'), false],
  [
    'what is not refused, as is said otherwise',
    refused,
    array(bulk('a'), bulk('b')),
    array(bulk('b'), bulk('a')),
    true,
  ],
  ['what is not refused, and differs', refused, array(bulk('a')), array(bulk('b')), false],
  ['half a listed pair', { kind: 'either', pairs: [['x', 'y']], why }, bulk('y'), bulk('z'), false],
];

describe('comparing replies', () => {
  it.each(CASES)('%s', (_title, tolerance, ours, peer, same) => {
    expect(differs(ours, peer, tolerance) === undefined).toBe(same);
  });
});

describe('data that part', () => {
  const parted = (request: string[], ours: Reply, peer: Reply) => hasParted(request, ours, peer, refused);

  it('when the peer alone refuses to store', () => {
    expect(parted(['SORT', 'k', 'store', 'd'], integer(1n), error('ERR no'))).toBe(true);
    expect(parted(['SORT', 'k'], array(), error('ERR no'))).toBe(false);
    expect(parted(['SORT', 'k', 'STORE', 'd'], error('ERR no'), error('ERR no'))).toBe(false);
    expect(parted(['SORT', 'k', 'STORE', 'd'], integer(1n), integer(1n))).toBe(false);
  });
});

describe('cases', () => {
  const options = { families, resp3: false, startedAtMs: 1_700_000_000_000 };

  it('are the same for one seed and others for another', () => {
    expect(makeCase(1, 0, 50, options)).toEqual(makeCase(1, 0, 50, options));
    expect(makeCase(1, 0, 50, options)).not.toEqual(makeCase(2, 0, 50, options));
    expect(makeCase(1, 0, 50, options)).not.toEqual(makeCase(1, 1, 50, options));
  });

  it('draw only commands that have a tolerance, and in the end all of them', () => {
    const drawn = new Set<string>();
    for (let index = 0; index < 40; index++) {
      for (const request of makeCase(5, index, 400, options)) {
        toleranceFor(request, [7, 2, 6]);
        drawn.add(request[0].toUpperCase());
      }
    }
    const all = families.flatMap((family) => family.rows.map((row) => row.command));
    expect([...drawn].sort()).toEqual([...new Set(all)].sort());
  });
});
