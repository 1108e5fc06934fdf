/**
 * What happens on the link to a master, in words: one fact per event, the same on a terminal and in the log. Pure. Texts that a
 * server sent are made harmless here.
 */
import { formatBytes, formatCount } from '../../core/inspect/units.js';
import { type LinkEvent } from '../../core/replication/ports.js';
import { type BackupFacts } from '../server/backup.js';
import { sizeAndDate } from '../server/earlier-file.js';
import { type LinkMessage, type LinkSample } from '../server/messages.js';
import { printable } from '../text.js';

export interface Fact {
  readonly mark: 'ok' | 'fail' | 'warn' | 'info';
  /** Empty when the text speaks for itself. */
  readonly label: string;
  readonly text: string;
  /** How long it took, microseconds. */
  readonly us?: number;
}

/** How many syncs there were, and how often the link was lost. */
export interface Tally {
  readonly full: number;
  readonly partial: number;
  readonly losses: number;
}

export const noTally: Tally = { full: 0, partial: 0, losses: 0 };

/** `counts` after `event`. A sync counts when the stream can follow. */
export function tally(counts: Tally, event: LinkEvent): Tally {
  switch (event.kind) {
    case 'snapshot-done':
      return { ...counts, full: counts.full + 1 };
    case 'partial-sync':
      return { ...counts, partial: counts.partial + 1 };
    case 'lost':
      return { ...counts, losses: counts.losses + 1 };
    default:
      return counts;
  }
}

/** The fact that an event is; undefined for those that only move a view on. `times`: the sign for a number of times. */
export function factOf({ event, server }: LinkMessage, times: string): Fact | undefined {
  switch (event.kind) {
    case 'connected': {
      const what = server === undefined ? '' : ` (${printable(server)})`;
      return { mark: 'ok', label: '', text: `connected to ${event.address}${what}`, us: event.us };
    }
    case 'handshake':
      return { mark: 'ok', label: 'handshake', text: stepsInWords(event.steps, times), us: event.us };
    case 'full-sync':
      return { mark: 'ok', label: 'full sync', text: `reason: ${printable(event.reason)}` };
    case 'partial-sync': {
      const text = `goes on after ${formatCount(event.offset)}: ${printable(event.reason)}`;
      return { mark: 'ok', label: 'partial', text };
    }
    case 'snapshot-done':
      return { mark: 'ok', label: 'snapshot', text: snapshotInWords(event) };
    case 'lost':
      return { mark: 'fail', label: 'link lost', text: printable(event.reason) };
    case 'retry':
      return { mark: 'warn', label: 'no link', text: printable(event.reason) };
    case 'stopped':
      return { mark: 'fail', label: 'stopped', text: printable(event.reason) };
    case 'connecting':
    case 'snapshot':
    case 'streaming':
      return undefined;
  }
}

