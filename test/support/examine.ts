/**
 * Runs an examination against a port of this host, for tests: short timers, everything collected; and its trace is held to what
 * must be true of every trace (tape-check.ts).
 */
import { SystemClock } from '../../src/core/base/clock-system.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { examine, type Examination, type ExamineSetup } from '../../src/core/diagnosis/examine.js';
import { type Finding } from '../../src/core/diagnosis/rule.js';
import { type TraceEvent } from '../../src/core/diagnosis/trace.js';
import { connectTo } from '../../src/core/net/client-connection.js';
import { checkTape } from './tape-check.js';

export interface Examined extends Examination {
  readonly events: readonly TraceEvent[];
  readonly ids: readonly string[];
  readonly finding: (id: string) => Finding | undefined;
}

type Options = Partial<Omit<ExamineSetup, 'clock' | 'observer'>> & { readonly host?: string };

/** One examination of `host:port`; full sync unless asked otherwise. */
export async function examinePort(port: number, options: Options = {}): Promise<Examined> {
  const events: TraceEvent[] = [];
  const clock = new SystemClock();
  const tls = options.tls ?? false;
  const target = { kind: 'tcp', host: options.host ?? '127.0.0.1', port, tls } as const;
  const { done } = examine({
    dial: connectTo(target, { clock, tls: { insecure: true } }),
    clock,
    random: new SeededRandom(process.pid * 7919 + port),
    target: `127.0.0.1:${port}`,
    tls,
    listeningPort: 6380,
    capa: ['eof', 'psync2'],
    aim: 'full',
    timeoutMs: 400,
    idleMs: 700,
    ...options,
    observer: (event) => events.push(event),
  });
  const examination = await done;
  checkTape(events);
  return {
    ...examination,
    events,
    ids: examination.findings.map(({ id }) => id),
    finding: (id) => examination.findings.find((found) => found.id === id),
  };
}
