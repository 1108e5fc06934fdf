/**
 * What `serve --trace` prints: each replica's steps and ACKs as its master sees them. Pure; the same events give the same text.
 *
 *   #<replica> <time>  < what the replica sent                          ✔ | ⚠ | ✖
 *   #<replica> <time>  > what it was sent
 *
 * Times count from the replica's connection: milliseconds first, seconds later.
 */
import { quote, type Bytes } from '../../core/base/bytes.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { type TraceMessage } from '../server/messages.js';
import { palette, symbols, type Palette, type Symbols, type Terminal } from '../terminal.js';
import { printable } from '../text.js';
import { findingLines } from './handshake-finding.js';

type Event = TraceMessage['event'];

/** The column of the verdict, where the terminal has room for it. */
const MARK_COLUMN = 78;
const WIDEST_TEXT = 100;
/** Of a command or an answer so many columns are shown when nothing limits the line. */
const LONGEST_LINE = 160;
/** From here on times are seconds. */
const MS_UNTIL = 10_000;

interface Pen {
  readonly paint: Palette;
  readonly signs: Symbols;
  readonly width: number;
}

/** A function that turns each message into text ending with a newline, or into nothing. */
export function replicaTraceRenderer(
  terminal: Omit<Terminal, 'live'>,
): (message: Pick<TraceMessage, 'conn' | 'event'>) => string {
  const pen: Pen = {
    paint: palette(terminal.color),
    signs: symbols(terminal.unicode),
    width: Math.min(terminal.width, LONGEST_LINE),
  };
  const starts = new Map<number, number>();
  const keepalives = new Map<number, number>();
  return ({ conn, event }) => {
    if (event.kind === 'attach') starts.set(conn, event.atMs);
    const since = event.atMs - (starts.get(conn) ?? event.atMs);
    const count = keepalives.get(conn) ?? 0;
    if (event.kind === 'keepalive') {
      keepalives.set(conn, count + 1);
      if (count > 0) return '';
    } else keepalives.delete(conn);
    if (event.kind === 'closed') starts.delete(conn);
    const lines = eventLines(event, since, `#${conn}`, pen);
    if (event.kind !== 'keepalive' && count > 1)
      lines.unshift(stamped(since, `#${conn}`, pen.paint.dim(`  (${count} line feeds while it waits)`)));
    return lines.map((line) => `${line}\n`).join('');
  };
}

function eventLines(event: Event, since: number, name: string, pen: Pen): string[] {
  const { paint, signs } = pen;
  const line = (text: string, mark?: string): string =>
    mark === undefined ? stamped(since, name, text) : marked(since, name, text, mark, pen);
  const ok = paint.green(signs.ok);
  switch (event.kind) {
    case 'attach':
      return [`${signs.arrow} ${paint.bold(`replica ${name}`)} from ${event.peer}`];
    case 'command':
      return [line(`< ${cut(event.args.map(word).join(' '), pen)}`)];
    case 'reply':
      return [line(`> ${cut(quote(event.line, false), pen)}`, verdictSign(event.verdict, pen))];
    case 'keepalive':
      return [line(paint.dim('> \\n   line feed: the snapshot is not ready yet'))];
    case 'full':
      return [line(`> +FULLRESYNC ${shortId(event.replid, pen)} ${event.offset}`, ok)];
    case 'continue':
      return [
        line(
          `> +CONTINUE${event.replid ? ` ${shortId(event.replid, pen)}` : ''}, after ${event.offset - 1}`,
          event.verdict === undefined ? ok : verdictSign(event.verdict, pen),
        ),
      ];
    case 'snapshot-begin':
      return [line(`> ${event.form === 'eof' ? '$EOF:' : `$${event.length}`}   the snapshot begins`)];
    case 'snapshot-end':
      return [line(`> snapshot ${formatBytes(event.bytes)} in ${duration(event.ms)}`, ok)];
    case 'newline':
      return [line(paint.dim('< \\n   line feed: it lives, and loads'))];
    case 'getack':
      return [line(`> REPLCONF GETACK *   the answer is ${formatCount(event.offset)}`)];
    case 'ack':
      return [line(cut(ackText(event), pen), verdictSign(event.verdict, pen))];
    case 'odd':
      return [line(`< ${cut(quote(event.bytes, false), pen)}`, paint.red(signs.fail))];
    case 'blind':
      return [line(paint.yellow('what it is sent cannot be followed: its ACKs are not judged from here on'))];
    case 'closed':
      return [line(paint.dim(`closed by ${event.by === 'master' ? 'us' : 'the replica'}`))];
    case 'finding':
      return [
        '',
        ...findingLines(event, { paint, signs, width: Math.min(pen.width, WIDEST_TEXT) }).map((text, i) =>
          i === 0 ? `${text}  (replica ${name})` : text,
        ),
        '',
      ];
  }
}

type Ack = Extract<Event, { kind: 'ack' }>;

function ackText({ offset, aofOffset, sent, behindBytes, answersGetack, why: cause }: Ack): string {
  const fack = aofOffset === undefined ? '' : ` FACK ${aofOffset}`;
  const why = cause !== undefined ? `, ${cause}` : answersGetack ? ', answers GETACK' : '';
  if (sent === undefined || behindBytes === undefined) return `< ACK ${offset}${fack}${why}`;
  const ahead = offset > sent ? `${formatBytes(offset - sent)} ahead` : `${formatBytes(behindBytes)} behind`;
  return `< ACK ${offset}${fack}   sent ${formatCount(sent)}, ${ahead}${why}`;
}

function verdictSign(verdict: 'ok' | 'ignored' | 'warning' | 'fault', { paint, signs }: Pen): string {
  switch (verdict) {
    case 'ok':
      return paint.green(signs.ok);
    case 'ignored':
    case 'warning':
      return paint.yellow(signs.warn);
    case 'fault':
      return paint.red(signs.fail);
  }
}

function stamped(since: number, name: string, text: string): string {
  return `${head(since, name)}${text}`.trimEnd();
}

function head(since: number, name: string): string {
  const time = since < MS_UNTIL ? `${since.toFixed(2)} ms` : `${(since / 1000).toFixed(1)} s `;
  return `${name.padEnd(3)} ${time.padStart(11)}  `;
}

function marked(since: number, name: string, text: string, mark: string, pen: Pen): string {
  const start = head(since, name);
  const column = Math.min(MARK_COLUMN, pen.width - 3);
  return `${start}${text.padEnd(Math.max(0, column - start.length))} ${mark}`;
}

/** Head, blank and verdict stand beside the text. */
const BESIDE = 22;

function cut(text: string, { width, signs }: Pen): string {
  const room = Math.max(20, width - BESIDE);
  return text.length <= room ? text : `${text.slice(0, room - signs.dots.length)}${signs.dots}`;
}

function shortId(replid: Bytes, { width, signs }: Pen): string {
  const id = printable(replid);
  return width - BESIDE >= 70 || id.length <= 12 ? id : `${id.slice(0, 4)}${signs.dots}${id.slice(-4)}`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** An argument as it would be typed: in quotes when it needs them. */
function word(arg: Bytes): string {
  return /^[!-~]+$/.test(arg) && !/["\\]/.test(arg) ? arg : quote(arg);
}
