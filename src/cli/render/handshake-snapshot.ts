/** The report on a snapshot as text: form, size, rate, version, what it holds, checksum. Pure. */
import { quote, type Bytes } from '../../core/base/bytes.js';
import { checksumInWords, type SnapshotReport } from '../../core/replication/snapshot-check.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { columns, printable, wrapParts } from '../text.js';
import { type TracePen } from './handshake.js';

const PAD = ' '.repeat(15);
/** A key's name is cut to this many columns. */
const LONGEST_KEY = 60;

/** The time and the word in front of a report. */
const MARGIN = 28;

/** Lines of the report, the head of it as wide as the terminal; the first stands behind the time, the others under it. */
export function snapshotLines(
  report: SnapshotReport,
  pen: TracePen,
  ms: number,
  doubt: string | undefined,
  lineWidth: number,
): string[] {
  const { paint } = pen;
  const [sign, style] = markOf(report, doubt, pen);
  const rate = ms >= 1 ? ` (${formatBytes((report.bytes / ms) * 1000)}/s)` : '';
  const size = `${formatBytes(report.bytes)} in ${ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`}${rate}`;
  const aux = report.aux.map(([name, value]) => `${name} ${printable(value)}`);
  const facts = [formatText(report), keysText(report), `checksum ${checksumInWords(report.checksum)}`];
  const room = Math.max(30, lineWidth - MARGIN);
  const lines = wrapParts([size, ...facts.join(', ').split(', ')], room);
  const last = lines[lines.length - 1];
  const fits = last.length + 1 + sign.length <= room;
  const [first, ...rest] = fits ? [...lines.slice(0, -1), `${last} ${style(sign)}`] : [...lines, style(sign)];
  const details = [
    ...(report.readableBy === undefined || !isWhole(report) ? [] : [`readable by ${report.readableBy}`]),
    ...wrapParts(aux, Math.max(30, pen.width - 30)),
    ...contentLines(report),
  ];
  return [
    `snapshot       ${first}`,
    ...rest.map((line) => PAD + line),
    ...details.map((line) => paint.dim(PAD + line)),
  ];
}

/** The sign behind it, with what is wrong when that shows in the report alone, and its colour. */
function markOf(
  report: SnapshotReport,
  doubt: string | undefined,
  { paint, signs }: TracePen,
): readonly [string, (text: string) => string] {
  if (!isWhole(report)) return [signs.fail, paint.red];
  return doubt === undefined ? [signs.ok, paint.green] : [`${signs.warn} ${doubt}`, paint.yellow];
}

/** Nothing is wrong with it. */
export function isWhole(report: SnapshotReport): boolean {
  const proved = ['ok', 'zero', 'none'].includes(report.checksum.state);
  return report.problem === undefined && proved && report.extraBytes === 0;
}

/** `RDB 11`, or that it is none. */
export function formatText({ version, magic }: SnapshotReport): string {
  if (version === undefined) return 'not an RDB';
  return `RDB ${version}${magic === 'VALKEY' ? ' (VALKEY)' : ''}`;
}

function keysText(report: SnapshotReport): string {
  const types = Object.entries(report.keysByType)
    .sort(([, a], [, b]) => b - a)
    .map(([type, count]) => `${formatCount(count)} ${type}`)
    .join(', ');
  const parts = [`${plural(report.keys, 'key')}${types === '' ? '' : ` (${types})`}`];
  if (report.databases > 1) parts.push(`${report.databases} databases`);
  if (report.expires > 0) parts.push(expiryText(report));
  if (report.functions > 0)
    parts.push(`${report.functions} function librar${report.functions === 1 ? 'y' : 'ies'}`);
  return parts.join(', ');
}

/** `1,200 with an expiry (13 of them expired)`. */
export function expiryText({ expires, census }: SnapshotReport): string {
  const gone = census.expired > 0 ? ` (${formatCount(census.expired)} of them expired already)` : '';
  return `${formatCount(expires)} with an expiry${gone}`;
}

function contentLines({ census, bytes }: SnapshotReport): string[] {
  const { types, dbs, largest, functionNames, functionBytes, modules } = census;
  const share = (part: number): string => `${((part / Math.max(1, bytes)) * 100).toFixed(1)}%`;
  const byType = Object.entries(types)
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([type, tally]) => [type, formatCount(tally.keys), formatBytes(tally.bytes), share(tally.bytes)]);
  const byDb = dbs.map((tally) => [
    `db ${tally.db}`,
    ...[formatCount(tally.keys), formatBytes(tally.bytes), share(tally.bytes)],
    ...(tally.expires > 0 ? [`${formatCount(tally.expires)} expire`] : []),
  ]);
  const keys = largest.map(({ db, key, type, bytes: size, elements }) => [
    formatBytes(size),
    `db ${db}`,
    type,
    keyText(key),
    elements === undefined || type === 'string' ? '' : plural(elements, 'element'),
  ]);
  return [
    ...titled('by type', byType.length > 0 ? [['', 'keys', 'bytes', 'share'], ...byType] : []),
    ...titled('by database', byDb.length > 1 ? [['', 'keys', 'bytes', 'share'], ...byDb] : []),
    ...titled('largest keys', keys),
    ...(functionNames.length > 0
      ? [`functions: ${functionNames.map(printable).join(', ')} (${formatBytes(functionBytes)})`]
      : []),
    ...(modules.length > 0 ? [`module data: ${modules.map(printable).join(', ')}`] : []),
  ];
}

/** A key as it would be typed, cut to a width. */
export function keyText(key: Bytes): string {
  const text = /^[!-~]+$/.test(key) && !/["\\]/.test(key) ? key : quote(key);
  return text.length <= LONGEST_KEY ? text : `${text.slice(0, LONGEST_KEY)}...`;
}

function titled(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, ...columns(rows).map((line) => `  ${line}`)];
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
