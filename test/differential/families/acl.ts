/**
 * Users and their permissions. The rows of other families are drawn for DRYRUN, so that the keys of every command are looked at by key
 * permissions. Only carol is logged in as, and she is never deleted (that would end the connection); the default user is left alone.
 * Left out on purpose: ACL LOG with entries (ports and times), LOAD and SAVE (files), a rule `%` without letters (Redis ends with a
 * panic when it is to be shown).
 */
import { type Family, type Generator } from '../generator.js';

/** Who may be there; a case begins without them. */
export const ACL_USERS = ['alice', 'bob', 'carol', 'Ünï'] as const;

const NAMES = [...ACL_USERS, 'default', 'nobody', 'with space', ''];
const PASSWORDS = ['secret', 'other', '', 'p\x00w'];
const HASHES = [
  '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b',
  '2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B',
  'abc',
  '',
];
const COMMANDS = [
  'get',
  'set',
  'HSET',
  'lpush',
  'client',
  'client|list',
  'CLIENT|id',
  'config',
  'config|get',
  'memory|usage',
  'select',
  'select|0',
  'ping|x',
  'publish',
  'acl',
  'acl|whoami',
  'debug|object',
  'debug|digest',
  'nosuch',
  'config|nosuch',
  'config|get|x',
  'get|a|b',
  'select|',
  '',
];
const CATEGORIES = ['read', 'WRITE', 'keyspace', 'string', 'dangerous', 'fast', 'pubsub', 'nosuch', ''];
const PATTERNS = ['*', 'a*', 'key:?', '[a-c]', '', 'k\x00', 'with space', '{tag}*', 'a'];
const WORDS = [
  'on',
  'off',
  'nopass',
  'resetpass',
  'allkeys',
  'resetkeys',
  'allchannels',
  'resetchannels',
  'allcommands',
  'nocommands',
  '+@all',
  '-@all',
  'clearselectors',
  'reset',
  'sanitize-payload',
  'skip-sanitize-payload',
  'bogus',
  '',
  '(',
  ')',
  '()',
];

const KINDS: readonly ((g: Generator) => string)[] = [
  (g) => g.spelling(g.pick(WORDS)),
  (g) => g.spelling(g.pick(WORDS)),
  (g) => g.pick(['>', '<']) + g.pick(PASSWORDS),
  (g) => g.pick(['#', '!']) + g.pick(HASHES),
  (g) => g.pick(['~', '~', '%R~', '%W~', '%rw~', '%WR~', '%RR~', '%X~', '%R']) + g.pick(PATTERNS),
  (g) => '&' + g.pick(PATTERNS),
  (g) => g.pick(['+', '-']) + g.pick(COMMANDS),
  (g) => g.pick(['+', '-']) + g.pick(COMMANDS),
  (g) => g.pick(['+@', '-@']) + g.pick(CATEGORIES),
  (g) =>
    `(${g.some(0, 4, () => g.pick(['+get', '-@all', '+@read', '~a*', '%R~b', '&c', '-set'])).join(' ')})`,
  () => '(+@write',
  () => '~b*)',
];

/** Mostly rules that are taken, since one that is not makes all of them void. */
const rule = (g: Generator) =>
  g.chance(0.6)
    ? g.pick(['on', 'nopass', 'resetkeys', '~a*', '%R~b', '%W~c', '+@read', '+set', '-get', '+@all', '-@all'])
    : g.pick(KINDS)(g);

export function acl(others: readonly Family[]): Family {
  const call = (g: Generator): string[] => {
    const row = g.weighted(g.pick(others).rows.filter(({ since }) => since === undefined));
    return [g.spelling(row.command), ...row.args(g)];
  };
  const since = [7, 2] as const;
  const user = (g: Generator) => g.pick(NAMES);
  return {
    name: 'acl',
    weight: 2,
    rows: [
      {
        command: 'ACL',
        weight: 12,
        args: (g) => ['SETUSER', g.pick(ACL_USERS), ...g.some(0, 4, () => rule(g))],
        since,
      },
      { command: 'ACL', weight: 1, args: (g) => ['setuser', g.pick(['with space', 'nul\x00']), 'on'], since },
      {
        command: 'ACL',
        weight: 12,
        args: (g) => ['DRYRUN', g.chance(0.9) ? g.pick(ACL_USERS) : user(g), ...call(g)],
        since,
      },
      { command: 'ACL', weight: 6, args: (g) => ['GETUSER', user(g)], since },
      {
        command: 'ACL',
        weight: 3,
        args: (g) => [g.pick(['LIST', 'users', 'WHOAMI', 'HELP', 'bogus'])],
        since,
      },
      {
        command: 'ACL',
        weight: 1,
        args: (g) => ['DELUSER', ...g.some(1, 3, () => g.pick(['alice', 'bob', 'x']))],
        since,
      },
      {
        command: 'ACL',
        weight: 1,
        args: (g) => ['CAT', ...g.some(0, 1, () => g.pick(['nosuch', 'k\x00', '']))],
        since,
      },
      {
        command: 'ACL',
        weight: 1,
        args: (g) => ['GENPASS', g.pick(['0', '-1', '4097', 'x', ''])],
        since,
        needsAll: true,
      },
      {
        command: 'ACL',
        weight: 1,
        args: (g) => ['LOG', g.pick(['0', '-1', 'reset', 'x', ''])],
        since,
        needsAll: true,
      },
      { command: 'ACL', weight: 1, args: (g) => [g.pick(['LOAD', 'SAVE'])], since },
      { command: 'AUTH', weight: 2, args: (g) => [g.pick(['nobody', 'with space']), 'secret'], since },
      { command: 'AUTH', weight: 2, args: (g) => ['carol', g.pick(PASSWORDS)], since },
      { command: 'RESET', weight: 3, args: () => [] },
    ],
  };
}
