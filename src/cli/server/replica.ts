/** `replica`, from its arguments to its exit code. As in serve.ts, nothing is loaded that this run does not need. */
import { replicaOptions } from '../replica-options.js';
import { thisTerminal, type Terminal } from '../terminal.js';
import { PLAIN_VIEW, runServer, type ServerView } from './run-server.js';

/** Runs a replica until it ends. @returns the exit code. Throws UsageError, or why the configuration cannot be read */
export async function replica(args: readonly string[]): Promise<number> {
  const { argv, defaults, json, noColor, backup } = replicaOptions(args, process.env);
  const terminal = thisTerminal({ json, noColor });
  const view = await viewFor(terminal, json, backup !== undefined);
  const watch = json || terminal.live ? 'samples' : 'events';
  return runServer(argv, { view, defaults, watch, backup });
}

async function viewFor(terminal: Terminal, json: boolean, once: boolean): Promise<ServerView> {
  if (!json && !terminal.live) return PLAIN_VIEW;
  const { jsonView, liveView } = await import('../replica-view.js');
  return json ? jsonView() : liveView(terminal, once);
}
