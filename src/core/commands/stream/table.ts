/**
 * Streams, as their command pages. Names, arities, flags, key specifications and versions are those of redis 7.2.6
 * src/commands/*.json. What reads and claims through consumer groups is in group-table.ts.
 */
import { defineCommand, keyAt, type CommandDefinition, type KeySpec } from '../spec.js';
import { xadd } from './add.js';
import { GROUP_COMMANDS } from './group-table.js';
import { XINFO } from './info-table.js';
import { xrange, xrevrange } from './range.js';
import { xread, xreadgroup } from './read.js';
import { xdel, xlen, xsetid, xtrim } from './trim.js';

const shared = { acl: ['stream'], group: 'stream', since: '5.0.0' } as const;
const TRIM = '<MAXLEN | MINID> [= | ~] threshold [LIMIT count]';

/** Behind the word STREAMS, the first half of what follows. */
function keysBehindStreams(from: number): KeySpec {
  return {
    flags: ['RO', 'access'],
    begin: { keyword: 'STREAMS', from },
    find: { lastKey: -1, step: 1, limit: 2 },
  };
}

export const STREAM_COMMANDS: readonly CommandDefinition[] = [
  defineCommand({
    ...shared,
    name: 'xadd',
    arity: -5,
    flags: ['write', 'denyoom', 'fast'],
    summary: 'Adds an entry at the end of a stream, and makes the stream when it is missing.',
    complexity: 'O(1); O(N) when it trims, N being the number of entries that go',
    history: [
      ['6.2.0', 'New options `NOMKSTREAM` and `LIMIT`, new strategy `MINID`.'],
      ['7.0.0', 'The id may be `<ms>-*`.'],
    ],
    tips: ['nondeterministic_output'],
    keys: [
      {
        ...keyAt(1, 'RW', 'update'),
        notes: 'UPDATE instead of INSERT because of the optional trimming feature',
      },
    ],
    syntax: `key [NOMKSTREAM] [${TRIM}] <* | id> field value [field value ...]`,
    run: xadd,
  }),
  defineCommand({
    ...shared,
    name: 'xtrim',
    arity: -4,
    flags: ['write'],
    summary: 'Deletes entries from the start of a stream.',
    complexity: 'O(N), N being the number of entries that go',
    history: [['6.2.0', 'New strategy `MINID`, new option `LIMIT`.']],
    tips: ['nondeterministic_output'],
    keys: [keyAt(1, 'RW', 'delete')],
    syntax: `key <${TRIM}>`,
    run: xtrim,
  }),
  defineCommand({
    ...shared,
    name: 'xdel',
    arity: -3,
    flags: ['write', 'fast'],
    summary: 'Deletes entries of a stream by their ids.',
    complexity: 'O(log N) for each entry, N being the number of nodes of the stream',
    keys: [keyAt(1, 'RW', 'delete')],
    syntax: 'key id [id ...]',
    run: xdel,
  }),
  defineCommand({
    ...shared,
    name: 'xlen',
    arity: 2,
    flags: ['readonly', 'fast'],
    summary: 'Answers with the number of entries of a stream.',
    complexity: 'O(1)',
    keys: [keyAt(1, 'RO')],
    syntax: 'key',
    run: xlen,
  }),
  defineCommand({
    ...shared,
    name: 'xrange',
    arity: -4,
    flags: ['readonly'],
    summary: 'Answers with the entries between two ids.',
    complexity: 'O(log N + M), N being the number of nodes, M the number of entries answered',
    history: [['6.2.0', 'Either end may be excluded.']],
    keys: [keyAt(1, 'RO', 'access')],
    syntax: 'key start end [COUNT count]',
    run: xrange,
  }),
  defineCommand({
    ...shared,
    name: 'xrevrange',
    arity: -4,
    flags: ['readonly'],
    summary: 'Answers with the entries between two ids, the last one first.',
    complexity: 'O(log N + M), N being the number of nodes, M the number of entries answered',
    history: [['6.2.0', 'Either end may be excluded.']],
    keys: [keyAt(1, 'RO', 'access')],
    syntax: 'key end start [COUNT count]',
    run: xrevrange,
  }),
  defineCommand({
    ...shared,
    name: 'xread',
    arity: -4,
    flags: ['blocking', 'readonly'],
    summary: 'Answers with the entries behind an id of each stream, and may wait for them.',
    keys: [keysBehindStreams(1)],
    syntax: '[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]',
    run: xread,
  }),
  defineCommand({
    ...shared,
    name: 'xreadgroup',
    arity: -7,
    flags: ['blocking', 'write'],
    summary:
      'Gives new entries to a consumer of a group, or those again that it has not acknowledged; may wait for new ones.',
    complexity: 'O(M) for each stream, M being the number of entries answered',
    keys: [keysBehindStreams(4)],
    syntax:
      'GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]',
    run: xreadgroup,
  }),
  defineCommand({
    ...shared,
    name: 'xsetid',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    summary: 'Sets the last id of a stream and what it counts; for replication.',
    complexity: 'O(1)',
    history: [['7.0.0', 'New arguments `entries_added` and `max_deleted_entry_id`.']],
    keys: [keyAt(1, 'RW', 'update')],
    syntax: 'key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]',
    run: xsetid,
  }),
  ...GROUP_COMMANDS,
  XINFO,
];
