/** Keyspace events of the geo family (redis 7.2.6 geo.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_GEOSEARCHSTORE = keyEvent('zset', 'geosearchstore');
export const EVENT_GEORADIUSSTORE = keyEvent('zset', 'georadiusstore');
