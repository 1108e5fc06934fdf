/**
 * The plain form of `redis-ts inspect`: a report as lines of text. Pure: the same report, width and colour give the same lines.
 * Where the table of replicas does not fit into the width, each replica becomes a block of its own.
 */
import {
  type BacklogReport,
  type Finding,
  type LinkReport,
  type ReplicaReport,
  type Report,
  type Severity,
} from '../../core/inspect/model.js';
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { SLOTS, type ClusterFacts, type ClusterNode } from '../../core/inspect/cluster.js';
import { type SentinelFacts } from '../../core/inspect/sentinel.js';
import { hostPort } from '../../core/net/target.js';
import { palette, symbols, type Palette, type Symbols, type Terminal } from '../terminal.js';
import { columns, printable, wrap } from '../text.js';

interface Pen {
  readonly paint: Palette;
  readonly signs: Symbols;
  readonly width: number;
}

/** Texts beyond this many columns are hard to read, however wide the terminal. */
const WIDEST_TEXT = 120;

/** The report as one text that ends with a newline. */
export function renderReport(report: Report, terminal: Omit<Terminal, 'live'>): string {
  const pen: Pen = {
    paint: palette(terminal.color),
    signs: symbols(terminal.unicode),
    width: terminal.width,
  };
  const blocks = [
    [headline(report, pen)],
    titled('INFO replication', infoLines(report, pen), pen),
    report.link ? titled('LINK TO THE MASTER', linkLines(report.link, report, pen), pen) : [],
    ...(report.otherLinks ?? []).map((link) =>
      titled('LINK TO ANOTHER MASTER', linkLines(link, report, pen), pen),
    ),
    replicaBlock(report, pen),
    backlogLines(report, pen),
    report.cluster ? titled('CLUSTER', clusterLines(report.cluster, pen), pen) : [],
    report.sentinel ? titled('SENTINEL', sentinelLines(report.sentinel), pen) : [],
    titled('FINDINGS', [...findingLines(report.findings, pen), ...acceptedLines(report.accepted, pen)], pen),
    report.missing.length > 0 ? titled('NOT SEEN', missingLines(report, pen), pen) : [],
  ];
  const text = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function replicaBlock({ replicas, expectedReplicas }: Report, pen: Pen): string[] {
  if (replicas.length === 0) return [];
  const [title, ...lines] = titled('REPLICAS', replicaLines(replicas, pen), pen);
  return [
    expectedReplicas === undefined ? title : `${title}  ${replicas.length}, ${expectedReplicas} expected`,
    ...lines,
  ];
}

function titled(title: string, lines: readonly string[], { paint }: Pen): string[] {
  return [paint.bold(title), ...lines];
}

function headline({ target, server }: Report, { paint, signs }: Pen): string {
  const version =
    server.version === undefined ? server.product : `${server.product} ${printable(server.version)}`;
  const parts = [paint.bold(target), version, printable(server.role)];
  if (server.mode !== undefined && server.mode !== 'standalone') parts.push(printable(server.mode));
  if (server.uptimeSeconds !== undefined) parts.push(`up ${formatSeconds(server.uptimeSeconds)}`);
  if (server.replid !== undefined) parts.push(`replid ${shortId(printable(server.replid), signs)}`);
  if (server.offset !== undefined) parts.push(`offset ${formatCount(server.offset)}`);
  return parts.join('  ');
}

function shortId(id: string, { dots }: Symbols): string {
  return id.length > 12 ? `${id.slice(0, 4)}${dots}${id.slice(-4)}` : id;
}

/** Name and value side by side; a value that does not fit is broken after its commas. */
function infoLines({ info }: Report, { width }: Pen): string[] {
  const margin = 4 + Math.max(0, ...info.map(({ name }) => printable(name).length));
  const room = Math.max(20, width - margin);
  const rows = info.flatMap(({ name, value }) =>
    atCommas(printable(value), room).map((piece, n) => [n === 0 ? printable(name) : '', piece]),
  );
  return indent(columns(rows));
}

function atCommas(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines = [''];
  for (const piece of text.split(/(?<=,)/)) {
    const last = lines.length - 1;
    if (lines[last] !== '' && lines[last].length + piece.length > width) lines.push(piece);
    else lines[last] += piece;
  }
  return lines;
}

function linkLines(link: LinkReport, { rate }: Report, pen: Pen): string[] {
  const { port, host } = link.master;
  const heard =
    link.lastIoSecondsAgo === undefined ? '' : `, last heard ${formatSeconds(link.lastIoSecondsAgo)} ago`;
  const down = link.downSeconds === undefined ? '' : ` for ${formatSeconds(link.downSeconds)}`;
  const state = link.state === undefined || link.state === 'connected' ? '' : ` (${printable(link.state)})`;
  const rows: string[][] = [
    ['master', port === undefined ? printable(host) : hostPort(printable(host), port)],
    ['status', link.up === true ? `up${heard}` : pen.paint.red(`down${down}${state}`)],
  ];
  if (link.transfer) rows.push(['full sync', transferText(link.transfer)]);
  if (link.offset !== undefined) {
    const unapplied = link.unappliedBytes
      ? `, ${formatBytes(link.unappliedBytes)} received and not yet applied`
      : '';
    rows.push(['applied', `${formatCount(link.offset)}${unapplied}`]);
  }
  const { upstream, behindBytes } = link;
  if (upstream?.offset !== undefined)
    rows.push(["master's", `${formatCount(upstream.offset)} (asked ${upstream.address})`]);
  if (behindBytes !== undefined) rows.push(['behind', behindText(behindBytes, link.behindSeconds)]);
  if (rate && link.up === true) rows.push(['rate', `${formatBytes(rate.bytesPerSecond)}/s`]);
  const access = link.readOnly === undefined ? '' : link.readOnly ? 'read only' : 'takes writes';
  if (link.priority !== undefined)
    rows.push(['as a replica', [access, `priority ${link.priority}`].filter(Boolean).join(', ')]);
  return indent(columns(rows));
}

function transferText({ readBytes = 0, totalBytes = 0 }: NonNullable<LinkReport['transfer']>): string {
  if (totalBytes <= 0) return `${formatBytes(readBytes)} received, length not announced`;
  return `${formatBytes(readBytes)} of ${formatBytes(totalBytes)} (${Math.floor((readBytes / totalBytes) * 100)}%)`;
}

function behindText(bytes: number, seconds: number | undefined): string {
  return bytes > 0 && seconds !== undefined
    ? `${formatBytes(bytes)} (~${formatSeconds(seconds)})`
    : formatBytes(bytes);
}

const UNKNOWN = '-';
const GUESS = '? several replicas come from one address: told apart by the order in which they connected';
const TITLES = ['#', 'announced', 'from', 'state', 'offset', 'behind', 'ack', 'out-buf', 'link since'];

function replicaLines(replicas: readonly ReplicaReport[], pen: Pen): string[] {
  const rows = replicas.map(replicaCells);
  const note = replicas.some(({ from }) => from?.matchedBy === 'order') ? wrap(GUESS, textWidth(pen, 2)) : [];
  const table = indent(columns([TITLES, ...rows]));
  if (table.every((line) => line.length <= pen.width)) {
    return [pen.paint.dim(table[0]), ...table.slice(1), ...indent(note)];
  }
  const blocks = rows.flatMap(([index, announced, from, state, offset, behind, ack, buffer, since]) => [
    `  ${index}  ${announced}  ${state}`,
    ...indent(
      columns([
        ['offset', offset, 'behind', behind],
        ['ack', ack, 'out-buf', buffer],
        ['from', from, 'link since', since],
      ]),
      5,
    ),
  ]);
  return [...blocks, ...indent(note)];
}

function replicaCells(replica: ReplicaReport): string[] {
  const { announced, from, offset, behindBytes, ackAgeSeconds, outputBytes, outputLimitBytes, linkSeconds } =
    replica;
  const limit = outputLimitBytes ? ` / ${formatBytes(outputLimitBytes)}` : '';
  return [
    String(replica.index),
    announced.port === undefined
      ? printable(announced.ip)
      : hostPort(printable(announced.ip), announced.port),
    from === undefined ? UNKNOWN : `${printable(from.address)}${from.matchedBy === 'order' ? '?' : ''}`,
    printable(replica.state),
    offset === undefined ? UNKNOWN : formatCount(offset),
    behindBytes === undefined ? UNKNOWN : behindText(behindBytes, replica.behindSeconds),
    ackAgeSeconds === undefined ? UNKNOWN : formatSeconds(ackAgeSeconds),
    outputBytes === undefined ? UNKNOWN : `${formatBytes(outputBytes)}${limit}`,
    linkSeconds === undefined ? UNKNOWN : formatSeconds(linkSeconds),
  ];
}

function backlogLines({ backlog, rate }: Report, pen: Pen): string[] {
  const [first, ...rest] = wrap(backlogText(backlog, rate, pen.signs), textWidth(pen, 10));
  return [`${pen.paint.bold('BACKLOG')}   ${first}`, ...indent(rest, 10)];
}

function backlogText(backlog: BacklogReport, rate: Report['rate'], { dots }: Symbols): string {
  const { active, sizeBytes, firstByteOffset, lastByteOffset, histlenBytes, coverSeconds } = backlog;
  const size = sizeBytes === undefined ? 'size unknown' : formatBytes(sizeBytes);
  if (!active) return `none${sizeBytes === undefined ? '' : ` (${size} when the first replica attaches)`}`;
  const parts = [size];
  if (histlenBytes !== undefined && sizeBytes !== undefined && histlenBytes > sizeBytes)
    parts[0] += ` set and ${formatBytes(histlenBytes)} held (it is freed in blocks)`;
  if (histlenBytes === 0) parts.push('still empty');
  else if (firstByteOffset !== undefined && lastByteOffset !== undefined) {
    parts.push(`holds ${formatCount(firstByteOffset)} ${dots} ${formatCount(lastByteOffset)}`);
  }
  if (coverSeconds !== undefined && rate) {
    parts.push(`about ${formatSeconds(coverSeconds)} at ${formatBytes(rate.bytesPerSecond)}/s`);
  } else if (rate) parts.push(`nothing was written in ${formatSeconds(rate.overSeconds)}`);
  return parts.join(', ');
}

/** How a finding or an event of that severity is marked. */
export const MARKS: Readonly<
  Record<Severity, { sign: 'fail' | 'warn' | 'info'; color: 'red' | 'yellow' | 'cyan' }>
> = {
  critical: { sign: 'fail', color: 'red' },
  warning: { sign: 'warn', color: 'yellow' },
  info: { sign: 'info', color: 'cyan' },
};

/** Ids are at least this wide, so that most reports align alike. */
const ID_COLUMNS = 23;

/** Id and text side by side where there is room for the text, else the text under the id. */
export function findingLines(findings: readonly Finding[], pen: Pen): string[] {
  if (findings.length === 0) return [`  ${pen.paint.green(pen.signs.ok)} nothing is wrong`];
  const longest = Math.max(...findings.map(({ id }) => id.length), ID_COLUMNS);
  const beside = pen.width >= longest + 4 + 60;
  const margin = beside ? longest + 5 + pen.signs.warn.length : 4;
  return findings.flatMap((finding) => {
    const { sign, color } = MARKS[finding.severity];
    const lines = paragraphs(finding, textWidth(pen, margin));
    const head = `  ${pen.paint[color](pen.signs[sign])} ${pen.paint.bold(finding.id)}`;
    if (!beside) return [head, ...indent(lines, margin)];
    const gap = ' '.repeat(margin - 3 - pen.signs[sign].length - finding.id.length);
    return [head + gap + lines[0], ...indent(lines.slice(1), margin)];
  });
}

/** The ids of those that the user accepted, on a line of their own. */
export function acceptedLines(accepted: readonly Finding[] = [], pen: Pen): string[] {
  const ids = [...new Set(accepted.map(({ id }) => id))];
  return ids.length === 0 ? [] : indent(wrap(`accepted: ${ids.join(', ')}`, textWidth(pen, 2)));
}

/** Wrapped text and advice, then each command whole on a line of its own. */
function paragraphs({ text, advice, commands = [] }: Finding, width: number): string[] {
  return [
    ...wrap(printable(text), width),
    ...(advice === undefined ? [] : wrap(advice, width)),
    ...indent(commands.map(printable)),
  ];
}

function clusterLines({ state, slotsAssigned, shards }: ClusterFacts, pen: Pen): string[] {
  const head = `  state ${printable(state ?? 'unknown')}, ${formatCount(slotsAssigned)} of ${formatCount(SLOTS)} slots assigned, ${shards.length} shards`;
  const rows = shards.flatMap(({ slots, master, replicas }) => [
    [printable(slots.join(' ') || 'no slots'), 'master', ...clusterNode(master)],
    ...replicas.map((node) => ['', 'replica', ...clusterNode(node), behindMaster(node, master)]),
  ]);
  const lines = indent(columns([['slots', 'role', 'node', 'health', 'offset', 'behind'], ...rows]));
  return [head, pen.paint.dim(lines[0]), ...lines.slice(1)];
}

function clusterNode(node: ClusterNode | undefined): string[] {
  if (!node) return [UNKNOWN, 'none', UNKNOWN];
  const self = node.self ? ' (this node)' : '';
  const offset = node.offset === undefined ? UNKNOWN : formatCount(node.offset);
  return [printable(node.address || node.id) + self, node.health, offset];
}

/** By what the nodes gossip, which is up to a second old. */
function behindMaster(node: ClusterNode, master: ClusterNode | undefined): string {
  if (node.offset === undefined || master?.offset === undefined) return UNKNOWN;
  return `~${formatBytes(Math.max(0, master.offset - node.offset))}`;
}

function sentinelLines({ address, name, master, quorum, sentinels, replicas }: SentinelFacts): string[] {
  const rows = [
    ['asked', printable(address)],
    [
      'master',
      `${printable(name)} at ${hostPort(printable(master.host), master.port)}, ${printable(master.flags.join(', '))}`,
    ],
    ['sentinels', `${sentinels ?? '?'} known, quorum ${quorum ?? '?'}`],
    ...replicas.map((replica) => [
      'replica',
      `${printable(replica.address)}, ${printable(replica.flags.join(', '))}`,
    ]),
  ];
  return indent(columns(rows));
}

function missingLines({ missing }: Report, pen: Pen): string[] {
  return missing.flatMap(({ command, why, lacks, rule }) => {
    const allow = rule === undefined ? '' : ` ACL rule that allows it: ${rule}`;
    return indent(
      wrap(
        `${printable(command)}: ${why.replace(/\.$/, '')}. Missing for it: ${lacks}.${allow}`,
        textWidth(pen, 2),
      ),
    );
  });
}

function textWidth({ width }: Pen, margin: number): number {
  return Math.max(20, Math.min(width, WIDEST_TEXT + margin) - margin);
}

function indent(lines: readonly string[], by = 2): string[] {
  return lines.map((line) => ' '.repeat(by) + line);
}
