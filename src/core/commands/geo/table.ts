/**
 * The geo family as its command pages. Names, arities, flags, key specifications and versions are those of redis 7.2.6
 * src/commands/*.json.
 */
import { defineCommand, keyAt, type CommandDefinition, type KeySpec } from '../spec.js';
import { geoadd, geodist, geohash, geopos } from './members.js';
import {
  georadius,
  georadiusbymember,
  georadiusbymemberRo,
  georadiusRo,
  geosearch,
  geosearchstore,
} from './search.js';

const SEARCH = 'O(N + log M), N being the members in the cells around the shape and M those inside of it';
const UNITS = 'M | KM | FT | MI';
const CENTRE = '<FROMMEMBER member | FROMLONLAT longitude latitude>';
const EXTENT = `<<BYRADIUS radius> <${UNITS}> | <BYBOX width> height <${UNITS}>>`;
const ORDER = '[ASC | DESC]';
const WITH = '[WITHCOORD] [WITHDIST] [WITHHASH]';
const STORE = '[STORE key | STOREDIST key]';
const READ: readonly KeySpec[] = [keyAt(1, 'RO', 'access')];

/** The key behind STORE or STOREDIST. */
function storeKeys(from: number): readonly KeySpec[] {
  return ['STORE', 'STOREDIST'].map((keyword) => ({
    flags: ['OW', 'update'],
    begin: { keyword, from },
    find: { lastKey: 0, step: 1, limit: 0 },
  }));
}

export const GEO_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'geoadd',
    arity: -5,
    flags: ['write', 'denyoom'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Adds members at positions to a geo set, or moves those that are there.',
    complexity: 'O(log N) for each member',
    history: [['6.2.0', 'New options `CH`, `NX` and `XX`.']],
    keys: [keyAt(1, 'RW', 'update')],
    syntax: 'key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]',
    run: geoadd,
  }),
  defineCommand({
    name: 'geopos',
    arity: -2,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Answers with the positions of members.',
    complexity: 'O(1) for each member',
    keys: READ,
    syntax: 'key [member [member ...]]',
    run: geopos,
  }),
  defineCommand({
    name: 'geohash',
    arity: -2,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Answers with the positions of members as geohash strings.',
    complexity: 'O(1) for each member',
    keys: READ,
    syntax: 'key [member [member ...]]',
    run: geohash,
  }),
  defineCommand({
    name: 'geodist',
    arity: -4,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Answers with the distance between two members.',
    complexity: 'O(1)',
    keys: READ,
    syntax: `key member1 member2 [${UNITS}]`,
    run: geodist,
  }),
  defineCommand({
    name: 'geosearch',
    arity: -7,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '6.2.0',
    summary: 'Answers with the members inside of a circle or a box.',
    complexity: SEARCH,
    history: [['7.0.0', 'Units may be upper case.']],
    keys: READ,
    syntax: `key ${CENTRE} ${EXTENT} ${ORDER} [COUNT count [ANY]] ${WITH}`,
    run: geosearch,
  }),
  defineCommand({
    name: 'geosearchstore',
    arity: -8,
    flags: ['write', 'denyoom'],
    acl: ['geo'],
    group: 'geo',
    since: '6.2.0',
    summary: 'Stores the members inside of a circle or a box.',
    complexity: SEARCH,
    history: [['7.0.0', 'Units may be upper case.']],
    keys: [keyAt(1, 'OW', 'update'), keyAt(2, 'RO', 'access')],
    syntax: `destination source ${CENTRE} ${EXTENT} ${ORDER} [COUNT count [ANY]] [STOREDIST]`,
    run: geosearchstore,
  }),
  defineCommand({
    name: 'georadius',
    arity: -6,
    flags: ['write', 'denyoom'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Answers with the members in a circle around a position, or stores them.',
    complexity: SEARCH,
    deprecated: {
      since: '6.2.0',
      replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument',
    },
    history: [
      ['6.2.0', 'New option `ANY`.'],
      ['7.0.0', 'Units may be upper case.'],
    ],
    keys: [...READ, ...storeKeys(6)],
    syntax: `key longitude latitude radius <${UNITS}> ${WITH} [COUNT count [ANY]] ${ORDER} ${STORE}`,
    run: georadius,
  }),
  defineCommand({
    name: 'georadius_ro',
    arity: -6,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.10',
    summary: 'Answers with the members in a circle around a position.',
    complexity: SEARCH,
    deprecated: { since: '6.2.0', replacedBy: '`GEOSEARCH` with the `BYRADIUS` argument' },
    history: [['6.2.0', 'New option `ANY`.']],
    keys: READ,
    syntax: `key longitude latitude radius <${UNITS}> ${WITH} [COUNT count [ANY]] ${ORDER}`,
    run: georadiusRo,
  }),
  defineCommand({
    name: 'georadiusbymember',
    arity: -5,
    flags: ['write', 'denyoom'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Answers with the members in a circle around a member, or stores them.',
    complexity: SEARCH,
    deprecated: {
      since: '6.2.0',
      replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments',
    },
    history: [['7.0.0', 'Units may be upper case.']],
    keys: [...READ, ...storeKeys(5)],
    syntax: `key member radius <${UNITS}> ${WITH} [COUNT count [ANY]] ${ORDER} ${STORE}`,
    run: georadiusbymember,
  }),
  defineCommand({
    name: 'georadiusbymember_ro',
    arity: -5,
    flags: ['readonly'],
    acl: ['geo'],
    group: 'geo',
    since: '3.2.10',
    summary: 'Answers with the members in a circle around a member.',
    complexity: SEARCH,
    deprecated: { since: '6.2.0', replacedBy: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments' },
    keys: READ,
    syntax: `key member radius <${UNITS}> ${WITH} [COUNT count [ANY]] ${ORDER}`,
    run: georadiusbymemberRo,
  }),
];
