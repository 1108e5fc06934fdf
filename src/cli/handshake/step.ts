/**
 * `handshake --step`: the manual drive. On a terminal each message stands on the line, ready to be edited, and Enter sends it;
 * from a pipe each line of the input does what it would do there, an empty one sends what is proposed.
 *
 *   <Enter>   send what is proposed            :skip   leave it out          :wait [MS]   read what comes
 *   <text>    send that instead, or besides    :hex 2a 31 ...   raw bytes    :quit        end
 */
import { createInterface, type Interface } from 'node:readline';
import { fromText } from '../../core/base/bytes.js';
import { StepDrive } from '../../core/diagnosis/step-drive.js';
import { Unreachable } from '../../core/diagnosis/peer.js';
import { type Finding } from '../../core/diagnosis/rule.js';
import { diagnose } from '../../core/diagnosis/diagnose.js';
import { noEvidence } from '../../core/diagnosis/evidence.js';
import { severityOf, told } from '../../core/diagnosis/told-finding.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { type HandshakeOptions } from '../../core/replication/handshake/steps.js';
import { EXIT } from '../exit-codes.js';
import { traceRenderer } from '../render/handshake.js';
import { symbols } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { UsageError } from '../usage-error.js';
import { reportFile } from './report-file.js';
import { aimOf, capaOf, commonSetup, jsonLine, type HandshakeFlags, type Job } from './setup.js';

const HELP = [
  'Enter sends the message on the line; edit it as you like. A line that is no longer that step is sent besides it.',
  ':skip leaves the step out, :hex 2a 31 0d 0a sends raw bytes, :wait [MS] reads what comes, :quit ends.',
];
const IN_STREAM =
  'PSYNC was the last step, and we are a replica now. The stream is shown as it comes; behind a snapshot in the EOF form only after the first ACK. ' +
  '`REPLCONF ACK <offset>` acknowledges what came, as a replica does once a second; after about a minute without one a master drops the link. ' +
  ':wait MS reads on for that long, :quit ends.';
const NO_STEP = 'no step is left: any command may be typed; :wait MS reads what comes, :quit ends.';
const WIDEST_TEXT = 100;
const COST = 'PSYNC ? -1 asks for a full sync: the master makes a whole snapshot for us. :skip leaves it out';
const DEFAULT_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 600_000;
const PROMPT = '> ';

/** Runs it; see `Mode`. */
export async function runStep(job: Job): Promise<number | undefined> {
  const desk = new Desk(job);
  return desk.run();
}

/** What is shown and what is read, around one drive. */
class Desk {
  private readonly report;
  private readonly render: (event: TraceEvent) => string;
  private readonly setup;
  private readonly person: boolean;
  private rl: Interface | undefined;
  private lastUs = 0;
  private costTold = false;
  /** That no step is left was said. */
  private hinted = false;
  private interrupted = false;

  constructor(private readonly job: Job) {
    const { flags, connection, terminal } = job;
    this.report = flags.report === undefined ? undefined : reportFile(flags.report, { hex: flags.hex });
    this.render = flags.json ? jsonLine : traceRenderer({ terminal, hex: flags.hex });
    this.setup = commonSetup(connection);
    this.person = process.stdin.isTTY === true && process.stdout.isTTY === true && !flags.json;
  }

  async run(): Promise<number | undefined> {
    this.say(`${this.job.terminal.unicode ? '→' : '->'} ${this.setup.target}`);
    for (const text of HELP) this.explain(text);
    try {
      return await this.drive(await StepDrive.open(this.stepSetup()));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      const asked = { capa: [], tls: this.setup.tls, password: false, psync: 'none', probe: false } as const;
      const evidence = noEvidence({ ...asked });
      evidence.unreachable = error.error;
      this.conclude(diagnose(evidence), 'unreachable');
      return EXIT.unreachable;
    }
  }

  private stepSetup() {
    const { clock, dial, tls, timeoutMs, idleMs } = this.setup;
    return {
      ...{ clock, dial, tls, timeoutMs, idleMs, options: optionsOf(this.job.flags, this.setup) },
      largestKeys: this.job.flags['largest-keys'],
      observer: (event: TraceEvent) => this.show(event),
      replied: (lines: readonly string[]) => this.replied(lines),
    };
  }

  private async drive(drive: StepDrive): Promise<number | undefined> {
    const rl = (this.rl = createInterface({
      input: process.stdin,
      ...(this.person && { output: process.stdout, prompt: PROMPT }),
      terminal: this.person,
    }));
    const off = this.job.onInterrupt(() => void this.end(drive, 'stopped'));
    // In raw mode Ctrl-C is a key, not a signal.
    rl.once('SIGINT', () => void process.kill(process.pid, 'SIGINT'));
    this.propose(drive);
    for await (const line of rl) {
      if (this.interrupted || line.trim() === ':quit' || line.trim() === ':q') break;
      await this.take(drive, line);
      if (drive.over) break;
      this.propose(drive);
    }
    rl.close();
    if (this.interrupted) return undefined;
    off();
    return this.end(drive, 'done');
  }

