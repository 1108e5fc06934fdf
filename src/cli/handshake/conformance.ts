/** `handshake --conformance`: the variants, printed as they end; a moving line says which one runs. */
import { fromText } from '../../core/base/bytes.js';
import { runVariants } from '../../core/diagnosis/conformance/run.js';
import { EXIT } from '../exit-codes.js';
import { liveText } from '../live-wait.js';
import { conformanceRenderer } from '../render/conformance.js';
import { commonSetup, jsonLine, type Job } from './setup.js';

const EXIT_OF = {
  passed: EXIT.ok,
  failed: EXIT.failed,
  unreachable: EXIT.unreachable,
  stopped: EXIT.interrupted,
};

/** Runs it; see `Mode`. */
export async function runConformance({
  flags,
  connection,
  terminal,
  onInterrupt,
}: Job): Promise<number | undefined> {
  const { user, pass, target, ...setup } = commonSetup(connection);
  const live = await liveText(terminal.live);
  const render = flags.json ? jsonLine : conformanceRenderer(target, terminal);
  const running = runVariants({
    ...setup,
    ...(user !== undefined && { user: fromText(user) }),
    ...(pass !== undefined && { pass: fromText(pass) }),
    listeningPort: flags['listening-port'],
    observer: (event) => {
      live.hide();
      process.stdout.write(render(event));
    },
    starting: ({ name, delayed }, index, of) => {
      const wait = delayed ? ' (a diskless master lets its delay pass first)' : '';
      live.show(`${index + 1} of ${of}: ${name}${wait}`);
    },
  });
  const interrupted = onInterrupt(async () => {
    running.stop();
    await running.done;
    live.hide();
  });
  const verdict = await running.done;
  live.hide();
  if (verdict === 'stopped') return undefined;
  interrupted();
  return EXIT_OF[verdict];
}
