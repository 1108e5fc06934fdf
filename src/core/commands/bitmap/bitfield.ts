/**
 * BITFIELD and BITFIELD_RO (redis 7.2.6 bitops.c:bitfieldGeneric): a list of operations on fields of one string, read whole before
 * the first is carried out. A call that writes makes room up to the last bit that any of its operations reaches.
 */
import { EMPTY, isWord, type Bytes } from '../../base/bytes.js';
import { parseInt64, type Int64 } from '../../base/numbers.js';
import { type RawString } from '../../store/types/raw-string.js';
import { type StringValue } from '../../store/types/value.js';
import { getStringOrThrow, int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { type KeyReference } from '../spec.js';
import { EVENT_SETBIT } from './events.js';
import { addToField, readField, setInField, writeField, type FieldType, type Overflow } from './field.js';
import { bitOffsetArg, byteOf, bytesUpTo, lookUpBits, openBits } from './string-bits.js';

interface Operation {
  readonly kind: 'get' | 'set' | 'incrby';
  readonly type: FieldType;
  readonly offset: number;
  /** The value of SET, the increment of INCRBY. */
  readonly operand: Int64;
  readonly overflow: Overflow;
}

/** BITFIELD key [GET type offset | [OVERFLOW WRAP|SAT|FAIL] SET type offset value | INCRBY type offset increment ...] */
export function bitfield(ctx: CommandContext, argv: Bytes[]): void {
  const operations = operationsOf(ctx, argv);
  if (operations.some(isWrite)) write(ctx, argv[1], operations);
  else read(ctx, argv[1], operations);
}

/** BITFIELD_RO key [GET type offset ...] */
export function bitfieldRo(ctx: CommandContext, argv: Bytes[]): void {
  const operations = operationsOf(ctx, argv);
  if (operations.some(isWrite)) throw Errors.bitfieldReadOnly;
  read(ctx, argv[1], operations);
}

function isWrite({ kind }: Operation): boolean {
  return kind !== 'get';
}

/** The words of an operation, and how many arguments follow. */
const FORMS = [
  { kind: 'get', args: 2 },
  { kind: 'set', args: 3 },
  { kind: 'incrby', args: 3 },
] as const;
const OVERFLOWS: readonly Overflow[] = ['wrap', 'sat', 'fail'];

function operationsOf(ctx: CommandContext, argv: readonly Bytes[]): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow | undefined = 'wrap';
  let at = 2;
  while (at < argv.length) {
    const following = argv.length - at - 1;
    const form = FORMS.find(({ kind, args }) => following >= args && isWord(argv[at], kind));
    if (form !== undefined) {
      operations.push(operationAt(ctx, argv, at, form.kind, overflow));
      at += form.args + 1;
    } else if (following >= 1 && isWord(argv[at], 'overflow')) {
      overflow = OVERFLOWS.find((word) => isWord(argv[at + 1], word));
      if (overflow === undefined) throw Errors.bitfieldOverflow;
      at += 2;
    } else throw Errors.syntax;
  }
  return operations;
}

function operationAt(
  ctx: CommandContext,
  argv: readonly Bytes[],
  at: number,
  kind: Operation['kind'],
  overflow: Overflow,
): Operation {
  const type = typeArg(argv[at + 1]);
  const offset = bitOffsetArg(ctx, argv[at + 2], type.bits);
  return { kind, type, offset, operand: kind === 'get' ? 0 : int64Arg(argv[at + 3]), overflow };
}

/** `i` and 1 to 64 bits, or `u` and 1 to 63: a reply cannot hold the largest unsigned integers of 64 bits. */
function typeArg(text: Bytes): FieldType {
  const signed = text.charCodeAt(0) === 105;
  const nul = text.indexOf('\0');
  const bits = parseInt64(text.slice(1, nul < 0 ? text.length : Math.max(1, nul)) as Bytes);
  const known = signed || text.charCodeAt(0) === 117;
  if (!known || bits === undefined || bits < 1 || bits > (signed ? 64 : 63)) throw Errors.bitfieldType;
  return { signed, bits: Number(bits) };
}

function read(ctx: CommandContext, key: Bytes, operations: readonly Operation[]): void {
  const value: StringValue = getStringOrThrow(ctx, key) ?? EMPTY;
  ctx.reply.array(operations.length);
  const byteAt = (index: number) => byteOf(value, index);
  for (const { offset, type } of operations) ctx.reply.int(readField(byteAt, offset, type));
}

function write(ctx: CommandContext, key: Bytes, operations: readonly Operation[]): void {
  let lastBit = 0;
  for (const { kind, offset, type } of operations) {
    if (kind !== 'get') lastBit = Math.max(lastBit, offset + type.bits - 1);
  }
  const length = bytesUpTo(lastBit);
  const bits = lookUpBits(ctx, key);
  const grows = bits.raw.length < length;
  const raw = openBits(ctx, bits);
  raw.grow(length);
  ctx.reply.array(operations.length);
  const changes = carryOut(ctx, raw, operations, grows);
  const { gate, db } = ctx;
  if (changes > 0) {
    if (bits.slot >= 0) gate.changed(db, key, EVENT_SETBIT, changes);
    else {
      gate.put(db, key, bits.slot, raw, EVENT_SETBIT, 0);
      gate.dirty += changes - 1;
    }
  } else if (grows) {
    // Nobody here is told, as in Redis; but a replica of ours must have the longer string too.
    if (bits.slot >= 0) gate.changedAside(db, key, undefined);
    else gate.putAside(db, key, raw);
  }
}

/** Does what the operations say and answers each. @returns how many of them count as changes */
function carryOut(
  ctx: CommandContext,
  raw: RawString,
  operations: readonly Operation[],
  grows: boolean,
): number {
  const bytes = raw.writable();
  const byteAt = (index: number) => (index < bytes.length ? bytes[index] : 0);
  let changes = 0;
  for (const { kind, type, offset, operand, overflow } of operations) {
    const old = readField(byteAt, offset, type);
    if (kind === 'get') {
      ctx.reply.int(old);
      continue;
    }
    const result =
      kind === 'set' ? setInField(operand, type, overflow) : addToField(old, operand, type, overflow);
    if (result === undefined) {
      ctx.reply.null();
      continue;
    }
    ctx.reply.int(kind === 'set' ? old : result);
    writeField(bytes, offset, type, result);
    if (grows || old !== result) changes++;
  }
  return changes;
}

/** The key, and whether the operations only read it (redis 7.2.6 db.c:bitfieldGetKeys). */
export function bitfieldKeys(argv: readonly Bytes[]): KeyReference[] {
  return [{ index: 1, flags: onlyReads(argv) ? ['RO', 'access'] : ['RW', 'access', 'update'] }];
}

function onlyReads(argv: readonly Bytes[]): boolean {
  let at = 2;
  while (at < argv.length) {
    const following = argv.length - at - 1;
    if (following >= 2 && isWord(argv[at], 'get')) at += 3;
    else if (following >= 1 && isWord(argv[at], 'overflow')) at += 2;
    else return false;
  }
  return true;
}
