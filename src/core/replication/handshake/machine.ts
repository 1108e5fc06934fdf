/**
 * The handshake as a pure function: (state, event) -> (state, messages to send, notes). No clock, no socket, no queue.
 *
 *   connecting --connected--> running --line*--> [held --release-->] running --line--> done
 *        `------------ unreachable / timeout / closed (any state) -------------------^
 *
 * `run.ts` drives it over a channel; the real replica and the `handshake` command share both. Which answers end the
 * attempt, which are ignored, and how PSYNC's answer is read follow redis 7.2.6 replication.c:syncWithMaster and
 * slaveTryPartialResynchronization.
 */
import { ascii, flat, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import {
  stepArgs,
  STEPS,
  SYNC_FALLBACK,
  type HandshakeOptions,
  type PsyncRequest,
  type StepId,
  type StepSpec,
} from './steps.js';

export type HandshakeInput =
  | { readonly type: 'connected' }
  | { readonly type: 'unreachable' }
  /** One line of the master, without its CR LF. A bare LF is the empty line. */
  | { readonly type: 'line'; readonly line: Bytes }
  | { readonly type: 'timeout' }
  | { readonly type: 'closed' }
  /** PSYNC may go out now (`holdPsync`), asking for `psync` instead when that is given. */
  | { readonly type: 'release'; readonly psync?: PsyncRequest }
  /** What came cannot be a line: longer than any, or binary. */
  | { readonly type: 'garbage' };

/** How the handshake ended. */
export type Outcome =
  /** A full sync follows. Both fields are missing when the line was malformed: a replica goes on without a position. */
  | { readonly kind: 'full'; readonly replid?: Bytes; readonly offset?: number; readonly line: Bytes }
  /** The stream follows at once. `replid` is the master's new id, when it told one. */
  | { readonly kind: 'continue'; readonly replid?: Bytes; readonly line: Bytes }
  /** PSYNC was refused for good; with `syncFallback` a `SYNC` is on its way and a snapshot follows. */
  | { readonly kind: 'sync'; readonly line: Bytes }
  /** Everything before PSYNC went through, and no PSYNC was wanted. */
  | { readonly kind: 'introduced' }
  /** The master is in a passing state: try again later. */
  | { readonly kind: 'retry'; readonly line: Bytes }
  | { readonly kind: 'failed'; readonly step: StepId; readonly why: FailWhy; readonly line?: Bytes };

export type FailWhy = 'unreachable' | 'error-reply' | 'unexpected' | 'timeout' | 'closed';

export interface Message {
  readonly step: StepId;
  readonly bytes: Bytes;
  /** The same bytes with secrets masked, and the arguments they encode: for traces. */
  readonly shown: Bytes;
  readonly args: readonly Bytes[];
}

/** What a line meant, for the observer. */
export type Note =
  | { readonly kind: 'ok'; readonly step: StepId }
  /** An error that a replica passes over. */
  | { readonly kind: 'ignored'; readonly step: StepId }
  /** Not what Redis answers, but a replica takes it. */
  | { readonly kind: 'odd'; readonly step: StepId; readonly expected: string }
  | { readonly kind: 'keepalive'; readonly step: StepId }
  | { readonly kind: 'fault'; readonly step: StepId; readonly why: FailWhy };

export type HandshakeState =
  | { readonly phase: 'connecting'; readonly options: HandshakeOptions }
  | {
      readonly phase: 'running';
      readonly options: HandshakeOptions;
      /** Sent and not yet answered, in order. */
      readonly awaiting: readonly StepSpec[];
      readonly todo: readonly StepSpec[];
    }
  /** Everything before PSYNC went through; PSYNC waits to be released. */
  | { readonly phase: 'held'; readonly options: HandshakeOptions; readonly todo: readonly StepSpec[] }
  | { readonly phase: 'done'; readonly options: HandshakeOptions; readonly outcome: Outcome };

export interface Advance {
  readonly state: HandshakeState;
  readonly send: readonly Message[];
  readonly notes: readonly Note[];
}

/** The state before anything was sent. */
export function begin(options: HandshakeOptions): HandshakeState {
  return { phase: 'connecting', options };
}

/** The step whose answer is waited for; `connect` before the first, undefined when done. */
export function currentStep(state: HandshakeState): StepId | undefined {
  switch (state.phase) {
    case 'connecting':
      return 'connect';
    case 'running':
      return state.awaiting[0]?.id;
    case 'held':
      return 'psync';
    case 'done':
      return undefined;
  }
}

/** Takes one event. A state that is `done` stays as it is. */
export function advance(state: HandshakeState, event: HandshakeInput): Advance {
  if (state.phase === 'done') return { state, send: [], notes: [] };
  const step = currentStep(state) ?? 'connect';
  switch (event.type) {
    case 'connected':
      if (state.phase !== 'connecting') return { state, send: [], notes: [] };
      return sendNext({
        phase: 'running',
        options: state.options,
        awaiting: [],
        todo: STEPS.filter((spec) => spec.needed(state.options)),
      });
    case 'unreachable':
      return fail(state, 'connect', 'unreachable');
    case 'timeout':
      return fail(state, step, 'timeout');
    case 'closed':
      return fail(state, step, 'closed');
    case 'garbage':
      return fail(state, step, 'unexpected');
    case 'release':
      return state.phase === 'held' ? release(state, event.psync) : { state, send: [], notes: [] };
    case 'line':
      return state.phase === 'running'
        ? answered(state, event.line)
        : fail(state, step, 'unexpected', event.line);
  }
}

function release(held: Extract<HandshakeState, { phase: 'held' }>, psync?: PsyncRequest): Advance {
  const options: HandshakeOptions = { ...held.options, psync: psync ?? held.options.psync, holdPsync: false };
  const todo = held.todo.filter((spec) => spec.needed(options));
  return sendNext({ phase: 'running', options, awaiting: [], todo });
}

type Running = Extract<HandshakeState, { phase: 'running' }>;

/** Sends the next step, or in a burst the whole introduction; with nothing left the handshake is through. */
function sendNext(state: Running, notes: readonly Note[] = []): Advance {
  const next = state.todo[0];
  if (next === undefined) {
    return {
      state: { phase: 'done', options: state.options, outcome: { kind: 'introduced' } },
      send: [],
      notes,
    };
  }
  if (next.phase === 'psync' && state.options.holdPsync) {
    return { state: { phase: 'held', options: state.options, todo: state.todo }, send: [], notes };
  }
  const together =
    state.options.manner === 'burst' && next.phase === 'introduce'
      ? state.todo.filter((spec) => spec.phase === 'introduce')
      : [next];
  const send = together.map((spec) => message(spec, state.options));
  return {
    state: { ...state, awaiting: together, todo: state.todo.slice(together.length) },
    send,
    notes,
  };
}

function message(spec: StepSpec, options: HandshakeOptions): Message {
  const { args, shown } = stepArgs(spec, options);
  return { step: spec.id, bytes: flat(encodeCommand(args)), shown: flat(encodeCommand(shown)), args: shown };
}

function answered(state: Running, line: Bytes): Advance {
  const [spec, ...rest] = state.awaiting;
  if (spec.phase === 'psync') return psyncAnswered(state, line);
  const verdict = judge(spec, line);
  if (verdict.kind === 'fault') return fail(state, spec.id, verdict.why, line);
  const next: Running = { ...state, awaiting: rest };
  return rest.length > 0 ? { state: next, send: [], notes: [verdict] } : sendNext(next, [verdict]);
}

/** What a line means as the answer to a step before PSYNC. */
export function judge(spec: StepSpec, line: Bytes): Note {
  const expected = spec.id === 'ping' ? '+PONG' : '+OK';
  if (line === expected) return { kind: 'ok', step: spec.id };
  if (line.startsWith('-')) {
    if (spec.onError === 'ignored' || spec.tolerated?.some((prefix) => line.startsWith(prefix))) {
      return { kind: 'ignored', step: spec.id };
    }
    return { kind: 'fault', step: spec.id, why: 'error-reply' };
  }
  if (spec.needsStatus && !line.startsWith('+')) return { kind: 'fault', step: spec.id, why: 'unexpected' };
  return { kind: 'odd', step: spec.id, expected };
}

/** Errors after which a replica tries again instead of falling back to SYNC. */
const TRANSIENT = ['-NOMASTERLINK', '-LOADING'];

function psyncAnswered(state: Running, line: Bytes): Advance {
  const { outcome, note } = readPsyncAnswer(line, state.options.psync);
  if (outcome === undefined) return { state, send: [], notes: [note] };
  const over = done(state, outcome, note);
  if (outcome.kind !== 'sync' || !state.options.syncFallback) return over;
  const sync: Message = { step: 'sync', bytes: SYNC_FALLBACK, shown: SYNC_FALLBACK, args: [ascii('SYNC')] };
  return { ...over, send: [sync] };
}

/** What a line means as the answer to a PSYNC for `asked`; no outcome yet for a keepalive. */
export function readPsyncAnswer(line: Bytes, asked: PsyncRequest): { outcome?: Outcome; note: Note } {
  const step = 'psync';
  const ok: Note = { kind: 'ok', step };
  if (line === '') return { note: { kind: 'keepalive', step } };
  if (line.startsWith('+FULLRESYNC')) {
    return { outcome: { kind: 'full', ...parseFullResync(line), line }, note: ok };
  }
  const why = line.startsWith('-') ? 'error-reply' : 'unexpected';
  const note: Note = { kind: 'fault', step, why };
  if (line.startsWith('+CONTINUE')) {
    // Without a position of our own there is nothing to continue: a replica would resurrect a master it never had.
    if (typeof asked === 'string') return { outcome: { kind: 'failed', step, why, line }, note };
    return { outcome: { kind: 'continue', ...parseContinue(line), line }, note: ok };
  }
  const passing = TRANSIENT.some((prefix) => line.startsWith(prefix));
  return { outcome: { kind: passing ? 'retry' : 'sync', line }, note };
}

/** Length of a replication id. A replica looks at the length alone, never at the digits. */
export const REPLID_LENGTH = 40;

/**
 * Reads `+FULLRESYNC <id> <offset>`. A line that does not split into an id of 40 bytes and an offset gives neither.
 */
export function parseFullResync(line: Bytes): { replid?: Bytes; offset?: number } {
  const first = line.indexOf(' ');
  const second = first < 0 ? -1 : line.indexOf(' ', first + 1);
  if (second < 0 || second - first - 1 !== REPLID_LENGTH) return {};
  const offset = parseSafeInt(ascii(line.slice(second + 1)));
  return offset === undefined ? {} : { replid: ascii(line.slice(first + 1, second)), offset };
}

/** Reads `+CONTINUE [<id>]`; an id of another length than 40 counts as none. */
export function parseContinue(line: Bytes): { replid?: Bytes } {
  const id = line.slice('+CONTINUE '.length);
  return line[9] === ' ' && id.length === REPLID_LENGTH ? { replid: ascii(id) } : {};
}

function done(state: HandshakeState, outcome: Outcome, note: Note): Advance {
  return { state: { phase: 'done', options: state.options, outcome }, send: [], notes: [note] };
}

function fail(state: HandshakeState, step: StepId, why: FailWhy, line?: Bytes): Advance {
  const outcome: Outcome = { kind: 'failed', step, why, ...(line === undefined ? {} : { line }) };
  return done(state, outcome, { kind: 'fault', step, why });
}
