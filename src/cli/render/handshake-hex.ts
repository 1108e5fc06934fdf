/** Bytes of an event as a hex dump, for `--hex`: offset, sixteen bytes, their ASCII. Pure. */
import { type TraceEvent } from '../../core/diagnosis/trace.js';

const BYTES_PER_LINE = 16;
/** Longer data is cut: a dump is for looking at. */
const MAX_BYTES = 512;
const INDENT = ' '.repeat(15);

/** The dump of what the event carries, or nothing. */
export function hexLines(event: TraceEvent): string[] {
  const bytes = bytesOf(event);
  if (bytes === undefined || bytes === '') return [];
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, MAX_BYTES); at += BYTES_PER_LINE) {
    lines.push(INDENT + hexLine(bytes.slice(at, Math.min(at + BYTES_PER_LINE, MAX_BYTES)), at));
  }
  if (bytes.length > MAX_BYTES) lines.push(`${INDENT}... ${bytes.length - MAX_BYTES} more bytes`);
  return lines;
}

function bytesOf(event: TraceEvent): string | undefined {
  if (event.kind === 'keepalive') return '\n';
  if (event.kind === 'snapshot-end') return event.report.head;
  return 'bytes' in event ? event.bytes : undefined;
}

function hexLine(bytes: string, at: number): string {
  const codes = [...bytes].map((char) => char.charCodeAt(0));
  const hex = codes.map((code) => code.toString(16).padStart(2, '0')).join(' ');
  const text = codes.map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : '.')).join('');
  return `${at.toString(16).padStart(4, '0')}  ${hex.padEnd(BYTES_PER_LINE * 3 - 1)}  ${text}`;
}
