/** A finding as text: what was seen, what confirmed it, what to do; and the long form of `--explain`. Pure. */
import { quote, type Bytes } from '../../core/base/bytes.js';
import { type Entry } from '../../core/diagnosis/entry.js';
import { type Finding } from '../../core/diagnosis/rule.js';
import { type ToldFinding } from '../../core/diagnosis/told-finding.js';
import { printable, wrap } from '../text.js';
import { type TracePen } from './handshake.js';

/** How much is shown around the first unexpected byte, in bytes. */
const BEFORE_BYTES = 24;
const AFTER_BYTES = 24;

/** The finding of an event, indented under its id. */
export function findingLines(event: ToldFinding, pen: TracePen): string[] {
  const { finding, severity } = event;
  const { paint, signs } = pen;
  const fault = severity === 'fault';
  const title = fault
    ? paint.red(`${signs.fail} ${finding.id}`)
    : paint.yellow(`${signs.warn} ${finding.id}`);
  const confirmed = finding.confirmed === undefined ? '' : ` Confirmed: ${finding.confirmed}`;
  return [
    title,
    ...paragraph(sentence(finding.text ?? event.means) + confirmed, pen),
    ...(finding.bytes ? bytesLines(finding.bytes, pen) : []),
    ...paragraph(event.fix, pen),
    `  More: redis-ts handshake --explain ${finding.id}`,
  ];
}

function sentence(text: string): string {
  return /[.!?`)]$/.test(text) ? text : `${text}.`;
}

function paragraph(text: string, pen: TracePen): string[] {
  return wrap(printable(text), pen.width - 2).map((line) => `  ${line}`);
}

/** What came, a caret under the first byte that was not expected, and what a real Redis sends here. */
function bytesLines(bytes: NonNullable<Finding['bytes']>, { paint }: TracePen): string[] {
  const { got, unexpectedAt, wouldBe } = bytes;
  const from = Math.max(0, unexpectedAt - BEFORE_BYTES);
  const until = unexpectedAt + AFTER_BYTES;
  const lead = from > 0 ? '...' : '';
  const escaped = (a: number, b: number): string => quote(got.slice(a, b) as Bytes, false);
  const shown = lead + escaped(from, until) + (until < got.length ? '...' : '');
  const column = lead.length + escaped(from, unexpectedAt).length;
  const mark = unexpectedAt < got.length ? '^ not expected' : '^ nothing more came';
  return [
    `    got       ${shown}`,
    `              ${' '.repeat(column)}${paint.red(mark)}`,
    ...wouldBe.map((text, i) => `    ${i === 0 ? 'expected' : '      or'}  ${text}`),
  ];
}

/** Everything the table says of one diagnosis, ending with a newline. */
export function renderExplanation(entry: Entry, pen: Pick<TracePen, 'paint' | 'width'>): string {
  const part = (title: string, text: string): string[] => [
    '',
    pen.paint.bold(title),
    ...wrap(text, pen.width - 2).map((line) => `  ${line}`),
  ];
  const lines = [
    `${pen.paint.bold(entry.id)} (${entry.severity})`,
    ...part('What is seen', entry.seen),
    ...part('What it means', entry.means),
    ...part('What to do', entry.fix),
    ...part('Why', entry.explain),
    ...part('Source', entry.source),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
