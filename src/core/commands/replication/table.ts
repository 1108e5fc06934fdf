/**
 * The commands of replication as their pages. What they do is the replication layer's (core/replication), behind
 * `ctx.server.replication`; here arguments are only read where the layer wants them as values.
 */
import { defineCommand, type CommandDefinition } from '../spec.js';
import { failover, psync, replconf, replicaof, role, sync, wait } from './replication.js';

const REPLICA_OF = {
  arity: 3,
  flags: ['no_async_loading', 'admin', 'noscript', 'stale'],
  group: 'server',
  complexity: 'O(1)',
  syntax: '<host port | NO ONE>',
  run: replicaof,
} as const;

export const REPLICATION_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    name: 'role',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'sentinel'],
    acl: ['admin', 'dangerous'],
    group: 'server',
    since: '2.8.12',
    summary: 'Says whether this is a master or a replica, and how far replication is.',
    complexity: 'O(1)',
    run: role,
  }),
  defineCommand({
    ...REPLICA_OF,
    name: 'replicaof',
    since: '5.0.0',
    summary: 'Makes this server follow another one, or none.',
  }),
  defineCommand({
    ...REPLICA_OF,
    name: 'slaveof',
    since: '1.0.0',
    summary: 'Makes this server follow another one, or none.',
    deprecated: { since: '5.0.0', replacedBy: '`REPLICAOF`' },
  }),
  defineCommand({
    name: 'replconf',
    arity: -1,
    flags: ['admin', 'noscript', 'loading', 'stale', 'allow_busy'],
    group: 'server',
    since: '3.0.0',
    summary: 'What a replica says of itself, and how it acknowledges the stream.',
    complexity: 'O(1)',
    system: true,
    run: replconf,
  }),
  defineCommand({
    name: 'psync',
    arity: -3,
    flags: ['no_async_loading', 'admin', 'no_multi', 'noscript'],
    group: 'server',
    since: '2.8.0',
    summary: 'Makes this connection a replica that goes on at an offset if it can.',
    syntax: 'replicationid offset',
    run: psync,
  }),
  defineCommand({
    name: 'sync',
    arity: 1,
    flags: ['no_async_loading', 'admin', 'no_multi', 'noscript'],
    group: 'server',
    since: '1.0.0',
    summary: 'Makes this connection a replica of the oldest kind, without offsets.',
    run: sync,
  }),
  defineCommand({
    name: 'wait',
    arity: 3,
    flags: [],
    acl: ['connection'],
    group: 'generic',
    since: '3.0.0',
    summary: 'Waits until replicas have acknowledged what this connection wrote.',
    complexity: 'O(1)',
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    syntax: 'numreplicas timeout',
    run: wait,
  }),
  defineCommand({
    name: 'failover',
    arity: -1,
    flags: ['admin', 'noscript', 'stale'],
    group: 'server',
    since: '6.2.0',
    summary: 'Hands the role of the master over to a replica, without losing a write.',
    complexity: 'O(1)',
    syntax: '[TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]',
    run: failover,
  }),
];
