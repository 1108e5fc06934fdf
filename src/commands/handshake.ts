import { ClientCommand, targetArgs } from '../cli/base-command.js';
import { resolveConnection } from '../cli/connection-flags.js';
import { EXIT } from '../cli/exit-codes.js';
import type { HandshakeFlags, Mode } from '../cli/handshake/setup.js';
import { handshakeFlags } from '../cli/handshake-flags.js';
import { thisTerminal } from '../cli/terminal.js';
import { UsageError } from '../cli/usage-error.js';

export default class Handshake extends ClientCommand {
  static override summary = "run a replica's handshake by hand, trace every byte, name the fault and the fix";
  static override usage =
    'handshake [TARGET] [--no-psync | --probe | --replid ID --offset N | --step | --conformance | --between LISTEN | --replay FILE] [--follow] [--rdb FILE] …';
  static override description = [
    'Connects as a replica would: PING, AUTH, REPLCONF, PSYNC; shows each message with its time, reads the snapshot, follows the ' +
      'stream when asked, and says what is wrong and how to mend it.',
    'What it costs the master: a full sync makes it fork and send a whole snapshot. --no-psync stops before that; --probe asks for ' +
      'the current position, which needs no snapshot. With capa eof a diskless master waits repl-diskless-sync-delay (5 s) first. ' +
      '--conformance asks for several full syncs, and says how many before it begins.',
    'Exit codes: 0 the handshake went through, 1 a fault was found and named, 2 bad usage, 3 the server could not be reached.',
  ].join('\n\n');

  static override examples = [
    '<%= config.bin %> handshake 127.0.0.1:6379 --no-psync',
    '<%= config.bin %> handshake :6379 --probe',
    '<%= config.bin %> handshake :6379 --follow --for 10s --rdb dump.rdb',
  ];

  static override args = targetArgs;
  static override flags = handshakeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Handshake);
    const terminal = thisTerminal({ json: flags.json, noColor: flags['no-color'] });
    if (flags.explain !== undefined) {
      const { explainText } = await import('../cli/handshake/explain.js');
      process.stdout.write(explainText(flags.explain, terminal));
      return;
    }
    if (flags.replay !== undefined) {
      if (args.target !== undefined) throw new UsageError('--replay reads a file: it takes no TARGET');
      const { runReplay } = await import('../cli/handshake/replay.js');
      this.leave(await runReplay(flags.replay, { flags, terminal }));
      return;
    }
    const connection = resolveConnection(args.target, flags);
    const onInterrupt = (cleanup: () => void | Promise<void>): (() => void) =>
      this.onInterrupt(cleanup, EXIT.interrupted);
    const run = await modeOf(flags);
    const code = await run({ flags, connection, terminal, onInterrupt });
    if (code !== undefined) this.leave(code);
  }
}

/** Each mode is loaded when it is wanted: a probe shall not wait for what it does not need. */
async function modeOf(flags: HandshakeFlags): Promise<Mode> {
  const { between } = flags;
  if (between) {
    const { runBetween } = await import('../cli/handshake/between.js');
    return (job) => runBetween(between, job);
  }
  if (flags.conformance) return (await import('../cli/handshake/conformance.js')).runConformance;
  if (flags.step) return (await import('../cli/handshake/step.js')).runStep;
  return (await import('../cli/handshake/trace.js')).runTrace;
}
