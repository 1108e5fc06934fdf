/** OBJECT: what is known of a value besides its contents. */
import { type CommandDefinition, defineCommand, keyAt } from '../spec.js';
import { objectEncoding, objectFreq, objectHelp, objectIdletime, objectRefcount } from './object.js';

const shared = {
  arity: 3,
  flags: ['readonly'],
  acl: ['keyspace'],
  group: 'generic',
  complexity: 'O(1)',
  tips: ['nondeterministic_output'],
  keys: [keyAt(2, 'RO')],
  syntax: 'key',
} as const;

export const OBJECT_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'object',
    arity: -2,
    flags: [],
    group: 'generic',
    since: '2.2.3',
    summary: 'A container for what is known of values.',
    complexity: 'That of the subcommand',
    subcommands: [
      defineCommand({
        ...shared,
        name: 'encoding',
        since: '2.2.3',
        summary: 'Names the internal encoding of a value.',
        run: objectEncoding,
      }),
      defineCommand({
        ...shared,
        name: 'freq',
        since: '4.0.0',
        summary: 'Tells how often a value is accessed, as a logarithmic count.',
        run: objectFreq,
      }),
      defineCommand({
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        acl: ['keyspace'],
        group: 'generic',
        since: '6.2.0',
        summary: 'Lists the subcommands of OBJECT.',
        complexity: 'O(1)',
        run: objectHelp,
      }),
      defineCommand({
        ...shared,
        name: 'idletime',
        since: '2.2.3',
        summary: 'Tells how many seconds ago a value was accessed.',
        run: objectIdletime,
      }),
      defineCommand({
        ...shared,
        name: 'refcount',
        since: '2.2.3',
        summary: 'Tells how many references to a value there are.',
        run: objectRefcount,
      }),
    ],
  }),
];
