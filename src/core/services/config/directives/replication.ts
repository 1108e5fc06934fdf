/**
 * Replication, both sides.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, LONG_MAX, bool, memory, number, oneOf, optionalText } from '../kinds.js';
import { masterAddress } from '../special.js';

const MB = 1024 * 1024;

export const replicationDirectives = {
  replicaof: masterAddress(),
  masterauth: optionalText({ binary: true, flags: ['sensitive'] }),
  masteruser: optionalText({ flags: ['sensitive'] }),
  'repl-disable-tcp-nodelay': bool(false),
  'repl-diskless-sync': bool(true, { flags: ['debug'] }),
  'replica-lazy-flush': bool(false, { alias: 'slave-lazy-flush' }),
  'replica-serve-stale-data': bool(true, { alias: 'slave-serve-stale-data' }),
  'replica-read-only': bool(true, { flags: ['debug'], alias: 'slave-read-only' }),
  'replica-ignore-maxmemory': bool(true, { alias: 'slave-ignore-maxmemory' }),
  'replica-announced': bool(true),
  'replica-ignore-disk-write-errors': bool(false),
  'replica-announce-ip': optionalText({ alias: 'slave-announce-ip' }),
  'repl-diskless-load': oneOf('disabled', ['disabled', 'on-empty-db', 'swapdb'], {
    flags: ['debug', 'denyLoading'],
  }),
  'propagation-error-behavior': oneOf('ignore', ['ignore', 'panic', 'panic-on-replicas']),
  'replica-priority': number(100, { min: 0, max: INT_MAX, alias: 'slave-priority' }),
  'repl-diskless-sync-delay': number(5, { min: 0, max: INT_MAX }),
  'replica-announce-port': number(0, { min: 0, max: 65535, alias: 'slave-announce-port' }),
  'repl-timeout': number(60, { min: 1, max: INT_MAX }),
  'repl-ping-replica-period': number(10, { min: 1, max: INT_MAX, alias: 'repl-ping-slave-period' }),
  'min-replicas-to-write': number(0, { min: 0, max: INT_MAX, alias: 'min-slaves-to-write' }),
  'min-replicas-max-lag': number(10, { min: 0, max: INT_MAX, alias: 'min-slaves-max-lag' }),
  'repl-diskless-sync-max-replicas': number(0, { min: 0, max: INT_MAX }),
  'repl-backlog-size': memory(MB, { min: 1, max: LONG_MAX }),
  'repl-backlog-ttl': number(60 * 60, { min: 0, max: LONG_MAX }),
  // Ours: the version that the stream and the snapshots that we send are made for.
  'repl-compat-version': oneOf('7.0', ['6.2', '7.0', '7.2', '7.4']),
} satisfies Record<string, Directive<unknown>>;
