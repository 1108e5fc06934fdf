/**
 * Ctrl-C and SIGTERM for commands that hold something open: sockets are closed, the terminal is restored, the last summary is
 * printed, then the process exits with the command's code. A second signal, or a clean-up that hangs, exits at once.
 */

/** How long a clean-up may take before the process exits all the same. */
const CLEANUP_LIMIT_MS = 3000;

/**
 * Runs `cleanup` on the first SIGINT or SIGTERM, then exits with `code`. Returns a function that takes the handler away
 * again (call it when the work has ended).
 */
export function onInterrupt(
  cleanup: (signal: NodeJS.Signals) => void | Promise<void>,
  code: number,
): () => void {
  let interrupted = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (interrupted) process.exit(code);
    interrupted = true;
    setTimeout(() => process.exit(code), CLEANUP_LIMIT_MS).unref();
    Promise.resolve()
      .then(() => cleanup(signal))
      .then(
        () => process.exit(code),
        (error: unknown) => {
          process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
          process.exit(code);
        },
      );
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
