/** XINFO as its command pages (redis 7.2.6 src/commands/xinfo*.json). */
import { defineCommand, keyAt, type CommandDefinition } from '../spec.js';
import { xinfoConsumers, xinfoGroups, xinfoHelp, xinfoStream } from './info.js';

const shared = { acl: ['stream'], group: 'stream', since: '5.0.0', flags: ['readonly'] } as const;

const SUBCOMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    ...shared,
    name: 'consumers',
    arity: 4,
    summary: 'Shows the consumers of a group.',
    complexity: 'O(N), N being the number of consumers',
    history: [['7.2.0', 'New field `inactive`.']],
    tips: ['nondeterministic_output'],
    keys: [keyAt(2, 'RO', 'access')],
    syntax: 'key group',
    run: xinfoConsumers,
  }),
  defineCommand({
    ...shared,
    name: 'groups',
    arity: 3,
    summary: 'Shows the groups of a stream.',
    complexity: 'O(N), N being the number of groups',
    history: [['7.0.0', 'New fields `entries-read` and `lag`.']],
    keys: [keyAt(2, 'RO', 'access')],
    syntax: 'key',
    run: xinfoGroups,
  }),
  defineCommand({
    ...shared,
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    summary: 'Lists the subcommands of XINFO.',
    complexity: 'O(1)',
    run: xinfoHelp,
  }),
  defineCommand({
    ...shared,
    name: 'stream',
    arity: -3,
    summary: 'Shows what is known of a stream.',
    complexity: 'O(1), and O(N) for the entries that FULL shows',
    history: [
      ['6.0.0', 'New option `FULL`.'],
      [
        '7.0.0',
        'New fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`.',
      ],
      ['7.2.0', 'New field `active-time`; `seen-time` has another meaning.'],
    ],
    keys: [keyAt(2, 'RO', 'access')],
    syntax: 'key [FULL [COUNT count]]',
    run: xinfoStream,
  }),
];

export const XINFO: CommandDefinition = defineCommand({
  name: 'xinfo',
  arity: -2,
  flags: [],
  group: 'stream',
  since: '5.0.0',
  summary: 'A container for the commands that look into streams.',
  complexity: 'That of the subcommand',
  subcommands: SUBCOMMANDS,
});
