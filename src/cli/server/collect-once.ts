/**
 * One full collection, for the moment when everything is loaded and nothing is stored yet. V8 gives back what it does not need (a
 * young generation that the modules went through, pages that are half empty) some 16 s after a full collection, when the thread
 * is idle; a server that has just started may never come to one by itself.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Stops this thread for some 20 ms while its heap is that of an empty server. */
export function collectOnce(): void {
  // The flag is read when a context is made; it is off again for all others.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
