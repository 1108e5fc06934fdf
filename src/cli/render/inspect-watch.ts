/**
 * The watching view of `inspect` as lines: pure, so that the same frame, size and selection give the same lines. From top to
 * bottom: headline, stream and link with their sparklines, the table of replicas (a window of it, around the selected one), the
 * findings (those of the selected replica first), the keys. Or, below the headline, a page of all events (inspect-events.ts).
 */
import { type WatchEvent } from '../../core/inspect/changes.js';
import { type EventLog, type Outages } from '../../core/inspect/event-log.js';
import { namedReplicas, type History, type Point } from '../../core/inspect/history.js';
import { type Finding, type ReplicaReport, type Report } from '../../core/inspect/model.js';
import { type Trouble } from '../../core/inspect/watch.js';
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { hostPort } from '../../core/net/target.js';
import { palette, symbols, type Palette, type Symbols } from '../terminal.js';
import { columns, printable, wrap } from '../text.js';
import { eventLines, eventsPage } from './inspect-events.js';
import { MARKS } from './inspect.js';

export interface WatchView {
  readonly report: Report;
  readonly history: History;
  readonly events: Pick<EventLog, 'all'>;
  readonly trouble?: Trouble;
  /** Since the question that the server has not answered yet, when that is long. */
  readonly waitingSeconds?: number;
  readonly width: number;
  readonly rows: number;
  readonly color: boolean;
  readonly unicode: boolean;
  readonly paused: boolean;
  /** Index of the selected replica in the table. */
  readonly selected: number;
  /** The page of all events is shown, from this line on. */
  readonly scroll?: number;
  readonly intervalMs: number;
  /** Local wall clock of the last sample, `12:00:05`. */
  readonly time: string;
  /** The same of any moment (ISO 8601), with the day where it is not today. */
  readonly localTime: (at: string) => string;
}

const BARS = '▁▂▃▄▅▆▇█';
const ASCII_BARS = '_.-:=+*#';
const NO_POINT = ' ';

/** `points` as one char each, from 0 to their largest; what could not be measured is blank. */
export function sparkline(points: readonly Point[], unicode: boolean, most = largestOf(points)): string {
  const bars = unicode ? BARS : ASCII_BARS;
  return points
    .map((point) => {
      if (point === undefined) return NO_POINT;
      if (most <= 0 || point <= 0) return bars[0];
      return bars[Math.min(bars.length - 1, Math.ceil((point / most) * (bars.length - 1)))];
    })
    .join('');
}

function largestOf(points: readonly Point[]): number {
  return points.reduce<number>((most, point) => Math.max(most, point ?? 0), 0);
}

interface Pen {
  readonly paint: Palette;
  readonly signs: Symbols;
}

/** Longest sparkline. */
const SPARK_POINTS = 60;
const STREAM_POINTS = 30;
/** At least so many lines stay for findings where there are any. */
const FINDING_LINES = 6;

/** The lines of the view: at most `rows`, each at most as wide as the caller clips it. */
export function renderWatch(view: WatchView): string[] {
  const pen = penOf(view);
  if (view.scroll !== undefined) return renderEvents(view, view.scroll, pen);
  const head = [headline(view, pen), ...streamLines(view, pen)];
  const keys = keyLine(view, pen);
  const brief = findingBlocks(view, pen, false);
  const wanted = Math.min(FINDING_LINES, linesOf(brief) + 1);
  const events = eventLines(view, pen);
  const room = view.rows - head.length - 1;
  const table = tableLines(view, pen, Math.max(3, room - wanted - events.length));
  const left = Math.max(0, room - table.length - events.length);
  const whole = findingBlocks(view, pen, true);
  const findings = linesOf(whole) <= left ? whole : brief;
  return filled([...head, ...table, ...events, ...fitting(findings, left, pen)], keys, view);
}

function penOf({ color, unicode }: WatchView): Pen {
  return { paint: palette(color), signs: symbols(unicode) };
}

