/**
 * SORT and SORT_RO, with keys that the patterns of BY and GET lead to: `key:1`, `a`, fields of hashes.
 *
 * SORT is drawn where the order is settled whatever the order of a hash table is: equal numbers are told apart by the elements,
 * and what is stored is sorted. SORT_RO is drawn with everything but LIMIT, and compared in any order.
 */
import { type Family, type Generator } from '../generator.js';

const STARRED = ['*', 'key:*', 'key:*->1', '*->foo', 'a*', 'x*->', '**', '->*', 'k*\x00->1'];
const CONSTANT = ['#', 'nosort', '', 'x->y'];
const ALL = [...STARRED, ...CONSTANT];

/** What may be given with any order. */
function output(g: Generator): string[] {
  return g.options(
    [0.3, () => ['GET', g.pick(ALL)]],
    [0.2, () => ['GET', g.pick(ALL)]],
    [0.3, () => ['DESC']],
    [0.2, () => ['ASC']],
    [0.02, () => ['BOGUS']],
    [0.02, () => ['LIMIT', '1']],
  );
}

function limit(g: Generator): string[] {
  return g.options([0.3, () => ['LIMIT', g.index(), g.index()]]);
}

function settledOrder(g: Generator): string[] {
  if (g.chance(0.2)) return ['BY', g.pick(CONSTANT), 'STORE', g.key()];
  const by = g.options(g.chance(0.5) ? [0.7, () => ['BY', g.pick(STARRED)]] : [0.8, () => ['ALPHA']]);
  return [...by, ...limit(g), ...g.options([0.3, () => ['STORE', g.key()]])];
}

export const sort: Family = {
  name: 'sort',
  weight: 3,
  rows: [
    { command: 'SORT', weight: 3, args: (g) => [g.key(), ...settledOrder(g), ...output(g)] },
    {
      command: 'SORT_RO',
      weight: 2,
      args: (g) => [
        g.key(),
        ...g.options(
          [0.5, () => ['BY', g.pick(ALL)]],
          [0.6, () => ['ALPHA']],
          [0.02, () => ['STORE', g.key()]],
        ),
        ...output(g),
      ],
      since: [7, 0],
    },
    { command: 'RPUSH', weight: 2, args: (g) => [g.key(), ...g.some(1, 8, () => String(g.int(12) - 2))] },
    { command: 'SADD', weight: 2, args: (g) => [g.key(), ...g.some(1, 8, () => String(g.int(12) - 2))] },
  ],
};
