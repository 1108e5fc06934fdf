/**
 * Draws `replica` for whoever looks: on a terminal the live view, on stderr; for a program one JSON object per line, on stdout;
 * otherwise nothing but the log, which says the same.
 *
 * While the live view is shown, only warnings of the log appear, above it, and not those that the view tells itself.
 */
import ora from 'ora';
import { advance, farewell, STARTING, type Frame, type ViewMessage } from './render/replica.js';
import { type FromEngine } from './server/messages.js';
import { type ServerView } from './server/run-server.js';
import { palette, spinnerOptions, symbols, type Terminal } from './terminal.js';

type LogMessage = Extract<FromEngine, { type: 'log' }>;

/** Link events and samples as they are, one line each; the log is kept from stdout, warnings go to stderr. */
export function jsonView(): ServerView {
  return {
    receive: (message) => {
      if (message.type === 'link') {
        const { atMs, event, server, offset } = message;
        const { kind, ...facts } = event;
        // JSON leaves out what is undefined; an offset of the event's own comes last and counts.
        process.stdout.write(`${JSON.stringify({ kind, atMs, server, offset, ...facts })}\n`);
      } else if (message.type === 'sample') {
        process.stdout.write(`${JSON.stringify({ kind: 'sample', ...message.sample })}\n`);
      } else if (message.type === 'backup') {
        process.stdout.write(`${JSON.stringify({ kind: 'backup', ...message.facts })}\n`);
      } else if (message.type === 'ready') {
        process.stdout.write(`${JSON.stringify({ kind: 'ready', port: message.port })}\n`);
      } else if (message.type === 'log' && message.level === 'warning') {
        process.stderr.write(`${message.line}\n`);
      }
    },
    hides: () => true,
    stop: () => undefined,
  };
}

/** How warnings begin that are events of the link as well, or that answer the person who watches. */
const TOLD_ANYWAY = ['MASTER <-> REPLICA sync: ', 'Replication stopped: ', 'No backup: ', 'Received SIG'];

/** What moves the view. */
const SHOWN: ReadonlySet<FromEngine['type']> = new Set<ViewMessage['type']>([
  'link',
  'sample',
  'loading',
  'backup',
]);

/** The view that redraws its last line. @param once there is one attempt: why it failed is said by the last line, which follows */
export function liveView(terminal: Terminal, once: boolean): ServerView {
  let { state } = { state: { ...STARTING, once } };
  const drawing = new Drawing(terminal);
  return {
    receive: (message) => {
      if (message.type === 'log') {
        if (message.level === 'warning' && !toldAnyway(message)) drawing.above([message.line]);
        return;
      }
      if (!SHOWN.has(message.type)) return;
      const frame = advance(state, message as ViewMessage, currentSize(terminal));
      ({ state } = frame);
      drawing.show(frame);
    },
    hides: () => true,
    endsWithTerminal: true,
    stop: () => {
      drawing.stop();
      const lines = farewell(state, currentSize(terminal));
      if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
    },
  };
}

function toldAnyway({ message }: LogMessage): boolean {
  return TOLD_ANYWAY.some((start) => message.startsWith(start));
}

/** The window may have been resized. */
function currentSize(terminal: Terminal): Terminal {
  const { columns } = process.stderr;
  return columns > 0 ? { ...terminal, width: columns } : terminal;
}

class Drawing {
  private readonly spinner;
  private sign: Frame['live']['sign'] | undefined;
  private readonly signs;

  constructor(terminal: Terminal) {
    const { live, fail } = symbols(terminal.unicode);
    const paint = palette(terminal.color);
    this.signs = {
      spinner: spinnerOptions(terminal).spinner,
      live: { frames: [paint.green(live)], interval: 200 },
      fail: { frames: [paint.red(fail)], interval: 200 },
    };
    this.spinner = ora({
      stream: process.stderr,
      discardStdin: false,
      isEnabled: true,
      spinner: this.signs.spinner,
    });
    this.spinner.color = false;
  }

  show({ lines, live }: Frame): void {
    if (live.sign !== this.sign) this.spinner.spinner = this.signs[live.sign];
    this.sign = live.sign;
    this.spinner.text = live.text;
    this.above(lines);
    if (!this.spinner.isSpinning) this.spinner.start();
  }

  /** Lines that stay. ora takes its own away while something else is written, and draws it again below. */
  above(lines: readonly string[]): void {
    if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
  }

  stop(): void {
    this.spinner.stop();
  }
}
