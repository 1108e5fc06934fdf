/** Keyspace events of the string family (redis 7.2.6 t_string.c). */
import { keyEvent } from '../../store/events.js';

export const EVENT_SET = keyEvent('string', 'set');
export const EVENT_INCRBY = keyEvent('string', 'incrby');
export const EVENT_INCRBYFLOAT = keyEvent('string', 'incrbyfloat');
export const EVENT_APPEND = keyEvent('string', 'append');
export const EVENT_SETRANGE = keyEvent('string', 'setrange');
