/** The flags of `handshake`, and what they mean together. */
import { Flags } from '@oclif/core';
import { fromText } from '../core/base/bytes.js';
import { type Aim } from '../core/diagnosis/examine.js';
import { DIAGNOSES, findEntry } from '../core/diagnosis/table.js';
import { nearest } from './nearest.js';
import { renderExplanation } from './render/handshake-finding.js';
import { parsePort } from './target.js';
import { palette, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Silence after PSYNC and within the snapshot that ends the wait; a real master sends a keepalive each second. */
export const IDLE_MS = 15_000;
/** What a replica of Redis 7.2 announces when nothing else is said. */
const DEFAULT_PORT = 6380;
const WIDEST_TEXT = 100;

export const handshakeFlags = {
  'listening-port': Flags.custom<number>({
    parse: (input) => Promise.resolve(parsePort(input, '--listening-port')),
  })({ helpValue: 'PORT', default: DEFAULT_PORT, description: 'port to announce' }),
  'announce-ip': Flags.string({ helpValue: 'IP', description: 'address to announce' }),
  capa: Flags.string({
    multiple: true,
    // Otherwise a target behind it would be one more name.
    multipleNonGreedy: true,
    default: ['eof', 'psync2'],
    helpValue: 'NAME',
    description:
      'capability to announce, repeatable (none: announce nothing). eof costs a wait on diskless masters',
  }),
  'no-psync': Flags.boolean({
    description: 'stop before PSYNC',
    exclusive: ['probe', 'replid', 'follow', 'rdb'],
  }),
  probe: Flags.boolean({
    description: "PSYNC for the master's current position: no snapshot, closed at once",
    exclusive: ['no-psync', 'replid', 'follow', 'rdb'],
  }),
  replid: Flags.string({ helpValue: 'ID', dependsOn: ['offset'], description: 'replication id to continue' }),
  offset: Flags.custom<number>({ parse: (input) => Promise.resolve(parseOffset(input)) })({
    helpValue: 'N',
    dependsOn: ['replid'],
    description: 'first byte wanted: one more than what is held',
  }),
  rdb: Flags.string({ helpValue: 'FILE', description: 'keep the snapshot when it is whole' }),
  follow: Flags.boolean({ description: 'read the stream after the snapshot; nothing is acknowledged' }),
  for: Flags.custom<number>({ parse: (input) => Promise.resolve(parseDuration(input)) })({
    helpValue: '10s',
    dependsOn: ['follow'],
    description: 'follow that long',
  }),
  count: Flags.integer({
    min: 1,
    helpValue: 'N',
    dependsOn: ['follow'],
    description: 'follow that many commands',
  }),
  hex: Flags.boolean({ description: 'dump every byte sent and received' }),
  explain: Flags.string({ helpValue: 'ID', description: 'explain a diagnosis, and do nothing else' }),
};

interface AimFlags {
  readonly 'no-psync'?: boolean;
  readonly probe?: boolean;
  readonly replid?: string;
  readonly offset?: number;
}

/** What PSYNC will ask for. */
export function aimOf(flags: AimFlags): Aim {
  if (flags['no-psync']) return 'none';
  if (flags.probe) return 'probe';
  if (flags.replid !== undefined && flags.offset !== undefined) {
    return { replid: fromText(flags.replid), offset: flags.offset };
  }
  return 'full';
}

/** What `--explain` prints. Throws UsageError for an id that is none. */
export function explainText(id: string, terminal: Pick<Terminal, 'color' | 'width'>): string {
  const entry = findEntry(id);
  if (entry) {
    const pen = { paint: palette(terminal.color), width: Math.min(terminal.width, WIDEST_TEXT) };
    return renderExplanation(entry, pen);
  }
  const ids = DIAGNOSES.map((known) => known.id);
  const meant = nearest(id, ids);
  const hint = meant === undefined ? `one of ${ids.join(', ')}` : `did you mean ${meant}?`;
  throw new UsageError(`no diagnosis is called "${id}": ${hint}`);
}

/** `10s`, `500ms`, `2m`, or a plain number of seconds, in ms. Throws UsageError. */
export function parseDuration(input: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(input) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
  const ms = digits === undefined ? 0 : Math.round(Number(digits) * factors[unit ?? 's']);
  if (ms <= 0 || ms > 1e9) throw new UsageError(`--for: bad duration "${input}": 10s or 500ms, for example`);
  return ms;
}

function parseOffset(input: string): number {
  const offset = /^-?\d{1,16}$/.test(input) ? Number(input) : NaN;
  if (!Number.isSafeInteger(offset)) throw new UsageError(`--offset: bad offset "${input}": a whole number`);
  return offset;
}
