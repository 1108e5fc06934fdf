/** `handshake --conformance` as text: what it will cost, a line per variant, a diagnosis under each that failed, the sum. Pure. */
import {
  type ConformanceEvent,
  type Counts,
  type VariantEvent,
} from '../../core/diagnosis/conformance/run.js';
import { palette, symbols, type Terminal } from '../terminal.js';
import { printable, wrap } from '../text.js';
import { findingLines } from './handshake-finding.js';
import { type TracePen } from './handshake.js';

const WIDEST_TEXT = 100;
const NAME_COLUMNS = 22;
const MS_COLUMNS = 8;

/** A function that turns each event, in order, into text ending with a newline. */
export function conformanceRenderer(
  target: string,
  terminal: Omit<Terminal, 'live'>,
): (event: ConformanceEvent) => string {
  const pen: TracePen = {
    paint: palette(terminal.color),
    signs: symbols(terminal.unicode),
    width: Math.min(terminal.width, WIDEST_TEXT),
  };
  const told = new Set<string>();
  return (event) =>
    eventLines(event, target, pen, told)
      .map((line) => `${line}\n`)
      .join('');
}

function eventLines(event: ConformanceEvent, target: string, pen: TracePen, told: Set<string>): string[] {
  const { paint, signs } = pen;
  switch (event.kind) {
    case 'cost':
      return [
        `${signs.arrow} ${paint.bold(printable(target))}`,
        ...indented(event.text, signs.info, pen, paint.dim),
        ...event.warnings.flatMap((warning) => indented(warning, signs.warn, pen, paint.yellow)),
        '',
      ];
    case 'variant':
      return variantLines(event, pen, told);
    case 'end':
      return ['', endLine(event, pen), ...splitLine(event)];
  }
}

function variantLines(event: VariantEvent, pen: TracePen, told: Set<string>): string[] {
  const { paint, signs } = pen;
  const { verdict, name, what, ms, presentDay } = event;
  const [sign, style] = {
    passed: [signs.ok, paint.green] as const,
    failed: [signs.fail, paint.red] as const,
    skipped: ['-', paint.dim] as const,
  }[verdict];
  const time = verdict === 'skipped' ? '' : `${ms.toFixed(1)} ms`;
  const head = `${style(sign)} ${verdict.padEnd(7)} ${presentDay ? '*' : ' '} ${name.padEnd(NAME_COLUMNS)} ${time.padStart(MS_COLUMNS + 3)}`;
  const about = verdict === 'skipped' ? (event.why ?? what) : what;
  const [first, ...rest] = wrap(printable(about), Math.max(30, pen.width - MARGIN));
  return [
    `${head}  ${first}`,
    ...rest.map((line) => ' '.repeat(MARGIN) + line),
    ...(event.remark === undefined ? [] : under(event.remark, pen)),
    ...(verdict === 'failed' ? failureLines(event, pen, told) : []),
  ];
}

/** What deviated, unless the diagnosis says the same; what Redis answers; the diagnosis. */
function failureLines(event: VariantEvent, pen: TracePen, told: Set<string>): string[] {
  const { why = '', redis, findings } = event;
  const repeated = findings.some(({ finding, means }) => (finding.text ?? means) === why);
  return [
    ...(repeated ? [] : under(`${why}.`, pen)),
    ...under(`Redis: ${redis}.`, pen),
    ...(event.neededBy === undefined ? [] : under(`Needed by ${event.neededBy}.`, pen)),
    ...diagnoses(event, pen, told),
  ];
}

const MARGIN = 2 + 7 + 3 + NAME_COLUMNS + 1 + MS_COLUMNS + 3 + 2;
const UNDER = 11;

function under(text: string, pen: TracePen): string[] {
  const lines = wrap(printable(text.replace(/([.!?])\.$/, '$1')), Math.max(30, pen.width - UNDER));
  return lines.map((line) => ' '.repeat(UNDER) + pen.paint.dim(line));
}

/** The whole diagnosis the first time, its id after that: one fault may fail many variants. */
function diagnoses({ findings }: VariantEvent, pen: TracePen, told: Set<string>): string[] {
  return findings.flatMap((found) => {
    const { id } = found.finding;
    if (told.has(id)) return [`${' '.repeat(UNDER)}${pen.paint.red(id)}, as above`];
    told.add(id);
    const narrow = { ...pen, width: pen.width - UNDER };
    return findingLines(found, narrow).map((line) => ' '.repeat(UNDER) + line);
  });
}

function endLine(event: Extract<ConformanceEvent, { kind: 'end' }>, { paint, signs }: TracePen): string {
  const sums = `${event.passed} passed, ${event.failed} failed, ${event.skipped} skipped`;
  switch (event.verdict) {
    case 'passed':
      return `${paint.green(signs.ok)} ${sums}: replicas can attach to this server in every way that was tried`;
    case 'failed':
      return `${paint.red(signs.fail)} ${sums}`;
    case 'unreachable':
      return `${paint.red(signs.fail)} the server could not be reached`;
    case 'stopped':
      return `${paint.yellow(signs.warn)} stopped: ${sums}`;
  }
}

type End = Extract<ConformanceEvent, { kind: 'end' }>;

/** What weighs and what does not: a server that fails only for old replicas serves those of today. */
function splitLine({ verdict, presentDay, ...all }: End): string[] {
  if (verdict === 'unreachable') return [];
  const others = {
    passed: all.passed - presentDay.passed,
    failed: all.failed - presentDay.failed,
    skipped: all.skipped - presentDay.skipped,
  };
  return [`  needed by present-day replicas (*): ${share(presentDay)}; others: ${share(others)}`];
}

function share({ passed, failed, skipped }: Counts): string {
  return `${passed} of ${passed + failed}${skipped === 0 ? '' : ` (${skipped} skipped)`}`;
}

function indented(text: string, sign: string, pen: TracePen, style: (text: string) => string): string[] {
  return wrap(printable(text), pen.width - 4).map(
    (line, i) => `${i === 0 ? sign : ' '.repeat(sign.length)} ${style(line)}`,
  );
}
