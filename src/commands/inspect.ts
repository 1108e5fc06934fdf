import { type Interfaces } from '@oclif/core';
import { ClientCommand, targetArgs } from '../cli/base-command.js';
import { EXIT, PLUGIN_EXIT } from '../cli/exit-codes.js';
import { checkFlags, inspectFlags, withWatchInterval } from '../cli/inspect/flags.js';
import { runOnce } from '../cli/inspect/once.js';
import { setUp, writeJson } from '../cli/inspect/setup.js';
import { nearestIds, orOf } from '../cli/nearest.js';
import { targetName, parseTarget } from '../cli/target.js';
import { thisTerminal } from '../cli/terminal.js';
import { UsageError } from '../cli/usage-error.js';
import { InspectError, SILENT } from '../core/inspect/client.js';
import { type SentinelFacts } from '../core/inspect/sentinel.js';
import { FINDING_IDS } from '../core/inspect/findings/catalogue.js';
import { explainFinding } from '../core/inspect/findings/document.js';
import { prometheusDown } from '../core/inspect/prometheus.js';

export default class Inspect extends ClientCommand {
  static override summary = "show a running server's replication, and what is wrong with it";
  static override usage =
    'inspect [TARGET] [--watch [S] | --tree | --verify OTHER | --prometheus | --raw] [--json] [--report FILE] [--sentinel NAME] ' +
    '[connection flags]';
  static override description = [
    'Prints INFO replication with every field, each replica with its lag, the age of its last ACK and its output buffer, what ' +
      'the backlog covers, and findings with the commands that mend them. Pointed at a replica it reports the link to its ' +
      'master. It only reads, and takes two samples one second apart (one with --json).',
    'Exit codes are those of a monitoring plugin: 0 fine, 1 warning, 2 critical, 3 could not find out (bad usage included).',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> inspect',
    '<%= config.bin %> inspect 127.0.0.1:6379 --json',
    '<%= config.bin %> inspect :6379 --watch --max-lag-bytes 10mb',
  ];

  static override args = targetArgs;
  static override flags = inspectFlags;

  protected override readonly exitCodes = { usage: PLUGIN_EXIT.unknown, failed: PLUGIN_EXIT.unknown };

  async run(): Promise<void> {
    this.argv = withWatchInterval(this.argv);
    const { args, flags } = await this.parse(Inspect);
    checkFlags(flags);
    if (flags.explain !== undefined) return await this.explain(flags.explain);
    try {
      this.leave(await this.show(args.target, flags));
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      const target = targetName(parseTarget(args.target));
      const { failure, message } = error;
      if (flags.prometheus) process.stdout.write(prometheusDown());
      if (!flags.json) throw error;
      writeJson({ schema: 1, target, status: 'unknown', error: { failure, message } });
      this.leave(PLUGIN_EXIT.unknown);
    }
  }

  /** Each mode is loaded when it is asked for: a probe that runs every few seconds pays for none of them. */
  private async show(target: string | undefined, flags: Flags): Promise<number> {
    const { json, watch, verify, tree, report } = flags;
    const terminal = thisTerminal({ json, noColor: flags['no-color'] });
    const done = this.onInterrupt(() => undefined, watch === undefined ? EXIT.interrupted : EXIT.ok);
    let sentinel: SentinelFacts | undefined;
    try {
      const setup = await setUp(target, flags);
      sentinel = setup.options.sentinel;
      if (tree) return await (await import('../cli/inspect/tree.js')).runTree(setup, { json, terminal });
      if (verify !== undefined) {
        const { runVerify } = await import('../cli/inspect/verify.js');
        return await runVerify(setup, verify, flags, { sample: flags.sample, json, terminal });
      }
      if (watch !== undefined || report !== undefined) {
        const { runWatching } = await import('../cli/inspect/watching.js');
        const onInterrupt = (cleanup: () => void) => this.onInterrupt(cleanup, EXIT.ok);
        done();
        return await runWatching(setup, { watch, forMs: flags.for, report, json, terminal, onInterrupt });
      }
      const sampleFor = flags['sample-for'];
      const sampleForMs = sampleFor === undefined ? undefined : sampleFor * 1000;
      return await runOnce(setup, {
        raw: flags.raw,
        prometheus: flags.prometheus,
        json,
        sampleForMs,
        terminal,
      });
    } catch (error) {
      throw sentinel ? withSentinel(explained(error), sentinel) : explained(error);
    } finally {
      done();
    }
  }

  private async explain(id: string): Promise<void> {
    const text = explainFinding(id);
    if (text === undefined && (await import('../core/diagnosis/table.js')).findEntry(id))
      throw new UsageError(`--explain: ${id} is a diagnosis of handshake: handshake --explain ${id}`);
    if (text === undefined) {
      const meant = nearestIds(id, FINDING_IDS);
      const hint = meant.length === 0 ? '' : `did you mean ${orOf(meant)}? `;
      throw new UsageError(`--explain: there is no finding ${id}: ${hint}see docs/findings.md`);
    }
    process.stdout.write(text);
  }
}

/** A server that hangs, with what that means. */
function explained(error: unknown): unknown {
  if (!(error instanceof InspectError) || error.failure !== 'timeout') return error;
  return new InspectError('timeout', `${error.message}. ${SILENT}.`);
}

/** A master that cannot be asked: what the Sentinel that named it knows is all there is. */
function withSentinel(error: unknown, { address, name, master, replicas }: SentinelFacts): unknown {
  if (!(error instanceof InspectError)) return error;
  const below = replicas.map((replica) => `${replica.address} (${replica.flags.join(', ')})`).join('; ');
  return new InspectError(
    error.failure,
    `${error.message.replace(/\.$/, '')}. The Sentinel ${address} names it as ${name} (${master.flags.join(', ')}), with ${below === '' ? 'no replicas' : `the replicas ${below}`}`,
  );
}

type Flags = Interfaces.InferredFlags<typeof inspectFlags & (typeof ClientCommand)['baseFlags']>;
