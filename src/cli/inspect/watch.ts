/**
 * `inspect --watch`: on a terminal a view that is redrawn in place, with keys; piped one line per sample, under --json one
 * report per line. Ctrl-C and q end it with 0; the end of `--for` with the plugin code of the last report.
 */
import { type Report } from '../../core/inspect/model.js';
import { Watch, type Trouble, type WatchFrame } from '../../core/inspect/watch.js';
import { PLUGIN_EXIT } from '../exit-codes.js';
import { eventsAtEnd } from '../render/inspect-events.js';
import { closingLine, eventsScroll, eventWords, renderWatch, sampleLine } from '../render/inspect-watch.js';
import { type Terminal } from '../terminal.js';
import { Screen, type Key } from './screen.js';
import { type Setup } from './setup.js';

export interface WatchModeOptions {
  readonly intervalMs: number;
  readonly forMs?: number;
  readonly json: boolean;
  readonly terminal: Terminal;
  /** The command's own way of catching Ctrl-C: runs the clean-up, then exits with 0. */
  readonly onInterrupt: (cleanup: () => void) => () => void;
}

/** How it ended, and what was seen. */
export interface Watched {
  readonly code: number;
  readonly watch: Watch;
}

/** Watches until the user or the time ends it. Rejects with InspectError when the first look fails. */
export async function runWatch(setup: Setup, options: WatchModeOptions): Promise<Watched> {
  const { intervalMs, forMs } = options;
  const { thresholds, findMaster } = setup;
  const watch = new Watch(setup.dial, { ...setup.options, intervalMs, forMs, thresholds, findMaster });
  const view = options.json ? JSON_VIEW : options.terminal.live ? new LiveView(watch, options) : LINE_VIEW;
  const done = options.onInterrupt(() => view.close());
  try {
    await watch.run(
      (frame) => view.show(frame),
      (seconds) => view.waits?.(seconds),
    );
  } finally {
    view.close();
    done();
  }
  const last = watch.lastReport;
  const status = !watch.away && last ? PLUGIN_EXIT[last.status] : PLUGIN_EXIT.unknown;
  return { code: view.ended ? 0 : status, watch };
}

interface View {
  /** Ended by a key. */
  readonly ended: boolean;
  show(frame: WatchFrame): void;
  /** The answer has been late for so long. */
  waits?(seconds: number): void;
  close(): void;
}

const JSON_VIEW: View = {
  ended: false,
  show: ({ report, trouble, fresh }) => {
    const events = fresh.length > 0 && { events: fresh };
    process.stdout.write(
      `${JSON.stringify({ ...(trouble ? failed(report, trouble) : report), ...events })}\n`,
    );
  },
  close: () => undefined,
};

const LINE_VIEW: View = {
  ended: false,
  show: ({ report, trouble, fresh }) => {
    const line = trouble
      ? `${new Date().toISOString()} ${report.target} status=unknown error=${JSON.stringify(trouble.message)}`
      : sampleLine(report);
    process.stdout.write(`${[line, ...eventWords(fresh)].join(' ')}\n`);
  },
  close: () => undefined,
};

function failed({ target }: Report, { message }: Trouble) {
  return { schema: 1, target, status: 'unknown', error: { failure: 'closed', message } };
}

/** Replicas, or lines of events, that a page key skips. */
const PAGE = 10;
const STEPS: Readonly<Partial<Record<Key, number>>> = {
  up: -1,
  down: 1,
  'page-up': -PAGE,
  'page-down': PAGE,
};

/** `02:13:04`, with the day before it when that is not today. */
function localTime(at: string): string {
  const date = new Date(at);
  const time = date.toTimeString().slice(0, 8);
  const today = date.toDateString() === new Date().toDateString();
  return today ? time : `${date.toDateString().slice(4, 10)} ${time}`;
}

class LiveView implements View {
  ended = false;
  private paused = false;
  private selected = 0;
  /** The page of all events is shown, from this line on. */
  private scroll: number | undefined;
  private width = 80;
  private frame: WatchFrame | undefined;
  private waitingSeconds: number | undefined;
  private time = '';
  private screen: Screen | undefined;

  constructor(
    private readonly watch: Watch,
    private readonly options: WatchModeOptions,
  ) {}

  /** The screen is taken over with the first frame: a server that cannot be reached is one plain line. */
  show(frame: WatchFrame): void {
    if (this.paused) return;
    this.frame = frame;
    this.waitingSeconds = undefined;
    this.time = localTime(new Date().toISOString());
    this.screen ??= new Screen({ onKey: (key) => this.press(key), onResize: () => this.draw() });
    this.draw();
  }

  waits(seconds: number): void {
    if (this.paused) return;
    this.waitingSeconds = seconds;
    this.draw();
  }

  close(): void {
    if (!this.screen) return;
    this.width = this.screen.size.width;
    this.screen.close();
    this.screen = undefined;
    const { lastReport: last, events, away } = this.watch;
    if (!last) return;
    // The alternate screen is gone with all it showed: what happened stays, and one line about the last sample.
    const happened = eventsAtEnd({ events, width: this.width, localTime }, this.options.terminal);
    process.stdout.write([...happened, closingLine(last, away, events.outages), ''].join('\n'));
  }

  private draw(): void {
    const { frame, screen } = this;
    if (!frame || !screen) return;
    const { color, unicode } = this.options.terminal;
    const { intervalMs } = this.options;
    this.selected = Math.max(0, Math.min(this.selected, frame.report.replicas.length - 1));
    const { paused, selected, time, waitingSeconds } = this;
    const view = {
      ...{ ...frame, ...screen.size, waitingSeconds, color, unicode },
      ...{ paused, selected, intervalMs, time, localTime },
    };
    if (this.scroll !== undefined) this.scroll = eventsScroll(view, this.scroll);
    screen.draw(renderWatch({ ...view, scroll: this.scroll }));
  }

  private press(key: Key): void {
    if (key === 'quit') {
      this.ended = true;
      this.watch.stop();
      return;
    }
    if (key === 'pause') this.paused = !this.paused;
    if (key === 'events') this.scroll = this.scroll === undefined ? 0 : undefined;
    else this.move(STEPS[key] ?? 0);
    this.draw();
  }

  /** Through the events, where they are shown; else through the replicas. */
  private move(by: number): void {
    if (this.scroll === undefined) this.selected += by;
    else this.scroll += by;
  }
}
