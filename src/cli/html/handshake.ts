/**
 * The report of a handshake as one page: verdict and diagnosis first, then the sequence diagram, the snapshot, the stream, how
 * the master lists us, and every byte. Made from the events of the trace alone. Pure.
 */
import { quote } from '../../core/base/bytes.js';
import { LineDoubts } from '../../core/diagnosis/line-doubt.js';
import { type ToldFinding } from '../../core/diagnosis/told-finding.js';
import { type TraceEvent, type Verdict, type VisitRole } from '../../core/diagnosis/trace.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { hexLines } from '../render/handshake-hex.js';
import { ShownBytes } from '../render/shown-bytes.js';
import { html, type Html } from './html.js';
import { renderPage, type Section } from './page.js';
import { badge, card, code, definitions, paragraph, pre, table, type Tone } from './parts.js';
import { durationText, sequence, type Row } from './sequence.js';
import { snapshotSection } from './snapshot.js';

type EventOf<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

export interface HandshakeReport {
  /** Of a long stream not all commands need be there: `stream-end` says how many there were. */
  readonly events: readonly TraceEvent[];
  /** When and by what it was made, for the last line. */
  readonly made: string;
  /** A hex dump beside the bytes. */
  readonly hex?: boolean;
}

const VERDICTS: Readonly<Record<Verdict, { tone: Tone; text: string }>> = {
  passed: { tone: 'good', text: 'went through' },
  failed: { tone: 'bad', text: 'failed' },
  unreachable: { tone: 'bad', text: 'not reached' },
  stopped: { tone: 'warn', text: 'stopped' },
};

/** The whole page. */
export function handshakePage(report: HandshakeReport): string {
  const { events } = report;
  const of = <K extends TraceEvent['kind']>(kind: K): EventOf<K>[] =>
    events.filter((event): event is EventOf<K> => event.kind === kind);
  const target = of('target').at(0)?.target ?? 'a server';
  const end = of('end').at(-1);
  const psyncSent = of('send').some(({ step }) => step === 'psync' || step === 'sync');
  const sections = [
    { id: 'diagnosis', title: 'Diagnosis', body: diagnosis(of('finding'), end?.verdict, psyncSent) },
    { id: 'sequence', title: 'Sequence', body: sequences(events) },
    ...snapshots(events),
    ...streams(events),
    ...listing(of('listing').at(-1)),
    { id: 'bytes', title: 'Bytes', body: bytesTable(events, report.hex === true) },
  ];
  return renderPage({
    title: `Handshake with ${target}`,
    badge: VERDICTS[end?.verdict ?? 'stopped'],
    lead: "A replica's handshake, run by hand: what was sent, what was answered, what it means.",
    facts: facts(events, of('connect').at(0)),
    sections,
    footer: report.made,
  });
}

function facts(events: readonly TraceEvent[], connect?: EventOf<'connect'>): (readonly [string, string])[] {
  const said = events.filter((e) => e.kind === 'cost' || e.kind === 'warning').map((e) => e.text);
  return [
    ...(connect ? ([['Connection', `${connect.local} → ${connect.remote}`]] as const) : []),
    ['Took', durationText(events.at(-1)?.atUs ?? 0)],
    ...[...new Set(said)].map((text) => ['Said before', text] as const),
  ];
}

function diagnosis(
  findings: readonly EventOf<'finding'>[],
  verdict: Verdict | undefined,
  psyncSent: boolean,
): Html {
  if (findings.length === 0) {
    const text =
      verdict !== 'passed'
        ? 'No fault was named.'
        : psyncSent
          ? 'Nothing is wrong: the handshake went through.'
          : 'Nothing is wrong as far as it went: PSYNC was not sent.';
    return card(verdict === 'passed' ? 'good' : 'note', text, '');
  }
  return html`${findings.map(finding)}`;
}