/** Blank lines keep the keys in the last row. */
function filled(body: readonly string[], keys: string, { rows }: WatchView): string[] {
  return [...body, ...Array.from({ length: Math.max(0, rows - body.length - 1) }, () => ''), keys];
}

/** The page of all events: headline, why the server cannot be asked, and as many lines of events as fit. */
function renderEvents(view: WatchView, scroll: number, pen: Pen): string[] {
  const head = [headline(view, pen), ...troubleLines(view, pen), ''];
  const { lines } = eventsPage(view, view.rows - head.length - 1, scroll, pen);
  return filled([...head, ...lines], keyLine(view, pen), view);
}

/** The line to which the page of events can be scrolled, when `scroll` is wished for. */
export function eventsScroll(view: WatchView, scroll: number): number {
  const pen = penOf(view);
  const head = 2 + troubleLines(view, pen).length;
  return eventsPage(view, view.rows - head - 1, scroll, pen).scroll;
}

interface Block {
  /** The finding that it is about. */
  readonly id: string;
  readonly lines: readonly string[];
}

const linesOf = (blocks: readonly Block[]) => blocks.reduce((sum, { lines }) => sum + lines.length, 0);

/** As many of the blocks as there are rows for; a line names those that are left out. */
function fitting(blocks: readonly Block[], rows: number, { paint, signs }: Pen): string[] {
  const all = blocks.flatMap(({ lines }) => lines);
  if (all.length <= rows) return all;
  const room = Math.max(0, rows - 1);
  let used = 0;
  const hidden: string[] = [];
  for (const { id, lines } of blocks) {
    if (used >= room) hidden.push(id);
    used += lines.length;
  }
  const more = hidden.length === 0 ? '' : ` ${hidden.length} more: ${hidden.join(', ')}`;
  return rows > 0 ? [...all.slice(0, room), paint.dim(`${signs.dots}${more}`)] : [];
}

const STATUS_COLORS = { ok: 'green', warning: 'yellow', critical: 'red' } as const;
const STATUS_SIGNS = { ok: 'ok', warning: 'warn', critical: 'fail' } as const;

function headline(
  { report, trouble, width, paused, intervalMs, time }: WatchView,
  { paint, signs }: Pen,
): string {
  const { server, status, target } = report;
  const version =
    server.version === undefined ? server.product : `${server.product} ${printable(server.version)}`;
  const sign = trouble ? signs.fail : signs[STATUS_SIGNS[status]];
  const left = [`${sign} ${target}`, version, printable(server.role)];
  if (server.uptimeSeconds !== undefined) left.push(`up ${formatSeconds(server.uptimeSeconds)}`);
  const right = paused ? 'paused' : `every ${formatSeconds(intervalMs / 1000)}, ${time}`;
  const text = left.join('  ');
  const color = paint[trouble ? 'red' : STATUS_COLORS[status]];
  const gap = width - text.length - right.length;
  const shown = color(sign) + paint.bold(text.slice(sign.length));
  return gap < 2 ? shown : `${shown}${' '.repeat(gap)}${paused ? paint.yellow(right) : paint.dim(right)}`;
}

function streamLines(view: WatchView, { paint, signs }: Pen): string[] {
  const { report, history, unicode, width } = view;
  const { rate, backlog, server, link } = report;
  const points = history.rate.recent(Math.min(STREAM_POINTS, Math.max(10, width - 70)));
  const now = view.trouble
    ? 'not seen'
    : rate === undefined
      ? 'measuring'
      : `${formatBytes(rate.bytesPerSecond)}/s`;
  const rows = [
    [
      'stream',
      now,
      paint.cyan(sparkline(points, unicode)),
      `peak ${formatBytes(largestOf(points))}/s${server.offset === undefined ? '' : `, offset ${formatCount(server.offset)}`}`,
    ].join('  '),
  ];
  if (link) {
    const heard =
      link.lastIoSecondsAgo === undefined ? '' : `, last heard ${formatSeconds(link.lastIoSecondsAgo)} ago`;
    const state =
      link.up === true
        ? `up${heard}${link.behindBytes === undefined ? '' : `, ${formatBytes(link.behindBytes)} behind`}`
        : paint.red(
            link.transfer
              ? transferText(link.transfer)
              : `down${link.state ? ` (${printable(link.state)})` : ''}`,
          );
    const spark = sparkline(history.linkBehind.recent(points.length), unicode);
    rows.push(
      `master  ${printable(hostPort(link.master.host, link.master.port ?? 0))}  ${state}  ${paint.cyan(spark)}`.trimEnd(),
    );
  }
  if (backlog.active && backlog.sizeBytes !== undefined) {
    const cover = backlog.coverSeconds === undefined ? '' : `, covers ${formatSeconds(backlog.coverSeconds)}`;
    rows.push(`backlog ${formatBytes(backlog.sizeBytes)}${cover}`);
  }
  return [...troubleLines(view, { paint, signs }), ...rows];
}

