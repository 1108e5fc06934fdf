/** Keyspace events of the stream family (redis 7.2.6 t_stream.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_XADD = keyEvent('stream', 'xadd');
export const EVENT_XDEL = keyEvent('stream', 'xdel');
export const EVENT_XTRIM = keyEvent('stream', 'xtrim');
export const EVENT_XSETID = keyEvent('stream', 'xsetid');
export const EVENT_GROUP_CREATE = keyEvent('stream', 'xgroup-create');
export const EVENT_GROUP_SETID = keyEvent('stream', 'xgroup-setid');
export const EVENT_GROUP_DESTROY = keyEvent('stream', 'xgroup-destroy');
export const EVENT_CREATE_CONSUMER = keyEvent('stream', 'xgroup-createconsumer');
export const EVENT_DEL_CONSUMER = keyEvent('stream', 'xgroup-delconsumer');
