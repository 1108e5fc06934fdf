/** COMMAND: what the server says about its own commands. */
import { replyHelp } from '../help.js';
import { defineCommand, type CommandDefinition } from '../spec.js';
import { commandAll, commandCount, commandDocs, commandInfo } from './info.js';
import { commandGetKeys, commandGetKeysAndFlags, commandList } from './list.js';

const HELP = [
  '(no subcommand)',
  '    Return details about all Redis commands.',
  'COUNT',
  '    Return the total number of commands in this Redis server.',
  'LIST',
  '    Return a list of all commands in this Redis server.',
  'INFO [<command-name> ...]',
  '    Return details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'GETKEYS <full-command>',
  '    Return the keys from a full Redis command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys and the access flags from a full Redis command.',
];

const shared = {
  flags: ['loading', 'stale', 'sentinel'],
  acl: ['connection'],
  group: 'server',
} as const;

export const COMMAND_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    ...shared,
    name: 'command',
    arity: -1,
    since: '2.8.13',
    summary: 'Describes every command of the server.',
    complexity: 'O(N), N being the number of commands',
    tips: ['nondeterministic_output_order'],
    run: commandAll,
    subcommands: [
      defineCommand({
        ...shared,
        name: 'count',
        arity: 2,
        since: '2.8.13',
        summary: 'Says how many commands the server has.',
        complexity: 'O(1)',
        run: commandCount,
      }),
      defineCommand({
        ...shared,
        name: 'docs',
        arity: -2,
        since: '7.0.0',
        summary: 'Documents commands: one, several or all.',
        complexity: 'O(N), N being the number of commands to look up',
        tips: ['nondeterministic_output_order'],
        syntax: '[command-name [command-name ...]]',
        run: commandDocs,
      }),
      defineCommand({
        ...shared,
        name: 'getkeys',
        arity: -3,
        since: '2.8.13',
        summary: 'Finds the keys in a call of any command.',
        complexity: 'O(N), N being the number of arguments of the call',
        syntax: 'command [arg [arg ...]]',
        run: commandGetKeys,
      }),
      defineCommand({
        ...shared,
        name: 'getkeysandflags',
        arity: -3,
        since: '7.0.0',
        summary: 'Finds the keys in a call of any command, and says how each of them is accessed.',
        complexity: 'O(N), N being the number of arguments of the call',
        syntax: 'command [arg [arg ...]]',
        run: commandGetKeysAndFlags,
      }),
      defineCommand({
        ...shared,
        name: 'help',
        arity: 2,
        since: '5.0.0',
        summary: 'Lists the subcommands of COMMAND.',
        complexity: 'O(1)',
        run: (ctx, argv) => replyHelp(ctx.reply, argv[0], HELP),
      }),
      defineCommand({
        ...shared,
        name: 'info',
        arity: -2,
        since: '2.8.13',
        summary: 'Describes commands: one, several or all.',
        complexity: 'O(N), N being the number of commands to look up',
        history: [['7.0.0', 'Without a name it describes all commands.']],
        tips: ['nondeterministic_output_order'],
        syntax: '[command-name [command-name ...]]',
        run: commandInfo,
      }),
      defineCommand({
        ...shared,
        name: 'list',
        arity: -2,
        since: '7.0.0',
        summary: 'Lists the names of the commands.',
        complexity: 'O(N), N being the number of commands',
        tips: ['nondeterministic_output_order'],
        syntax: '[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]',
        run: commandList,
      }),
    ],
  }),
];
