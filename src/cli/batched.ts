/**
 * Prints a little later than things happen. Drawing a line takes longer than a local server needs for its answer, so
 * printing between two messages would show up in their times.
 */

/** Short for the eye, long for a handshake on a local network. */
const DELAY_MS = 20;

export interface Batched<E> {
  readonly add: (event: E) => void;
  /** Handles what is waiting now. */
  readonly flush: () => void;
}

/** Hands events to `handle` in order, some milliseconds after they came. */
export function batched<E>(handle: (event: E) => void): Batched<E> {
  let waiting: E[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const due = waiting;
    waiting = [];
    for (const event of due) handle(event);
  };
  return {
    add: (event) => {
      waiting.push(event);
      timer ??= setTimeout(flush, DELAY_MS);
    },
    flush,
  };
}
