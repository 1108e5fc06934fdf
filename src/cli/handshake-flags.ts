/** The flags of `handshake`, in alphabetical order. What they mean together is in handshake/setup.ts. */
import { Flags } from '@oclif/core';
import { parseDuration, parseLargest, parseListen, parseOffset, type Listen } from './handshake/values.js';
import { parsePort } from './target.js';

/** What a replica of Redis 7.2 announces when nothing else is said. */
const DEFAULT_PORT = 6380;

export const handshakeFlags = {
  'announce-ip': Flags.string({ helpValue: 'IP', description: 'address to announce' }),

  between: Flags.custom<Listen>({ parse: (input) => Promise.resolve(parseListen(input)) })({
    helpValue: 'LISTEN',
    description: 'stand between replicas that connect to this port and the target; diagnose both sides',
    exclusive: ['no-psync', 'probe', 'replid', 'rdb', 'replay', 'count', 'step', 'conformance', 'report'],
  }),

  capa: Flags.string({
    multiple: true,
    // Otherwise a target behind it would be one more name.
    multipleNonGreedy: true,
    default: ['eof', 'psync2'],
    helpValue: 'NAME',
    description:
      'capability to announce, repeatable (none: announce nothing). eof costs a wait on diskless masters',
  }),

  conformance: Flags.boolean({
    description:
      'for authors of servers: the handshake in all the ways of real replicas, as a table of verdicts',
    exclusive: ['no-psync', 'probe', 'replid', 'follow', 'rdb', 'step', 'report', 'hex'],
  }),

  count: Flags.integer({
    min: 1,
    helpValue: 'N',
    dependsOn: ['follow'],
    description: 'with --follow: stop after that many commands',
  }),

  explain: Flags.string({
    helpValue: 'ID',
    description: 'explain a diagnosis (list: name them all), and do nothing else',
  }),

  follow: Flags.boolean({ description: 'read the stream after the snapshot; nothing is acknowledged' }),

  for: Flags.custom<number>({ parse: (input) => Promise.resolve(parseDuration(input)) })({
    helpValue: '10s',
    relationships: [{ type: 'some', flags: ['follow', 'between'] }],
    description: 'with --follow and --between: stop after that time',
  }),

  hex: Flags.boolean({ description: 'dump every byte sent and received' }),

  'largest-keys': Flags.custom<number>({ parse: (input) => Promise.resolve(parseLargest(input)) })({
    helpValue: 'N',
    description: 'name that many of the largest keys of the snapshot [default: 10]',
  }),

  'listening-port': Flags.custom<number>({
    parse: (input) => Promise.resolve(parsePort(input, '--listening-port')),
  })({ helpValue: 'PORT', default: DEFAULT_PORT, description: 'port to announce' }),

  'no-psync': Flags.boolean({
    description: 'stop before PSYNC: costs the master no snapshot',
    exclusive: ['probe', 'replid', 'follow', 'rdb'],
  }),

  offset: Flags.custom<number>({ parse: (input) => Promise.resolve(parseOffset(input)) })({
    helpValue: 'N',
    dependsOn: ['replid'],
    description: 'with --replid: the first byte to ask for, one more than slave_repl_offset of the replica',
  }),

  probe: Flags.boolean({
    description: "ask to continue at the master's current position: no snapshot; closed at once",
    exclusive: ['no-psync', 'replid', 'follow', 'rdb'],
  }),

  rdb: Flags.string({ helpValue: 'FILE', description: 'keep the snapshot when it is whole' }),

  redact: Flags.boolean({
    description: 'mask keys, values and user names, so that the trace can go into a bug report',
    exclusive: ['step', 'conformance'],
  }),

  'redact-addresses': Flags.boolean({
    description: 'mask host names and IP addresses, too; implies --redact',
    exclusive: ['step', 'conformance'],
  }),

  replay: Flags.string({
    helpValue: 'FILE',
    description: 'diagnose a trace that --json wrote (- reads it from standard input), and do nothing else',
    exclusive: ['no-psync', 'probe', 'replid', 'follow', 'rdb', 'step', 'conformance', 'report'],
  }),

  replid: Flags.string({ helpValue: 'ID', dependsOn: ['offset'], description: 'replication id to continue' }),

  report: Flags.string({
    helpValue: 'FILE.html',
    description: 'write the trace, the snapshot report and the diagnosis as one page, too',
  }),

  step: Flags.boolean({
    description: 'drive it by hand: each message is shown, may be edited, and is sent on Enter',
    exclusive: ['conformance', 'probe', 'rdb', 'follow'],
  }),
};
