import { Errors, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { serve } from '../cli/server/serve.js';

export default class Serve extends BaseCommand {
  static override summary = 'run a Redis-compatible server: a master that replicas attach to';
  static override description = [
    'Takes what redis-server takes: a configuration file, standard input (-), and any directive of redis.conf as --name value. Those ' +
      'below are the most used.',
    '--trace shows on stderr how each replica attaches, step by step, then every ACK against the offset that is right, and names what ' +
      'a replica does wrong, with the fix. With --json the same goes to stdout, one event a line, and the log to stderr.',
    'Ctrl-C and SIGTERM save as configured and end it, exit 0. 1: it could not start, 2: bad usage.',
  ].join('\n\n');
  static override usage =
    'serve [redis.conf | -] [--port 6379] [--trace [--json]] [--any-redis-conf-directive value …]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --port 7379',
    '<%= config.bin %> <%= command.id %> --port 0 --save "" --trace',
    'echo "port 7379" | <%= config.bin %> <%= command.id %> - --maxmemory 256mb',
  ];
  // For the help only: the command line is redis-server's, which oclif cannot describe. parseServerArgv reads it.
  static override strict = false;
  static override flags = {
    port: Flags.string({ helpValue: 'PORT', description: '[default: 6379] 0: any that is free, printed' }),
    bind: Flags.string({
      helpValue: 'ADDRESS',
      description:
        '[default: * -::*] addresses to listen on; without a password protected-mode refuses all but local clients',
    }),
    dir: Flags.string({ helpValue: 'FOLDER', description: 'where the data set is loaded from and saved to' }),
    dbfilename: Flags.string({
      helpValue: 'NAME',
      description: '[default: dump.rdb] the file of the data set in that folder',
    }),
    save: Flags.string({
      helpValue: 'RULES',
      description: 'when to save, such as "3600 1": after 3600 s with 1 change; "": never',
    }),
    requirepass: Flags.string({ helpValue: 'PASSWORD', description: 'the password that clients must give' }),
    maxmemory: Flags.string({
      helpValue: 'BYTES',
      description: 'how much memory the data may take, such as 256mb',
    }),
    'maxmemory-policy': Flags.string({
      helpValue: 'POLICY',
      description: 'which keys are removed when maxmemory is reached',
    }),
    replicaof: Flags.string({ helpValue: '"HOST PORT"', description: 'be a replica of that master' }),
    logfile: Flags.string({ helpValue: 'FILE', description: 'where the log goes instead of stdout' }),
    trace: Flags.boolean({ description: 'show on stderr what replicas do, with verdicts' }),
    json: Flags.boolean({ description: 'with --trace: events as JSON on stdout, one per line' }),
    'no-color': Flags.boolean({ description: 'print without colour' }),
  };

  async run(): Promise<void> {
    this.parsed = true;
    throw new Errors.ExitError(await serve(this.argv));
  }
}
