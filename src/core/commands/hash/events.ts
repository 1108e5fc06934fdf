/** Keyspace events of the hash family (redis 7.2.6 t_hash.c; those of field expiry as Redis 7.4 documents them). */
import { keyEvent } from '../../store/events.js';

export const EVENT_HSET = keyEvent('hash', 'hset');
export const EVENT_HDEL = keyEvent('hash', 'hdel');
export const EVENT_HINCRBY = keyEvent('hash', 'hincrby');
export const EVENT_HINCRBYFLOAT = keyEvent('hash', 'hincrbyfloat');
export const EVENT_HEXPIRE = keyEvent('hash', 'hexpire');
export const EVENT_HPERSIST = keyEvent('hash', 'hpersist');
