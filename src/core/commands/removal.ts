/** The end of a command that took elements out of a collection, which is the same for every type. */
import { type Bytes } from '../base/bytes.js';
import { EVENT_DEL, type KeyEvent } from '../store/events.js';
import { type CommandContext } from './context.js';

/**
 * `count` elements of the opened collection in `slot` have gone and `left` are left: tells of `event`, and deletes the key when none is
 * (redis 7.2.6 t_set.c:sremCommand and its like). The deletion counts as the last of the changes.
 */
export function elementsRemoved(
  ctx: CommandContext,
  key: Bytes,
  slot: number,
  left: number,
  event: KeyEvent,
  count: number,
): void {
  const { db, gate } = ctx;
  gate.changed(db, key, event, left > 0 ? count : count - 1);
  if (left === 0) gate.remove(db, key, slot, EVENT_DEL);
}
