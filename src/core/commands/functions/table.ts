/** FUNCTION: the libraries that a data set carries. Those of its subcommands that need no Lua. */
import { type CommandDefinition, defineCommand } from '../spec.js';
import { functionDelete, functionFlush } from './functions.js';

const changes = {
  flags: ['noscript', 'write'],
  acl: ['scripting'],
  group: 'scripting',
  since: '7.0.0',
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
} as const;

export const FUNCTION_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'function',
    arity: -2,
    flags: [],
    group: 'scripting',
    since: '7.0.0',
    summary: 'A container for what concerns functions.',
    complexity: 'That of the subcommand',
    subcommands: [
      defineCommand({
        ...changes,
        name: 'delete',
        arity: 3,
        summary: 'Deletes a library with its functions.',
        complexity: 'O(N), N being the number of libraries',
        syntax: 'library-name',
        run: functionDelete,
      }),
      defineCommand({
        ...changes,
        name: 'flush',
        arity: -2,
        summary: 'Deletes all libraries.',
        complexity: 'O(1)',
        syntax: '[ASYNC | SYNC]',
        run: functionFlush,
      }),
    ],
  }),
];
