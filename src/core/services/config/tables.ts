/**
 * All directives in one table, in the order in which CONFIG GET lists them, and the types derived from it.
 *
 * Nothing about a directive is said twice: names, types of values, aliases and flags all come from directives/*.ts.
 */
import { type Directive } from './directive.js';
import { clusterDirectives } from './directives/cluster.js';
import { encodingsDirectives } from './directives/encodings.js';
import { memoryDirectives } from './directives/memory.js';
import { monitoringDirectives } from './directives/monitoring.js';
import { networkDirectives } from './directives/network.js';
import { persistenceDirectives } from './directives/persistence.js';
import { processDirectives } from './directives/process.js';
import { replicationDirectives } from './directives/replication.js';
import { securityDirectives } from './directives/security.js';
import { tlsDirectives } from './directives/tls.js';

export const DIRECTIVES = {
  ...networkDirectives,
  ...processDirectives,
  ...memoryDirectives,
  ...persistenceDirectives,
  ...replicationDirectives,
  ...encodingsDirectives,
  ...securityDirectives,
  ...monitoringDirectives,
  ...clusterDirectives,
  ...tlsDirectives,
};

type Table = typeof DIRECTIVES;

/** Primary names, without aliases. */
export type DirectiveName = keyof Table;

/** What a directive's value is read as. */
export type ValueOf<K extends DirectiveName> = Table[K] extends Directive<infer T> ? T : never;

/** `maxmemory-policy` as `maxmemoryPolicy`. */
export type Camel<S extends string> = S extends `${infer Head}${'-' | '_'}${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

/** Every value under its name in camel case. */
export type ConfigValues = { readonly [K in DirectiveName as Camel<K>]: ValueOf<K> };

/** The property of ConfigValues that holds directive `name`. */
export function camelName(name: string): string {
  return name.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Directives that Redis 7.2.6 does not have. */
export const OWN_DIRECTIVES: readonly DirectiveName[] = ['repl-compat-version'];

/**
 * Directives that are read, kept and shown as Redis does, but that change nothing here, with the reason. Defaults are
 * Redis's own everywhere; a server says at its start which of these it was given with another value.
 */
export const WITHOUT_EFFECT: ReadonlyMap<DirectiveName, string> = new Map<DirectiveName, string>([
  ['daemonize', 'Node does not fork: use a service manager, or & in a shell'],
  ['supervised', 'no readiness protocol of upstart or systemd is spoken: start it as a simple service'],
  ['syslog-enabled', 'logs go to stdout or logfile'],
  ['syslog-ident', 'logs go to stdout or logfile'],
  ['syslog-facility', 'logs go to stdout or logfile'],
  ['io-threads', 'the engine has one thread; sockets are read and written in batches'],
  ['io-threads-do-reads', 'the engine has one thread; sockets are read and written in batches'],
  ['jemalloc-bg-thread', 'memory is managed by V8'],
  ['active-defrag-ignore-bytes', 'V8 moves objects by itself'],
  ['active-defrag-threshold-lower', 'V8 moves objects by itself'],
  ['active-defrag-threshold-upper', 'V8 moves objects by itself'],
  ['active-defrag-cycle-min', 'V8 moves objects by itself'],
  ['active-defrag-cycle-max', 'V8 moves objects by itself'],
  ['active-defrag-max-scan-fields', 'V8 moves objects by itself'],
  ['activerehashing', 'tables grow one small map at a time'],
  ['disable-thp', 'no process-wide memory setting is touched'],
  ['oom-score-adj', 'the score of the process is left alone'],
  ['oom-score-adj-values', 'the score of the process is left alone'],
  ['server_cpulist', 'threads are not pinned'],
  ['bio_cpulist', 'threads are not pinned'],
  ['aof_rewrite_cpulist', 'threads are not pinned'],
  ['bgsave_cpulist', 'threads are not pinned'],
  ['socket-mark-id', 'Node cannot mark sockets'],
  ['crash-log-enabled', 'there is no C stack to print'],
  ['crash-memcheck-enabled', 'there is no C memory to test'],
  ['use-exit-on-panic', 'there is no C stack to print'],
  ['watchdog-period', 'there is no C stack to print'],
  ['enable-module-command', 'modules are not supported'],
  ['always-show-logo', 'no logo is drawn'],
  ['locale-collate', 'strings are compared byte by byte'],
  ['ignore-warnings', 'the kernel fault that it is about cannot happen without fork'],
  ['dynamic-hz', 'the work for clients does not grow with hz'],
  ['replica-lazy-flush', 'V8 frees memory in the background'],
  ['sanitize-dump-payload', 'payloads are always checked'],
  ['list-compress-depth', 'lists are held as they are'],
  ['repl-disable-tcp-nodelay', 'replicas are always sent what there is at once'],
  ['rdb-del-sync-files', 'a sync by way of the disk removes its file by itself'],
  ['tls-replication', 'the link to a master is plain TCP'],
  ['cluster-enabled', 'no cluster is built here'],
  // What follows waits for a part that is not there yet.
  ['tls-port', 'connections are plain TCP'],
  ['appendonly', 'no append-only file is written yet: snapshots (save, BGSAVE) keep the data'],
]);