/** One finding with its fix, as `--report` and `--conformance` show it. */
export function finding({ finding: found, severity, means, fix }: ToldFinding): Html {
  const tone = severity === 'fault' ? 'bad' : 'warn';
  const text = found.text ?? means;
  return card(
    tone,
    html`${found.id} ${badge(severity, tone)}`,
    html`${paragraph(/[.!?`)]$/.test(text) ? text : `${text}.`)}
      ${found.confirmed !== undefined && paragraph(`Confirmed: ${found.confirmed}`)}
      ${found.bytes && unexpected(found.bytes)}
      <p><strong>What to do</strong></p>
      ${paragraph(fix)}
      <p class="soft">More: ${code(`redis-ts handshake --explain ${found.id}`)}</p>`,
  );
}

function unexpected({
  got,
  unexpectedAt,
  wouldBe,
}: NonNullable<EventOf<'finding'>['finding']['bytes']>): Html {
  const before = quote(got.slice(0, unexpectedAt) as typeof got, false);
  const lines = [
    `got       ${quote(got, false)}`,
    `          ${' '.repeat(before.length)}^ ${unexpectedAt < got.length ? 'not expected' : 'nothing more came'}`,
    ...wouldBe.map((text, i) => `${i === 0 ? 'expected' : '      or'}  ${text}`),
  ];
  return pre(lines.join('\n'));
}

// ---- the diagram

const MARKS: Readonly<Record<EventOf<'receive'>['verdict'], { tone?: Tone; mark: string }>> = {
  ok: { tone: 'good', mark: '✔ ok' },
  ignored: { tone: 'warn', mark: '⚠ passed over' },
  odd: { tone: 'warn', mark: '⚠ not as Redis' },
  fault: { tone: 'bad', mark: '✖ fault' },
};
/** Commands of the stream that the diagram shows. */
const MAX_COMMANDS = 12;

/** What the further connections of a run are for. */
const PURPOSES: Readonly<Partial<Record<VisitRole, string>>> = {
  'own-port': 'announces the port that it comes from',
  reconnect: 'asks to continue, as a replica does that lost its link',
};

function purposeOf(events: readonly TraceEvent[], conn: number): string | undefined {
  const visit = events.find((event) => event.kind === 'visit' && event.conn === conn);
  return visit?.kind === 'visit' ? PURPOSES[visit.role] : undefined;
}

/** A diagram for each connection: they are handshakes of their own. */
function sequences(events: readonly TraceEvent[]): Html {
  const conns = [
    ...new Set(events.filter((e) => e.kind === 'connect' || e.kind === 'unreachable').map((e) => e.conn)),
  ];
  return html`${conns.map((conn) => {
    const own = events.filter((event) => event.conn === conn);
    const connect = own.find((event) => event.kind === 'connect');
    const rows = rowsOf(own);
    const purpose = purposeOf(events, conn);
    const heading = `Connection ${conn}${purpose === undefined ? '' : `: ${purpose}`}`;
    return html`${conns.length > 1 && html`<h3>${heading}</h3>`}
    ${sequence({
      left: connect ? `us, ${connect.local}` : 'us',
      right: connect ? connect.remote : 'the server',
      rows,
      title: `Messages of connection ${conn}, in order of time`,
    })}`;
  })}`;
}

function rowsOf(events: readonly TraceEvent[]): Row[] {
  const rows: Row[] = [];
  let keepalives = 0;
  let commands = 0;
  let snapshotAt: number | undefined;
  const doubts = new LineDoubts();
  const shown = new ShownBytes();
  for (const event of events) {
    const doubt = doubts.see(event);
    if (shown.repeats(event) && event.kind === 'stream-fault') continue;
    if (event.kind === 'keepalive' && keepalives++ > 0) continue;
    if (event.kind !== 'keepalive' && keepalives > 1 && event.kind !== 'note') {
      rows.push({ kind: 'note', atUs: event.atUs, label: `${keepalives} keepalives until here` });
    }
    if (event.kind !== 'keepalive') keepalives = 0;
    if (event.kind === 'snapshot-begin') snapshotAt = event.atUs;
    if (event.kind === 'command' && ++commands > MAX_COMMANDS) continue;
    const row = rowOf(event, snapshotAt, doubt);
    if (row) rows.push(row);
  }
  const left = commands - MAX_COMMANDS;
  if (left > 0) {
    const atUs = rows.at(-1)?.atUs ?? 0;
    rows.push({ kind: 'note', atUs, label: `and ${formatCount(left)} commands more, in the list below` });
  }
  return rows;
}

function rowOf(
  event: TraceEvent,
  snapshotAt: number | undefined,
  doubt: string | undefined,
): Row | undefined {
  const { atUs } = event;
  switch (event.kind) {
    case 'connect':
      return { kind: 'message', atUs, to: 'right', label: 'connect', tone: 'note' };
    case 'unreachable':
      return { kind: 'note', atUs, label: event.error.message, tone: 'bad' };
    case 'send':
      return {
        kind: 'message',
        atUs,
        to: 'right',
        label: event.args.map((arg) => quote(arg, false)).join(' '),
      };
    case 'receive': {
      const label = quote(event.line, false);
      const mark = doubt === undefined ? MARKS[event.verdict] : { tone: 'warn' as const, mark: `⚠ ${doubt}` };
      return { kind: 'message', atUs, to: 'left', label, ...mark };
    }
    case 'keepalive':
      return { kind: 'message', atUs, to: 'left', label: '\\n', mark: 'keepalive' };
    case 'snapshot-begin':
      return { kind: 'message', atUs, to: 'left', label: quote(event.bytes, false), mark: 'snapshot' };
    case 'snapshot-end': {
      const label = `snapshot: ${formatBytes(event.report.bytes)} in ${durationText(event.ms * 1000)}`;
      return { kind: 'span', atUs: snapshotAt ?? atUs, untilUs: atUs, label };
    }
    case 'snapshot-fault': {
      const label = `snapshot broken off after ${formatBytes(event.receivedBytes)}: ${event.why}`;
      return { kind: 'span', atUs: snapshotAt ?? atUs, untilUs: atUs, label, tone: 'bad' };
    }
    case 'command':
      return {
        ...{ kind: 'message', atUs, to: 'left' },
        label: event.args.map((arg) => quote(arg, false)).join(' '),
        ...(event.offset !== undefined && { mark: `@${formatCount(event.offset)}` }),
      };
    case 'stream-noise':
    case 'stream-fault':
      return {
        kind: 'message',
        atUs,
        to: 'left',
        label: quote(event.bytes, false),
        tone: 'bad',
        mark: '✖ no command',
      };
    case 'fault':
      return event.why === 'timeout'
        ? {
            kind: 'note',
            atUs,
            label: `nothing came for ${durationText(event.waitedMs * 1000)}`,
            tone: 'bad',
          }
        : undefined;
    case 'close': {
      const by =
        event.close.by === 'us' ? 'closed by us' : `closed: ${event.close.error?.message ?? 'by the master'}`;
      return { kind: 'note', atUs, label: by, ...(event.close.by === 'us' ? {} : { tone: 'bad' as const }) };
    }
    default:
      return undefined;
  }
}

// ---- the other sections

function snapshots(events: readonly TraceEvent[]): Section[] {
  return events.flatMap((event, i) => {
    const report =
      event.kind === 'snapshot-end' || event.kind === 'snapshot-fault' ? event.report : undefined;
    if (!report) return [];
    const began = events.slice(0, i).findLast((e) => e.kind === 'snapshot-begin' && e.conn === event.conn);
    const ms = (event.atUs - (began?.atUs ?? event.atUs)) / 1000;
    const id = `snapshot-${i}`;
    return [{ id, title: ofConnection('Snapshot', event.conn), body: snapshotSection(report, ms) }];
  });
}

/** A chapter for each connection that read a stream: their offsets and their commands have nothing to do with each other. */
function streams(events: readonly TraceEvent[]): Section[] {
  return events.flatMap((end) => {
    if (end.kind !== 'stream-end') return [];
    const { conn } = end;
    const commands = events.filter((event) => event.kind === 'command' && event.conn === conn);
    const purpose = purposeOf(events, conn);
    const body = html`${purpose !== undefined && html`<p>This connection ${purpose}.</p>`}
    ${streamed(end, commands as EventOf<'command'>[])}`;
    return [{ id: `stream-${conn}`, title: ofConnection('Stream', conn), body }];
  });
}

function streamed(end: EventOf<'stream-end'>, commands: readonly EventOf<'command'>[]): Html {
  const rows = commands.map((event) => [
    durationText(event.atUs),
    event.offset === undefined ? 'unknown' : formatCount(event.offset),
    event.db ?? '',
    html`<span class="mono">${event.args.map((arg) => quote(arg, false)).join(' ')}</span>`,
  ]);
  const leftOut = end.commands - commands.length;
  const summary = `${counted(end.commands, 'command')}, ${formatBytes(end.bytesRead)}.`;
  return html`<p>${summary} ${leftOut > 0 && `${formatCount(leftOut)} of them are left out here.`}</p>
    ${
      rows.length > 0 &&
      table(
        [
          { title: 'time', kind: 'number' },
          { title: 'offset after it', kind: 'number' },
          'db',
          { title: 'command', kind: 'wide' },
        ],
        rows,
      )
    }`;
}

function counted(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`;
}

