/**
 * The plain form of `redis-ts handshake`: each event of the trace as lines of text. `traceRenderer` keeps what one line has
 * to know of the lines before it (which connection, how many keepalives); the same events give the same text.
 *
 *   <time>  > COMMAND                <the bytes of the shortest one>
 *   <time>  < answer                                                    ✔ | ⚠ | ✖
 */
import { isWord, quote, type Bytes } from '../../core/base/bytes.js';
import { LineDoubts } from '../../core/diagnosis/line-doubt.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { palette, symbols, type Palette, type Symbols, type Terminal } from '../terminal.js';
import { printable, wrap, wrapParts } from '../text.js';
import { isWatched, watchText, type AckMemory, type Watched } from './handshake-between.js';
import { findingLines } from './handshake-finding.js';
import { hexLines } from './handshake-hex.js';
import { snapshotLines } from './handshake-snapshot.js';
import { Unseen } from './handshake-unseen.js';
import { ShownBytes } from './shown-bytes.js';

export interface TraceOptions {
  readonly terminal: Omit<Terminal, 'live'>;
  /** Show every byte sent and received, too. */
  readonly hex?: boolean;
}

export interface TracePen {
  readonly paint: Palette;
  readonly signs: Symbols;
  /** Columns of a line, margin included. */
  readonly width: number;
}

/** The column of the verdict, where the terminal has room for it. */
const MARK_COLUMN = 88;
/** Texts beyond this many columns are hard to read. */
const WIDEST_TEXT = 100;
const TIME_COLUMNS = 9;
/** Where the raw form of a short command stands. */
const WIRE_COLUMN = 40;
/** An answer or a command is cut to this many columns when nothing limits the line. */
const LONGEST_LINE = 160;

const ACK_NOTE =
  'in the EOF form the master withholds the stream until an ACK: sent each second until it begins. 0 acknowledges nothing, so no WAIT is satisfied';

/** A function that turns each event, in order, into text ending with a newline, or into nothing. */
export function traceRenderer(options: TraceOptions): (event: TraceEvent) => string {
  const { terminal } = options;
  const pen: TracePen = {
    paint: palette(terminal.color),
    signs: symbols(terminal.unicode),
    width: Math.min(terminal.width, WIDEST_TEXT),
  };
  const doubts = new LineDoubts();
  const shown = new ShownBytes();
  const unseen = new Unseen();
  const state = {
    keepalives: 0,
    lastConn: 1,
    acked: false,
    between: false,
    psyncSent: false,
    lastAck: new Map<number, number>(),
    asked: new Map<number, number | undefined>(),
  };
  return (event) => {
    const lines: string[] = [];
    const doubt = doubts.see(event);
    unseen.see(event);
    const repeats = shown.repeats(event);
    if (repeats && event.kind === 'stream-fault') return '';
    if (event.kind === 'keepalive') return keepalive(event, state, pen);
    if (event.kind === 'probe') return '';
    if (state.between && isGetack(event))
      return options.hex
        ? hexLines(event)
            .map((line) => `${line}\n`)
            .join('')
        : '';
    if (state.keepalives > 1) lines.push(at(event.atUs, `  (${state.keepalives} keepalives)`, pen.paint.dim));
    state.keepalives = 0;
    if (event.kind === 'send' && (event.step === 'psync' || event.step === 'sync')) state.psyncSent = true;
    if (event.kind === 'target') state.between = event.between !== undefined;
    if (state.between) lines.push(...otherConnection(event, state, pen));
    else if (event.kind === 'connect' && event.conn !== state.lastConn) {
      lines.push(`${pen.signs.arrow} again, connection ${event.conn}`);
      state.lastConn = event.conn;
    }
    lines.push(
      ...(isWatched(event)
        ? watchLines(event, state, pen, terminal.width)
        : eventLines(event, pen, terminal.width, { ...state, doubt })),
    );
    if (event.kind === 'end' && event.verdict === 'passed' && !state.between && state.psyncSent) {
      const text = unseen.text();
      if (text !== undefined) {
        lines.push(...wrap(text, pen.width - 2).map((part) => `  ${pen.paint.dim(part)}`));
      }
    }
    // The only acknowledgement that it ever sends: said out loud the first time.
    if (event.kind === 'send' && event.step === 'stream' && !state.acked && !state.between) {
      state.acked = true;
      lines.push(...indented(ACK_NOTE, pen.signs.info, pen, pen.paint.dim));
    }
    if (options.hex && !repeats) lines.push(...hexLines(event));
    return lines.map((line) => `${line}\n`).join('');
  };
}

