/**
 * Classes of keyspace events and the letters that name them in `notify-keyspace-events`.
 *
 * The bits and letters are those of redis 7.2.6 server.h (NOTIFY_*) and notify.c. The write gate asks for a bit, the
 * configuration keeps their sum.
 */
import { type Bytes, ascii } from '../base/bytes.js';

/** Classes of events, one bit each. */
export const NOTIFY = {
  keyspace: 1 << 0,
  keyevent: 1 << 1,
  generic: 1 << 2,
  string: 1 << 3,
  list: 1 << 4,
  set: 1 << 5,
  hash: 1 << 6,
  zset: 1 << 7,
  expired: 1 << 8,
  evicted: 1 << 9,
  stream: 1 << 10,
  keyMiss: 1 << 11,
  module: 1 << 13,
  newKey: 1 << 14,
} as const;

/** Letters in the order in which they are printed; those of ALL give way to `A` when all are there. */
const LETTERS: readonly (readonly [string, number])[] = [
  ['g', NOTIFY.generic],
  ['$', NOTIFY.string],
  ['l', NOTIFY.list],
  ['s', NOTIFY.set],
  ['h', NOTIFY.hash],
  ['z', NOTIFY.zset],
  ['x', NOTIFY.expired],
  ['e', NOTIFY.evicted],
  ['t', NOTIFY.stream],
  ['d', NOTIFY.module],
  ['n', NOTIFY.newKey],
  ['K', NOTIFY.keyspace],
  ['E', NOTIFY.keyevent],
  ['m', NOTIFY.keyMiss],
];

/** What `A` stands for: all but the two channels, key misses and new keys. */
export const NOTIFY_ALL =
  NOTIFY.generic |
  NOTIFY.string |
  NOTIFY.list |
  NOTIFY.set |
  NOTIFY.hash |
  NOTIFY.zset |
  NOTIFY.expired |
  NOTIFY.evicted |
  NOTIFY.stream |
  NOTIFY.module;

/** Printed only when `A` is not (notify.c:keyspaceEventsFlagsToString puts `n` there, so `An` prints as `A`). */
const HIDDEN_BY_ALL = NOTIFY_ALL | NOTIFY.newKey;

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
