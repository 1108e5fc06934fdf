/**
 * What each kind of event holds, for reading a trace back: one row per kind, complete by its type. The same is said in
 * docs/handshake.schema.json for other programs; test/unit/diagnosis/tape-schema.test.ts holds the two together.
 */
import { type VisitEvent } from '../../replication/handshake/observer.js';
import { findEntry } from '../table.js';
import { CHECK_NAMES } from '../unchecked.js';
import { TRACE_SCHEMA, type ExamineEvent, type TraceEvent } from '../trace.js';
import {
  bytes,
  count,
  either,
  flag,
  integer,
  list,
  mapOf,
  number,
  object,
  oneOf,
  text,
  tuple,
  variants,
  type Shape,
} from './shape.js';

/** Steps of the handshake, and what lies beside it. */
export const STAGES = [
  'connect',
  'ping',
  'auth',
  'listening-port',
  'ip-address',
  'capa',
  'rdb-only',
  'rdb-filter-only',
  'psync',
  'sync',
  'snapshot',
  'stream',
  'side',
  'other',
  'examine',
] as const;

const why = oneOf('unreachable', 'error-reply', 'unexpected', 'timeout', 'closed');
const severity = oneOf('fault', 'warning');

const tried = list(object({ address: text, code: text }));
const channelError = object({
  code: text,
  message: text,
  layer: oneOf('connect', 'tls', 'stream'),
  'tried?': tried,
});

const outcome = variants('kind', {
  full: object({ 'replid?': bytes, 'offset?': integer, line: bytes }),
  continue: object({ 'replid?': bytes, line: bytes }),
  sync: object({ line: bytes }),
  introduced: object({}),
  retry: object({ line: bytes }),
  failed: object({ step: oneOf(...STAGES), why, 'line?': bytes }),
});

const psync = either(object({ replid: bytes, offset: integer }), oneOf('none', 'full'));

const asked = object({
  'listeningPort?': count,
  'announceIp?': bytes,
  capa: list(bytes),
  tls: flag,
  password: flag,
  psync,
  probe: flag,
});

const found = object({
  'otherTls?': oneOf('answers', 'silent'),
  'ownPort?': object({ port: count, accepted: flag, line: bytes }),
  'reconnect?': object({ line: bytes, outcome, 'shift?': oneOf('early') }),
  'resumed?': object({
    offset: integer,
    line: bytes,
    'shift?': oneOf('early', 'late', 'nothing', 'other'),
  }),
  'masterOffset?': integer,
  'probeImpossible?': text,
  'service?': text,
  'before?': mapOf(text),
  'infoUnanswered?': flag,
  'waiting?': mapOf(text),
  'after?': mapOf(text),
  'databases?': list(count),
  'stillListed?': object({ lines: list(text), before: count }),
  'configRefused?': bytes,
  'sentinels?': count,
  'minReplicasToWrite?': integer,
  'disklessDelaySeconds?': integer,
  'upstream?': object({
    hops: list(object({ address: text, 'role?': text, 'linkStatus?': text })),
    end: oneOf('self', 'ring', 'master', 'silent', 'too-long'),
    'why?': oneOf('refused', 'timeout', 'unreachable', 'login', 'error', 'closed'),
  }),
  'manners?': object({
    'together?': object({ sent: count, answered: count }),
    'caseSensitive?': object({ command: text, line: text }),
  }),
});

const checksum = variants('state', {
  ok: object({}),
  zero: object({}),
  missing: object({}),
  none: object({}),
  unread: object({}),
  bad: object({ stored: text, computed: text }),
});

const tally = { keys: count, bytes: count };

const census = object({
  types: mapOf(object(tally)),
  dbs: list(object({ ...tally, db: count, expires: count })),
  largest: list(object({ db: count, key: bytes, type: text, bytes: count, 'elements?': count })),
  expired: count,
  functionNames: list(text),
  functionBytes: count,
  modules: list(text),
});

const report = object({
  bytes: count,
  head: bytes,
  tail: bytes,
  'magic?': oneOf('REDIS', 'VALKEY'),
  'version?': count,
  'readableBy?': text,
  aux: list(tuple(text, text)),
  keys: count,
  keysByType: mapOf(count),
  expires: count,
  databases: count,
  functions: count,
  census,
  checksum,
  'problem?': object({ atByte: count, message: text }),
  cutShort: flag,
  trailerBytes: count,
  extraBytes: count,
});

