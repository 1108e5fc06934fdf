/**
 * RDB and AOF.
 *
 * Names, defaults, bounds and flags are those of redis 7.2.6 config.c:static_configs.
 */
import { type Directive } from '../directive.js';
import { INT_MAX, INT_MIN, LONG_MAX, bool, memory, number, oneOf, text } from '../kinds.js';
import { baseName } from '../checks.js';
import { saveRules } from '../special.js';

const MB = 1024 * 1024;

export const persistenceDirectives = {
  save: saveRules([
    { seconds: 3600, changes: 1 },
    { seconds: 300, changes: 100 },
    { seconds: 60, changes: 10_000 },
  ]),
  dbfilename: text('dump.rdb', { check: baseName('dbfilename'), flags: ['protected'] }),
  rdbcompression: bool(true),
  rdbchecksum: bool(true, { flags: ['immutable'] }),
  'rdb-del-sync-files': bool(false),
  'rdb-save-incremental-fsync': bool(true),
  'rdb-key-save-delay': number(0, { min: INT_MIN, max: INT_MAX, flags: ['hidden'] }),
  'key-load-delay': number(0, { min: INT_MIN, max: INT_MAX, flags: ['hidden'] }),
  'loading-process-events-interval-bytes': number(2 * MB, { min: 1024, max: INT_MAX, flags: ['hidden'] }),
  'stop-writes-on-bgsave-error': bool(true),
  'sanitize-dump-payload': oneOf('no', ['no', 'yes', 'clients'], { flags: ['debug'] }),
  appendonly: bool(false, { flags: ['denyLoading'] }),
  appendfilename: text('appendonly.aof', { check: baseName('appendfilename'), flags: ['immutable'] }),
  appenddirname: text('appendonlydir', { check: baseName('appenddirname'), flags: ['immutable'] }),
  appendfsync: oneOf('everysec', ['everysec', 'always', 'no']),
  'no-appendfsync-on-rewrite': bool(false),
  'auto-aof-rewrite-percentage': number(100, { min: 0, max: INT_MAX }),
  'auto-aof-rewrite-min-size': memory(64 * MB, { min: 0, max: LONG_MAX }),
  'aof-load-truncated': bool(true),
  'aof-use-rdb-preamble': bool(true),
  'aof-timestamp-enabled': bool(false),
  'aof-rewrite-incremental-fsync': bool(true),
  'aof-disable-auto-gc': bool(false, { flags: ['hidden'] }),
} satisfies Record<string, Directive<unknown>>;
