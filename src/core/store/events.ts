/**
 * Keyspace events: their classes (the letters of `notify-keyspace-events`) and the port through which the write gate
 * announces them (redis 7.2.6 server.h NOTIFY_*, notify.c).
 */
import { type Bytes } from '../base/bytes.js';

export const NotifyClass = {
  keyspace: 1 << 0, // K
  keyevent: 1 << 1, // E
  generic: 1 << 2, // g
  string: 1 << 3, // $
  list: 1 << 4, // l
  set: 1 << 5, // s
  hash: 1 << 6, // h
  zset: 1 << 7, // z
  expired: 1 << 8, // x
  evicted: 1 << 9, // e
  stream: 1 << 10, // t
  keyMiss: 1 << 11, // m
  loaded: 1 << 12,
  module: 1 << 13, // d
  new: 1 << 14, // n
} as const;

/** What happened to a key: its class and the name that subscribers see. */
export interface KeyEvent {
  readonly class: number;
  readonly name: Bytes;
}

/** Declares an event of a class by the name that Redis gives it. */
export function keyEvent(of: keyof typeof NotifyClass, name: string): KeyEvent {
  return { class: NotifyClass[of], name: name as Bytes };
}

export const EVENT_DEL = keyEvent('generic', 'del');
export const EVENT_EXPIRE = keyEvent('generic', 'expire');
export const EVENT_PERSIST = keyEvent('generic', 'persist');
export const EVENT_RENAME_FROM = keyEvent('generic', 'rename_from');
export const EVENT_RENAME_TO = keyEvent('generic', 'rename_to');
export const EVENT_MOVE_FROM = keyEvent('generic', 'move_from');
export const EVENT_MOVE_TO = keyEvent('generic', 'move_to');
export const EVENT_COPY_TO = keyEvent('generic', 'copy_to');
export const EVENT_RESTORE = keyEvent('generic', 'restore');
export const EVENT_EXPIRED = keyEvent('expired', 'expired');
export const EVENT_EVICTED = keyEvent('evicted', 'evicted');
export const EVENT_NEW = keyEvent('new', 'new');
export const EVENT_KEY_MISS = keyEvent('keyMiss', 'keymiss');
/** Fields of a hash expired (Redis 7.4). */
export const EVENT_FIELDS_EXPIRED = keyEvent('hash', 'hexpired');
