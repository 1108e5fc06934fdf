/** The page of `inspect --report`: verdict, findings, lag over the time watched, topology, and all that INFO replication said. Pure. */
import { type EventLog, type LoggedEvent } from '../../core/inspect/event-log.js';
import { CATALOGUE } from '../../core/inspect/findings/catalogue.js';
import { namedReplicas, type History, type Point } from '../../core/inspect/history.js';
import { type Finding, type ReplicaReport, type Report } from '../../core/inspect/model.js';
import { nameOf } from '../../core/inspect/product.js';
import { type Trouble } from '../../core/inspect/watch.js';
import { type Topology } from '../../core/inspect/tree.js';
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { hostPort } from '../../core/net/target.js';
import { renderTree } from '../render/inspect-tree.js';
import { chart, type Line } from './chart.js';
import { html, type Html } from './html.js';
import { renderPage, type Section } from './page.js';
import { badge, card, code, fold, paragraph, pre, table, type Tone } from './parts.js';

export interface InspectPage {
  readonly report: Report;
  readonly history: History;
  readonly events: Pick<EventLog, 'all' | 'outages'>;
  /** Why the server could not be asked at the end. */
  readonly away?: Trouble;
  readonly topology?: Topology;
}

const VERDICTS: Readonly<Record<Report['status'], { tone: Tone; text: string }>> = {
  ok: { tone: 'good', text: 'fine' },
  warning: { tone: 'warn', text: 'warning' },
  critical: { tone: 'bad', text: 'critical' },
};

const TONES: Readonly<Record<Finding['severity'], Tone>> = { info: 'note', warning: 'warn', critical: 'bad' };

/** More lines than this nobody can tell apart: those that were furthest behind are drawn. */
const MOST_LINES = 12;

/** The whole document. */
export function renderInspectPage(page: InspectPage): string {
  const { report, away } = page;
  return renderPage({
    title: `Replication of ${report.target}`,
    badge: away ? AWAY : VERDICTS[report.status],
    lead: leadOf(page),
    facts: factsOf(report),
    sections: sectionsOf(page),
    footer: `redis-ts inspect, ${report.at}`,
  });
}

const AWAY = { tone: 'bad', text: 'critical: away' } as const;

function leadOf({ report, history, events, away }: InspectPage): string {
  const { findings, accepted = [] } = report;
  const { samples, failures, startedAtMs = 0, endedAtMs = 0 } = history;
  const seconds = Math.max(0, (endedAtMs - startedAtMs) / 1000);
  const found =
    findings.length === 0
      ? 'Nothing is wrong'
      : `${findings.length} finding${findings.length === 1 ? '' : 's'}`;
  const meant = accepted.length === 0 ? '' : ` (${accepted.length} more accepted)`;
  const { count, seconds: awaySeconds } = events.outages;
  const times = count === 1 ? 'once' : `${formatCount(count)} times`;
  const between =
    count === 0 ? '' : ` In between it was away ${times}, for ${formatSeconds(awaySeconds)} in all.`;
  const failed = failures === 0 ? '' : `, and ${formatCount(failures)} attempts that failed`;
  const watched = `watched for ${formatSeconds(seconds)} in ${formatCount(samples)} sample${samples === 1 ? '' : 's'}${failed}.${between}`;
  if (!away) return `${found}${meant}, ${watched}`;
  const { message, awaySeconds: sinceSeconds } = away;
  return (
    `At the end the server could not be asked, for ${formatSeconds(sinceSeconds)} already: ${message.replace(/\.$/, '')}. ` +
    `What follows is from before (${report.at}): ${found}${meant}, ${watched}`
  );
}

