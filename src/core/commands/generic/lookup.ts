/** Looking at a key without using it: what EXISTS, TYPE, TTL, OBJECT and SCAN do (redis 7.2.6 LOOKUP_NOTOUCH). */
import { type Bytes } from '../../base/bytes.js';
import { EVENT_KEY_MISS } from '../../store/events.js';
import { type CommandContext } from '../context.js';

/**
 * The slot of a key, or -1. Counts a hit or a miss, leaves the access time alone.
 * @param announce whether a miss is a `keymiss` event
 */
export function lookAt(ctx: CommandContext, key: Bytes, announce = true): number {
  const slot = ctx.db.lookup(key);
  const { stats } = ctx.store;
  if (slot >= 0) stats.hits++;
  else {
    if (announce) ctx.gate.keyMiss(ctx.db, key, EVENT_KEY_MISS);
    stats.misses++;
  }
  return slot;
}
