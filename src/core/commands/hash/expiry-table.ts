/**
 * The expiry of fields as its command pages. Redis has these commands since 7.4; names, arities, flags and key specifications are
 * those of redis.io.
 */
import { defineCommand, keyAt, type CommandDefinition } from '../spec.js';
import { hexpireCommand, hpersist, httlCommand } from './expire.js';

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly seconds: boolean;
  readonly absolute: boolean;
}

const SETTERS: readonly (Row & { readonly time: string })[] = [
  {
    name: 'hexpire',
    summary: 'Sets after how many seconds fields of a hash expire.',
    seconds: true,
    absolute: false,
    time: 'seconds',
  },
  {
    name: 'hpexpire',
    summary: 'Sets after how many milliseconds fields of a hash expire.',
    seconds: false,
    absolute: false,
    time: 'milliseconds',
  },
  {
    name: 'hexpireat',
    summary: 'Sets the Unix time in seconds at which fields of a hash expire.',
    seconds: true,
    absolute: true,
    time: 'unix-time-seconds',
  },
  {
    name: 'hpexpireat',
    summary: 'Sets the Unix time in milliseconds at which fields of a hash expire.',
    seconds: false,
    absolute: true,
    time: 'unix-time-milliseconds',
  },
];

const GETTERS: readonly Row[] = [
  {
    name: 'httl',
    summary: 'Tells how many seconds fields of a hash have left.',
    seconds: true,
    absolute: false,
  },
  {
    name: 'hpttl',
    summary: 'Tells how many milliseconds fields of a hash have left.',
    seconds: false,
    absolute: false,
  },
  {
    name: 'hexpiretime',
    summary: 'Tells the Unix time in seconds at which fields of a hash expire.',
    seconds: true,
    absolute: true,
  },
  {
    name: 'hpexpiretime',
    summary: 'Tells the Unix time in milliseconds at which fields of a hash expire.',
    seconds: false,
    absolute: true,
  },
];

const COMMON = {
  acl: ['hash'],
  group: 'hash',
  since: '7.4.0',
  complexity: 'O(N) with N the number of fields.',
} as const;

export const FIELD_EXPIRY_COMMANDS: readonly CommandDefinition[] = [
  ...SETTERS.map(({ name, summary, time, ...form }) =>
    defineCommand({
      ...COMMON,
      name,
      summary,
      arity: -6,
      flags: ['write', 'denyoom', 'fast'],
      keys: [keyAt(1, 'RW', 'update')],
      syntax: `key ${time} [NX | XX | GT | LT] FIELDS numfields field [field ...]`,
      run: hexpireCommand(form),
    }),
  ),
  ...GETTERS.map(({ name, summary, ...form }) =>
    defineCommand({
      ...COMMON,
      name,
      summary,
      arity: -5,
      flags: ['readonly', 'fast'],
      keys: [keyAt(1, 'RO', 'access')],
      syntax: 'key FIELDS numfields field [field ...]',
      run: httlCommand(form),
    }),
  ),
  defineCommand({
    ...COMMON,
    name: 'hpersist',
    summary: 'Ends the expiry of fields of a hash.',
    arity: -5,
    flags: ['write', 'fast'],
    keys: [keyAt(1, 'RW', 'update')],
    syntax: 'key FIELDS numfields field [field ...]',
    run: hpersist,
  }),
];
