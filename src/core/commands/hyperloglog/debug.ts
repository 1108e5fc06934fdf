/** PFDEBUG and PFSELFTEST: a HyperLogLog seen from inside (redis 7.2.6 hyperloglog.c). */
import { ascii, fromBuffer, isWord, type Bytes } from '../../base/bytes.js';
import { RawString } from '../../store/types/raw-string.js';
import { type CommandContext } from '../context.js';
import { Errors, printed, ReplyError } from '../errors.js';
import { sketchAt } from './count.js';
import { DENSE_BYTES, denseGet, densePut } from './dense.js';
import { REGISTERS } from './hash.js';
import { DENSE, encodingOf, SPARSE, writeHeader } from './header.js';
import { addElement, countSketch, makeDense, newSketch } from './sketch.js';
import { describeRuns } from './sparse.js';

type Debug = (ctx: CommandContext, slot: number, raw: RawString) => void;

const SUBCOMMANDS: readonly (readonly [word: string, run: Debug])[] = [
  ['getreg', registers],
  ['decode', decode],
  ['encoding', encoding],
  ['todense', toDense],
];

/** PFDEBUG GETREG | DECODE | ENCODING | TODENSE key */
export function pfdebug(ctx: CommandContext, argv: Bytes[]): void {
  const slot = ctx.db.lookupWrite(argv[2]);
  if (slot < 0) throw new ReplyError('ERR The specified key does not exist');
  const raw = sketchAt(ctx, slot);
  const found = SUBCOMMANDS.find(([word]) => isWord(argv[1], word));
  if (found === undefined) throw new ReplyError(`ERR Unknown PFDEBUG subcommand '${printed(argv[1])}'`);
  found[1](ctx, slot, raw);
}

/** Makes the value dense if it is not. It is propagated, but no watcher is told: to a client it is the same. */
function dense(ctx: CommandContext, slot: number, raw: RawString): RawString {
  if (encodingOf(raw.view()) === DENSE) return raw;
  const opened = ctx.gate.open(ctx.db, slot) as RawString;
  if (!makeDense(opened)) throw Errors.corruptHyperLogLog;
  ctx.gate.dirty++;
  return opened;
}

function registers(ctx: CommandContext, slot: number, raw: RawString): void {
  const bytes = dense(ctx, slot, raw).view();
  ctx.reply.array(REGISTERS);
  for (let i = 0; i < REGISTERS; i++) ctx.reply.int(denseGet(bytes, i));
}

function decode(ctx: CommandContext, _slot: number, raw: RawString): void {
  const bytes = raw.view();
  if (encodingOf(bytes) !== SPARSE) throw new ReplyError('ERR HLL encoding is not sparse');
  ctx.reply.bulk(ascii(describeRuns(bytes)));
}

function encoding(ctx: CommandContext, _slot: number, raw: RawString): void {
  ctx.reply.simple(encodingOf(raw.view()) === SPARSE ? 'sparse' : 'dense');
}

function toDense(ctx: CommandContext, slot: number, raw: RawString): void {
  const was = encodingOf(raw.view());
  dense(ctx, slot, raw);
  ctx.reply.int(was === SPARSE ? 1 : 0);
}

/** Redis tries a thousand times and adds ten million elements; so much would stop all clients for seconds. */
const REGISTER_ROUNDS = 20;
const MAX_ELEMENTS = 1_000_000;
/** Six times the standard error of 16,384 registers. */
const TOLERATED = (6 * 1.04) / Math.sqrt(REGISTERS);

/** PFSELFTEST */
export function pfselftest(ctx: CommandContext): void {
  const fault = registerFault(ctx) ?? estimateFault(ctx);
  if (fault !== undefined) throw new ReplyError(`ERR TESTFAILED ${fault}`);
  ctx.reply.ok();
}

/** Sets all registers to random values and reads them back. */
function registerFault({ server }: CommandContext): string | undefined {
  const bytes = Buffer.alloc(DENSE_BYTES);
  const expected = new Uint8Array(REGISTERS);
  for (let round = 0; round < REGISTER_ROUNDS; round++) {
    for (let i = 0; i < REGISTERS; i++) densePut(bytes, i, (expected[i] = server.random.below(64)));
    for (let i = 0; i < REGISTERS; i++) {
      const value = denseGet(bytes, i);
      if (value !== expected[i]) return `Register ${i} should be ${expected[i]} but is ${value}`;
    }
  }
  return undefined;
}

/** Adds elements to a dense and to a sparse value: both count the same, and about right. */
function estimateFault({ server }: CommandContext): string | undefined {
  const maxBytes = server.config.values.hllSparseMaxBytes;
  const bytes = Buffer.alloc(DENSE_BYTES);
  writeHeader(bytes, DENSE);
  const denseSketch = RawString.ofBuffer(bytes);
  const sparseSketch = newSketch();
  const element = Buffer.alloc(8);
  element.writeUInt32LE(server.random.u32(), 4);
  const seed = server.random.u32();
  for (let n = 1, checkpoint = 1; n <= MAX_ELEMENTS; n++) {
    element.writeUInt32LE((n ^ seed) >>> 0);
    const text = fromBuffer(element);
    addElement(denseSketch, text, maxBytes);
    addElement(sparseSketch, text, maxBytes);
    if (n !== checkpoint) continue;
    if (n < maxBytes / 2 && encodingOf(sparseSketch.view()) !== SPARSE) return 'sparse encoding not used';
    const count = countSketch(denseSketch.view());
    if (count !== countSketch(sparseSketch.view())) return 'dense/sparse disagree';
    const error = Math.abs(n - Number(count));
    if (error > (n === 10 ? 1 : Math.ceil(TOLERATED * n))) return `Too big error. card:${n} abserr:${error}`;
    checkpoint *= 10;
  }
  return undefined;
}
