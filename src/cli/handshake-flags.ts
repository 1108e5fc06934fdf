/** The flags of `handshake`, in alphabetical order. What they mean together is in handshake/setup.ts. */
import { Flags } from '@oclif/core';
import { parseDuration, parseOffset } from './handshake/values.js';
import { parsePort } from './target.js';

/** What a replica of Redis 7.2 announces when nothing else is said. */
const DEFAULT_PORT = 6380;

export const handshakeFlags = {
  'announce-ip': Flags.string({ helpValue: 'IP', description: 'address to announce' }),

  capa: Flags.string({
    multiple: true,
    // Otherwise a target behind it would be one more name.
    multipleNonGreedy: true,
    default: ['eof', 'psync2'],
    helpValue: 'NAME',
    description:
      'capability to announce, repeatable (none: announce nothing). eof costs a wait on diskless masters',
  }),

  count: Flags.integer({
    min: 1,
    helpValue: 'N',
    dependsOn: ['follow'],
    description: 'follow that many commands',
  }),

  explain: Flags.string({ helpValue: 'ID', description: 'explain a diagnosis, and do nothing else' }),

  follow: Flags.boolean({ description: 'read the stream after the snapshot; nothing is acknowledged' }),

  for: Flags.custom<number>({ parse: (input) => Promise.resolve(parseDuration(input)) })({
    helpValue: '10s',
    dependsOn: ['follow'],
    description: 'follow that long',
  }),

  hex: Flags.boolean({ description: 'dump every byte sent and received' }),

  'listening-port': Flags.custom<number>({
    parse: (input) => Promise.resolve(parsePort(input, '--listening-port')),
  })({ helpValue: 'PORT', default: DEFAULT_PORT, description: 'port to announce' }),

  'no-psync': Flags.boolean({
    description: 'stop before PSYNC',
    exclusive: ['probe', 'replid', 'follow', 'rdb'],
  }),

  offset: Flags.custom<number>({ parse: (input) => Promise.resolve(parseOffset(input)) })({
    helpValue: 'N',
    dependsOn: ['replid'],
    description: 'first byte wanted: one more than what is held',
  }),

  probe: Flags.boolean({
    description: "PSYNC for the master's current position: no snapshot, closed at once",
    exclusive: ['no-psync', 'replid', 'follow', 'rdb'],
  }),

  rdb: Flags.string({ helpValue: 'FILE', description: 'keep the snapshot when it is whole' }),

  redact: Flags.boolean({
    description: 'mask keys, values and user names, so that the trace can go into a bug report',
  }),

  'redact-addresses': Flags.boolean({
    description: 'mask host names and IP addresses, too; implies --redact',
  }),

  replay: Flags.string({
    helpValue: 'FILE',
    description: 'diagnose a trace that --json wrote (- reads it from standard input), and do nothing else',
    exclusive: ['no-psync', 'probe', 'replid', 'follow', 'rdb'],
  }),

  replid: Flags.string({ helpValue: 'ID', dependsOn: ['offset'], description: 'replication id to continue' }),
};
