/**
 * Parts of strings: APPEND, SETRANGE, GETRANGE (and SUBSTR, its older name).
 *
 * A string that is changed in place is held as a RawString from its first change on, so that appending again and again costs
 * what is appended. Source: redis 7.2.6 t_string.c (appendCommand, setrangeCommand, getrangeCommand).
 */
import { EMPTY, type Bytes } from '../../base/bytes.js';
import { RawString } from '../../store/types/raw-string.js';
import { type StringValue, makeString, stringLength, toRawString } from '../../store/types/value.js';
import { type KeyEvent } from '../../store/events.js';
import { checkStringLength, getStringOrThrow, indexArg, int64Arg, stringOrThrow } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_APPEND, EVENT_SETRANGE } from './events.js';

/** APPEND key value. */
export function append(ctx: CommandContext, argv: Bytes[]): void {
  const { db } = ctx;
  const [, key, tail] = argv;
  const slot = db.lookupWrite(key);
  if (slot < 0) {
    ctx.gate.put(db, key, slot, makeString(tail), EVENT_APPEND, 0);
    ctx.reply.int(tail.length);
    return;
  }
  const value = stringOrThrow(db.valueAt(slot));
  const length = stringLength(value) + tail.length;
  checkStringLength(ctx, length);
  edit(ctx, key, slot, value, EVENT_APPEND, (raw) => raw.append(tail));
  ctx.reply.int(length);
}

/** SETRANGE key offset value. Writing nothing changes nothing, not even a key that is missing. */
export function setrange(ctx: CommandContext, argv: Bytes[]): void {
  const { db } = ctx;
  const [, key, , part] = argv;
  const offset = indexArg(argv[2]);
  if (offset < 0) throw Errors.offsetOutOfRange;
  const slot = db.lookupWrite(key);
  const value = slot < 0 ? EMPTY : stringOrThrow(db.valueAt(slot));
  const length = stringLength(value);
  if (part.length === 0) {
    ctx.reply.int(length);
    return;
  }
  checkStringLength(ctx, offset + part.length);
  if (slot < 0) {
    const raw = RawString.of(EMPTY, offset + part.length);
    raw.setRange(offset, part);
    ctx.gate.put(db, key, slot, raw, EVENT_SETRANGE, 0);
  } else {
    edit(ctx, key, slot, value, EVENT_SETRANGE, (raw) => raw.setRange(offset, part));
  }
  ctx.reply.int(Math.max(length, offset + part.length));
}

/** Changes the string in `slot` in place; one in another encoding is replaced by its changed copy. */
function edit(
  ctx: CommandContext,
  key: Bytes,
  slot: number,
  value: StringValue,
  event: KeyEvent,
  change: (raw: RawString) => void,
): void {
  const { db, gate } = ctx;
  if (value instanceof RawString) {
    // While a snapshot refers to the value, the one to change is another.
    change(toRawString(stringOrThrow(gate.open(db, slot))));
    gate.changed(db, key, event);
  } else {
    const raw = toRawString(value);
    change(raw);
    gate.replace(db, key, slot, raw, event);
  }
}

/** GETRANGE key start end: both ends belong to the range, negative ones count from the end of the string. */
export function getrange(ctx: CommandContext, argv: Bytes[]): void {
  const first = int64Arg(argv[2]);
  const last = int64Arg(argv[3]);
  const value = getStringOrThrow(ctx, argv[1]);
  // Before anything is clipped, so that -1 -100 is not the first byte of a short string.
  const backwards = first < 0 && last < 0 && first > last;
  if (value === undefined || backwards) {
    ctx.reply.bulk(EMPTY);
    return;
  }
  const length = stringLength(value);
  const start = fromEnd(Number(first), length);
  const end = Math.min(fromEnd(Number(last), length) + 1, length);
  ctx.reply.bulk(start < end ? cut(value, start, end) : EMPTY);
}

function fromEnd(index: number, length: number): number {
  return index < 0 ? Math.max(0, index + length) : index;
}

function cut(value: StringValue, start: number, end: number): Bytes {
  if (typeof value === 'object') return value.slice(start, end);
  return String(value).slice(start, end) as Bytes;
}
