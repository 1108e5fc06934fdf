/**
 * Evidence: what a visit's events prove, gathered into one record that the rules read. The casebook keeps one for each
 * visit, and adds what probes found. Bounded: of the stream only counts are kept.
 */
import { type ChannelClose, type ChannelError, type FailedAddress } from '../base/byte-channel.js';
import { EMPTY, flat, isWord, type Bytes } from '../base/bytes.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { type FailWhy, type Outcome } from '../replication/handshake/machine.js';
import {
  type SnapshotFault,
  type Stage,
  type Verdict,
  type VisitEvent,
} from '../replication/handshake/observer.js';
import { type PsyncRequest, type StepId } from '../replication/handshake/steps.js';
import { type SnapshotReport } from '../replication/snapshot-check.js';
import { type ProbeResults } from './probe-results.js';
import { addPortions, NO_PORTIONS, type Portions } from './rules/left-out.js';

/** What we said about ourselves, and what we asked for. */
export interface Asked {
  readonly listeningPort?: number;
  readonly announceIp?: Bytes;
  readonly capa: readonly Bytes[];
  readonly tls: boolean;
  readonly password: boolean;
  /** As sent; of a probe, the master's own position. */
  psync: PsyncRequest;
  readonly probe: boolean;
}

export interface Answer {
  readonly line: Bytes;
  readonly bytes: Bytes;
  readonly verdict: Verdict;
}

export interface Evidence {
  readonly asked: Asked;
  local?: { readonly address: string; readonly port: number };
  remote?: string;
  /** Addresses of the name that did not answer before one did. */
  tried?: readonly FailedAddress[];
  unreachable?: ChannelError;
  readonly answers: Map<StepId, Answer>;
  readonly sent: Set<StepId>;
  /** A step was sent before the one before it was answered. */
  inOneGo?: boolean;
  fault?: {
    readonly step: Stage;
    readonly why: FailWhy;
    readonly bytes: Bytes;
    readonly waitedMs: number;
    readonly onlyKeepalives: boolean;
  };
  close?: {
    readonly step: Stage;
    readonly close: ChannelClose;
    readonly bytes: Bytes;
    readonly atUs: number;
  };
  outcome?: Outcome;
  /** Before the answer to PSYNC; those before the snapshot do not count. */
  keepalives: number;
  psyncSentUs?: number;
  /** From PSYNC to its answer. */
  psyncTookMs?: number;
  /** How the master lists us. */
  listing?: { readonly lines: readonly string[] };
  snapshot?: {
    readonly form?: 'length' | 'eof';
    readonly length?: number;
    readonly report?: SnapshotReport;
    /** When its last byte was read. */
    readonly endedUs?: number;
    readonly fault?: {
      readonly why: SnapshotFault;
      readonly bytes: Bytes;
      readonly receivedBytes: number;
      readonly waitedMs: number;
    };
  };
  stream?: {
    readonly startOffset?: number;
    readonly commands: number;
    readonly bytesRead: number;
    readonly noise?: Bytes;
    /** The noise is the rest of the snapshot's checksum. */
    readonly noiseEndsSnapshot?: boolean;
    /** Commands before the noise. */
    readonly noiseAfter?: number;
    readonly fault?: { readonly message: string; readonly bytes: Bytes };
    readonly beganUs?: number;
    readonly end?: 'count' | 'time' | 'stopped' | 'closed' | 'fault';
    readonly lastedMs?: number;
    /** Bytes behind the last whole command, when the reading ended. */
    readonly cutBytes?: number;
    /** Bytes that came when the reading had ended. */
    readonly lateBytes?: number;
    /** The first command that changes data, and whether a database had been selected before it. */
    readonly firstWrite?: { readonly name: Bytes; readonly selected: boolean };
    /** The first commands, where they can be told from what is shown of them: the byte before each, and its bytes. */
    readonly heads?: readonly { readonly offset: number; readonly bytes: Bytes }[];
    /** What of its bytes might be left out of an offset. */
    readonly portions?: Portions;
    /** Names of commands that no plain Redis puts into its stream. */
    readonly foreign?: Bytes;
    /** The announcements of a Sentinel were in it. */
    readonly sentinelHello?: boolean;
  };
  readonly probes: ProbeResults;
}

export { type ProbeResults } from './probe-results.js';

/** No evidence yet. */
export function noEvidence(asked: Asked): Evidence {
  return { asked, answers: new Map(), sent: new Set(), keepalives: 0, probes: {} };
}

/** Adds what an event of the diagnosed connection proves. */
export function addEvidence(evidence: Evidence, event: VisitEvent): void {
  switch (event.kind) {
    case 'connect':
      evidence.local = { address: event.local, port: event.localPort };
      evidence.remote = event.remote;
      if (event.tried) evidence.tried = event.tried;
      return;
    case 'unreachable':
      evidence.unreachable = event.error;
      return;
    case 'send':
      if (isStep(event.step)) addSent(evidence, event.step);
      if (event.step === 'psync') evidence.psyncSentUs = event.atUs;
      return;
    case 'receive':
      if (isStep(event.step)) {
        evidence.answers.set(event.step, { line: event.line, bytes: event.bytes, verdict: event.verdict });
      }
      if (event.step === 'psync') evidence.psyncTookMs = (event.atUs - (evidence.psyncSentUs ?? 0)) / 1000;
      return;
    case 'keepalive':
      if (event.step === 'psync') evidence.keepalives++;
      return;
    case 'fault': {
      const { step, why, bytes, waitedMs } = event;
      evidence.fault = { step, why, bytes, waitedMs, onlyKeepalives: event.onlyKeepalives === true };
      return;
    }
    case 'close':
      evidence.close = { step: event.step, close: event.close, bytes: event.bytes, atUs: event.atUs };
      return;
    case 'outcome':
      evidence.outcome = event.outcome;
      return;
    case 'snapshot-begin':
    case 'snapshot-end':
    case 'snapshot-fault':
    case 'snapshot-progress':
      return addSnapshot(evidence, event);
    default:
      return addStream(evidence, event);
  }
}

