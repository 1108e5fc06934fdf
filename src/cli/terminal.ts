/**
 * What we may draw with: computed once per command from the streams, the environment and the flags, then handed to pure
 * renderers. Everything that is drawn for a person (spinner, colour, refreshing view) is off when stdout or stderr is not a
 * terminal, under NO_COLOR, and under --json. FORCE_COLOR alone brings colour back where the output goes through a pipe
 * (`| less -R`); nothing brings back what redraws.
 */

export interface Terminal {
  /** Spinners and views that redraw in place are allowed. */
  readonly live: boolean;
  readonly color: boolean;
  /** Signs beyond ASCII (✔, …, box lines) will be shown as such. */
  readonly unicode: boolean;
  /** Columns to fit into; Infinity when nothing limits the line. */
  readonly width: number;
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Surroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
}

/** What the streams and the environment allow, less what the flags switch off. Pure. */
export function describeTerminal(
  around: Surroundings,
  flags: { readonly json?: boolean; readonly noColor?: boolean } = {},
): Terminal {
  const { stdout, stderr, env } = around;
  const tty = stdout.isTTY === true && stderr.isTTY === true;
  // A terminal that tells no size (0 columns) has no lines to draw over.
  const sized = stdout.columns !== 0 && stderr.columns !== 0;
  const live = tty && sized && !flags.json && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    live,
    color: paints(live, around, flags),
    unicode: !flags.json && speaksUtf8(around),
    width: widthOf(around),
  };
}

/** NO_COLOR, --no-color and --json win over FORCE_COLOR; `FORCE_COLOR=0` means no colour, as everywhere. */
function paints(
  live: boolean,
  { env }: Surroundings,
  flags: { readonly json?: boolean; readonly noColor?: boolean },
): boolean {
  if (flags.json || flags.noColor || env.NO_COLOR) return false;
  const { FORCE_COLOR: force } = env;
  if (force === undefined) return live;
  return force !== '0' && force !== 'false';
}

/** The terminal of this process. */
export function thisTerminal(flags: { readonly json?: boolean; readonly noColor?: boolean } = {}): Terminal {
  const { stdout, stderr, env, platform } = process;
  return describeTerminal({ stdout, stderr, env, platform }, flags);
}

function speaksUtf8({ env, platform }: Surroundings): boolean {
  if (platform === 'win32') return Boolean(env.WT_SESSION ?? env.TERM_PROGRAM);
  if (env.TERM === 'linux') return false;
  // The first that is set and not empty decides, as in setlocale(3).
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value) ?? '';
  return /utf-?8/i.test(locale);
}

function widthOf({ stdout, env }: Surroundings): number {
  if (stdout.columns && stdout.columns > 0) return stdout.columns;
  const columns = Number(env.COLUMNS);
  return Number.isInteger(columns) && columns > 0 ? columns : Infinity;
}

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;

export type Palette = { readonly [name in keyof typeof STYLES]: (text: string) => string };

/** Functions that colour a piece of text, or leave it as it is when colour is off. */
export function palette(color: boolean): Palette {
  const paint = ([on, off]: readonly [number, number]) =>
    color ? (text: string) => `\x1b[${on}m${text}\x1b[${off}m` : (text: string) => text;
  return Object.fromEntries(
    Object.entries(STYLES).map(([name, codes]) => [name, paint(codes)]),
  ) as unknown as Palette;
}

/** Options of ora for a terminal: a spinner of characters that it has, painted by us or not at all. */
export function spinnerOptions({ unicode, color }: Pick<Terminal, 'unicode' | 'color'>): {
  readonly spinner: { frames: string[]; interval: number };
  readonly color: false;
} {
  const { cyan } = palette(color);
  return {
    spinner: { frames: [...(unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\')].map(cyan), interval: 80 },
    color: false,
  };
}

const UNICODE_SYMBOLS = { ok: '✔', fail: '✖', warn: '⚠', info: 'ℹ', live: '●', arrow: '→', dots: '…' };
const ASCII_SYMBOLS = { ok: 'ok', fail: 'x', warn: '!', info: 'i', live: '*', arrow: '->', dots: '...' };

export type Symbols = Readonly<typeof UNICODE_SYMBOLS>;

/** The signs of our output, in what the terminal can show. */
export function symbols(unicode: boolean): Symbols {
  return unicode ? UNICODE_SYMBOLS : ASCII_SYMBOLS;
}
