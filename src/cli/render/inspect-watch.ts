/**
 * The watching view of `inspect` as lines: pure, so that the same frame, size and selection give the same lines. From top to
 * bottom: headline, stream and link with their sparklines, the table of replicas (a window of it, around the selected one), the
 * findings (those of the selected replica first), the keys.
 */
import { namedReplicas, type History, type Point } from '../../core/inspect/history.js';
import { type Finding, type ReplicaReport, type Report } from '../../core/inspect/model.js';
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { hostPort } from '../../core/net/target.js';
import { palette, symbols, type Palette, type Symbols } from '../terminal.js';
import { columns, printable, wrap } from '../text.js';

export interface WatchView {
  readonly report: Report;
  readonly history: History;
  readonly trouble?: { readonly message: string; readonly attempts: number };
  readonly width: number;
  readonly rows: number;
  readonly color: boolean;
  readonly unicode: boolean;
  readonly paused: boolean;
  /** Index of the selected replica in the table. */
  readonly selected: number;
  readonly intervalMs: number;
  /** Local wall clock of the last sample, `12:00:05`. */
  readonly time: string;
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
  const pen: Pen = { paint: palette(view.color), signs: symbols(view.unicode) };
  const head = [headline(view, pen), ...streamLines(view, pen)];
  const keys = keyLine(view, pen);
  const findings = findingLines(view, pen);
  const room = view.rows - head.length - 2;
  const table = tableLines(view, pen, Math.max(3, room - Math.min(FINDING_LINES, findings.length + 1)));
  const left = Math.max(0, room - table.length);
  return [...head, ...table, ...findings.slice(0, left), ...padding(view, head, table, findings, left), keys];
}

/** Blank lines that keep the keys in the last row. */
function padding({ rows }: WatchView, ...blocks: [string[], string[], string[], number]): string[] {
  const [head, table, findings, left] = blocks;
  const used = head.length + table.length + Math.min(findings.length, left) + 1;
  return Array.from({ length: Math.max(0, rows - used) }, () => '');
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
  const { report, history, trouble, unicode, width } = view;
  const { rate, backlog, server, link } = report;
  const points = history.rate.recent(Math.min(STREAM_POINTS, Math.max(10, width - 70)));
  const now = rate === undefined ? 'measuring' : `${formatBytes(rate.bytesPerSecond)}/s`;
  const rows = [
    [
      'stream',
      now,
      paint.cyan(sparkline(points, unicode)),
      `peak ${formatBytes(largestOf(points))}/s${server.offset === undefined ? '' : `, offset ${formatCount(server.offset)}`}`,
    ].join('  '),
  ];
  if (link) {
    const state =
      link.up === true
        ? `up${link.behindBytes === undefined ? '' : `, ${formatBytes(link.behindBytes)} behind`}`
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
  if (trouble) {
    rows.push(
      paint.red(
        `${signs.fail} attempt ${trouble.attempts}: ${printable(trouble.message)} (what is shown is from before)`,
      ),
    );
  }
  return rows;
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
  if (named.length === 0) return ['', paint.dim('no replicas')];
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
  const title = paint.bold(`REPLICAS  ${named.length}${range}`);
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

const MARKS = {
  critical: { sign: 'fail', color: 'red' },
  warning: { sign: 'warn', color: 'yellow' },
  info: { sign: 'info', color: 'cyan' },
} as const;

/** Those of the selected replica first, then the worst; each with the commands that mend it. */
function findingLines({ report, selected, width }: WatchView, { paint, signs }: Pen): string[] {
  const { findings, replicas } = report;
  if (findings.length === 0) return ['', `${paint.bold('FINDINGS')}  ${paint.green('nothing is wrong')}`];
  const index = replicas.at(selected)?.index;
  const own = findings.filter(({ replica }) => replica !== undefined && replica === index);
  const rest = findings.filter((finding) => !own.includes(finding));
  const longest = Math.max(...findings.map(({ id }) => id.length));
  return [
    '',
    paint.bold(`FINDINGS  ${findings.length}`),
    ...[...own, ...rest].flatMap(({ severity, id, text, commands = [] }) => {
      const { sign, color } = MARKS[severity];
      const margin = signs[sign].length + longest + 3;
      const [first, ...more] = wrap(printable(text), Math.max(20, width - margin));
      const below = [...more, ...commands.map((command) => `  ${printable(command)}`)];
      return [
        `${paint[color](signs[sign])} ${paint.bold(id.padEnd(longest))}  ${first}`,
        ...below.map((line) => ' '.repeat(margin) + line),
      ];
    }),
  ];
}

function keyLine({ report, unicode }: WatchView, { paint }: Pen): string {
  const arrows = unicode ? '↑↓' : 'up/down';
  const select = report.replicas.length > 0 ? `  ${arrows} select a replica` : '';
  return paint.dim(`q quit  p pause${select}`);
}

/** One sample as one line for a pipe: `name=value` words, no codes. */
export function sampleLine(report: Report): string {
  const { at, target, server, rate, replicas, link, status, findings } = report;
  const behind = replicas.flatMap(({ behindBytes }) => behindBytes ?? []);
  const acks = replicas.flatMap(({ ackAgeSeconds }) => ackAgeSeconds ?? []);
  const words: [string, string | number | undefined][] = [
    ['role', printable(server.role).replace(/ /g, '_')],
    ['offset', link?.offset ?? server.offset],
    ['rate', rate && Math.round(rate.bytesPerSecond)],
    ['link', link && (link.up === true ? 'up' : link.transfer ? 'sync' : 'down')],
    ['behind', link?.behindBytes],
    ['replicas', replicas.length],
    ['online', replicas.filter(({ state }) => state === 'online' || state === 'stable_sync').length],
    ['behind_max', behind.length === 0 ? undefined : Math.max(...behind)],
    ['ack_max', acks.length === 0 ? undefined : Math.max(...acks)],
    ['status', status],
    ['findings', findings.length === 0 ? undefined : [...new Set(findings.map(({ id }) => id))].join(',')],
  ];
  const pairs = words.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`);
  return [at, target, ...pairs].join(' ');
}