/** Why the server cannot be asked, whole: it is what somebody must read now. */
function troubleLines({ trouble, waitingSeconds, width }: WatchView, { paint, signs }: Pen): string[] {
  const say = (sign: string, text: string, color: (line: string) => string) =>
    wrap(text, Math.max(20, width - sign.length - 1)).map((line, n) =>
      color(`${n === 0 ? sign : ' '.repeat(sign.length)} ${line}`),
    );
  const waits =
    waitingSeconds === undefined
      ? []
      : say(signs.warn, `no answer for ${formatSeconds(waitingSeconds)}`, paint.yellow);
  if (!trouble) return waits;
  const { message, attempts, awaySeconds } = trouble;
  const away = awaySeconds > 0 ? `, away for ${formatSeconds(awaySeconds)}` : '';
  const state = `attempt ${attempts}${away}; what is shown is from before`;
  return [
    ...say(signs.fail, printable(message), paint.red),
    ...say(' '.repeat(signs.fail.length), state, paint.red),
    ...waits,
  ];
}

function transferText(transfer: NonNullable<NonNullable<Report['link']>['transfer']>): string {
  const { readBytes = 0, totalBytes = 0, bytesPerSecond, secondsLeft } = transfer;
  const left = secondsLeft === undefined ? '' : `, ${formatSeconds(secondsLeft)} left`;
  const pace = bytesPerSecond === undefined ? '' : `, ${formatBytes(bytesPerSecond)}/s${left}`;
  const share =
    totalBytes > 0 ? ` of ${formatBytes(totalBytes)} (${Math.floor((readBytes / totalBytes) * 100)}%)` : '';
  return `full sync, ${formatBytes(readBytes)}${share}${pace}`;
}

/** The window of the table that is shown: at most `room` lines with title and counts. */
function tableLines(view: WatchView, { paint }: Pen, room: number): string[] {
  const { report, history, selected, width, unicode } = view;
  const named = namedReplicas(report.replicas);
  if (named.length === 0) {
    const { expectedReplicas } = report;
    const expected = expectedReplicas === undefined ? '' : `, ${expectedReplicas} expected`;
    return ['', paint.dim(`no replicas${expected}`)];
  }
  const shown = Math.max(1, room - 3);
  const from = Math.max(0, Math.min(selected - Math.floor(shown / 2), named.length - shown));
  const page = named.slice(from, from + shown);
  const wide = width >= 110;
  const titles = [
    '',
    '#',
    'replica',
    'state',
    'behind',
    'ack',
    'out-buf',
    ...(wide ? ['from', 'link since'] : []),
  ];
  const rows = page.map(([name, replica], n) => cells(name, replica, from + n === selected, wide));
  const lines = columns([titles, ...rows]);
  const widest = Math.max(...lines.map((line) => line.length));
  const points = Math.min(SPARK_POINTS, width - widest - 2);
  const sparks = page.map(([name]) =>
    points < 5 ? '' : sparkline(history.of(name)?.behind.recent(points) ?? [], unicode),
  );
  const range = page.length < named.length ? `, ${from + 1} to ${from + page.length} shown` : '';
  const { expectedReplicas } = report;
  const expected = expectedReplicas === undefined ? '' : `, ${expectedReplicas} expected`;
  const title = paint.bold(`REPLICAS  ${named.length}${expected}${range}`);
  const head = lines[0].padEnd(widest) + (points < 5 ? '' : '  lag');
  return [
    '',
    title,
    paint.dim(head),
    ...page.map(([, replica], n) => {
      const text = `${lines[n + 1].padEnd(widest)}`;
      const painted = from + n === selected ? paint.bold(text) : text;
      return `${painted}  ${sparkColor(replica, report.findings, paint)(sparks[n])}`.trimEnd();
    }),
  ];
}