/** The first connection is what the page is about; the others are named. */
function ofConnection(title: string, conn: number): string {
  return conn === 1 ? title : `${title} of connection ${conn}`;
}

function listing(event: EventOf<'listing'> | undefined): Section[] {
  if (!event) return [];
  const lines = event.lines.length > 0 ? event.lines.join('\n') : `nobody with our port, of ${event.listed}`;
  const facts = [
    ['The master lists', html`<span class="mono">${lines}</span>`],
    ['We are', event.weAre],
    ...(event.masterOffset === undefined
      ? []
      : ([['master_repl_offset', formatCount(event.masterOffset)]] as const)),
  ] as const;
  return [{ id: 'listing', title: 'How the master lists us', body: definitions(facts) }];
}

const DIRECTIONS: Partial<Readonly<Record<TraceEvent['kind'], string>>> = {
  send: '→ sent',
  receive: '← received',
  'snapshot-begin': '← received',
  'stream-noise': '← received',
  'stream-fault': '← received',
  'snapshot-fault': '← received',
  fault: '← left over',
};

function bytesTable(events: readonly TraceEvent[], hex: boolean): Html {
  const once = new ShownBytes();
  const rows = events.flatMap((event) => {
    const direction = DIRECTIONS[event.kind];
    if (once.repeats(event) || direction === undefined || !('bytes' in event) || event.bytes === '')
      return [];
    const dump =
      hex &&
      pre(
        hexLines(event)
          .map((line) => line.trimStart())
          .join('\n'),
      );
    const shown = html`<span class="mono">${quote(event.bytes, false)}</span>${dump}`;
    return [[durationText(event.atUs), event.conn, direction, event.step, shown]];
  });
  return table(
    [
      { title: 'time', kind: 'number' },
      { title: 'conn', kind: 'number' },
      'direction',
      'step',
      { title: 'bytes', kind: 'wide' },
    ],
    rows,
  );
}
