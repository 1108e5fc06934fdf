/** Gallery: login, rights, and masters that take no replica now. */
import { type WireScript } from '../../../support/wire-master.js';
import { a, info, unknown, type Case } from './case.js';

const NOAUTH = '-NOAUTH Authentication required.\r\n';
const PASS = { pass: 'hunter22' };
const noperm = (command: string, user = 'repl'): string =>
  `-NOPERM User ${user} has no permissions to run the '${command}' command\r\n`;
const LINK_DOWN = "-NOMASTERLINK Can't SYNC while not connected with my master\r\n";
const MASTERDOWN = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
const replicaOf = (host: string, runId: string): string =>
  info({ role: 'slave', master_host: host, master_port: 6379, master_link_status: 'down', run_id: runId });
const follower = (host: string, runId: string): WireScript => ({ on: { info: replicaOf(host, runId) } });

export const LOGIN_CASES: readonly Case[] = [
  a('noauth', 'nothing but AUTH', {
    on: { '*': NOAUTH, ping: NOAUTH, replconf: NOAUTH, psync: NOAUTH, info: NOAUTH },
  }),
  a('noauth', 'before 2.8', { on: { psync: '-ERR operation not permitted\r\n' } }),
  a(
    'wrongpass',
    'since 6.0',
    { on: { auth: '-WRONGPASS invalid username-password pair or user is disabled.\r\n' } },
    PASS,
  ),
  a('wrongpass', 'before 6.0', { on: { auth: '-ERR invalid password\r\n' } }, PASS),
  a(
    'auth-without-password',
    'since 6.0',
    {
      on: {
        auth: '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n',
      },
    },
    PASS,
  ),
  a(
    'auth-without-password',
    'before 6.0',
    { on: { auth: '-ERR Client sent AUTH, but no password is set\r\n' } },
    PASS,
  ),
  a('auth-unknown', 'no AUTH at all', { on: { auth: unknown } }, PASS),
  a(
    'auth-unknown',
    'no users',
    { on: { auth: "-ERR wrong number of arguments for 'auth' command\r\n" } },
    PASS,
  ),
  a('noperm-ping', 'the default user may not PING', { on: { ping: noperm('ping', 'default') } }, PASS),
  a('noperm-replconf', 'PSYNC is allowed, REPLCONF is not', { on: { replconf: noperm('replconf') } }),
  a('noperm-psync', 'PSYNC is not', { on: { psync: noperm('psync') } }),
  a('noperm-psync', 'neither is REPLCONF', { on: { replconf: noperm('replconf'), psync: noperm('psync') } }),
  a('noperm-psync', 'nor PING', {
    on: { ping: noperm('ping'), replconf: noperm('replconf'), psync: noperm('psync') },
  }),
];

export const STATE_CASES: readonly Case[] = [
  a('loading', 'at PING', {
    on: {
      ping: '-LOADING Redis is loading the dataset in memory\r\n',
      info: info({ loading: 1, loading_eta_seconds: 12 }),
    },
  }),
  a('loading', 'at PSYNC', { on: { psync: '-LOADING Redis is loading the dataset in memory\r\n' } }),
  a('masterdown', 'at PING, without INFO', { on: { ping: MASTERDOWN, info: unknown } }),
  a(
    'masterdown',
    'and its master answers',
    { on: { ping: MASTERDOWN, info: replicaOf('10.0.0.6', 'a') } },
    { others: { '10.0.0.6:6379': {} } },
  ),
  a('misconf', 'at PING', {
    on: {
      ping: '-MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.\r\n',
    },
  }),
  a('busy', 'at PING', {
    on: {
      ping: '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n',
    },
  }),
  a('nomasterlink', 'and its master is silent', {
    on: { psync: LINK_DOWN, info: replicaOf('10.0.0.6', 'a') },
  }),
  a(
    'nomasterlink',
    'in a chain whose top is a master',
    { on: { psync: LINK_DOWN, info: replicaOf('10.0.0.6', 'a') } },
    {
      others: {
        '10.0.0.6:6379': follower('10.0.0.8', 'b'),
        '10.0.0.8:6379': { on: { info: info({ run_id: 'c' }) } },
      },
    },
  ),
  a(
    'replica-of-itself',
    'behind a name of its own',
    { on: { psync: LINK_DOWN, info: replicaOf('10.0.0.5', 'a') } },
    { others: { '10.0.0.5:6379': follower('10.0.0.5', 'a') } },
  ),
  a(
    'replication-ring',
    'two that follow each other',
    { on: { psync: LINK_DOWN, info: replicaOf('10.0.0.6', 'a') } },
    { others: { '10.0.0.6:6379': follower('10.0.0.5', 'b'), '10.0.0.5:6379': follower('10.0.0.6', 'a') } },
  ),
  a(
    'replication-ring',
    'three, met at PING',
    { on: { ping: MASTERDOWN, info: replicaOf('10.0.0.6', 'a') } },
    {
      others: {
        '10.0.0.6:6379': follower('10.0.0.8', 'b'),
        '10.0.0.8:6379': follower('10.0.0.6', 'c'),
      },
    },
  ),
  a('failing-over', 'at PSYNC', { on: { psync: "-NOMASTERLINK Can't SYNC while failing over\r\n" } }),
];
