/** CONFIG as its command pages. */
import { defineCommand, type CommandDefinition } from '../spec.js';
import { configGet, configHelp, configResetstat, configRewrite, configSet } from './config.js';

const FLAGS = ['admin', 'noscript', 'loading', 'stale'] as const;
const ALL_NODES = ['request_policy:all_nodes', 'response_policy:all_succeeded'];

const SUBCOMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'get',
    arity: -3,
    flags: FLAGS,
    group: 'server',
    since: '2.0.0',
    summary: 'Answers with the directives that match patterns, and their values.',
    complexity: 'O(N), N being the number of directives',
    history: [['7.0.0', 'Takes several patterns.']],
    syntax: 'parameter [parameter ...]',
    run: configGet,
  }),
  defineCommand({
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    group: 'server',
    since: '5.0.0',
    summary: 'Lists the subcommands of CONFIG.',
    complexity: 'O(1)',
    run: configHelp,
  }),
  defineCommand({
    name: 'resetstat',
    arity: 2,
    flags: FLAGS,
    group: 'server',
    since: '2.0.0',
    summary: 'Puts the counters of INFO back to 0.',
    complexity: 'O(1)',
    tips: ALL_NODES,
    run: configResetstat,
  }),
  defineCommand({
    name: 'rewrite',
    arity: 2,
    flags: FLAGS,
    group: 'server',
    since: '2.8.0',
    summary: 'Writes the configuration as it is now into its file.',
    complexity: 'O(1)',
    tips: ALL_NODES,
    run: configRewrite,
  }),
  defineCommand({
    name: 'set',
    arity: -4,
    flags: FLAGS,
    group: 'server',
    since: '2.0.0',
    summary: 'Changes directives, all of those given or none.',
    complexity: 'O(N), N being the number of directives given',
    history: [['7.0.0', 'Takes several directives.']],
    tips: ALL_NODES,
    syntax: 'parameter value [parameter value ...]',
    run: configSet,
  }),
];

export const CONFIG_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'config',
    arity: -2,
    flags: [],
    group: 'server',
    since: '2.0.0',
    summary: 'A container for commands about the configuration.',
    complexity: 'That of the subcommand',
    subcommands: SUBCOMMANDS,
  }),
];
