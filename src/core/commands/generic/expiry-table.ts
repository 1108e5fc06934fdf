/** Expiry: how long a key lives. */
import { type CommandDefinition, defineCommand, keyAt } from '../spec.js';
import { expireCommand, persist, ttlCommand } from './expire.js';

/** What the commands that set an expiry have in common. */
const setting = {
  arity: -3,
  flags: ['write', 'fast'],
  acl: ['keyspace'],
  group: 'generic',
  complexity: 'O(1)',
  history: [['7.0.0', 'NX, XX, GT and LT.']],
  keys: [keyAt(1, 'RW', 'update')],
} as const;

/** What the commands that tell an expiry have in common. */
const telling = {
  arity: 2,
  flags: ['readonly', 'fast'],
  acl: ['keyspace'],
  group: 'generic',
  complexity: 'O(1)',
  keys: [keyAt(1, 'RO', 'access')],
  syntax: 'key',
} as const;

export const EXPIRY_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    ...setting,
    name: 'expire',
    since: '1.0.0',
    summary: 'Lets a key expire after a number of seconds.',
    syntax: 'key seconds [NX | XX | GT | LT]',
    run: expireCommand({ seconds: true, absolute: false }),
  }),
  defineCommand({
    ...setting,
    name: 'expireat',
    since: '1.2.0',
    summary: 'Lets a key expire at a Unix time in seconds.',
    syntax: 'key unix-time-seconds [NX | XX | GT | LT]',
    run: expireCommand({ seconds: true, absolute: true }),
  }),
  defineCommand({
    ...telling,
    name: 'expiretime',
    since: '7.0.0',
    summary: 'Tells when a key expires, as a Unix time in seconds.',
    run: ttlCommand({ seconds: true, absolute: true }),
  }),
  defineCommand({
    ...setting,
    name: 'persist',
    arity: 2,
    history: undefined,
    since: '2.2.0',
    summary: 'Lets a key live for ever.',
    syntax: 'key',
    run: persist,
  }),
  defineCommand({
    ...setting,
    name: 'pexpire',
    since: '2.6.0',
    summary: 'Lets a key expire after a number of milliseconds.',
    syntax: 'key milliseconds [NX | XX | GT | LT]',
    run: expireCommand({ seconds: false, absolute: false }),
  }),
  defineCommand({
    ...setting,
    name: 'pexpireat',
    since: '2.6.0',
    summary: 'Lets a key expire at a Unix time in milliseconds.',
    syntax: 'key unix-time-milliseconds [NX | XX | GT | LT]',
    run: expireCommand({ seconds: false, absolute: true }),
  }),
  defineCommand({
    ...telling,
    name: 'pexpiretime',
    since: '7.0.0',
    summary: 'Tells when a key expires, as a Unix time in milliseconds.',
    run: ttlCommand({ seconds: false, absolute: true }),
  }),
  defineCommand({
    ...telling,
    name: 'pttl',
    since: '2.6.0',
    summary: 'Tells how many milliseconds a key has left.',
    history: [['2.8.0', 'Answers -2 for a key that does not exist.']],
    tips: ['nondeterministic_output'],
    run: ttlCommand({ seconds: false, absolute: false }),
  }),
  defineCommand({
    ...telling,
    name: 'ttl',
    since: '1.0.0',
    summary: 'Tells how many seconds a key has left.',
    history: [['2.8.0', 'Answers -2 for a key that does not exist.']],
    tips: ['nondeterministic_output'],
    run: ttlCommand({ seconds: true, absolute: false }),
  }),
];