/** A GETACK that is followed, at a known place: told with its answer, as an event of its own. */
function isGetack(event: TraceEvent): boolean {
  if (event.kind !== 'command' || event.offset === undefined || event.args.length < 2) return false;
  return isWord(event.args[0], 'replconf') && isWord(event.args[1], 'getack');
}

/** Events that show nothing, or belong to the whole trace. */
const UNDER_NO_CONNECTION: ReadonlySet<TraceEvent['kind']> = new Set([
  'visit',
  'asked',
  'stopped',
  'finding',
  'end',
]);

/** Several replicas at once: a heading where the lines go over to another. */
function otherConnection(event: TraceEvent, state: { lastConn: number }, pen: TracePen): string[] {
  if (event.conn === state.lastConn || UNDER_NO_CONNECTION.has(event.kind)) return [];
  state.lastConn = event.conn;
  return event.kind === 'attached' ? [] : [`${pen.signs.arrow} connection ${event.conn}`];
}

function watchLines(event: Watched, memory: AckMemory, pen: TracePen, width: number): string[] {
  const { line, style = (same: string) => same, mark, own, raw } = watchText(event, pen, memory);
  if (own) return [...own];
  if (line === undefined) return [];
  const room = Math.max(20, mark === undefined ? width - TIME_COLUMNS - 4 : markColumn(width) - 1);
  const [first, ...rest] = raw ? [cut(line, width)] : wrap(line, Math.min(room, WIDEST_TEXT));
  const text = mark === undefined ? style(first) : marked(first, mark, width);
  return [at(event.atUs, text), ...rest.map((more) => margin(`  ${style(more)}`))];
}

/** The first of a row of keepalives is shown; the others are counted. */
function keepalive(event: TraceEvent, state: { keepalives: number }, pen: TracePen): string {
  if (state.keepalives++ > 0) return '';
  const text = '< \\n   keepalive: the master is alive and not ready yet';
  return `${at(event.atUs, text, pen.paint.dim)}\n`;
}

