/** Keyspace events of the list family (redis 7.2.6 t_list.c). */
import { keyEvent, type KeyEvent } from '../../store/events.js';

export const EVENT_LINSERT = keyEvent('list', 'linsert');
export const EVENT_LREM = keyEvent('list', 'lrem');
export const EVENT_LSET = keyEvent('list', 'lset');
export const EVENT_LTRIM = keyEvent('list', 'ltrim');

/** An end of a list: LPUSH, LPOP and LEFT mean the head, RPUSH, RPOP and RIGHT the tail. */
export type End = 'left' | 'right';

export const PUSH_EVENTS: Readonly<Record<End, KeyEvent>> = {
  left: keyEvent('list', 'lpush'),
  right: keyEvent('list', 'rpush'),
};
export const POP_EVENTS: Readonly<Record<End, KeyEvent>> = {
  left: keyEvent('list', 'lpop'),
  right: keyEvent('list', 'rpop'),
};