function factsOf({
  server,
  replicas,
  expectedReplicas,
  rate,
  backlog,
  link,
}: Report): [string, string | Html][] {
  const facts: [string, string | Html][] = [
    ['Server', nameOf(server)],
    ['Role', server.role],
  ];
  if (server.uptimeSeconds !== undefined) facts.push(['Up', formatSeconds(server.uptimeSeconds)]);
  if (server.replid !== undefined) facts.push(['Replication id', code(server.replid)]);
  if (server.offset !== undefined) facts.push(['Offset', formatCount(server.offset)]);
  if (rate) facts.push(['Stream', `${formatBytes(rate.bytesPerSecond)}/s`]);
  if (link) {
    const address = hostPort(link.master.host, link.master.port ?? 0);
    facts.push([
      'Master',
      html`${address} ${badge(link.up === true ? 'up' : 'down', link.up === true ? 'good' : 'bad')}`,
    ]);
  }
  if (backlog.active && backlog.sizeBytes !== undefined) {
    const cover = backlog.coverSeconds === undefined ? '' : `, covers ${formatSeconds(backlog.coverSeconds)}`;
    facts.push(['Backlog', `${formatBytes(backlog.sizeBytes)}${cover}`]);
  }
  const expected = expectedReplicas === undefined ? '' : `, ${formatCount(expectedReplicas)} expected`;
  facts.push(['Replicas', `${formatCount(replicas.length)}${expected}`]);
  return facts;
}

function sectionsOf({ report, history, events, topology }: InspectPage): Section[] {
  const happened = events.all();
  const sections: Section[] = [
    { id: 'findings', title: 'Findings', body: findingsBody(report.findings, report.accepted) },
    ...(happened.length > 0 ? [{ id: 'events', title: 'What happened', body: eventsBody(happened) }] : []),
    { id: 'lag', title: 'Over time', body: timeBody(report, history) },
  ];
  if (report.replicas.length > 0)
    sections.push({ id: 'replicas', title: 'Replicas', body: replicasBody(report.replicas) });
  if (topology) sections.push({ id: 'topology', title: 'Topology', body: topologyBody(topology) });
  const rows = report.info.map(({ name, value }) => [code(name), value]);
  const info = table(['Field', { title: 'Value', kind: 'wide' }], rows);
  sections.push({ id: 'info', title: 'INFO replication', body: fold(`${rows.length} fields`, info, true) });
  if (report.missing.length > 0) {
    const missing = report.missing.map(({ command, why, lacks, rule }) => [command, why, lacks, rule ?? '']);
    const heads = ['Command', 'Why', 'Missing for it', 'ACL rule'];
    sections.push({ id: 'not-seen', title: 'Not seen', body: table(heads, missing) });
  }
  return sections;
}

function findingsBody(findings: readonly Finding[], accepted: readonly Finding[] = []): Html {
  return html`${findings.length === 0 && paragraph('Nothing is wrong.')}${findings.map(findingCard)}${accepted.length > 0 && acceptedBody(accepted)}`;
}

function findingCard({ id, severity, text, since, advice, commands = [] }: Finding): Html {
  return card(
    TONES[severity],
    html`${badge(severity, TONES[severity])} ${code(id)}`,
    html`${paragraph(text)}${since !== undefined && paragraph(`Since ${since}.`)}${advice !== undefined && paragraph(advice)}${commands.length > 0 && pre(commands.join('\n'))}`,
  );
}

/** Told, and folded away: the user knows of them. */
function acceptedBody(accepted: readonly Finding[]): Html {
  const ids = [...new Set(accepted.map(({ id }) => id))].join(', ');
  const cards = accepted.map(({ id, text }) =>
    card('note', html`${badge('accepted', 'note')} ${code(id)}`, paragraph(text)),
  );
  return fold(`${accepted.length} accepted, not counted: ${ids}`, html`${cards}`);
}

/** The last first; the same thing again is one line with a count. */
function eventsBody(events: readonly LoggedEvent[]): Html {
  const rows = events.map(({ at, firstAt, times, severity, text }) => [
    at.slice(0, 19).replace('T', ' '),
    badge(severity, TONES[severity]),
    text,
    times === 1 ? '' : `${times} times since ${firstAt.slice(0, 19).replace('T', ' ')}`,
  ]);
  return table(['Time (UTC)', '', 'Event', ''], rows);
}

