/**
 * What moves while a handshake waits, on a terminal only: the countdown of a diskless master's delay, the progress of the
 * snapshot. On stderr, so that the trace on stdout stays as it is. Nothing is sent meanwhile: it only looks at the clock.
 */
import type { Ora } from 'ora';
import { type TraceEvent } from '../core/diagnosis/trace.js';
import { formatBytes, formatCount } from '../core/inspect/units.js';
import { spinnerOptions, thisTerminal } from './terminal.js';

const TICK_MS = 200;

export interface LiveWait {
  /** Takes the moving line away (before something is printed), then shows it again when there still is a reason. */
  around(event: TraceEvent, print: () => void): void;
  stop(): void;
}

/** A live line, or, when `live` is false, nothing at all: then what draws it is not even loaded. */
export async function liveWait(live: boolean): Promise<LiveWait> {
  if (!live) return { around: (_event, print) => print(), stop: () => undefined };
  const spinner = await startSpinner();
  const countdown = new Countdown(spinner);
  return {
    around: (event, print) => {
      if (event.kind === 'snapshot-progress') {
        spinner.start(progressText(event));
        return;
      }
      spinner.stop();
      print();
      countdown.see(event);
    },
    stop: () => {
      countdown.stop();
      spinner.stop();
    },
  };
}

/** One line that comes and goes, for what runs just now; nothing when `live` is false. */
export async function liveText(live: boolean): Promise<{ show(text: string): void; hide(): void }> {
  if (!live) return { show: () => undefined, hide: () => undefined };
  const spinner = await startSpinner();
  return { show: (text) => void spinner.start(text), hide: () => void spinner.stop() };
}

async function startSpinner(): Promise<Ora> {
  const { default: ora } = await import('ora');
  return ora({
    stream: process.stderr,
    discardStdin: false,
    hideCursor: true,
    ...spinnerOptions(thisTerminal()),
  });
}

class Countdown {
  private waitSeconds: number | undefined;
  private untilMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly spinner: Ora) {}

  see(event: TraceEvent): void {
    if (event.kind === 'cost') this.waitSeconds = event.waitSeconds;
    if (event.kind === 'send' && event.step === 'psync') this.begin();
    else if (event.kind === 'keepalive' && this.timer) this.show();
    else if (event.kind !== 'cost' && event.kind !== 'probe') this.stop();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private begin(): void {
    this.untilMs = Date.now() + (this.waitSeconds ?? 0) * 1000;
    this.timer = setInterval(() => this.show(), TICK_MS);
    this.timer.unref();
    this.show();
  }

  private show(): void {
    const left = Math.max(0, Math.ceil((this.untilMs - Date.now()) / 1000));
    this.spinner.start(
      left > 0
        ? `the master lets repl-diskless-sync-delay pass: ${left} s left (we send nothing, it would prolong it)`
        : 'waiting for the answer to PSYNC',
    );
  }
}

function progressText(event: Extract<TraceEvent, { kind: 'snapshot-progress' }>): string {
  const { receivedBytes, keys, length } = event;
  if (length === undefined || length === 0)
    return `snapshot: ${formatBytes(receivedBytes)}, ${formatCount(keys)} keys`;
  return `snapshot: ${Math.floor((receivedBytes / length) * 100)}% of ${formatBytes(length)}, ${formatCount(keys)} keys`;
}
