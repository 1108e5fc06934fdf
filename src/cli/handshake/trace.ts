/** `handshake` as it is meant most of the time: one examination, its trace printed as it happens. */
import { examine } from '../../core/diagnosis/examine.js';
import { redacting } from '../../core/diagnosis/tape/redacting.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { batched } from '../batched.js';
import { liveWait } from '../live-wait.js';
import { traceRenderer } from '../render/handshake.js';
import { snapshotFile } from '../snapshot-file.js';
import { aimOf, capaOf, commonSetup, EXIT_OF, jsonLine, redactionOf, type Job } from './setup.js';

/** Runs it; see `Mode`. */
export async function runTrace({
  flags,
  connection,
  terminal,
  onInterrupt,
}: Job): Promise<number | undefined> {
  const file = flags.rdb === undefined ? undefined : snapshotFile(flags.rdb);
  const render = flags.json ? jsonLine : traceRenderer({ terminal, hex: flags.hex });
  const live = liveWait(terminal.live);
  const trace = batched((event: TraceEvent) =>
    live.around(event, () => void process.stdout.write(render(event))),
  );
  const redaction = redactionOf(flags);
  const running = examine({
    ...commonSetup(connection),
    aim: aimOf(flags),
    ...{ listeningPort: flags['listening-port'], announceIp: flags['announce-ip'] },
    capa: capaOf(flags),
    follow: flags.follow ? { forMs: flags.for, count: flags.count } : undefined,
    sink: file?.sink,
    observer: redaction ? redacting(redaction, trace.add) : trace.add,
  });
  const end = async (whole: boolean): Promise<void> => {
    trace.flush();
    live.stop();
    await file?.finish(whole);
  };
  const interrupted = onInterrupt(async () => {
    running.stop();
    await running.done;
    await end(false);
  });
  const { verdict, snapshotWhole } = await running.done;
  if (verdict === 'stopped') return undefined;
  interrupted();
  await end(snapshotWhole);
  return EXIT_OF[verdict];
}
