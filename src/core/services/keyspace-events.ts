/**
 * The letters that name classes of keyspace events in `notify-keyspace-events`.
 *
 * The classes themselves are the store's (events.ts); the configuration keeps their sum. Letters and their order are those of
 * redis 7.2.6 notify.c.
 */
import { type Bytes, ascii } from '../base/bytes.js';
import { NotifyClass } from '../store/events.js';

/** Letters in the order in which they are printed; those of ALL give way to `A` when all are there. */
const LETTERS: readonly (readonly [string, number])[] = [
  ['g', NotifyClass.generic],
  ['$', NotifyClass.string],
  ['l', NotifyClass.list],
  ['s', NotifyClass.set],
  ['h', NotifyClass.hash],
  ['z', NotifyClass.zset],
  ['x', NotifyClass.expired],
  ['e', NotifyClass.evicted],
  ['t', NotifyClass.stream],
  ['d', NotifyClass.module],
  ['n', NotifyClass.new],
  ['K', NotifyClass.keyspace],
  ['E', NotifyClass.keyevent],
  ['m', NotifyClass.keyMiss],
];

/** What `A` stands for: all but the two channels, key misses and new keys. */
export const NOTIFY_ALL =
  NotifyClass.generic |
  NotifyClass.string |
  NotifyClass.list |
  NotifyClass.set |
  NotifyClass.hash |
  NotifyClass.zset |
  NotifyClass.expired |
  NotifyClass.evicted |
  NotifyClass.stream |
  NotifyClass.module;

/** Printed only when `A` is not (notify.c:keyspaceEventsFlagsToString puts `n` there, so `An` prints as `A`). */
const HIDDEN_BY_ALL = NOTIFY_ALL | NotifyClass.new;

/** The bits that `letters` name, or undefined when one is unknown. */
export function parseKeyspaceEvents(letters: Bytes): number | undefined {
  let bits = 0;
  for (const letter of letters) {
    const bit = letter === 'A' ? NOTIFY_ALL : LETTERS.find(([name]) => name === letter)?.[1];
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

/** The letters for `bits`, as CONFIG GET shows them. */
export function formatKeyspaceEvents(bits: number): Bytes {
  const all = (bits & NOTIFY_ALL) === NOTIFY_ALL;
  let out = all ? 'A' : '';
  for (const [letter, bit] of LETTERS) {
    if ((bits & bit) !== 0 && !(all && (bit & HIDDEN_BY_ALL) !== 0)) out += letter;
  }
  return ascii(out);
}