function sparkColor(
  { index }: ReplicaReport,
  findings: readonly Finding[],
  paint: Palette,
): (text: string) => string {
  const own = findings.filter(({ replica }) => replica === index);
  if (own.some(({ severity }) => severity === 'critical')) return paint.red;
  return own.some(({ severity }) => severity === 'warning') ? paint.yellow : paint.cyan;
}

const UNKNOWN = '-';

function cells(name: string, replica: ReplicaReport, selected: boolean, wide: boolean): string[] {
  const { behindBytes, behindSeconds, ackAgeSeconds, outputBytes, from, linkSeconds } = replica;
  const time = behindBytes && behindSeconds !== undefined ? ` (~${formatSeconds(behindSeconds)})` : '';
  return [
    selected ? '>' : '',
    String(replica.index),
    printable(name),
    printable(replica.state),
    behindBytes === undefined ? UNKNOWN : `${formatBytes(behindBytes)}${time}`,
    ackAgeSeconds === undefined ? UNKNOWN : formatSeconds(ackAgeSeconds),
    outputBytes === undefined ? UNKNOWN : formatBytes(outputBytes),
    ...(wide
      ? [
          from === undefined ? UNKNOWN : `${printable(from.address)}${from.matchedBy === 'order' ? '?' : ''}`,
          linkSeconds === undefined ? UNKNOWN : formatSeconds(linkSeconds),
        ]
      : []),
  ];
}

/** Texts narrower than this are put below the id. */
const BESIDE = 60;
/** Texts beyond this many columns are hard to read, however wide the terminal. */
const WIDEST_TEXT = 120;

/**
 * The critical ones first, then those of the selected replica; each with the commands that mend it.
 * @param advised with the advice of all; without, of the critical ones alone
 */
function findingBlocks(view: WatchView, pen: Pen, advised: boolean): Block[] {
  const { report, selected } = view;
  const { paint } = pen;
  const { findings, replicas } = report;
  const accepted = acceptedBlock(view, pen);
  if (findings.length === 0) {
    const fine = `${paint.bold('FINDINGS')}  ${paint.green('nothing is wrong')}`;
    return [{ id: '', lines: ['', fine] }, ...accepted];
  }
  const index = replicas.at(selected)?.index;
  const rank = ({ severity, replica }: Finding) =>
    severity === 'critical' ? 0 : replica !== undefined && replica === index ? 1 : 2;
  const inOrder = [...findings].sort((a, b) => rank(a) - rank(b));
  const longest = Math.max(...findings.map(({ id }) => id.length));
  const blocks = inOrder.map((finding) => {
    const told = advised || finding.severity === 'critical' ? finding : { ...finding, advice: undefined };
    return { id: finding.id, lines: findingLines(told, longest, view, pen) };
  });
  const title = { id: '', lines: ['', paint.bold(`FINDINGS  ${findings.length}`)] };
  return [title, ...blocks, ...accepted];
}

function findingLines(
  { severity, id, text, since, advice, commands = [] }: Finding,
  longest: number,
  { width, localTime }: WatchView,
  { paint, signs }: Pen,
): string[] {
  const { sign, color } = MARKS[severity];
  const beside = width - (signs[sign].length + longest + 3) >= BESIDE;
  const margin = signs[sign].length + (beside ? longest + 3 : 1);
  const room = Math.max(20, Math.min(width - margin, WIDEST_TEXT));
  const told = since === undefined ? text : `${text} (since ${localTime(since)})`;
  const lines = [
    ...wrap(printable(told), room),
    ...(advice === undefined ? [] : wrap(printable(advice), room)),
  ];
  const head = `${paint[color](signs[sign])} ${paint.bold(beside ? id.padEnd(longest) : id)}`;
  const below = (beside ? lines.slice(1) : lines).map((line) => ' '.repeat(margin) + line);
  return [
    beside ? `${head}  ${lines[0]}` : head,
    ...below,
    ...commands.flatMap((command) => commandLines(printable(command), margin + 2, width)),
  ];
}