function timeBody({ link }: Report, history: History): Html {
  const { startedAtMs = 0, endedAtMs = 0, failures } = history;
  const [from, to] = [startedAtMs, endedAtMs].map((ms) => new Date(ms).toISOString().slice(11, 19));
  const times = { from, to, format: formatBytes };
  const all = history.all().map(({ name, behind }): Line => ({ name, points: behind.all() }));
  if (link) all.push({ name: 'behind its master', points: history.linkBehind.all() });
  const lines = all.sort((a, b) => peak(b.points) - peak(a.points)).slice(0, MOST_LINES);
  const left = all.length - lines.length;
  const rate: Line = { name: 'stream, bytes per second', points: history.rate.all() };
  return html`${lines.length > 0 && html`<h3>Lag in bytes</h3>`}
    ${lines.length > 0 && chart({ label: 'Lag of each replica in bytes over time', lines, ...times })}
    ${left > 0 && paragraph(`The ${MOST_LINES} that were furthest behind; ${left} more in the table below.`)}
    <h3>Rate of the stream</h3>
    ${chart({ label: 'Bytes of the replication stream per second over time', lines: [rate], ...times })}
    ${failures > 0 && paragraph(`The server could not be asked ${failures} times: the gaps.`)}
    ${all.length > 0 && lagTable(all)}`;
}

function peak(points: readonly Point[]): number {
  return points.reduce<number>((most, point) => Math.max(most, point ?? 0), 0);
}

function lagTable(lines: readonly Line[]): Html {
  const number = (title: string) => ({ title, kind: 'number' }) as const;
  const rows = lines.map(({ name, points }) => {
    const known = points.filter((point) => point !== undefined);
    if (known.length === 0) return [name, '-', '-', '-'];
    const mean = known.reduce((sum, point) => sum + point, 0) / known.length;
    return [name, ...[known[known.length - 1], mean, peak(known)].map(formatBytes)];
  });
  return table(['Behind', number('Last'), number('Mean'), number('Most')], rows);
}

const NOT_KNOWN = '-';

function replicasBody(replicas: readonly ReplicaReport[]): Html {
  const number = (title: string) => ({ title, kind: 'number' }) as const;
  const rows = namedReplicas(replicas).map(([name, replica]) => {
    const { from, state, offset, behindBytes, ackAgeSeconds, outputBytes, linkSeconds } = replica;
    const shown = (value: number | undefined, format: (value: number) => string) =>
      value === undefined ? NOT_KNOWN : format(value);
    return [
      name,
      from?.address ?? NOT_KNOWN,
      badge(state, state === 'online' ? 'good' : 'warn'),
      shown(offset, formatCount),
      shown(behindBytes, formatBytes),
      shown(ackAgeSeconds, formatSeconds),
      shown(outputBytes, formatBytes),
      shown(linkSeconds, formatSeconds),
    ];
  });
  const heads = [
    'Announced',
    'From',
    'State',
    ...['Offset', 'Behind', 'ACK', 'Output buffer', 'Link since'].map(number),
  ];
  return table(heads, rows);
}

function topologyBody(topology: Topology): Html {
  const plain = { color: false, unicode: true, width: Infinity };
  const drawing = renderTree(topology, plain).split('\n\n')[0];
  const rows = topology.nodes.map(({ address, role, product, version, offset, master, notSeen }) => [
    address,
    notSeen ?? role ?? NOT_KNOWN,
    product === undefined ? NOT_KNOWN : nameOf({ product, version }),
    offset === undefined ? NOT_KNOWN : formatCount(offset),
    master ?? '',
  ]);
  const heads = ['Server', 'Role', 'Version', { title: 'Offset', kind: 'number' } as const, 'Follows'];
  // Those of the target stand above, more of them.
  const own = topology.findings.filter(
    ({ id, node }) =>
      id !== 'link-down' && (node !== topology.target || CATALOGUE[id].chapter === 'topology'),
  );
  return html`${pre(drawing)}${table(heads, rows)}${own.length > 0 && findingsBody(own)}${topology.truncated !== undefined && paragraph(topology.truncated)}`;
}
