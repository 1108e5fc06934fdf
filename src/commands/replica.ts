import { Errors, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { replica } from '../cli/server/replica.js';

export default class Replica extends BaseCommand {
  static override summary = 'follow a master: a live copy that serves reads and reports its progress';
  static override usage =
    'replica --of host:port [--port 6380] [--once [--rdb FILE] [--force]] [--masteruser …] [--masterauth …] [--announce-ip …] [--announce-port …] [--any-redis-conf-directive value …]';
  static override description = [
    'Attaches to any master that speaks the protocol, takes its data, follows its stream and serves reads. Says why each full sync ' +
      'was necessary, why a link was lost, and how far behind it is. On a terminal it draws; otherwise it logs as Redis does.',
    'Takes what redis-server takes as well: a configuration file, standard input (-), any directive of redis.conf as --name value.',
    'Ctrl-C and SIGTERM end it cleanly, exit 0. 1: it could not start, 2: bad usage. --once makes one attempt: 0: the file is there and ' +
      'was verified, 1: there is none, and it says why, 4: a file that was there must not be replaced, 130: stopped before it was done.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> <%= command.id %> --of 127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --of 127.0.0.1:6379 --once --rdb backup.rdb',
    '<%= config.bin %> <%= command.id %> --of :6379 --port 0 --json',
  ];

  // For the help only: the command line is redis-server's, which oclif cannot describe. parseServerArgv reads it.
  static override strict = false;
  static override flags = {
    of: Flags.string({
      helpValue: 'HOST:PORT',
      description: 'the master: host:port, host, :port, [::1]:6379, redis://user:pass@host:port',
    }),
    port: Flags.string({
      helpValue: 'PORT',
      description: '[default: 6380] the port to listen on; 0: any that is free',
    }),
    masteruser: Flags.string({ helpValue: 'NAME', description: 'ACL user to log in as at the master' }),
    masterauth: Flags.string({
      helpValue: 'PASSWORD',
      description:
        'password to log in with at the master (better given in the environment, as REDISCLI_AUTH)',
    }),
    'announce-ip': Flags.string({ helpValue: 'IP', description: 'address to announce to the master' }),
    'announce-port': Flags.string({ helpValue: 'PORT', description: 'port to announce to the master' }),
    save: Flags.string({
      helpValue: 'RULES',
      description: '[default: "", never] when to write dump.rdb, such as "3600 1"',
    }),
    once: Flags.boolean({
      description: 'take one snapshot, verify it, leave its file and end: a backup that was checked',
    }),
    rdb: Flags.string({
      helpValue: 'FILE',
      description: '[default: DIR/dump.rdb] with --once: the file to write',
    }),
    force: Flags.boolean({ description: 'with --once: replace the file that is there, whatever it is' }),
    json: Flags.boolean({ description: 'print events and samples as JSON, one per line' }),
    'no-color': Flags.boolean({ description: 'draw without colour' }),
  };

  async run(): Promise<void> {
    this.parsed = true;
    throw new Errors.ExitError(await replica(this.argv));
  }
}
