/** What `--between` adds to the trace, as text: who came, how far the stream is, ACKs, what was noticed. Pure. */
import { quote } from '../../core/base/bytes.js';
import { type WatchEvent } from '../../core/diagnosis/between/events.js';
import { GETACK_BYTES } from '../../core/diagnosis/replica/miscounts.js';
import { type TraceEvent } from '../../core/diagnosis/trace.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { printable, wrap } from '../text.js';
import { lasted } from './fold.js';
import { type TracePen } from './handshake.js';

export type Watched = Extract<TraceEvent, { kind: WatchEvent['kind'] }>;

const WATCHED: ReadonlySet<TraceEvent['kind']> = new Set<WatchEvent['kind']>([
  'attached',
  'detached',
  'passed-on',
  'stream-progress',
  'getack',
  'ack',
  'odd',
  'noticed',
]);

/** Whether only a watched connection has such events. */
export function isWatched(event: TraceEvent): event is Watched {
  return WATCHED.has(event.kind);
}

/** What the lines before have shown: an ACK that says the same again is not worth a line. */
export interface AckMemory {
  readonly lastAck: Map<number, number>;
  /** By connection, while no answer has come: the offset that was asked for; undefined: there are several. */
  readonly asked: Map<number, number | undefined>;
}

/** Of a line: text behind the time, which may be wrapped, or lines of their own. */
export interface WatchText {
  readonly line?: string;
  readonly style?: (text: string) => string;
  readonly mark?: string;
  /** Cut where it is too long, not wrapped: bytes as they came. */
  readonly raw?: boolean;
  readonly own?: readonly string[];
}

/** The text of an event; nothing for an ACK that repeats the last one. */
export function watchText(event: Watched, pen: TracePen, memory: AckMemory): WatchText {
  const { paint, signs } = pen;
  switch (event.kind) {
    case 'attached':
      return {
        own: [
          '',
          `${signs.arrow} ${paint.bold(`connection ${event.conn}`)} from ${printable(event.replica)}`,
        ],
      };
    case 'detached':
      return { line: detachedText(event), style: paint.dim };
    case 'passed-on':
      return { line: `passed on unread: ${printable(event.why)}`, style: paint.dim };
    case 'stream-progress':
      return { line: progressText(event), style: paint.dim };
    case 'getack':
      memory.asked.set(event.conn, memory.asked.has(event.conn) ? undefined : event.offset);
      return { line: getackText(event.offset) };
    case 'ack':
      return ackText(event, pen, memory);
    case 'odd':
      return { line: `> ${quote(event.bytes, false)}`, mark: paint.red(signs.fail), raw: true };
    case 'noticed':
      return { own: noticedLines(event, pen) };
  }
}

function detachedText({ by, error, ms }: Extract<Watched, { kind: 'detached' }>): string {
  // What could not be reached is told already.
  const why = error === undefined || error.startsWith('connect ') ? '' : ` (${printable(error)})`;
  return `closed         by the ${by}, after ${lasted(ms)}${why}`;
}

function progressText({
  commands,
  bytesRead,
  offset,
}: Extract<Watched, { kind: 'stream-progress' }>): string {
  const at = offset === undefined ? '' : `, offset ${formatCount(offset)}`;
  return `stream         ${formatCount(commands)} command${commands === 1 ? '' : 's'}, ${formatBytes(bytesRead)}${at}`;
}

function wrongAnswer(asked: number | undefined): string {
  return asked === undefined ? '' : `; ${formatCount(asked)} was asked`;
}

/** Where a command stands that is followed, with what it asks for; `offset` lies in front of it. */
function getackText(offset: number): string {
  const end = formatCount(offset + GETACK_BYTES);
  return `< ${end.padStart(12)}  REPLCONF GETACK *   ${formatCount(offset)} is the answer`;
}

function ackText(
  event: Extract<Watched, { kind: 'ack' }>,
  pen: TracePen,
  { lastAck, asked }: AckMemory,
): WatchText {
  const { conn, offset, sent, behindBytes, answersGetack, verdict, why } = event;
  const same = lastAck.get(conn) === offset;
  lastAck.set(conn, offset);
  const good = verdict === 'ok' || verdict === 'ignored';
  if (same && good && !answersGetack) return {};
  const { paint, signs } = pen;
  const aof = event.aofOffset === undefined ? '' : ` FACK ${event.aofOffset}`;
  const answer = !answersGetack ? '' : good ? ', as asked' : wrongAnswer(asked.get(conn));
  if (answersGetack) asked.delete(conn);
  const behind =
    behindBytes === undefined
      ? ''
      : sent !== undefined && offset > sent
        ? ` (${formatBytes(offset - sent)} more than was sent`
        : behindBytes === 0
          ? ' (all that was sent'
          : ` (${formatBytes(behindBytes)} behind`;
  const remark = (behind === '' ? '' : `${behind}${answer})`) + (why === undefined ? '' : `: ${why}`);
  const mark = good
    ? paint.green(signs.ok)
    : verdict === 'warning'
      ? paint.yellow(signs.warn)
      : paint.red(signs.fail);
  return { line: `> REPLCONF ACK ${offset}${aof}${remark}`, mark };
}

/** In short: the end of the trace says all of it. */
function noticedLines(event: Extract<Watched, { kind: 'noticed' }>, pen: TracePen): string[] {
  const { finding, severity, means, side, conn } = event;
  const { paint, signs } = pen;
  const title =
    severity === 'fault'
      ? paint.red(`${signs.fail} ${finding.id}`)
      : paint.yellow(`${signs.warn} ${finding.id}`);
  const who = `the ${side}, connection ${conn}`;
  const text = printable(finding.text ?? means);
  return [`  ${title} (${who})`, ...wrap(text, pen.width - 4).map((part) => `    ${part}`)];
}
