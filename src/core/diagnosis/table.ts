/** The table of diagnoses, whole: for `--explain`, docs/diagnoses.md and the rules. */
import { type Chapter, type Entry } from './entry.js';
import { INTRODUCE } from './entries/introduce.js';
import { LOGIN } from './entries/login.js';
import { POSITION } from './entries/position.js';
import { PSYNC } from './entries/psync.js';
import { REACH } from './entries/reach.js';
import { REPLICA } from './entries/replica.js';
import { SNAPSHOT } from './entries/snapshot.js';
import { SOFTWARE } from './entries/software.js';
import { STATE } from './entries/state.js';
import { STREAM } from './entries/stream.js';

const ALL = [
  ...REACH,
  ...LOGIN,
  ...STATE,
  ...INTRODUCE,
  ...SOFTWARE,
  ...PSYNC,
  ...POSITION,
  ...SNAPSHOT,
  ...STREAM,
  ...REPLICA,
];

/** Every id that a finding can have. */
export type DiagnosisId = (typeof ALL)[number]['id'];

/** In the order in which a handshake could meet them. */
export const DIAGNOSES: readonly (Entry & { readonly id: DiagnosisId })[] = ALL;

/** Chapter titles of the documentation, in order. */
export const CHAPTERS: Readonly<Record<Chapter, string>> = {
  reach: 'Reaching the port',
  login: 'Login and rights',
  state: 'A master that takes no replica now',
  introduce: 'PING and REPLCONF',
  software: 'Servers that are no Redis master',
  psync: 'PSYNC',
  position: 'Ids, offsets and lists',
  snapshot: 'The snapshot',
  stream: 'The stream',
  'replica-attach': 'Replicas: how they attach',
  'replica-stream': 'Replicas: the stream and its ACKs',
};

const BY_ID = new Map<string, Entry & { readonly id: DiagnosisId }>(
  DIAGNOSES.map((entry) => [entry.id, entry]),
);

/** The entry of an id, or undefined. */
export function findEntry(id: string): (Entry & { readonly id: DiagnosisId }) | undefined {
  return BY_ID.get(id);
}

/** The entry of a known id. */
export function entryOf(id: DiagnosisId): Entry & { readonly id: DiagnosisId } {
  const entry = BY_ID.get(id);
  if (!entry) throw new Error(`no entry ${id}`);
  return entry;
}
