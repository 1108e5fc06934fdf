/** Keyspace events of HyperLogLog (redis 7.2.6 hyperloglog.c): PFMERGE is told of as an addition, too. */
import { ascii } from '../../base/bytes.js';
import { keyEvent, type KeyEvent } from '../../store/events.js';

export const EVENT_PFADD = keyEvent('string', 'pfadd');
/** A change that no subscriber is told of: PFCOUNT writes its cache. */
export const EVENT_NONE: KeyEvent = { class: 0, name: ascii('') };
