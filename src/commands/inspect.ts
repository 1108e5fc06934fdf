import { Flags } from '@oclif/core';
import { ClientCommand, targetArgs } from '../cli/base-command.js';
import { resolveConnection, secondsFlag } from '../cli/connection-flags.js';
import { EXIT, PLUGIN_EXIT } from '../cli/exit-codes.js';
import { renderReport } from '../cli/render/inspect.js';
import { targetName } from '../cli/target.js';
import { thisTerminal } from '../cli/terminal.js';
import { UsageError } from '../cli/usage-error.js';
import { SystemClock } from '../core/base/clock-system.js';
import { InspectError } from '../core/inspect/client.js';
import { collect, collectRaw, type CollectOptions } from '../core/inspect/collect.js';
import { report } from '../core/inspect/report.js';
import { connectTo } from '../core/net/client-connection.js';
import { hostPort } from '../core/net/target.js';

const SAMPLE_INTERVAL_MS = 1000;

export default class Inspect extends ClientCommand {
  static override summary = "show a running server's replication, and what is wrong with it";
  static override usage =
    'inspect [TARGET] [--raw | --json] [--max-lag-bytes N] [--max-ack-age S] [connection flags]';
  static override description = [
    'Prints INFO replication with every field, each replica with its lag, the age of its last ACK and its output buffer, what ' +
      'the backlog covers, and findings with the commands that mend them. Pointed at a replica it reports the link to its ' +
      'master. It only reads, and takes two samples one second apart.',
    'Exit codes are those of a monitoring plugin: 0 fine, 1 warning, 2 critical, 3 could not find out (bad usage included).',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> inspect',
    '<%= config.bin %> inspect 127.0.0.1:6379 --json',
    '<%= config.bin %> inspect :6379 --max-lag-bytes 10mb --max-ack-age 5',
  ];

  static override args = targetArgs;

  static override flags = {
    raw: Flags.boolean({ description: 'print the untouched INFO replication', exclusive: ['json'] }),
    'max-lag-bytes': Flags.custom<number>({
      parse: (input) => Promise.resolve(parseBytes(input, '--max-lag-bytes')),
    })({ helpValue: 'N', description: 'a replica further behind is critical (bytes, or 10kb, 10mb)' }),
    'max-ack-age': secondsFlag({
      helpValue: 'SECONDS',
      description: 'a replica silent for longer is critical',
    }),
  };

  protected override readonly exitCodes = { usage: PLUGIN_EXIT.unknown, failed: PLUGIN_EXIT.unknown };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect);
    const { target, tls, timeoutMs } = resolveConnection(args.target, flags);
    const clock = new SystemClock();
    const dial = connectTo(target, { clock, tls, timeoutMs });
    const options: CollectOptions = {
      clock,
      name: targetName(target),
      login: target,
      timeoutMs,
      intervalMs: SAMPLE_INTERVAL_MS,
      dialMaster: (host, port) => ({
        dial: connectTo({ kind: 'tcp', host, port, tls: tls !== undefined }, { clock, tls, timeoutMs }),
        name: hostPort(host, port),
      }),
    };
    const done = this.onInterrupt(() => undefined, EXIT.interrupted);
    try {
      if (flags.raw) process.stdout.write(await collectRaw(dial, options), 'latin1');
      else await this.print(dial, options, flags);
    } catch (error) {
      if (!flags.json || !(error instanceof InspectError)) throw error;
      const { failure, message } = error;
      writeJson({ schema: 1, target: options.name, status: 'unknown', error: { failure, message } });
      this.leave(PLUGIN_EXIT.unknown);
    } finally {
      done();
    }
  }

  private async print(
    dial: ReturnType<typeof connectTo>,
    options: CollectOptions,
    flags: { json: boolean; 'no-color': boolean; 'max-lag-bytes'?: number; 'max-ack-age'?: number },
  ): Promise<void> {
    const facts = await collect(dial, options);
    const result = report(facts, {
      maxLagBytes: flags['max-lag-bytes'],
      maxAckAgeSeconds: flags['max-ack-age'],
    });
    if (flags.json) writeJson(result);
    else process.stdout.write(renderReport(result, thisTerminal({ noColor: flags['no-color'] })));
    this.leave(PLUGIN_EXIT[result.status]);
  }
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
};

/** A size as in redis.conf: `1048576`, `10mb`, `1g`. Throws UsageError. */
function parseBytes(input: string, flag: string): number {
  const [, digits, unit] = /^(\d{1,12})([a-z]{0,2})$/i.exec(input) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  if (factor === undefined)
    throw new UsageError(`${flag}: bad size "${input}": 1048576 or 10mb, for example`);
  return Number(digits) * factor;
}
