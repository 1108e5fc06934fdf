import { ClientCommand, targetArgs } from '../cli/base-command.js';
import { resolveConnection } from '../cli/connection-flags.js';
import { EXIT } from '../cli/exit-codes.js';
import { batched } from '../cli/batched.js';
import { aimOf, explainText, handshakeFlags, IDLE_MS } from '../cli/handshake-flags.js';
import { liveWait } from '../cli/live-wait.js';
import { traceRenderer } from '../cli/render/handshake.js';
import { snapshotFile } from '../cli/snapshot-file.js';
import { targetName } from '../cli/target.js';
import { thisTerminal } from '../cli/terminal.js';
import { SystemClock } from '../core/base/clock-system.js';
import { SystemRandom } from '../core/base/random-system.js';
import { examine } from '../core/diagnosis/examine.js';
import { type TraceEvent } from '../core/diagnosis/trace.js';
import { connectTo } from '../core/net/client-connection.js';

const EXIT_OF = {
  passed: EXIT.ok,
  failed: EXIT.failed,
  unreachable: EXIT.unreachable,
  stopped: EXIT.interrupted,
};

export default class Handshake extends ClientCommand {
  static override summary = "run a replica's handshake by hand, trace every byte, name the fault and the fix";
  static override usage =
    'handshake [TARGET] [--no-psync | --probe | --replid ID --offset N] [--follow] [--rdb FILE] …';
  static override description = [
    'Connects as a replica would: PING, AUTH, REPLCONF, PSYNC; shows each message with its time, reads the snapshot, follows the ' +
      'stream when asked, and says what is wrong and how to mend it.',
    'What it costs the master: a full sync makes it fork and send a whole snapshot. --no-psync stops before that; --probe asks for ' +
      'the current position, which needs no snapshot. With capa eof a diskless master waits repl-diskless-sync-delay (5 s) first.',
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
      process.stdout.write(explainText(flags.explain, terminal));
      return;
    }
    const { target, tls, timeoutMs } = resolveConnection(args.target, flags);
    const aim = aimOf(flags);
    const file = flags.rdb === undefined ? undefined : snapshotFile(flags.rdb);
    const clock = new SystemClock();
    const render = flags.json ? jsonLine : traceRenderer({ terminal, hex: flags.hex });
    const live = liveWait(terminal.live);
    const trace = batched((event: TraceEvent) =>
      live.around(event, () => void process.stdout.write(render(event))),
    );
    const running = examine({
      ...{ clock, aim, timeoutMs, idleMs: Math.max(IDLE_MS, timeoutMs) },
      dial: connectTo(target, { clock, tls: tls ?? { insecure: true }, timeoutMs }),
      dialHost: (host, port) =>
        connectTo({ ...target, kind: 'tcp', host, port, tls: tls !== undefined }, { clock, tls, timeoutMs }),
      random: new SystemRandom(),
      target: targetName(target),
      tls: tls !== undefined,
      ...{ user: target.user, pass: target.pass },
      ...{ listeningPort: flags['listening-port'], announceIp: flags['announce-ip'] },
      capa: flags.capa.filter((name) => name !== 'none'),
      follow: flags.follow ? { forMs: flags.for, count: flags.count } : undefined,
      sink: file?.sink,
      observer: trace.add,
    });
    const interrupted = this.onInterrupt(async () => {
      running.stop();
      await running.done;
      trace.flush();
      live.stop();
      await file?.finish(false);
    }, EXIT.interrupted);
    const { verdict, snapshotWhole } = await running.done;
    if (verdict === 'stopped') return;
    interrupted();
    trace.flush();
    live.stop();
    await file?.finish(snapshotWhole);
    this.leave(EXIT_OF[verdict]);
  }
}

function jsonLine(event: TraceEvent): string {
  return `${JSON.stringify(event)}\n`;
}