function addSent(evidence: Evidence, step: StepId): void {
  const unanswered = [...evidence.sent].some((other) => !evidence.answers.has(other));
  if (unanswered) evidence.inOneGo = true;
  evidence.sent.add(step);
}

type SnapshotEvent = Extract<VisitEvent, { kind: `snapshot-${string}` }>;

function addSnapshot(evidence: Evidence, event: SnapshotEvent): void {
  switch (event.kind) {
    case 'snapshot-begin':
      evidence.snapshot = { form: event.form, ...(event.length !== undefined && { length: event.length }) };
      return;
    case 'snapshot-end':
      evidence.snapshot = { ...evidence.snapshot, report: event.report, endedUs: event.atUs };
      return;
    case 'snapshot-fault': {
      const { why, bytes, receivedBytes, waitedMs, report } = event;
      const fault = { why, bytes, receivedBytes, waitedMs };
      evidence.snapshot = { ...evidence.snapshot, fault, ...(report && { report }) };
      return;
    }
    case 'snapshot-progress':
      return;
  }
}

type StreamEvent = Extract<VisitEvent, { kind: `stream-${string}` | 'command' }>;
type StreamEvidence = NonNullable<Evidence['stream']>;

function addStream(evidence: Evidence, event: StreamEvent): void {
  const before: StreamEvidence = evidence.stream ?? { commands: 0, bytesRead: 0 };
  evidence.stream = { ...before, ...streamNews(before, event) };
}

function streamNews(before: StreamEvidence, event: StreamEvent): Partial<StreamEvidence> {
  switch (event.kind) {
    case 'stream-begin':
      return { beganUs: event.atUs, ...(event.offset !== undefined && { startOffset: event.offset }) };
    case 'command':
      return commandNews(before, event);
    case 'stream-noise':
      return {
        noise: event.bytes,
        noiseAfter: before.commands,
        ...(event.endsSnapshot === true && { noiseEndsSnapshot: true }),
      };
    case 'stream-fault':
      return { fault: { message: event.message, bytes: event.bytes } };
    case 'stream-end': {
      const lastedMs = (event.atUs - (before.beganUs ?? event.atUs)) / 1000;
      const { why, commands, bytesRead, cutBytes } = event;
      return { end: why, lastedMs, commands, bytesRead, ...(cutBytes !== undefined && { cutBytes }) };
    }
    case 'stream-late':
      return { lateBytes: event.bytesSeen };
  }
}

/** Commands that carry no data, and so need no database. */
const WITHOUT_DATA = ['ping', 'replconf', 'select', 'multi', 'exec'];
/** KeyDB's active replication wraps every command in one of its own. */
const FOREIGN = ['rreplay'];

function commandNews(
  before: StreamEvidence,
  event: Extract<VisitEvent, { kind: 'command' }>,
): Partial<StreamEvidence> {
  const name = event.args[0] ?? EMPTY;
  const writes = !WITHOUT_DATA.some((word) => isWord(name, word));
  const firstWrite = before.firstWrite ?? (writes ? { name, selected: event.db !== undefined } : undefined);
  const hello = isWord(name, 'publish') && event.args[1] === '__sentinel__:hello';
  return {
    commands: before.commands + 1,
    bytesRead: before.bytesRead + event.wireLength,
    portions: addPortions(before.portions ?? NO_PORTIONS, event),
    ...(firstWrite && { firstWrite }),
    ...(before.commands < MAX_HEADS && headNews(before, event)),
    ...(FOREIGN.some((word) => isWord(name, word)) && { foreign: name }),
    ...(hello && { sentinelHello: true }),
  };
}

const MAX_HEADS = 2;

/** Long arguments are cut in the trace: such a command is left out. */
function headNews(
  { heads = [] }: StreamEvidence,
  { args, offset, wireLength }: Extract<VisitEvent, { kind: 'command' }>,
): Partial<StreamEvidence> {
  const bytes = flat(encodeCommand(args));
  if (offset === undefined || bytes.length !== wireLength) return {};
  return { heads: [...heads, { offset: offset - wireLength, bytes }] };
}

/** Whether it is a step of the handshake, with an answer of its own. */
export function isStep(stage: Stage): stage is StepId {
  return stage !== 'snapshot' && stage !== 'stream' && stage !== 'side' && stage !== 'other';
}

/**
 * The last answer of a handshake that ended before PSYNC because none was wanted: all that is known of whether the server would
 * have us. A replica passes over an error there, since the answer to PSYNC decides; here none comes.
 */
export function lastWithoutPsync(
  evidence: Evidence,
): { readonly step: StepId; readonly line: Bytes } | undefined {
  if (evidence.outcome?.kind !== 'introduced') return undefined;
  const last = [...evidence.answers].at(-1);
  return last && { step: last[0], line: last[1].line };
}

/** The line that decided: of the failed step, or of PSYNC. Empty when none came. */
export function decidingLine(evidence: Evidence): Bytes {
  const step = evidence.fault?.step;
  if (step === undefined || !isStep(step)) return EMPTY;
  return evidence.answers.get(step)?.line ?? EMPTY;
}
