/**
 * The server family as its command pages: what is known of the server, and what an operator does with it. Containers have
 * tables of their own. Names, arities, flags and versions are those of redis 7.2.6 src/commands/*.json.
 */
import { defineCommand, type CommandDefinition } from '../spec.js';
import { CONFIG_COMMANDS } from './config-table.js';
import { debug } from './debug.js';
import { info } from './info.js';
import { lolwut } from './lolwut.js';
import { OBSERVE_COMMANDS } from './observe-table.js';
import { monitor } from './monitor.js';
import { bgsave, lastsave, save, shutdown, time } from './state.js';

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
  defineCommand({
    name: 'time',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    group: 'server',
    since: '2.6.0',
    summary: 'Answers with the time of the server.',
    complexity: 'O(1)',
    tips: ['nondeterministic_output'],
    run: time,
  }),
  defineCommand({
    name: 'monitor',
    arity: 1,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '1.0.0',
    summary: 'Shows every command that the server executes.',
    run: monitor,
  }),
  defineCommand({
    name: 'save',
    arity: 1,
    flags: ['no_async_loading', 'admin', 'noscript', 'no_multi'],
    group: 'server',
    since: '1.0.0',
    summary: 'Writes a snapshot to disk and answers when it is there.',
    complexity: 'O(N), N being the number of keys',
    run: save,
  }),
  defineCommand({
    name: 'bgsave',
    arity: -1,
    flags: ['no_async_loading', 'admin', 'noscript'],
    group: 'server',
    since: '1.0.0',
    summary: 'Writes a snapshot to disk while clients are served.',
    complexity: 'O(1)',
    history: [['3.2.2', 'New option `SCHEDULE`.']],
    syntax: '[SCHEDULE]',
    run: bgsave,
  }),
  defineCommand({
    name: 'lastsave',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    acl: ['admin', 'dangerous'],
    group: 'server',
    since: '1.0.0',
    summary: 'Says when the last snapshot was written.',
    complexity: 'O(1)',
    tips: ['nondeterministic_output'],
    run: lastsave,
  }),
  defineCommand({
    name: 'shutdown',
    arity: -1,
    flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'sentinel', 'allow_busy'],
    group: 'server',
    since: '1.0.0',
    summary: 'Saves and ends the server.',
    complexity: 'O(N) when it saves, N being the number of keys; O(1) otherwise',
    history: [['7.0.0', 'New modifiers `NOW`, `FORCE` and `ABORT`.']],
    syntax: '[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]',
    run: shutdown,
  }),
  defineCommand({
    name: 'lolwut',
    arity: -1,
    flags: ['readonly', 'fast'],
    group: 'server',
    since: '5.0.0',
    summary: 'Draws a picture and tells the version.',
    syntax: '[VERSION version]',
    run: lolwut,
  }),
  defineCommand({
    name: 'debug',
    arity: -2,
    flags: ['admin', 'noscript', 'loading', 'stale', 'protected'],
    group: 'server',
    since: '1.0.0',
    summary: 'What tests of a server need.',
    complexity: 'That of the subcommand',
    system: true,
    run: debug,
  }),
  ...CONFIG_COMMANDS,
  ...OBSERVE_COMMANDS,
];
