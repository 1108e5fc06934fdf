/**
 * A view that is redrawn in place: the alternate screen, a hidden cursor, only the lines that changed. Whatever ends the
 * process, the terminal is given back as it was (leave it to `close`, process exit, or Ctrl-Z, which stops and comes back).
 */
import { clip } from '../text.js';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Terminals that know it show what comes between at once; others ignore it. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

export type Key = 'up' | 'down' | 'page-up' | 'page-down' | 'quit' | 'pause' | 'events' | 'other';

const KEYS: Readonly<Record<string, Key>> = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
  q: 'quit',
  Q: 'quit',
  '\x03': 'quit',
  p: 'pause',
  P: 'pause',
  ' ': 'pause',
  e: 'events',
  E: 'events',
};

export interface ScreenEvents {
  readonly onKey: (key: Key) => void;
  readonly onResize: () => void;
}

export class Screen {
  private shown: string[] = [];
  private open = false;
  private readonly onExit = () => this.restore();
  private readonly onData = (data: Buffer) => this.keys(data.toString('latin1'));
  private readonly onResize = () => {
    this.shown = [];
    process.stdout.write('\x1b[2J');
    this.events.onResize();
  };
  private readonly onContinue = () => {
    this.enter();
    this.events.onResize();
  };

  constructor(private readonly events: ScreenEvents) {
    this.enter();
    process.on('exit', this.onExit);
    process.on('SIGCONT', this.onContinue);
    process.stdout.on('resize', this.onResize);
    process.stdin.on('data', this.onData);
  }

  get size(): { readonly width: number; readonly rows: number } {
    return { width: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  /** Shows `lines` from the top; what does not fit is cut off. Writes only what changed. */
  draw(lines: readonly string[]): void {
    if (!this.open) return;
    const { width, rows } = this.size;
    const next = lines.slice(0, rows).map((line) => clip(line, width));
    const out: string[] = [];
    for (let i = 0; i < Math.max(next.length, this.shown.length); i++) {
      const line = next[i] ?? '';
      if (line !== this.shown[i]) out.push(`\x1b[${i + 1};1H${line}\x1b[K`);
    }
    this.shown = next;
    if (out.length > 0) process.stdout.write(`${BEGIN}${out.join('')}${END}`);
  }

  /** Gives the terminal back. Harmless when it was done already. */
  close(): void {
    this.restore();
    process.off('exit', this.onExit);
    process.off('SIGCONT', this.onContinue);
    process.stdout.off('resize', this.onResize);
    process.stdin.off('data', this.onData);
    process.stdin.pause();
  }

  private enter(): void {
    this.shown = [];
    this.open = true;
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(ENTER);
  }

  private restore(): void {
    if (!this.open) return;
    this.open = false;
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdout.write(LEAVE);
  }

  /** Several keys may come in one chunk. */
  private keys(text: string): void {
    // eslint-disable-next-line no-control-regex
    for (const key of text.match(/\x1b[[O][0-9;]*[A-Za-z~]|[^]/g) ?? []) {
      if (key === '\x1a') this.suspend();
      else this.events.onKey(KEYS[key] ?? 'other');
    }
  }

  /** Ctrl-Z reaches us as a key. */
  private suspend(): void {
    this.restore();
    process.kill(process.pid, 'SIGTSTP');
  }
}
