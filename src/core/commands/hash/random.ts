/**
 * HRANDFIELD: with repetitions (a negative count), the whole hash, or different fields of it
 * (redis 7.2.6 t_hash.c:hrandfieldWithCountCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { type HashValue } from '../../store/types/hash-value.js';
import { rangeArg } from '../args.js';
import { differentPlaces, writeAnyPlaces } from '../by-chance.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { liveFields } from './get.js';
import { fieldsFrom, readHash } from './lookup.js';

const LONG_MAX = INT64_MAX;
/** Twice as many elements must still be a number that C can count. */
const MAX_PAIRS = Number(LONG_MAX) / 2;

/** HRANDFIELD key [count [WITHVALUES]] */
export function hrandfield(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length === 2) {
    oneField(ctx, argv[1]);
    return;
  }
  const count = rangeArg(argv[2], -LONG_MAX, LONG_MAX);
  if (argv.length > 4 || (argv.length === 4 && !isWord(argv[3], 'withvalues'))) throw Errors.syntax;
  const withValues = argv.length === 4;
  if (withValues && Math.abs(count) > MAX_PAIRS) throw Errors.valueOutOfRange;
  const hash = readHash(ctx, argv[1]);
  const answer = new Answer(ctx, hash, withValues);
  if (count === 0 || answer.size === 0) ctx.reply.array(0);
  else if (count < 0) answer.repeated(-count);
  else if (count >= answer.size) answer.all();
  else answer.different(count);
}

function oneField(ctx: CommandContext, key: Bytes): void {
  const hash = readHash(ctx, key);
  const answer = new Answer(ctx, hash, false);
  if (hash === undefined || answer.size === 0) ctx.reply.null();
  else ctx.reply.bulk(hash.fieldAt(answer.slotOf(ctx.server.random.below(answer.size))));
}

/** The fields that may be answered with, and how they are. */
class Answer {
  /** How many fields there are. */
  readonly size: number;
  /** Their slots; undefined: all slots of the hash. */
  private readonly slots: Uint32Array | undefined;

  constructor(
    private readonly ctx: CommandContext,
    private readonly hash: HashValue | undefined,
    private readonly withValues: boolean,
  ) {
    const from = fieldsFrom(ctx);
    this.size = hash === undefined ? 0 : liveFields(hash, from);
    if (hash !== undefined && this.size < hash.size) this.slots = liveSlots(hash, this.size, from);
  }

  slotOf(index: number): number {
    return this.slots === undefined ? index : this.slots[index];
  }

  /** `count` times any field. */
  repeated(count: number): void {
    this.begin(count);
    writeAnyPlaces(this.ctx, this.size, count, (index) => this.field(index));
  }

  all(): void {
    this.begin(this.size);
    for (let i = 0; i < this.size; i++) this.field(i);
  }

  /** `count` different fields. */
  different(count: number): void {
    const packed = this.hash!.encoding === 'listpack';
    this.begin(count);
    for (const index of differentPlaces(this.ctx.server.random, this.size, count, packed)) this.field(index);
  }

  private begin(count: number): void {
    const { reply } = this.ctx;
    reply.array(this.withValues && reply.resp === 2 ? count * 2 : count);
  }

  private field(index: number): void {
    const { reply } = this.ctx;
    const slot = this.slotOf(index);
    if (this.withValues && reply.resp === 3) reply.array(2);
    reply.bulk(this.hash!.fieldAt(slot));
    if (this.withValues) reply.bulk(this.hash!.valueAt(slot));
  }
}

function liveSlots(hash: HashValue, count: number, from: number): Uint32Array {
  const slots = new Uint32Array(count);
  for (let slot = 0, i = 0; slot < hash.size; slot++) if (hash.expiryAt(slot) >= from) slots[i++] = slot;
  return slots;
}
