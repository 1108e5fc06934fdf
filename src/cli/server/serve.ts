/**
 * `serve`, from its arguments to its exit code. Nothing here loads oclif (cli/direct), and what only a terminal or --trace needs
 * is loaded where it is asked for: all of it would stay in memory as long as the server lives.
 */
import {
  ArgvError,
  parseServerArgv,
  UnknownDirectiveError,
  type OwnOptions,
  type ParsedArgv,
} from '../../core/services/config/argv.js';
import { thisTerminal, type Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { PLAIN_VIEW, runServer, type ServerView } from './run-server.js';

/** Options of ours beside the directives. */
const OWN: OwnOptions = { trace: 'flag', json: 'flag', 'no-color': 'flag' };

/** Runs a server until it ends. @returns the exit code. Throws UsageError, or why the configuration cannot be read */
export async function serve(args: readonly string[]): Promise<number> {
  const argv = parseOrUsage(args);
  const { trace, json, 'no-color': noColor } = argv.own;
  if (json && !trace) throw new UsageError('--json is the form of --trace: give both');
  const terminal = thisTerminal({ json: json === true, noColor: noColor === true });
  const view = await viewFor(terminal, trace === true, json === true);
  return runServer(argv, { view, trace: trace === true });
}

async function viewFor(terminal: Terminal, trace: boolean, json: boolean): Promise<ServerView> {
  const loading = terminal.live ? (await import('./loading-view.js')).loadingView(terminal) : PLAIN_VIEW;
  return trace ? (await import('./trace-view.js')).traceView(terminal, json, loading) : loading;
}

function parseOrUsage(args: readonly string[]): ParsedArgv {
  try {
    return parseServerArgv(args, OWN);
  } catch (error) {
    if (error instanceof ArgvError && !(error instanceof UnknownDirectiveError))
      throw new UsageError(error.message);
    throw error;
  }
}