/** Whole, further to the left where it must be; only one that is wider than the window is wrapped. */
function commandLines(command: string, margin: number, width: number): string[] {
  const by = Math.max(2, Math.min(margin, width - command.length));
  return wrap(command, Math.max(20, width - by)).map((line) => ' '.repeat(by) + line);
}

function acceptedBlock({ report, width }: WatchView, { paint }: Pen): Block[] {
  const { accepted = [] } = report;
  if (accepted.length === 0) return [];
  const ids = [...new Set(accepted.map(({ id }) => id))];
  const lines = wrap(`accepted  ${accepted.length}: ${ids.join(', ')}`, width).map(paint.dim);
  return [{ id: 'accepted', lines }];
}

function keyLine({ report, events, unicode, scroll }: WatchView, { paint }: Pen): string {
  const arrows = unicode ? '↑↓' : 'up/down';
  if (scroll !== undefined) return paint.dim(`q quit  p pause  e back  ${arrows} PgUp/PgDn scroll`);
  const all = events.all().length > 0 ? '  e events' : '';
  const select = report.replicas.length > 0 ? `  ${arrows} PgUp/PgDn select a replica` : '';
  return paint.dim(`q quit  p pause${all}${select}`);
}

/** One sample as one line for a pipe: `name=value` words, no codes. */
export function sampleLine(report: Report): string {
  const { at, target, server, rate, replicas, expectedReplicas, link, status, findings, accepted } = report;
  const behind = replicas.flatMap(({ behindBytes }) => behindBytes ?? []);
  const acks = replicas.flatMap(({ ackAgeSeconds }) => ackAgeSeconds ?? []);
  const words: [string, string | number | undefined][] = [
    ['role', printable(server.role).replace(/ /g, '_')],
    ['offset', link?.offset ?? server.offset],
    ['rate', rate && Math.round(rate.bytesPerSecond)],
    ['link', link && (link.up === true ? 'up' : link.transfer ? 'sync' : 'down')],
    ['behind', link?.behindBytes],
    ['replicas', replicas.length],
    ['expected', expectedReplicas],
    ['online', replicas.filter(({ state }) => state === 'online' || state === 'stable_sync').length],
    ['behind_max', behind.length === 0 ? undefined : Math.max(...behind)],
    ['ack_max', acks.length === 0 ? undefined : Math.max(...acks)],
    ['status', status],
    ['findings', idsOf(findings)],
    ['accepted', idsOf(accepted)],
  ];
  const pairs = words.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`);
  return [at, target, ...pairs].join(' ');
}

/** What stays on the terminal when the view is closed: the last sample, or that there is none, and how long the server was away. */
export function closingLine(report: Report, away: Trouble | undefined, { count, seconds }: Outages): string {
  const between =
    count === 0 ? '' : ` outages=${count} away_before=${formatSeconds(seconds).replace(' ', '')}`;
  if (!away) return `${sampleLine(report)}${between}`;
  const time = formatSeconds(away.awaySeconds).replace(' ', '');
  return `${report.target} status=unknown away=${time} attempts=${away.attempts} error=${JSON.stringify(printable(away.message))} last_seen=${report.at}${between}`;
}

function idsOf(findings: readonly Finding[] = []): string | undefined {
  return findings.length === 0 ? undefined : [...new Set(findings.map(({ id }) => id))].join(',');
}

/** What happened, for the end of a line: `event="…"` each. */
export function eventWords(events: readonly WatchEvent[]): string[] {
  return events.map(({ id, text }) => `event=${JSON.stringify(`${id}: ${printable(text)}`)}`);
}
