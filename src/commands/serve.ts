import { Errors } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { loadingView } from '../cli/server/loading-view.js';
import { runServer } from '../cli/server/run-server.js';
import { thisTerminal } from '../cli/terminal.js';
import { UsageError } from '../cli/usage-error.js';
import {
  ArgvError,
  parseServerArgv,
  UnknownDirectiveError,
  type ParsedArgv,
} from '../core/services/config/argv.js';

export default class Serve extends BaseCommand {
  static override summary = 'Run a Redis-compatible server: a master that replicas attach to.';
  static override description =
    'Takes what redis-server takes: a configuration file, standard input (-), and any directive of redis.conf as --name value. ' +
    'The most used: --port (0 picks a free one and prints it), --bind, --dir, --requirepass, --save, --maxmemory, --replicaof.';
  static override usage = 'serve [redis.conf | -] [--port 6379] [--any-redis-conf-directive value …]';
  static override examples = [
    '<%= config.bin %> serve --port 7379',
    '<%= config.bin %> serve --port 0 --save "" --dir /tmp',
    'echo "port 7379" | <%= config.bin %> serve - --maxmemory 256mb',
  ];
  // redis-server's own command line, which oclif cannot describe: it is read by parseServerArgv.
  static override strict = false;

  async run(): Promise<void> {
    this.parsed = true;
    const argv = parseOrUsage(this.argv);
    throw new Errors.ExitError(await runServer(argv, { view: loadingView(thisTerminal()) }));
  }
}

function parseOrUsage(argv: string[]): ParsedArgv {
  try {
    return parseServerArgv(argv);
  } catch (error) {
    if (error instanceof ArgvError && !(error instanceof UnknownDirectiveError))
      throw new UsageError(error.message);
    throw error;
  }
}
