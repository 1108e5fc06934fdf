/** Keyspace events of bitmaps (redis 7.2.6 bitops.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_SETBIT = keyEvent('string', 'setbit');
