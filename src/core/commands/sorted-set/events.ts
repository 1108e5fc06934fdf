/** Keyspace events of the sorted set family (redis 7.2.6 t_zset.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_ZADD = keyEvent('zset', 'zadd');
export const EVENT_ZINCR = keyEvent('zset', 'zincr');
export const EVENT_ZREM = keyEvent('zset', 'zrem');
export const EVENT_ZREMRANGEBYRANK = keyEvent('zset', 'zremrangebyrank');
export const EVENT_ZREMRANGEBYSCORE = keyEvent('zset', 'zremrangebyscore');
export const EVENT_ZREMRANGEBYLEX = keyEvent('zset', 'zremrangebylex');
export const EVENT_ZPOPMIN = keyEvent('zset', 'zpopmin');
export const EVENT_ZPOPMAX = keyEvent('zset', 'zpopmax');
export const EVENT_ZRANGESTORE = keyEvent('zset', 'zrangestore');
export const EVENT_ZUNIONSTORE = keyEvent('zset', 'zunionstore');
export const EVENT_ZINTERSTORE = keyEvent('zset', 'zinterstore');
export const EVENT_ZDIFFSTORE = keyEvent('zset', 'zdiffstore');
