/**
 * Looking ahead in a pipeline: where one argument (the second is the key of most commands) of each of the next commands lies.
 *
 * Reads what RequestParser will read, makes nothing of it, and stops at the first thing that is not a complete multibulk command
 * of the plain kind. Called by the engine, for a prefetch.
 */

/** Takes the places of arguments. */
export interface ArgumentSink {
  readonly isFull: boolean;
  add(buf: Uint8Array, start: number, end: number): void;
}

const CR = 13;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;
const MAX_DIGITS = 7;

/** Behind the number that was read last, and the line end after it. */
let behind = 0;

/** The number in the line whose type byte is at `at`; -1 when it is not all there, or of another kind. */
function numberAt(buf: Uint8Array, at: number, end: number, type: number): number {
  if (at >= end || buf[at] !== type) return -1;
  const last = Math.min(end - 1, at + 1 + MAX_DIGITS);
  let n = 0;
  for (let p = at + 1; p < last; p++) {
    const c = buf[p];
    if (c === CR) {
      behind = p + 2;
      return p === at + 1 ? -1 : n;
    }
    const digit = c - ZERO;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return -1;
}

/**
 * Gives `sink` the argument at `position` of the commands in `buf[start, end)`, where there is one that is not empty, until it is full.
 * @returns how many commands were looked at
 */
export function lookAhead(
  buf: Uint8Array,
  start: number,
  end: number,
  sink: ArgumentSink,
  position: number,
): number {
  let commands = 0;
  for (let at = start; at < end && !sink.isFull; commands++) {
    const count = numberAt(buf, at, end, STAR);
    if (count <= 0) break;
    at = behind;
    let from = 0;
    let to = 0;
    for (let i = 0; i < count; i++) {
      const length = numberAt(buf, at, end, DOLLAR);
      if (length < 0 || behind + length + 2 > end) return commands;
      if (i === position) {
        from = behind;
        to = behind + length;
      }
      at = behind + length + 2;
    }
    if (to > from) sink.add(buf, from, to);
  }
  return commands;
}