  /** Shows what is due; on a terminal it stands on the line. */
  private propose(drive: StepDrive): void {
    const due = drive.next;
    if (due?.id === 'psync' && due.line.includes('?') && !this.costTold) {
      this.costTold = true;
      this.show({ kind: 'cost', step: 'examine', of: 'full', text: COST, atUs: this.lastUs, conn: 1 });
    }
    if (due === undefined && !this.hinted) {
      this.hinted = true;
      this.explain(`${symbols(this.job.terminal.unicode).info} ${drive.inStream ? IN_STREAM : NO_STEP}`);
    }
    if (this.person) {
      this.rl?.prompt();
      if (due) this.rl?.write(due.line);
    } else if (due) this.say(`  next         ${printable(due.line)}`);
  }

  private async take(drive: StepDrive, line: string): Promise<void> {
    const [word, ...rest] = line.trim().split(/\s+/);
    const error = word.startsWith(':') ? await this.order(drive, word, rest) : await this.send(drive, line);
    if (error !== undefined) this.explain(error);
  }

  private async send(drive: StepDrive, line: string): Promise<string | undefined> {
    const wanted = line.trim() === '' ? drive.next?.line : line.trim();
    if (wanted === undefined || (this.person && line.trim() === '')) {
      return drive.next
        ? 'nothing to send: :skip leaves the step out'
        : 'every step was sent: type a command, or :quit';
    }
    return drive.send(wanted);
  }

  private async order(drive: StepDrive, word: string, rest: readonly string[]): Promise<string | undefined> {
    switch (word) {
      case ':skip':
        if (!drive.next) return 'there is no step left to leave out';
        drive.skip();
        return undefined;
      case ':hex':
        return drive.hex(rest.join(' '));
      case ':wait': {
        const ms = rest.length === 0 ? DEFAULT_WAIT_MS : Number(rest[0]);
        if (!(ms >= 0 && ms <= LONGEST_WAIT_MS)) return `:wait takes ms, from 0 to ${LONGEST_WAIT_MS}`;
        return waited(ms, await drive.wait(ms));
      }
      case ':help':
        for (const text of HELP) this.explain(text);
        return undefined;
      default:
        return `no order is called ${printable(word)}: :skip, :hex, :wait, :quit, :help`;
    }
  }

  private end(drive: StepDrive, how: 'done' | 'stopped'): number {
    this.interrupted = how === 'stopped';
    this.rl?.close();
    const findings = drive.finish();
    const faulty = findings.some((one) => severityOf(one) === 'fault');
    this.conclude(findings, how === 'stopped' ? 'stopped' : faulty ? 'failed' : 'passed');
    return faulty ? EXIT.failed : EXIT.ok;
  }

  private conclude(
    findings: readonly Finding[],
    verdict: 'passed' | 'failed' | 'unreachable' | 'stopped',
  ): void {
    const common = { step: 'examine', atUs: this.lastUs, conn: 1 } as const;
    const ids = { fault: [] as string[], warning: [] as string[] };
    for (const finding of findings) {
      const words = told(finding);
      ids[words.severity].push(finding.id);
      this.show({ kind: 'finding', ...common, ...words });
    }
    this.show({ kind: 'end', ...common, verdict, faults: ids.fault, warnings: ids.warning });
    this.report?.write();
  }

  // ---- output

  private show(event: TraceEvent): void {
    this.lastUs = event.atUs;
    this.report?.add(event);
    this.print(this.render(event));
  }

  private replied(lines: readonly string[]): void {
    if (this.job.flags.json)
      this.print(jsonLine({ kind: 'reply', atUs: this.lastUs, conn: 1, step: 'side', lines }));
    else for (const line of lines) this.print(`             ${printable(line)}\n`);
  }

  private say(line: string): void {
    if (!this.job.flags.json) this.print(`${line}\n`);
  }

  /** Words of ours, in lines that fit. */
  private explain(text: string): void {
    const room = Math.min(this.job.terminal.width, WIDEST_TEXT) - 2;
    for (const line of wrap(text, room)) this.say(`  ${line}`);
  }

  /** What comes while a line is being edited stands above it. */
  private print(text: string): void {
    const editing = this.person && this.rl !== undefined && this.rl.line !== '';
    if (editing) process.stdout.write('\r\x1b[K');
    process.stdout.write(text);
    if (editing) this.rl?.prompt(true);
  }
}

/** What is to be said of a wait; nothing where what came was shown. */
function waited(
  ms: number,
  { told, waitingBytes }: Awaited<ReturnType<StepDrive['wait']>>,
): string | undefined {
  if (told) return undefined;
  const time = ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
  return waitingBytes === 0
    ? `nothing came for ${time}`
    : `nothing whole came for ${time}: ${waitingBytes} bytes of a command wait for the rest`;
}

function optionsOf(
  flags: HandshakeFlags,
  { user, pass }: { user?: string; pass?: string },
): HandshakeOptions {
  const aim = aimOf(flags);
  if (aim === 'probe') throw new UsageError('--step and --probe exclude each other');
  const ip = flags['announce-ip'];
  return {
    manner: 'one-by-one',
    ...(user !== undefined && { user: fromText(user) }),
    ...(pass !== undefined && { pass: fromText(pass) }),
    listeningPort: flags['listening-port'],
    ...(ip !== undefined && { announceIp: fromText(ip) }),
    capa: capaOf(flags).map(fromText),
    psync: aim,
    syncFallback: false,
  };
}