/** `PING, AUTH, REPLCONF x2, PSYNC ? -1` */
function stepsInWords(steps: readonly string[], times: string): string {
  const counts = new Map<string, number>();
  for (const step of steps) {
    const [name, ...args] = step.split(' ');
    const shown = name === 'PSYNC' ? [name, ...args.map(shortIds)].join(' ') : name;
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return [...counts].map(([name, n]) => printable(n === 1 ? name : `${name} ${times}${n}`)).join(', ');
}

/** Replication ids by their ends. */
export function shortIds(text: string): string {
  return text.replace(/\b([0-9a-f]{4})[0-9a-f]{32}([0-9a-f]{4})\b/g, '$1..$2');
}

const CHECKSUMS: Readonly<Record<string, string>> = {
  ok: 'checksum ok',
  absent: 'no checksum: the master makes none',
  none: 'no checksum in this version',
  unverified: 'checksum not verified',
};

function snapshotInWords(event: Extract<LinkEvent, { kind: 'snapshot-done' }>): string {
  const { bytes, us, rdbVersion, keys, checksum } = event;
  const rate = us > 0 ? ` (${formatBytes((bytes / us) * 1e6)}/s)` : '';
  return [
    `${formatBytes(bytes)} in ${formatUs(us)}${rate}`,
    `RDB ${rdbVersion}`,
    `${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`,
    CHECKSUMS[checksum] ?? `checksum ${checksum}`,
  ].join(', ');
}

/** `0.4 ms`, `312 ms`, `5.0 s` */
export function formatUs(us: number): string {
  if (us >= 999_500) return `${(us / 1e6).toFixed(1)} s`;
  return `${(us / 1000).toFixed(us < 99_950 ? 1 : 0)} ms`;
}

/** The line of the log for an event; undefined for what the follower logs itself. */
export function linkLogLine(message: LinkMessage, port: number): string | undefined {
  const { event } = message;
  const fact = factOf(message, 'x');
  switch (event.kind) {
    case 'connected':
      return `Connected to the master ${event.address} in ${formatUs(event.us)}`;
    case 'handshake':
      return `Handshake: ${fact?.text} in ${formatUs(event.us)}`;
    case 'full-sync':
      return `Full sync, ${fact?.text}`;
    case 'partial-sync':
      return `Partial sync, ${fact?.text}`;
    case 'snapshot':
      return `Snapshot: ${progressInWords(event)}`;
    case 'snapshot-done':
      return `Snapshot: ${fact?.text}`;
    case 'streaming':
      return `Streaming, up to offset ${formatCount(event.offset)} so far${port > 0 ? `; serving reads on port ${port}` : ''}`;
    case 'connecting':
    case 'lost':
    case 'retry':
    case 'stopped':
      return undefined;
  }
}

/** `15 MB of 41 MB (37 %), 112,400 keys`; without the length of the snapshot only what has come. */
function progressInWords(event: Extract<LinkEvent, { kind: 'snapshot' }>): string {
  const { receivedBytes, totalBytes, keys } = event;
  const of =
    totalBytes === undefined
      ? ''
      : ` of ${formatBytes(totalBytes)} (${percent(receivedBytes, totalBytes)} %)`;
  return `${formatBytes(receivedBytes)}${of}, ${formatCount(keys)} keys`;
}

/** Whole percent, rounded down: 100 only when all is there. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part / whole) * 100);
}

/** What is left to say at the end, as parts of a line. */
export function summaryParts(sample: LinkSample, { full, partial, losses }: Tally): string[] {
  return [
    `offset ${formatCount(sample.offset)}`,
    `${formatCount(sample.keys)} ${sample.keys === 1 ? 'key' : 'keys'}`,
    `${full} full ${full === 1 ? 'sync' : 'syncs'}, ${partial} partial`,
    full + partial === 0 ? 'never in sync' : `link ${lossesInWords(losses)}`,
    `${formatCount(sample.commands)} ${sample.commands === 1 ? 'command' : 'commands'} applied`,
  ];
}

function lossesInWords(losses: number): string {
  if (losses === 0) return 'never lost';
  return losses === 1 ? 'lost once' : `lost ${losses} times`;
}

/** The summary as a line of the log. */
export function summaryLine(sample: LinkSample, counts: Tally): string {
  return `Replica ends: ${summaryParts(sample, counts).join(', ')}`;
}

/** A finished backup, as a fact. */
export function backupFact({ path, bytes, keys, checksum, offset, replaced }: BackupFacts): Fact {
  const verified = checksum === 'ok' ? 'checksum ok' : 'read whole, without a checksum';
  const count = `${formatCount(keys)} ${keys === 1 ? 'key' : 'keys'}`;
  const before = replaced ? `; replaces ${sizeAndDate(replaced)}` : '';
  const text = `${printable(path)}: ${formatBytes(bytes)}, ${count}, ${verified}, offset ${formatCount(offset)}${before}`;
  return { mark: 'ok', label: 'backup', text };
}

/** The same as a line of the log. */
export function backupLogLine(facts: BackupFacts): string {
  return `Backup: ${backupFact(facts).text}`;
}
