/**
 * MEMORY USAGE, and the answer that Redis gives when its allocator keeps no statistics (redis 7.2.6 object.c:memoryCommand).
 * DOCTOR, STATS and PURGE are about an allocator that is not there.
 */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { replyHelp } from '../help.js';
import { estimateEntry } from './memory-estimate.js';

const DEFAULT_SAMPLES = 5;
const NO_STATISTICS = ascii('Stats not supported for the current allocator');

const HELP = [
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
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

/** MEMORY HELP */
export function memoryHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
