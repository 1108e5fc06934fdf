/** What `serve` shows beside its log on a terminal: a spinner while the data set loads. */
import ora, { type Ora } from 'ora';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { percent } from '../render/replica-facts.js';
import { spinnerOptions, type Terminal } from '../terminal.js';
import { type ServerView } from './run-server.js';

export function loadingView(terminal: Terminal): ServerView {
  let spinner: Ora | undefined;
  const stop = (): void => {
    spinner?.stop();
    spinner = undefined;
  };
  return {
    receive: (message) => {
      if (message.type === 'ready') stop();
      if (message.type !== 'loading' || message.totalBytes === 0) return;
      const { loadedBytes, totalBytes, keys } = message;
      // ora takes the line away while something else is written, so the log stays whole.
      spinner ??= ora({
        stream: process.stderr,
        discardStdin: false,
        ...spinnerOptions(terminal),
      }).start();
      spinner.text = `loading ${percent(loadedBytes, totalBytes)} % of ${formatBytes(totalBytes)}, ${formatCount(keys)} keys`;
    },
    hides: () => false,
    stop,
  };
}