const diagnosis: Shape = (value, path) =>
  typeof value === 'string' && findEntry(value)
    ? undefined
    : `${path} is no diagnosis that this version knows`;

const findingFields = {
  id: text,
  'severity?': severity,
  'text?': text,
  'fix?': text,
  'confirmed?': text,
  'bytes?': object({ got: bytes, unexpectedAt: count, wouldBe: list(text) }),
};

/** Made anew when a trace is replayed. */
const finding = object(findingFields);
/** Taken over, so it must be in our table. */
const noticed = object({ ...findingFields, id: diagnosis });

/** The fields of each kind, beside those that all have: events of the examination itself. */
export const EXAMINE_SHAPES: Readonly<Record<ExamineEvent['kind'], Shape>> = {
  recording: object({ software: text, version: text, configuration: text }),
  target: object({ schema: oneOf(TRACE_SCHEMA), target: text, tls: flag, 'between?': text }),
  visit: object({ role: oneOf('main', 'own-port', 'reconnect', 'watched'), asked }),
  asked: object({ asked }),
  aim: object({ psync }),
  probe: object({ of: count, found }),
  stopped: object({}),
  cost: object({ of: oneOf('full', 'probe', 'position'), text, 'waitSeconds?': number }),
  warning: object({ text }),
  note: object({ text, 'unchecked?': object({ checks: list(oneOf(...CHECK_NAMES)), info: text }) }),
  listing: object({ lines: list(text), listed: count, weAre: text, 'masterOffset?': integer }),
  finding: object({ finding, severity, means: text, fix: text }),
  end: object({
    verdict: oneOf('passed', 'failed', 'unreachable', 'stopped'),
    faults: list(text),
    warnings: list(text),
  }),

  attached: object({ replica: text }),
  detached: object({ by: oneOf('replica', 'master'), 'error?': text, ms: number }),
  'passed-on': object({ why: text }),
  'stream-progress': object({ commands: count, bytesRead: count, 'offset?': integer }),
  getack: object({ offset: integer }),
  ack: object({
    offset: integer,
    'aofOffset?': integer,
    'sent?': integer,
    'behindBytes?': count,
    answersGetack: flag,
    verdict: oneOf('ok', 'ignored', 'warning', 'fault'),
    'why?': diagnosis,
  }),
  odd: object({ bytes }),
  noticed: object({ side: oneOf('master', 'replica'), finding: noticed, severity, means: text, fix: text }),
};

/** The same of a connection. */
const VISIT_SHAPES: Readonly<Record<VisitEvent['kind'], Shape>> = {
  connect: object({ local: text, remote: text, localPort: count, 'tried?': tried }),
  unreachable: object({ error: channelError }),
  send: object({ bytes, args: list(bytes) }),
  receive: object({
    bytes,
    line: bytes,
    verdict: oneOf('ok', 'ignored', 'odd', 'fault'),
    'expected?': text,
  }),
  keepalive: object({}),
  fault: object({ why, bytes, waitedMs: number, 'onlyKeepalives?': flag }),
  close: object({
    close: object({ by: oneOf('peer', 'us', 'error'), 'error?': channelError }),
    bytes,
  }),
  outcome: object({ outcome }),

  'snapshot-begin': object({ form: oneOf('length', 'eof'), 'length?': count, bytes }),
  'snapshot-progress': object({ receivedBytes: count, keys: count, 'length?': count }),
  'snapshot-end': object({ report, ms: number }),
  'snapshot-fault': object({
    why: oneOf('error-reply', 'unexpected', 'stalled', 'closed', 'timeout'),
    receivedBytes: count,
    waitedMs: number,
    bytes,
    'report?': report,
  }),
  'stream-begin': object({ 'offset?': integer }),
  'stream-noise': object({ bytes, 'endsSnapshot?': flag }),
  command: object({ 'offset?': integer, wireLength: count, 'db?': integer, args: list(bytes), argc: count }),
  'stream-late': object({ bytesSeen: count }),
  'stream-fault': object({ message: text, bytes }),
  'stream-end': object({
    why: oneOf('count', 'time', 'stopped', 'closed', 'fault'),
    commands: count,
    bytesRead: count,
    'cutBytes?': count,
    'offset?': integer,
  }),
};

export const EVENT_SHAPES: Readonly<Record<TraceEvent['kind'], Shape>> = {
  ...EXAMINE_SHAPES,
  ...VISIT_SHAPES,
};

/** What every event has. */
export const COMMON = object({ atUs: number, conn: count, step: oneOf(...STAGES) });
