/** A real terminal for tests: a private tmux server with one window, whose screen can be read and into which keys can be typed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { forThisTest } from './for-this-test.js';

/** Whether tmux is installed. */
export const tmuxAvailable = spawnSync('tmux', ['-V']).status === 0;

export interface TerminalWindow {
  /** The lines that are not empty. */
  screen(): string[];
  /** Waits until a line of the screen, or all of it joined by line ends, matches. */
  sees(pattern: RegExp): Promise<void>;
  /** Whether the cursor is shown. */
  cursorShown(): boolean;
  /** Types keys, in tmux's names: `C-c`. */
  press(...keys: string[]): void;
  resize(columns: number, rows: number): void;
  /** Sends a signal to the command that runs in the window. */
  signal(name: 'TERM' | 'HUP'): void;
  /** Done by itself when the test is over. */
  close(): void;
}

/** How long something may take to appear. */
const SEEN_MS = 8_000;

interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** As `newWindow`, for the test that runs. */
export function openWindow(command: string, size: WindowSize): TerminalWindow {
  return forThisTest(newWindow(command, size));
}

/** Opens a window of that size in which `command` runs in a shell; what it leaves on the screen stays until `close`. */
export function newWindow(command: string, size: WindowSize): TerminalWindow {
  const dir = mkdtempSync(join(tmpdir(), 'redis-ts-tmux-'));
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', join(dir, 'socket'), '-f', '/dev/null', '-u', ...args], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LANG: 'C.UTF-8',
        SHELL: '/bin/sh',
        TERM: 'xterm',
      },
    });
  const dimensions = (columns: number, rows: number) => ['-x', String(columns), '-y', String(rows)];
  // Ctrl-C reaches the shell as well: it must outlive the command.
  tmux('new-session', '-d', ...dimensions(size.columns, size.rows), `trap : INT; ${command}; exec cat`);
  const screen = (): string[] =>
    tmux('capture-pane', '-p')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
  const shows = (pattern: RegExp): boolean => {
    const lines = screen();
    return lines.some((line) => pattern.test(line)) || pattern.test(lines.join('\n'));
  };
  let open = true;
  const window: TerminalWindow = {
    screen,
    sees: (pattern) =>
      eventually(() => shows(pattern), SEEN_MS).catch(() => {
        throw new Error(`${String(pattern)} is not on the screen:\n${screen().join('\n')}`);
      }),
    cursorShown: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    press: (...keys) => void tmux('send-keys', ...keys),
    resize: (columns, rows) => void tmux('resize-window', ...dimensions(columns, rows)),
    signal: (name) => {
      const shell = tmux('display-message', '-p', '#{pane_pid}').trim();
      const children = execFileSync('ps', ['-o', 'pid=', '--ppid', shell], { encoding: 'utf8' });
      for (const pid of children.split('\n').filter(Boolean)) process.kill(Number(pid), `SIG${name}`);
    },
    close: () => {
      if (!open) return;
      open = false;
      tmux('kill-server');
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return window;
}
