/**
 * The server family as its command pages: what is known of the server, and what an operator does with it. Containers have
 * tables of their own. Names, arities, flags and versions are those of redis 7.2.6 src/commands/*.json.
 */
import { defineCommand, type CommandDefinition } from '../spec.js';
import { CONFIG_COMMANDS } from './config-table.js';
import { info } from './info.js';

export const SERVER_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'info',
    arity: -1,
    flags: ['loading', 'stale', 'sentinel'],
    acl: ['dangerous'],
    group: 'server',
    since: '1.0.0',
    summary: 'Tells facts and figures of the server.',
    complexity: 'O(1)',
    history: [['7.0.0', 'Takes several sections.']],
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    syntax: '[section [section ...]]',
    run: info,
  }),
  ...CONFIG_COMMANDS,
];