function eventLines(
  event: Exclude<TraceEvent, { kind: 'keepalive' } | Watched>,
  pen: TracePen,
  width: number,
  { between, psyncSent, doubt }: { between: boolean; psyncSent: boolean; doubt: string | undefined },
): string[] {
  const { paint, signs } = pen;
  const line = (text: string, style?: (text: string) => string): string => at(event.atUs, text, style);
  switch (event.kind) {
    case 'target':
      return targetLines(event, pen);
    case 'connect':
      return [line(`connect        ${event.local} ${signs.arrow} ${event.remote}`)];
    case 'unreachable':
      return [line(marked(`connect        ${printable(event.error.message)}`, paint.red(signs.fail), width))];
    case 'send':
      return [line(sent(event.args, event.bytes, width))];
    case 'receive':
      return received(event, pen, width, doubt);
    case 'fault':
      return event.why === 'timeout' ? [line(paint.red(noAnswer(event.step, event.waitedMs, signs)))] : [];
    case 'close':
      return event.close.by === 'us' ? [] : [line(closeText(event.close), paint.dim)];
    case 'outcome':
    case 'snapshot-progress':
    case 'stream-late':
    case 'visit':
    case 'asked':
    case 'aim':
    case 'probe':
    case 'stopped':
      return [];
    case 'recording':
      return heading(`${event.software} ${event.version}, ${event.configuration}`, signs.info, pen);
    case 'cost':
    case 'note':
      return indented(event.text, signs.info, pen, paint.dim);
    case 'warning':
      return indented(event.text, signs.warn, pen, paint.yellow);
    case 'snapshot-begin':
      return snapshotBegin(event, pen, width, doubt);
    case 'snapshot-end':
      return snapshotLines(event.report, pen, event.ms, doubt, width).map((text, i) =>
        i === 0 ? line(text) : margin(text),
      );
    case 'snapshot-fault':
      return snapshotFault(event, pen, width).map((text) => line(text));
    case 'stream-begin':
      return [line(`stream         after offset ${offsetText(event.offset)}`)];
    case 'stream-noise':
    case 'stream-fault':
      return [line(marked(`< ${cut(quote(event.bytes, false), width)}`, paint.red(signs.fail), width))];
    case 'command':
      return [line(commandText(event, width))];
    case 'stream-end':
      return streamEnd(event, width).map((text, i) => (i === 0 ? line(text) : margin(text)));
    case 'listing':
      return listingLines(event, pen, width).map((text, i) => (i === 0 ? line(text) : margin(text)));
    case 'finding':
      return ['', ...findingLines(event, pen)];
    case 'end':
      return ['', ...(between ? betweenEnd(event, pen) : endLines(event, pen, psyncSent))];
  }
}

function targetLines(
  event: Extract<TraceEvent, { kind: 'target' }>,
  { paint, signs, width }: TracePen,
): string[] {
  const target = printable(event.target);
  const tls = event.tls ? ' (TLS)' : '';
  const head = `${signs.arrow} ${paint.bold(target)}${tls}`;
  if (event.between === undefined) return [head];
  const listens = printable(event.between);
  const words = 'between it and who connects to';
  const fits = `${signs.arrow} ${target}${tls}, ${words} ${listens}`.length <= width;
  return fits
    ? [`${head}, ${words} ${paint.bold(listens)}`]
    : [`${head},`, `  ${words} ${paint.bold(listens)}`];
}

/** `time  text`, the time in ms since the start. */
function at(us: number, text: string, style: (text: string) => string = (same) => same): string {
  const ms = us / 1000;
  const time = ms < 100_000 ? ms.toFixed(2) : ms.toFixed(0);
  return `${time.padStart(TIME_COLUMNS - 1)} ms  ${style(text)}`.trimEnd();
}

function margin(text: string): string {
  return ' '.repeat(TIME_COLUMNS + 4) + text;
}

/** The text, and the mark in its column, or right behind it where there is no room. */
function marked(text: string, mark: string, width: number): string {
  return `${text.padEnd(markColumn(width))} ${mark}`;
}

/** Columns of a text behind the time, in front of its mark. */
function markColumn(width: number): number {
  return Math.max(0, Math.min(MARK_COLUMN, width - TIME_COLUMNS - 5) - TIME_COLUMNS - 4);
}

function cut(text: string, width: number): string {
  const room = Math.min(LONGEST_LINE, Math.max(20, width - TIME_COLUMNS - 12));
  return text.length <= room ? text : `${text.slice(0, room)}...`;
}

function sent(args: readonly Bytes[], bytes: Bytes, width: number): string {
  const words = `> ${cut(args.map(word).join(' '), width)}`;
  // One command in its wire form is enough to learn it from.
  return args.length === 1 ? `${words.padEnd(WIRE_COLUMN)} ${quote(bytes, false)}` : words;
}

