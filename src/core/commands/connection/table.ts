/**
 * The connection family as its command pages: what a client does with its own connection. CLIENT has a table of its own.
 * Names, arities, flags and versions are those of redis 7.2.6 src/commands/*.json.
 */
import { defineCommand, type CommandDefinition } from '../spec.js';
import { auth, hello } from './auth.js';
import { echo, ping, quit, reset, select } from './basic.js';
import { CLIENT_COMMANDS } from './client-table.js';

const shared = { acl: ['connection'], group: 'connection' } as const;

/** What a client may do before it has said who it is, and while a script keeps the server busy. */
const ANY_TIME = ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'] as const;

export const CONNECTION_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    ...shared,
    name: 'ping',
    arity: -1,
    flags: ['fast', 'sentinel'],
    since: '1.0.0',
    summary: 'Answers, so that a client knows the server lives.',
    complexity: 'O(1)',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    syntax: '[message]',
    run: ping,
  }),
  defineCommand({
    ...shared,
    name: 'echo',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    since: '1.0.0',
    summary: 'Answers with its argument.',
    complexity: 'O(1)',
    syntax: 'message',
    run: echo,
  }),
  defineCommand({
    ...shared,
    name: 'select',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    since: '1.0.0',
    summary: 'Changes the database that the connection works on.',
    complexity: 'O(1)',
    syntax: 'index',
    run: select,
  }),
  defineCommand({
    ...shared,
    name: 'quit',
    arity: -1,
    flags: ANY_TIME,
    since: '1.0.0',
    summary: 'Closes the connection once its answers are sent.',
    complexity: 'O(1)',
    deprecated: { since: '7.2.0', replacedBy: 'just closing the connection' },
    run: quit,
  }),
  defineCommand({
    ...shared,
    name: 'reset',
    arity: 1,
    flags: ANY_TIME,
    since: '6.2.0',
    summary: 'Puts the connection back into the state of a new one.',
    complexity: 'O(1)',
    run: reset,
  }),
  defineCommand({
    ...shared,
    name: 'auth',
    arity: -2,
    flags: [...ANY_TIME, 'sentinel'],
    since: '1.0.0',
    summary: 'Says who the client is.',
    complexity: 'O(N), N being the number of passwords of the user',
    history: [['6.0.0', 'Takes a user name before the password.']],
    syntax: '[username] password',
    run: auth,
  }),
  defineCommand({
    ...shared,
    name: 'hello',
    arity: -1,
    flags: [...ANY_TIME, 'sentinel'],
    since: '6.0.0',
    summary: 'Agrees on the protocol and describes the server.',
    complexity: 'O(1)',
    history: [['6.2.0', '`protover` may be left out: the connection stays as it is and is described.']],
    syntax: '[protover [AUTH username password] [SETNAME clientname]]',
    run: hello,
  }),
  ...CLIENT_COMMANDS,
];
