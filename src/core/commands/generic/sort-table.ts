/** SORT and SORT_RO as their command pages. */
import { defineCommand, keyAt, type CommandDefinition, type KeySpec } from '../spec.js';
import { sort, sortKeys, sortRo, sortRoKeys } from './sort.js';

const COMPLEXITY =
  'O(N+M*log(N)), N being the number of elements, M the number of those that are answered; without sorting O(N)';
const SORTED = keyAt(1, 'RO', 'access');
const LOOKED_UP: KeySpec = {
  flags: ['RO', 'access'],
  begin: { unknown: true },
  find: { unknown: true },
  notes: 'The keys of BY and GET follow from what is sorted, so they cannot be told from the arguments',
};
const TARGET: KeySpec = {
  flags: ['OW', 'update'],
  begin: { unknown: true },
  find: { unknown: true },
  notes: 'STORE may stand anywhere among the options',
};
const OPTIONS = 'key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]';

export const SORT_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'sort',
    arity: -2,
    flags: ['write', 'denyoom'],
    acl: ['set', 'sortedset', 'list', 'dangerous'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Sorts a list, a set or a sorted set; the result can be stored.',
    complexity: COMPLEXITY,
    keys: [SORTED, LOOKED_UP, TARGET],
    getKeys: sortKeys,
    syntax: `${OPTIONS} [STORE destination]`,
    run: sort,
  }),
  defineCommand({
    name: 'sort_ro',
    arity: -2,
    flags: ['readonly'],
    acl: ['set', 'sortedset', 'list', 'dangerous'],
    group: 'generic',
    since: '7.0.0',
    summary: 'Sorts a list, a set or a sorted set, and changes nothing.',
    complexity: COMPLEXITY,
    keys: [SORTED, LOOKED_UP],
    getKeys: sortRoKeys,
    syntax: OPTIONS,
    run: sortRo,
  }),
];
