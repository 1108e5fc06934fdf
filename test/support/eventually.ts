/** Waits for a condition with a deadline: what tests do instead of sleeping. */

const POLL_MS = 10;

/** Resolves when `condition` holds; rejects after `deadlineMs` with the last error or the condition's source. */
export async function eventually(condition: () => unknown, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
