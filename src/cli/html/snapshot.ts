/** The report on a snapshot as a section of a page: what it is, what it holds, the largest keys. Pure. */
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { checksumInWords, type SnapshotReport } from '../../core/replication/snapshot-check.js';
import { expiryText, formatText, isWhole, keyText } from '../render/handshake-snapshot.js';
import { html, type Html, type Insert } from './html.js';
import { badge, bar, definitions, pre, table, type Column } from './parts.js';

/** The section's body; `ms` is how long it took to arrive. */
export function snapshotSection(report: SnapshotReport, ms: number): Html {
  const { census } = report;
  const whole = isWhole(report);
  const rate = ms >= 1 ? `, ${formatBytes((report.bytes / ms) * 1000)}/s` : '';
  const facts: (readonly [string, string | Html])[] = [
    ['State', badge(whole ? 'whole' : 'broken', whole ? 'good' : 'bad')],
    [
      'Size',
      `${formatBytes(report.bytes)} (${formatCount(report.bytes)} bytes) in ${ms.toFixed(1)} ms${rate}`,
    ],
    ['Format', formatText(report)],
    ...optional('Readable by', report.readableBy),
    ['Checksum', checksumInWords(report.checksum)],
    ...optional(
      'Problem',
      report.problem && `at byte ${formatCount(report.problem.atByte)}: ${report.problem.message}`,
    ),
    ...optional('After its end', report.extraBytes > 0 && `${formatCount(report.extraBytes)} bytes`),
    ['Keys', formatCount(report.keys)],
    ...optional('Expiry', report.expires > 0 && expiryText(report)),
    ...optional(
      'Functions',
      report.functions > 0 &&
        `${report.functions} (${formatBytes(census.functionBytes)}): ${census.functionNames.join(', ')}`,
    ),
    ...optional('Module data', census.modules.length > 0 && census.modules.join(', ')),
  ];
  return html`${definitions(facts)} ${contents(report)} ${auxTable(report)} ${!whole && edges(report)}`;
}

function optional(name: string, value: string | false | undefined): (readonly [string, string])[] {
  return value === undefined || value === false ? [] : [[name, value]];
}

const NUMBERS: readonly Column[] = [
  { title: 'keys', kind: 'number' },
  { title: 'bytes', kind: 'number' },
  { title: 'share', kind: 'number' },
];

function contents({ census, bytes }: SnapshotReport): Insert[] {
  const figures = ({ keys, bytes: part }: { keys: number; bytes: number }): Insert[] => {
    const share = part / Math.max(1, bytes);
    return [formatCount(keys), formatBytes(part), `${(share * 100).toFixed(1)}%`, bar(share)];
  };
  const types = Object.entries(census.types).sort(([, a], [, b]) => b.bytes - a.bytes);
  return [
    types.length > 0 &&
      table(
        ['type', ...NUMBERS, ''],
        types.map(([type, tally]) => [type, ...figures(tally)]),
      ),
    census.dbs.length > 1 &&
      table(
        ['database', ...NUMBERS, '', { title: 'expire', kind: 'number' }],
        census.dbs.map((tally) => [tally.db, ...figures(tally), formatCount(tally.expires)]),
      ),
    census.largest.length > 0 &&
      html`<h3>Largest keys</h3>
        ${table(
          [
            { title: 'bytes', kind: 'number' },
            'db',
            'type',
            { title: 'key', kind: 'wide' },
            { title: 'elements', kind: 'number' },
          ],
          census.largest.map(({ bytes: size, db, type, key, elements }) => [
            ...[formatBytes(size), db, type, html`<code>${keyText(key)}</code>`],
            elements === undefined || type === 'string' ? '' : formatCount(elements),
          ]),
        )}`,
  ];
}

function auxTable({ aux }: SnapshotReport): Html | false {
  if (aux.length === 0) return false;
  const rows = aux.map(([name, value]) => [name, html`<span class="mono">${value}</span>`]);
  return html`<h3>Aux fields</h3>
    ${table(['name', { title: 'value', kind: 'wide' }], rows)}`;
}

/** Both ends of a broken one, for those who want to see it. */
function edges({ head, tail }: SnapshotReport): Html {
  const hex = (bytes: string): string =>
    [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
  return html`<h3>Its first and last bytes</h3>
    ${pre(hex(head))} ${pre(hex(tail))}`;
}
