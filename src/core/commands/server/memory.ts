/**
 * MEMORY (redis 7.2.6 object.c:memoryCommand). The allocator is V8: the figures are those of INFO memory, and what only
 * jemalloc could say is answered as a Redis that was built without it does, or left out.
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { replyHelp } from '../help.js';
import { estimateEntry } from './memory-estimate.js';

const DEFAULT_SAMPLES = 5;
const NO_STATISTICS = ascii('Stats not supported for the current allocator');

const HELP = [
  'DOCTOR',
  '    Return memory problems reports.',
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
  'PURGE',
  '    Attempt to purge dirty pages for reclamation by the allocator.',
  'STATS',
  '    Return information about the memory usage of the server.',
  'USAGE <key> [SAMPLES <count>]',
  '    Return memory in bytes used by <key> and its value. Nested values are',
  '    sampled up to <count> times (default: 5, 0 means sample all).',
];

/** MEMORY USAGE key [SAMPLES count]: a key whose time is over counts while it is there. */
export function memoryUsage(ctx: CommandContext, argv: Bytes[]): void {
  const samples = samplesOf(argv);
  const { keyspace } = ctx.db;
  const slot = keyspace.table.find(argv[2]);
  if (slot < 0) ctx.reply.null();
  else {
    const expires = keyspace.expiryAt(slot) !== 0;
    ctx.reply.int(estimateEntry(argv[2], keyspace.valueAt(slot), expires, samples));
  }
}

function samplesOf(argv: readonly Bytes[]): number {
  let samples = DEFAULT_SAMPLES;
  for (let i = 3; i < argv.length; i += 2) {
    if (!isWord(argv[i], 'samples') || i + 1 === argv.length) throw Errors.syntax;
    samples = Number(int64Arg(argv[i + 1]));
    if (samples < 0) throw Errors.syntax;
  }
  return samples === 0 ? Infinity : samples;
}

/** MEMORY MALLOC-STATS */
export function memoryMallocStats(ctx: CommandContext): void {
  ctx.reply.bulk(NO_STATISTICS);
}

/** MEMORY PURGE: V8 gives memory back by itself. */
export function memoryPurge(ctx: CommandContext): void {
  ctx.reply.ok();
}

/** Figures of INFO memory by their names. */
function memoryFigures({ server }: CommandContext): (name: string) => number {
  const [section] = server.info([ascii('memory')]);
  const figures = new Map(section.fields);
  return (name) => Number(figures.get(name) ?? 0);
}

/** MEMORY STATS: without the allocator's own figures. */
export function memoryStats(ctx: CommandContext): void {
  const figure = memoryFigures(ctx);
  const used = figure('used_memory');
  const net = used - figure('used_memory_startup');
  const rows: [string, number][] = [
    ['peak.allocated', figure('used_memory_peak')],
    ['total.allocated', used],
    ['startup.allocated', figure('used_memory_startup')],
    ['replication.backlog', figure('mem_replication_backlog')],
    ['clients.slaves', figure('mem_clients_slaves')],
    ['clients.normal', figure('mem_clients_normal')],
    ['cluster.links', figure('mem_cluster_links')],
    ['aof.buffer', figure('mem_aof_buffer')],
  ];
  const databases = ctx.store.databases.filter((db) => db.size > 0);
  const keys = databases.reduce((sum, db) => sum + db.size, 0);
  const shares: [string, number][] = [
    ['dataset.percentage', net > 0 ? (figure('used_memory_dataset') * 100) / net : 0],
    ['peak.percentage', (used * 100) / figure('used_memory_peak')],
    ['fragmentation', figure('mem_fragmentation_ratio')],
  ];
  const totals: [string, number][] = [
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.max(0, Math.floor(net / keys))],
    ['dataset.bytes', figure('used_memory_dataset')],
    ['fragmentation.bytes', figure('mem_fragmentation_bytes')],
  ];
  const { reply } = ctx;
  reply.map(rows.length + databases.length + totals.length + shares.length);
  for (const row of rows) replyFigure(reply, row);
  for (const { id, keyspace } of databases) {
    reply.bulkText(`db.${id}`);
    reply.map(1);
    replyFigure(reply, ['overhead.hashtable.main', keyspace.table.indexBytes]);
  }
  for (const row of totals) replyFigure(reply, row);
  for (const [name, share] of shares) {
    reply.bulkText(name);
    reply.double(share);
  }
}

function replyFigure(reply: ReplyWriter, [name, value]: readonly [string, number]): void {
  reply.bulkText(name);
  reply.int(value);
}

/** Below this there is too little data to judge. */
const TOO_SMALL_BYTES = 5 * 1024 * 1024;
const HIGH_PEAK_RATIO = 1.5;
const NEAR_LIMIT_SHARE = 0.9;

/** MEMORY DOCTOR */
export function memoryDoctor(ctx: CommandContext): void {
  const figure = memoryFigures(ctx);
  const used = figure('used_memory');
  const limit = figure('maxmemory');
  const findings: string[] = [];
  if (used < TOO_SMALL_BYTES) findings.push('There is too little data in this server to judge its memory.');
  if (figure('used_memory_peak') > used * HIGH_PEAK_RATIO) {
    findings.push(
      'The peak was more than half again what is used now: the process may keep memory from then.',
    );
  }
  if (limit > 0 && used > limit * NEAR_LIMIT_SHARE) {
    findings.push('More than nine tenths of maxmemory are in use: keys are evicted or writes refused soon.');
  }
  const text = findings.length === 0 ? ['Nothing about memory stands out.'] : findings;
  ctx.reply.verbatim(ascii(`${text.join('\n')}\n`));
}

/** MEMORY HELP */
export function memoryHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
