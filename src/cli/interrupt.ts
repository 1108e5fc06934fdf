/**
 * Ctrl-C and SIGTERM for commands that hold something open: sockets are closed, the terminal is restored, the last summary is
 * printed, then the process exits with the command's code. A second signal, or a clean-up that hangs, exits at once.
 *
 * A reader that goes away (`| head -1`) ends it in the same way, without a word: Node ignores SIGPIPE, so a command that follows
 * something would go on for nobody.
 */
import { EXIT } from './exit-codes.js';

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
  const end = (signal: NodeJS.Signals, code: number): void => {
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
  const handle = (signal: NodeJS.Signals): void => end(signal, code);
  const unread = (error: NodeJS.ErrnoException): void => {
    // What cannot be written during the clean-up is lost.
    if (error.code === 'EPIPE' && !interrupted) end('SIGPIPE', EXIT.unread);
  };
  for (const signal of signals) process.on(signal, handle);
  process.stdout.on('error', unread);
  return () => {
    for (const signal of signals) process.off(signal, handle);
    process.stdout.off('error', unread);
  };
}
