/** The report on a snapshot as text: form, size, rate, version, what it holds, checksum. Pure. */
import { checksumInWords, type SnapshotReport } from '../../core/replication/snapshot-check.js';
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { printable, wrap } from '../text.js';
import { type TracePen } from './handshake.js';

/** Lines of the report; the first stands behind the time, the others under it. */
export function snapshotLines(report: SnapshotReport, pen: TracePen, ms: number): string[] {
  const { paint, signs } = pen;
  const whole = report.problem === undefined && ['ok', 'zero', 'none'].includes(report.checksum.state);
  const mark = whole && report.extraBytes === 0 ? paint.green(signs.ok) : paint.red(signs.fail);
  const format = report.version === undefined ? 'not an RDB' : `RDB ${report.version}`;
  const magic = report.magic === 'VALKEY' ? ' (VALKEY)' : '';
  const rate = ms >= 1 ? ` (${formatBytes((report.bytes / ms) * 1000)}/s)` : '';
  const size = `${formatBytes(report.bytes)} in ${ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`}${rate}`;
  const pad = ' '.repeat(15);
  const aux = report.aux.map(([name, value]) => `${name} ${printable(value)}`).join(', ');
  return [
    `snapshot       ${size}, ${format}${magic}, ${keysText(report)}, checksum ${checksumInWords(report.checksum)} ${mark}`,
    ...(aux === '' ? [] : wrap(aux, Math.max(30, pen.width - 30)).map((line) => paint.dim(pad + line))),
  ];
}

function keysText(report: SnapshotReport): string {
  const types = Object.entries(report.keysByType)
    .sort(([, a], [, b]) => b - a)
    .map(([type, count]) => `${formatCount(count)} ${type}`)
    .join(', ');
  const parts = [
    `${formatCount(report.keys)} key${report.keys === 1 ? '' : 's'}${types === '' ? '' : ` (${types})`}`,
  ];
  if (report.databases > 1) parts.push(`${report.databases} databases`);
  if (report.expires > 0) parts.push(`${formatCount(report.expires)} with an expiry`);
  if (report.functions > 0)
    parts.push(`${report.functions} function librar${report.functions === 1 ? 'y' : 'ies'}`);
  return parts.join(', ');
}
