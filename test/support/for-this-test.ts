/** What a test starts and need not end: it is ended when the test is over, the last one first. */
import { onTestFinished } from 'vitest';

type Ends = { stop(): unknown } | { close(): unknown };

/** Ends `thing` after the test that runs now; answers with it. */
export function forThisTest<T extends Ends>(thing: T): T {
  onTestFinished(async () => {
    if ('stop' in thing) await thing.stop();
    else await thing.close();
  });
  return thing;
}
