/** Keyspace events of the set family (redis 7.2.6 t_set.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_SADD = keyEvent('set', 'sadd');
export const EVENT_SREM = keyEvent('set', 'srem');
export const EVENT_SPOP = keyEvent('set', 'spop');
export const EVENT_SINTERSTORE = keyEvent('set', 'sinterstore');
export const EVENT_SUNIONSTORE = keyEvent('set', 'sunionstore');
export const EVENT_SDIFFSTORE = keyEvent('set', 'sdiffstore');
