/**
 * Evidence: what a visit's events prove, gathered into one record that the rules read. The casebook keeps one for each
 * visit, and adds what probes found. Bounded: of the stream only counts are kept.
 */
import { type ChannelClose, type ChannelError } from '../base/byte-channel.js';
import { EMPTY, type Bytes } from '../base/bytes.js';
import { type FailWhy, type Outcome } from '../replication/handshake/machine.js';
import {
  type SnapshotFault,
  type Stage,
  type Verdict,
  type VisitEvent,
} from '../replication/handshake/observer.js';
import { type PsyncRequest, type StepId } from '../replication/handshake/steps.js';
import { type SnapshotReport } from '../replication/snapshot-check.js';

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

/** What confirming probes found; absent when a probe was not made. */
export interface ProbeResults {
  /** The port the other way round: did it answer PING? */
  otherTls?: 'answers' | 'silent';
  /** A second handshake that announced its own source port. */
  ownPort?: { readonly port: number; readonly accepted: boolean; readonly line: Bytes };
  /** A later PSYNC for the position reached. */
  reconnect?: { readonly line: Bytes; readonly outcome: Outcome };
  /** master_repl_offset after the stream was read. */
  masterOffset?: number;
  /** Why a probe of the current position was not possible. */
  probeImpossible?: string;
}

export interface Evidence {
  readonly asked: Asked;
  local?: { readonly address: string; readonly port: number };
  remote?: string;
  unreachable?: ChannelError;
  readonly answers: Map<StepId, Answer>;
  readonly sent: Set<StepId>;
  fault?: { readonly step: Stage; readonly why: FailWhy; readonly bytes: Bytes; readonly waitedMs: number };
  close?: { readonly step: Stage; readonly close: ChannelClose; readonly bytes: Bytes };
  outcome?: Outcome;
  keepalives: number;
  snapshot?: {
    readonly form?: 'length' | 'eof';
    readonly length?: number;
    readonly report?: SnapshotReport;
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
    readonly fault?: { readonly message: string; readonly bytes: Bytes };
  };
  readonly probes: ProbeResults;
}

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
      return;
    case 'unreachable':
      evidence.unreachable = event.error;
      return;
    case 'send':
      if (isStep(event.step)) evidence.sent.add(event.step);
      return;
    case 'receive':
      if (isStep(event.step)) {
        evidence.answers.set(event.step, { line: event.line, bytes: event.bytes, verdict: event.verdict });
      }
      return;
    case 'keepalive':
      evidence.keepalives++;
      return;
    case 'fault':
      evidence.fault = { step: event.step, why: event.why, bytes: event.bytes, waitedMs: event.waitedMs };
      return;
    case 'close':
      evidence.close = { step: event.step, close: event.close, bytes: event.bytes };
      return;
    case 'outcome':
      evidence.outcome = event.outcome;
      return;
    case 'snapshot-begin':
      evidence.snapshot = { form: event.form, ...(event.length !== undefined && { length: event.length }) };
      return;
    case 'snapshot-end':
      evidence.snapshot = { ...evidence.snapshot, report: event.report };
      return;
    case 'snapshot-fault':
      evidence.snapshot = {
        ...evidence.snapshot,
        fault: {
          why: event.why,
          bytes: event.bytes,
          receivedBytes: event.receivedBytes,
          waitedMs: event.waitedMs,
        },
        ...(event.report && { report: event.report }),
      };
      return;
    case 'stream-begin':
      evidence.stream = {
        commands: 0,
        bytesRead: 0,
        ...(event.offset !== undefined && { startOffset: event.offset }),
      };
      return;
    case 'stream-noise':
      evidence.stream = { commands: 0, bytesRead: 0, ...evidence.stream, noise: event.bytes };
      return;
    case 'stream-fault':
      evidence.stream = {
        commands: 0,
        bytesRead: 0,
        ...evidence.stream,
        fault: { message: event.message, bytes: event.bytes },
      };
      return;
    case 'stream-end':
      evidence.stream = {
        ...evidence.stream,
        commands: event.commands,
        bytesRead: event.bytesRead,
      };
      return;
    case 'command':
    case 'snapshot-progress':
      return;
  }
}

/** Whether it is a step of the handshake, with an answer of its own. */
export function isStep(stage: Stage): stage is StepId {
  return stage !== 'snapshot' && stage !== 'stream' && stage !== 'side' && stage !== 'other';
}

/** The line that decided: of the failed step, or of PSYNC. Empty when none came. */
export function decidingLine(evidence: Evidence): Bytes {
  const step = evidence.fault?.step;
  if (step === undefined || !isStep(step)) return EMPTY;
  return evidence.answers.get(step)?.line ?? EMPTY;
}
