/**
 * What the handlers of lists share: finding a list, noting what grew and what shrank, answering with a range.
 *
 * The encoding follows redis 7.2.6 t_list.c:listTypeTryConversionRaw: before elements are added it is settled by the lengths
 * that they are given with, after a removal by what is left.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type KeyEvent } from '../../store/events.js';
import { LISTPACK_FRAME, listNodeLimits, settleEncoding } from '../../store/types/encoding.js';
import { ListValue } from '../../store/types/list-value.js';
import { type Value } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { elementsRemoved } from '../removal.js';
import { type End } from './events.js';

/** Elements that are taken out of a list at a time: an answer of a million needs no array of a million. */
export const BATCH = 1024;

/** The list that a value is, or WRONGTYPE. */
function listOrThrow(value: Value): ListValue {
  if (!(value instanceof ListValue)) throw Errors.wrongType;
  return value;
}

/** The list at `key` for a command that reads; undefined: no such key. Throws WRONGTYPE. */
export function readList(ctx: CommandContext, key: Bytes): ListValue | undefined {
  const value = ctx.db.lookupRead(key);
  return value === undefined ? undefined : listOrThrow(value);
}

/** The slot of the list at `key` for a command that writes; -1: no such key. Throws WRONGTYPE. */
export function listSlot(ctx: CommandContext, key: Bytes): number {
  const slot = ctx.db.lookupWrite(key);
  if (slot >= 0) listOrThrow(ctx.db.valueAt(slot));
  return slot;
}

/** The list in `slot`, to be changed. */
export function openList(ctx: CommandContext, slot: number): ListValue {
  return ctx.gate.open(ctx.db, slot) as ListValue;
}

/** LEFT or RIGHT. */
export function endArg(text: Bytes): End {
  if (isWord(text, 'left')) return 'left';
  if (isWord(text, 'right')) return 'right';
  throw Errors.syntax;
}

/** Settles the encoding before elements of `bytes` bytes in all are added. */
export function growing(ctx: CommandContext, list: ListValue, bytes: number, count: number): void {
  if (list.encoding === 'quicklist') return;
  const { maxBytes, maxCount } = listNodeLimits(ctx.server.config.values);
  if (list.packedBytes + LISTPACK_FRAME + bytes > maxBytes || list.length + count > maxCount) {
    list.encoding = 'quicklist';
  }
}

/** Elements were added after `growing`: what they take packed does not matter any more. */
export function grown(list: ListValue): void {
  list.unsettled = false;
}

/** Settles the encoding after a removal: a quicklist may go back to a listpack, which itself stays one. */
export function settleShrunk(ctx: CommandContext, list: ListValue): void {
  if (list.encoding === 'quicklist') settleEncoding(list, ctx.server.config.values);
  else list.unsettled = false;
}

/** Adds `value` at one end. */
export function pushAt(list: ListValue, end: End, value: Bytes): void {
  if (end === 'left') list.pushFront(value);
  else list.pushBack(value);
}

/** Removes the element at one end of a list that is not empty. */
export function popAt(list: ListValue, end: End): Bytes {
  return (end === 'left' ? list.popFront() : list.popBack())!;
}

/**
 * `count` elements of the list at `key` have gone: tells of `event`, settles the encoding, and deletes the key when nothing is
 * left (redis 7.2.6 t_list.c:listElementsRemoved).
 */
export function shrunk(
  ctx: CommandContext,
  key: Bytes,
  slot: number,
  list: ListValue,
  event: KeyEvent,
  count: number,
): void {
  if (list.length > 0) settleShrunk(ctx, list);
  elementsRemoved(ctx, key, slot, list.length, event, count);
}

/** An index or offset of an element, counted from the end when negative. */
export function fromStart(index: number, length: number): number {
  return index < 0 ? length + index : index;
}

/** Answers with `count` elements from `start` on, those of the tail first when `reverse`. */
export function replyRange(
  reply: ReplyWriter,
  list: ListValue,
  start: number,
  count: number,
  reverse = false,
): void {
  reply.array(count);
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done);
    const from = reverse ? start + count - done - size : start + done;
    const batch = list.range(from, from + size);
    if (reverse) batch.reverse();
    reply.bulkRun(batch, 0, size);
  }
}
