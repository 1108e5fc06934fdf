/**
 * Cluster: read, kept and shown so that a redis.conf works; redis-ts builds no cluster of its own.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, LONG_MAX, ULONG_MAX, bool, memory, number, oneOf, optionalText, text } from '../kinds.js';
import { announcedHostname, announcedNodename, noCluster } from '../checks.js';

export const clusterDirectives = {
  'cluster-require-full-coverage': bool(true),
  'cluster-replica-no-failover': bool(false, { alias: 'cluster-slave-no-failover' }),
  'cluster-enabled': bool(false, { check: noCluster, flags: ['immutable'] }),
  'cluster-allow-reads-when-down': bool(false),
  'cluster-allow-pubsubshard-when-down': bool(true),
  'cluster-allow-replica-migration': bool(true),
  'cluster-announce-ip': optionalText(),
  'cluster-config-file': text('nodes.conf', { flags: ['immutable'] }),
  'cluster-announce-hostname': optionalText({ check: announcedHostname }),
  'cluster-announce-human-nodename': optionalText({ check: announcedNodename }),
  'cluster-preferred-endpoint-type': oneOf('ip', ['ip', 'hostname', 'unknown-endpoint']),
  'cluster-replica-validity-factor': number(10, {
    min: 0,
    max: INT_MAX,
    alias: 'cluster-slave-validity-factor',
  }),
  'cluster-migration-barrier': number(1, { min: 0, max: INT_MAX }),
  'cluster-port': number(0, { min: 0, max: 65535, flags: ['immutable'] }),
  'cluster-announce-bus-port': number(0, { min: 0, max: 65535 }),
  'cluster-announce-port': number(0, { min: 0, max: 65535 }),
  'cluster-announce-tls-port': number(0, { min: 0, max: 65535 }),
  'cluster-node-timeout': number(15000, { min: 0, max: LONG_MAX }),
  'cluster-ping-interval': number(0, { min: 0, max: LONG_MAX, flags: ['hidden'] }),
  'cluster-link-sendbuf-limit': memory(0, { min: 0, max: ULONG_MAX, unsigned: true }),
} satisfies Record<string, Directive<unknown>>;
