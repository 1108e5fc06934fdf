/**
 * MEMORY (redis 7.2.6 object.c:memoryCommand). What a key costs is what the accounting of the store says (store/memory.ts); the
 * allocator is V8.
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { int64Arg } from '../args.js';
import { type CommandContext, type MemoryOverview } from '../context.js';
import { Errors } from '../errors.js';
import { replyHelp } from '../help.js';

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

/**
 * MEMORY USAGE key [SAMPLES count]: a key whose time is over counts while it is there. Every value is accounted for as a whole, so
 * the number of samples makes no difference.
 */
export function memoryUsage(ctx: CommandContext, argv: Bytes[]): void {
  checkSamples(argv);
  const { keyspace } = ctx.db;
  const slot = keyspace.table.find(argv[2]);
  if (slot < 0) ctx.reply.null();
  else ctx.reply.int(keyspace.bytesAt(slot));
}

function checkSamples(argv: readonly Bytes[]): void {
  for (let i = 3; i < argv.length; i += 2) {
    if (!isWord(argv[i], 'samples') || i + 1 === argv.length) throw Errors.syntax;
    if (int64Arg(argv[i + 1]) < 0) throw Errors.syntax;
  }
}

/** MEMORY MALLOC-STATS: what V8 says of its heap. */
export function memoryMallocStats(ctx: CommandContext): void {
  ctx.reply.verbatim(ascii(ctx.server.host.memoryReport()));
}

/** MEMORY PURGE: V8 gives memory back by itself. */
export function memoryPurge(ctx: CommandContext): void {
  ctx.reply.ok();
}

/** MEMORY STATS */
export function memoryStats(ctx: CommandContext): void {
  const o = ctx.server.memoryOverview();
  const { reply } = ctx;
  const before: readonly Figure[] = [
    ['peak.allocated', o.peak],
    ['total.allocated', o.used],
    ['startup.allocated', o.startup],
    ['replication.backlog', o.backlog],
    ['clients.slaves', o.replicaBuffers],
    ['clients.normal', o.normalClients],
    ['cluster.links', 0],
    ['aof.buffer', 0],
    ['lua.caches', 0],
    ['functions.caches', 0],
  ];
  const after = figuresAfterDatabases(o);
  reply.map(before.length + o.databases.length + after.length);
  for (const figure of before) replyFigure(reply, figure);
  for (const { id, mainBytes, expiresBytes } of o.databases) {
    reply.bulkText(`db.${id}`);
    reply.map(3);
    replyFigure(reply, ['overhead.hashtable.main', mainBytes]);
    replyFigure(reply, ['overhead.hashtable.expires', expiresBytes]);
    replyFigure(reply, ['overhead.hashtable.slot-to-keys', 0]);
  }
  for (const figure of after) replyFigure(reply, figure);
}

/** A name and its value; `double`: it is sent as one. */
type Figure = readonly [name: string, value: number, double?: 'double'];

function figuresAfterDatabases(o: MemoryOverview): readonly Figure[] {
  return [
    ['overhead.total', o.overhead],
    ['keys.count', o.keys],
    ['keys.bytes-per-key', o.bytesPerKey],
    ['dataset.bytes', o.dataset],
    ['dataset.percentage', o.datasetPercent, 'double'],
    ['peak.percentage', o.peakPercent, 'double'],
    ['allocator.allocated', o.allocated],
    ['allocator.active', o.active],
    ['allocator.resident', o.resident],
    ['allocator-fragmentation.ratio', o.active / o.allocated, 'double'],
    ['allocator-fragmentation.bytes', o.active - o.allocated],
    ['allocator-rss.ratio', o.resident / o.active, 'double'],
    ['allocator-rss.bytes', o.resident - o.active],
    ['rss-overhead.ratio', 1, 'double'],
    ['rss-overhead.bytes', 0],
    ['fragmentation', o.resident / o.used, 'double'],
    ['fragmentation.bytes', o.resident - o.used],
  ];
}

function replyFigure(reply: ReplyWriter, [name, value, double]: Figure): void {
  reply.bulkText(name);
  if (double === undefined) reply.int(value);
  else reply.double(value);
}

/** Below this there is too little data to judge. */
const TOO_SMALL_BYTES = 5 * 1024 * 1024;
const HIGH_PEAK_RATIO = 1.5;
const HIGH_RESIDENT_RATIO = 3;
const NEAR_LIMIT_SHARE = 0.9;
const BIG_CLIENT_BYTES = 200 * 1024;
const BIG_REPLICA_BYTES = 10 * 1024 * 1024;

/** What MEMORY DOCTOR looks at, besides an empty server. The limits are Redis's where Redis has one. */
const FINDINGS: readonly (readonly [
  applies: (o: MemoryOverview, ctx: CommandContext) => boolean,
  text: string,
])[] = [
  [
    (o) => o.peak / o.used > HIGH_PEAK_RATIO,
    'The peak was more than half again what is used now: the process may keep memory from then.',
  ],
  [
    (o) => o.resident / o.used > HIGH_RESIDENT_RATIO,
    'The process takes more than three times what is used. V8 lets garbage wait while there is room; if the memory is needed ' +
      'elsewhere, give the process less of it.',
  ],
  [
    (o, { server }) => {
      const { maxmemory } = server.config.values;
      return maxmemory > 0 && o.used - o.notCounted > maxmemory * NEAR_LIMIT_SHARE;
    },
    'More than nine tenths of maxmemory are in use: keys are evicted or writes refused soon.',
  ],
  [
    (o, { server }) => {
      const clients = server.clients.count - server.replication.replicaCount;
      return clients > 0 && o.normalClients / clients > BIG_CLIENT_BYTES;
    },
    'Clients take more than 200 KB each on average: CLIENT LIST shows which (omem, qbuf, multi-mem).',
  ],
  [
    (o, { server }) =>
      server.replication.replicaCount > 0 &&
      o.replicaBuffers / server.replication.replicaCount > BIG_REPLICA_BYTES,
    'More than 10 MB wait for each replica on average: a replica or the way to it is slow. INFO replication shows the lag.',
  ],
];

/** MEMORY DOCTOR */
export function memoryDoctor(ctx: CommandContext): void {
  const o = ctx.server.memoryOverview();
  const findings =
    o.used < TOO_SMALL_BYTES
      ? ['There is too little data in this server to judge its memory.']
      : FINDINGS.filter(([applies]) => applies(o, ctx)).map(([, text]) => text);
  const text = findings.length === 0 ? ['Nothing about memory stands out.'] : findings;
  ctx.reply.verbatim(ascii(`${text.join('\n')}\n`));
}

/** MEMORY HELP */
export function memoryHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
