/** `handshake` as it is meant most of the time: one examination, its trace printed as it happens, its report written. */
import { examine } from '../../core/diagnosis/examine.js';
import type { TraceEvent } from '../../core/diagnosis/trace.js';
import { batched } from '../batched.js';
import { liveWait } from '../live-wait.js';
import { traceRenderer } from '../render/handshake.js';
import { snapshotFile } from '../snapshot-file.js';
import type { ReportFile } from './report-file.js';
import {
  aimOf,
  capaOf,
  commonSetup,
  EXIT_OF,
  jsonLine,
  redactionOf,
  type HandshakeFlags,
  type Job,
} from './setup.js';

/** Runs it; see `Mode`. */
export async function runTrace({
  flags,
  connection,
  terminal,
  onInterrupt,
}: Job): Promise<number | undefined> {
  const file = flags.rdb === undefined ? undefined : snapshotFile(flags.rdb);
  const report = await reportOf(flags);
  const render = flags.json ? jsonLine : traceRenderer({ terminal, hex: flags.hex });
  const live = await liveWait(terminal.live);
  const trace = batched((event: TraceEvent) =>
    live.around(event, () => void process.stdout.write(render(event))),
  );
  const observer = await redacted(flags, (event) => {
    report?.add(event);
    trace.add(event);
  });
  const running = examine({
    ...commonSetup(connection),
    aim: aimOf(flags),
    ...{ listeningPort: flags['listening-port'], announceIp: flags['announce-ip'] },
    capa: capaOf(flags),
    follow: flags.follow ? { forMs: flags.for, count: flags.count } : undefined,
    sink: file?.sink,
    largestKeys: flags['largest-keys'],
    observer,
  });
  const end = async (whole: boolean): Promise<void> => {
    trace.flush();
    live.stop();
    await file?.finish(whole);
    if (flags.rdb !== undefined) process.stderr.write(keptText(flags.rdb, whole));
    report?.write();
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

/** Masks what is not to be shown before anything sees it. */
async function redacted(
  flags: HandshakeFlags,
  observer: (event: TraceEvent) => void,
): Promise<(event: TraceEvent) => void> {
  const redaction = redactionOf(flags);
  if (!redaction) return observer;
  const { redacting } = await import('../../core/diagnosis/tape/redacting.js');
  return redacting(redaction, observer);
}

/** The page is drawn by modules that a run without one does not load. */
async function reportOf({ report, hex }: HandshakeFlags): Promise<ReportFile | undefined> {
  if (report === undefined) return undefined;
  const { reportFile } = await import('./report-file.js');
  return reportFile(report, { hex });
}

function keptText(path: string, whole: boolean): string {
  return whole ? `the snapshot is kept as ${path}\n` : `${path} was not written: no whole snapshot came\n`;
}
