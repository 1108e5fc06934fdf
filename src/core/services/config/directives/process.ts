/**
 * The process: how it starts, stops, logs and shows itself to the operating system.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, LONG_MAX, bool, flagSet, number, oneOf, optionalText, text } from '../kinds.js';
import { procTitleTemplate, shutdownFlags, withinHz, SHUTDOWN_FLAGS } from '../checks.js';
import { directory, oomScores } from '../special.js';

export const processDirectives = {
  daemonize: bool(false, { flags: ['immutable'] }),
  supervised: oneOf('no', ['upstart', 'systemd', 'auto', 'no'], { flags: ['immutable'] }),
  pidfile: optionalText({ flags: ['immutable'] }),
  dir: directory(),
  databases: number(16, { min: 1, max: INT_MAX, flags: ['immutable'] }),
  loglevel: oneOf('notice', ['debug', 'verbose', 'notice', 'warning', 'nothing']),
  logfile: text('', { flags: ['immutable'] }),
  'syslog-enabled': bool(false, { flags: ['immutable'] }),
  'syslog-ident': text('redis', { flags: ['immutable'] }),
  'syslog-facility': oneOf(
    'local0',
    ['user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
    { flags: ['immutable'] },
  ),
  'always-show-logo': bool(false, { flags: ['immutable'] }),
  'set-proc-title': bool(true, { flags: ['immutable'] }),
  'proc-title-template': text('{title} {listen-addr} {server-mode}', { check: procTitleTemplate }),
  'locale-collate': text(''),
  'ignore-warnings': text(''),
  'crash-log-enabled': bool(true),
  'crash-memcheck-enabled': bool(true),
  'use-exit-on-panic': bool(false, { flags: ['hidden'] }),
  'watchdog-period': number(0, { min: 0, max: INT_MAX, flags: ['hidden'] }),
  'shutdown-timeout': number(10, { min: 0, max: INT_MAX }),
  'shutdown-on-sigint': flagSet('default', SHUTDOWN_FLAGS, { check: shutdownFlags }),
  'shutdown-on-sigterm': flagSet('default', SHUTDOWN_FLAGS, { check: shutdownFlags }),
  hz: number(10, { min: 0, max: INT_MAX, clamp: withinHz }),
  'dynamic-hz': bool(true),
  'busy-reply-threshold': number(5000, { min: 0, max: LONG_MAX, alias: 'lua-time-limit' }),
  'oom-score-adj': oneOf('no', ['no', 'yes', 'absolute'], { aliases: { relative: 'yes' } }),
  'oom-score-adj-values': oomScores([0, 200, 800]),
  'disable-thp': bool(true, { flags: ['immutable'] }),
  server_cpulist: optionalText({ flags: ['immutable'] }),
  bio_cpulist: optionalText({ flags: ['immutable'] }),
  aof_rewrite_cpulist: optionalText({ flags: ['immutable'] }),
  bgsave_cpulist: optionalText({ flags: ['immutable'] }),
} satisfies Record<string, Directive<unknown>>;