/** An argument as it would be typed: in quotes when it needs them. */
function word(arg: Bytes): string {
  return /^[!-~]+$/.test(arg) && !/["\\]/.test(arg) ? arg : quote(arg);
}

type Receive = Extract<TraceEvent, { kind: 'receive' }>;

/**
 * A line that a replica takes, with the sign and what is wrong with it: further to the left than other signs where the words need
 * it, and the words below where they find no room beside it.
 */
function remarked(
  us: number,
  text: string,
  words: string,
  { paint, signs }: TracePen,
  width: number,
): string[] {
  const sign = paint.yellow(signs.warn);
  const plain = marked(text, `${signs.warn} ${words}`, width).length;
  const over = Math.max(0, plain - (width - TIME_COLUMNS - 4));
  if (over === 0) return [at(us, marked(text, `${sign} ${words}`, width))];
  const column = plain - words.length - 3 - over;
  if (column > text.length) return [at(us, `${text.padEnd(column)} ${sign} ${words}`)];
  return [at(us, marked(text, sign, width)), margin(`  ${words}`)];
}

function received(event: Receive, pen: TracePen, width: number, doubt: string | undefined): string[] {
  const { paint, signs } = pen;
  const text = `< ${cut(quote(event.line, false), width)}`;
  const remark = (words: string): string[] => remarked(event.atUs, text, words, pen, width);
  switch (event.verdict) {
    case 'ok':
      return doubt === undefined
        ? [at(event.atUs, marked(text, paint.green(signs.ok), width))]
        : remark(doubt);
    case 'fault':
      return [at(event.atUs, marked(text, paint.red(signs.fail), width))];
    case 'ignored':
      return remark('a replica passes over this');
    case 'odd':
      return remark(`Redis says ${event.expected ?? ''}`);
  }
}

function snapshotBegin(
  event: Extract<TraceEvent, { kind: 'snapshot-begin' }>,
  pen: TracePen,
  width: number,
  doubt: string | undefined,
): string[] {
  const text = `< ${cut(quote(event.bytes, false), width)}`;
  return doubt === undefined ? [at(event.atUs, text)] : remarked(event.atUs, text, doubt, pen, width);
}

function noAnswer(step: string, waitedMs: number, signs: Symbols): string {
  return `${signs.fail} nothing came for ${(waitedMs / 1000).toFixed(1)} s, waiting for ${step}`;
}

function closeText(close: Extract<TraceEvent, { kind: 'close' }>['close']): string {
  if (close.error) return `closed         ${printable(close.error.message)}`;
  return 'closed         by the master';
}

function snapshotFault(
  event: Extract<TraceEvent, { kind: 'snapshot-fault' }>,
  pen: TracePen,
  width: number,
): string[] {
  const { paint, signs } = pen;
  const mark = paint.red(signs.fail);
  const shown = event.bytes === '' ? [] : [marked(`< ${cut(quote(event.bytes, false), width)}`, mark, width)];
  const waited = (event.waitedMs / 1000).toFixed(1);
  switch (event.why) {
    case 'error-reply':
    case 'unexpected':
      return shown;
    case 'stalled':
    case 'timeout':
      return [
        `${mark} ${formatBytes(event.receivedBytes)} of the snapshot, then nothing for ${waited} s`,
        ...shown,
      ];
    case 'closed':
      return [`${mark} closed after ${formatBytes(event.receivedBytes)} of the snapshot`];
  }
}

function offsetText(offset: number | undefined): string {
  return offset === undefined ? 'unknown' : formatCount(offset);
}

function commandText(event: Extract<TraceEvent, { kind: 'command' }>, width: number): string {
  const args = event.args.map(word).join(' ');
  const more = event.argc > event.args.length ? ` ... (${event.argc} arguments)` : '';
  const db = event.db === undefined ? '' : ` db ${event.db}`;
  return `< ${offsetText(event.offset).padStart(12)}${db}  ${cut(args, width - 20)}${more}`;
}

const STREAM_ENDS = {
  count: 'as many as asked for',
  time: 'time is up',
  stopped: 'stopped',
  closed: 'the master closed the connection',
  fault: 'the stream cannot be read on',
} as const;

function streamEnd(event: Extract<TraceEvent, { kind: 'stream-end' }>, width: number): string[] {
  const commands = `${formatCount(event.commands)} command${event.commands === 1 ? '' : 's'}`;
  const cut = event.cutBytes === undefined ? '' : `, then ${formatBytes(event.cutBytes)} of no whole command`;
  const text = `${commands}, ${formatBytes(event.bytesRead)}${cut}, offset ${offsetText(event.offset)}: ${STREAM_ENDS[event.why]}`;
  const pad = ' '.repeat(15);
  const lines = wrap(text, Math.max(30, width - TIME_COLUMNS - 4 - pad.length));
  return lines.map((part, i) => (i === 0 ? 'stream'.padEnd(pad.length) : pad) + part);
}

function listingLines(
  event: Extract<TraceEvent, { kind: 'listing' }>,
  pen: TracePen,
  width: number,
): string[] {
  const none = `nobody with our port, of ${event.listed} replica${event.listed === 1 ? '' : 's'}`;
  const room = Math.max(30, width - TIME_COLUMNS - 4 - 15);
  const lines = event.lines.flatMap((text) => wrapParts(printable(text).split(','), room, ''));
  const [first, ...rest] = lines.length > 0 ? lines : [none];
  const pad = ' '.repeat(15);
  const offset =
    event.masterOffset === undefined ? [] : [`${pad}master_repl_offset ${formatCount(event.masterOffset)}`];
  const dim = (text: string): string => pen.paint.dim(text);
  return [
    `listed as      ${first}`,
    ...rest.map((text) => pad + text),
    dim(`${pad}we are ${event.weAre}`),
    ...offset.map(dim),
  ];
}

function indented(text: string, sign: string, pen: TracePen, style: (text: string) => string): string[] {
  return wrap(printable(text), pen.width - TIME_COLUMNS - 6).map((part, i) =>
    margin(`${i === 0 ? sign : ' '.repeat(sign.length)} ${style(part)}`),
  );
}

/** What stands above the trace, at the left edge. */
function heading(text: string, sign: string, pen: TracePen): string[] {
  return wrap(printable(text), pen.width - 2).map((part, i) =>
    pen.paint.dim(`${i === 0 ? sign : ' '.repeat(sign.length)} ${part}`),
  );
}

function betweenEnd(event: Extract<TraceEvent, { kind: 'end' }>, pen: TracePen): string[] {
  const { paint, signs } = pen;
  if (event.verdict === 'passed') {
    const warned = event.warnings.length > 0 ? ` (warned of ${event.warnings.join(', ')})` : '';
    return [`${paint.green(signs.ok)} no fault was seen${warned}`];
  }
  if (event.verdict === 'failed' && event.faults.length === 0)
    return [`${paint.red(signs.fail)} nobody connected`];
  return endLines(event, pen, true);
}

function endLines(event: Extract<TraceEvent, { kind: 'end' }>, pen: TracePen, psyncSent: boolean): string[] {
  const { paint, signs } = pen;
  const { verdict, faults, warnings } = event;
  const warned = warnings.length > 0 ? ` (warned of ${warnings.join(', ')})` : '';
  const summed = (sign: string, style: (text: string) => string, text: string): string[] =>
    wrap(text, pen.width - 2).map((part, i) => `${i === 0 ? style(sign) : ' '.repeat(sign.length)} ${part}`);
  switch (verdict) {
    case 'passed': {
      const how = psyncSent
        ? 'the handshake went through'
        : 'nothing is wrong as far as it went: PSYNC was not sent';
      return summed(signs.ok, paint.green, how + warned);
    }
    case 'failed': {
      const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
      return summed(signs.fail, paint.red, `${count}: ${faults.join(', ')}${warned}`);
    }
    case 'unreachable':
      return summed(signs.fail, paint.red, `the server could not be reached: ${faults.join(', ')}`);
    case 'stopped': {
      const found = faults.length > 0 ? `; found until then: ${faults.join(', ')}` : '';
      return summed(signs.warn, paint.yellow, `stopped${found}`);
    }
  }
}
