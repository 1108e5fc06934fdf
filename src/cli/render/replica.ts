/**
 * The live view of `replica`, without a terminal: a message from the engine moves the view on and gives the lines to print for
 * good, and the one line below them that moves. Pure; drawn by cli/replica-view.
 *
 *   loading -> connecting -> handshake -> waiting -> snapshot -> streaming       lost: connecting again, the reason is said
 *                                  `---- partial sync ------------^              stopped, master: until REPLICAOF
 */
import { formatBytes, formatCount, formatSeconds } from '../../core/inspect/units.js';
import { hostPort } from '../../core/net/target.js';
import { type LinkEvent } from '../../core/replication/ports.js';
import { type FromEngine, type LinkMessage, type LinkSample } from '../server/messages.js';
import { REFUSED_PASSWORD, WANTED_PASSWORD } from './no-backup.js';
import { palette, symbols, type Terminal } from '../terminal.js';
import { printable, wrap } from '../text.js';
import {
  backupFact,
  factOf,
  formatUs,
  noTally,
  shortIds,
  percent,
  summaryParts,
  tally,
  type Fact,
  type Tally,
} from './replica-facts.js';

type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'loading'; readonly text: string }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'handshake'; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly sinceMs: number }
  | {
      readonly kind: 'snapshot';
      readonly sinceMs: number;
      readonly nowMs: number;
      readonly event: Extract<LinkEvent, { kind: 'snapshot' }>;
    }
  | { readonly kind: 'streaming'; readonly sinceMs: number; readonly offset: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'master' };

/** Everything that the view remembers. */
export interface ReplicaState {
  /** There is one attempt, and whoever shows this says why it failed. */
  readonly once: boolean;
  readonly phase: Phase;
  /** Whom we follow, as host:port. */
  readonly master: string | undefined;
  /** Connected, but not printed yet: what the master is comes with the handshake. */
  readonly connected: LinkMessage | undefined;
  /** The last reason for having no link: said once, however often it repeats. */
  readonly lastReason: string;
  readonly attempts: number;
  /** Facts of an attempt that may be refused yet: printed when data comes, dropped when it ends as the one before it did. */
  readonly held: readonly Fact[];
  readonly sample: LinkSample | undefined;
  readonly commandsPerSecond: number;
  readonly startedMs: number | undefined;
  readonly counts: Tally;
}

export const STARTING: ReplicaState = {
  once: false,
  phase: { kind: 'starting' },
  master: undefined,
  connected: undefined,
  lastReason: '',
  attempts: 0,
  held: [],
  sample: undefined,
  commandsPerSecond: 0,
  startedMs: undefined,
  counts: noTally,
};

/** A wait is explained from this on. */
const LONG_WAIT_MS = 1000;

/** What to draw: lines that stay, and the one that moves. */
export interface Frame {
  readonly state: ReplicaState;
  readonly lines: readonly string[];
  readonly live: LiveLine;
}

export interface LiveLine {
  /** A spinner, or a sign that stands. */
  readonly sign: 'spinner' | 'live' | 'fail';
  readonly text: string;
}

export type ViewMessage = Extract<FromEngine, { type: 'link' | 'sample' | 'loading' | 'ready' | 'backup' }>;

/** The view after `message`. */
export function advance(state: ReplicaState, message: ViewMessage, terminal: Terminal): Frame {
  const moved = move(state, message);
  return {
    state: moved.state,
    lines: moved.facts.flatMap((fact) => factLines(fact, terminal)),
    live: liveLine(moved.state, terminal),
  };
}

/** The last lines: what was done. */
export function farewell({ sample, counts, startedMs }: ReplicaState, terminal: Terminal): string[] {
  if (sample === undefined) return [];
  const parts = summaryParts(sample, counts);
  if (startedMs !== undefined) parts.push(`${formatSeconds((sample.atMs - startedMs) / 1000)} in all`);
  return factLines({ mark: 'info', label: 'summary', text: parts.join(', ') }, terminal);
}

interface Moved {
  readonly state: ReplicaState;
  readonly facts: readonly Fact[];
}

function move(state: ReplicaState, message: ViewMessage): Moved {
  switch (message.type) {
    case 'link':
      return onLink({ ...state, counts: tally(state.counts, message.event) }, message);
    case 'sample':
      return onSample(state, message.sample);
    case 'loading': {
      const { loadedBytes, totalBytes, keys } = message;
      const text = `loading ${percent(loadedBytes, totalBytes)} % of ${formatBytes(totalBytes)}, ${formatCount(keys)} keys`;
      return { state: { ...state, phase: { kind: 'loading', text } }, facts: [] };
    }
    case 'ready':
      return { state, facts: [] };
    case 'backup':
      return { state, facts: [backupFact(message.facts)] };
  }
}

function onLink(before: ReplicaState, message: LinkMessage): Moved {
  const { event, atMs } = message;
  const state = { ...before, startedMs: before.startedMs ?? atMs };
  const fact = factOf(message, '\u00d7');
  switch (event.kind) {
    case 'connecting':
      return onConnecting(state, hostPort(event.host, event.port));
    case 'connected':
      return {
        state: { ...state, connected: message, phase: { kind: 'handshake', sinceMs: atMs } },
        facts: [],
      };
    case 'handshake': {
      const phase = { kind: 'waiting', sinceMs: atMs } as const;
      const connected = connectedFact(state, message.server);
      const next = { ...state, connected: undefined, phase };
      const said = connected.length > 0 || message.server === undefined;
      const handshake = said ? fact! : { ...fact!, text: `${fact!.text} (${printable(message.server)})` };
      const shown = [...connected, handshake];
      // Attempts that are refused are the same each time.
      return state.lastReason === ''
        ? { state: next, facts: shown }
        : { state: { ...next, held: shown }, facts: [] };
    }
    case 'full-sync': {
      const next: ReplicaState = { ...state, phase: { kind: 'waiting', sinceMs: atMs } };
      // SYNC has no answer of its own before the snapshot: it may still be refused.
      const open = state.lastReason !== '' || event.replid === '';
      return open
        ? { state: { ...next, held: [...state.held, fact!] }, facts: [] }
        : { state: next, facts: [fact!] };
    }
    case 'snapshot': {
      const sinceMs = state.phase.kind === 'snapshot' ? state.phase.sinceMs : atMs;
      const phase = { kind: 'snapshot', sinceMs, nowMs: atMs, event } as const;
      return { state: { ...wentWell(state), phase }, facts: state.held };
    }
    case 'partial-sync':
    case 'snapshot-done':
      return { state: wentWell(state), facts: [...state.held, fact!] };
    case 'streaming': {
      const phase = { kind: 'streaming', sinceMs: atMs, offset: event.offset } as const;
      // What was sampled before the link says nothing about it.
      const sample = state.sample && { ...state.sample, behindBytes: undefined };
      return { state: { ...state, phase, sample, commandsPerSecond: 0 }, facts: [] };
    }
    case 'lost':
      return {
        state: { ...state, phase: { kind: 'connecting' } },
        facts: state.once ? [] : [afterHowLong(fact!, state, message)],
      };
    case 'retry':
      return onRetry(state, event.reason, fact!);
    case 'stopped':
      return { state: { ...state, phase: { kind: 'stopped' } }, facts: state.once ? [] : [fact!] };
  }
}

function onConnecting(state: ReplicaState, master: string): Moved {
  const other = state.master !== undefined && state.master !== master;
  const promoted = state.phase.kind === 'master';
  const text = `${master} is followed from now on${other ? ` (before: ${state.master})` : ''}`;
  const facts: Fact[] = other || promoted ? [{ mark: 'info', label: 'REPLICAOF', text }] : [];
  const attempts = facts.length > 0 ? 1 : state.attempts + 1;
  return {
    state: { ...state, master, attempts, held: [], connected: undefined, phase: { kind: 'connecting' } },
    facts,
  };
}

function connectedFact({ connected }: ReplicaState, server: string | undefined): Fact[] {
  const fact = connected && factOf({ ...connected, ...(server !== undefined && { server }) }, '');
  return fact ? [fact] : [];
}

/** Data comes: whatever was wrong before is over. */
function wentWell(state: ReplicaState): ReplicaState {
  return { ...state, held: [], lastReason: '', attempts: 0 };
}

function onRetry(state: ReplicaState, reason: string, fact: Fact): Moved {
  const known = reason === state.lastReason;
  // No full sync came of it.
  const begun = state.held.filter(({ label }) => label !== 'full sync');
  const next: ReplicaState = {
    ...state,
    held: [],
    lastReason: reason,
    connected: undefined,
    phase: { kind: 'connecting' },
  };
  if (known) return { state: next, facts: [] };
  const why = state.once ? [] : [explained(fact, state)];
  return { state: next, facts: [...connectedFact(state, undefined), ...begun, ...why] };
}

/** The reason, with what the person who reads it needs to act: the address, or what to give. */
function explained(fact: Fact, { master }: ReplicaState): Fact {
  const password = WANTED_PASSWORD.test(fact.text)
    ? 'Give its password'
    : REFUSED_PASSWORD.test(fact.text) && 'Give the right one';
  if (password)
    return { ...fact, text: `${fact.text.replace(/\.$/, '')}. ${password}: --masterauth, or REDISCLI_AUTH` };
  return master !== undefined && /Connection refused$/.test(fact.text)
    ? { ...fact, text: `${fact.text} (${master})` }
    : fact;
}

function afterHowLong(fact: Fact, { phase }: ReplicaState, { atMs, offset }: LinkMessage): Fact {
  if (phase.kind !== 'streaming' || offset === undefined) return fact;
  const time = formatSeconds((atMs - phase.sinceMs) / 1000);
  return { ...fact, text: `${fact.text} (at offset ${formatCount(offset)}, after ${time} of streaming)` };
}

function onSample(state: ReplicaState, sample: LinkSample): Moved {
  const last = state.sample;
  const seconds = last === undefined ? 0 : (sample.atMs - last.atMs) / 1000;
  const commandsPerSecond = last && seconds > 0 ? (sample.commands - last.commands) / seconds : 0;
  const next = { ...state, sample, commandsPerSecond };
  // Attempts that end as the one before did are told of once they go on.
  const first = state.lastReason === '';
  if (first && state.phase.kind === 'handshake' && sample.atMs - state.phase.sinceMs >= LONG_WAIT_MS) {
    return { state: { ...next, connected: undefined }, facts: connectedFact(state, undefined) };
  }
  if (sample.state !== 'master' || state.phase.kind === 'master') return { state: next, facts: [] };
  const text = `nobody is followed any more (REPLICAOF NO ONE): a master, after offset ${formatCount(sample.offset)}`;
  return {
    state: { ...next, phase: { kind: 'master' } },
    facts: state.master === undefined ? [] : [{ mark: 'info', label: 'promoted', text }],
  };
}

const LABEL_WIDTH = 11;
/** Times stand at the right, but not further from their fact than this. */
const WIDEST_LINE = 76;

function factLines({ mark, label, text, us }: Fact, terminal: Terminal): string[] {
  const signs = symbols(terminal.unicode);
  const paint = palette(terminal.color);
  const color = { ok: paint.green, fail: paint.red, warn: paint.yellow, info: paint.blue }[mark];
  const sign = signs[mark].padEnd(signWidth(terminal));
  const indent = sign.length + 1 + (label === '' ? 0 : LABEL_WIDTH);
  const [first, ...rest] = wrap(plain(shortIds(text), terminal), Math.max(20, terminal.width - indent));
  const head = `${label === '' ? '' : label.padEnd(LABEL_WIDTH)}${first}`;
  const lines = rest.map((line) => ' '.repeat(indent) + line);
  if (us === undefined) return [`${color(sign)} ${head}`, ...lines];
  const time = formatUs(us);
  const right = Math.min(WIDEST_LINE, terminal.width);
  const gap = right - sign.length - 1 - head.length - time.length;
  return [`${color(sign)} ${head}${' '.repeat(Math.max(2, gap))}${paint.dim(time)}`, ...lines];
}

/** The signs of ASCII are one or two characters wide: one column of two. */
function signWidth({ unicode }: Terminal): number {
  return unicode ? 1 : 2;
}

function plain(text: string, { unicode }: Terminal): string {
  return unicode ? text : text.replaceAll('\u00d7', 'x');
}

function dot({ unicode }: Terminal): string {
  return unicode ? ' \u00b7 ' : ', ';
}

function liveLine(state: ReplicaState, terminal: Terminal): LiveLine {
  const { phase } = state;
  const master = state.master ?? 'the master';
  switch (phase.kind) {
    case 'starting':
      return spin('starting', terminal);
    case 'loading':
      return spin(phase.text, terminal);
    case 'connecting': {
      const again = state.attempts > 1 ? `, attempt ${formatCount(state.attempts)}` : '';
      return spin(`connecting to ${master}${again}${servingStale(state, terminal)}`, terminal);
    }
    case 'handshake':
      return spin(handshakeText(state, master, phase.sinceMs), terminal);
    case 'waiting':
      return spin(`waiting for the snapshot of ${master}${elapsed(state, phase.sinceMs)}`, terminal);
    case 'snapshot':
      return spin(snapshotText(phase, terminal), terminal);
    case 'streaming':
      return { sign: 'live', text: streamingText(state, phase.offset, terminal) };
    case 'stopped':
      return { sign: 'fail', text: stoppedText(state, terminal) };
    case 'master':
      return { sign: 'live', text: masterText(state, terminal) };
  }
}

function spin(text: string, terminal: Terminal): LiveLine {
  return { sign: 'spinner', text: cut(printable(text), terminal) };
}

/** Whole seconds since `sinceMs`, once there is one. */
function elapsed({ sample }: ReplicaState, sinceMs: number): string {
  const ms = (sample?.atMs ?? 0) - sinceMs;
  return ms < LONG_WAIT_MS ? '' : `, ${formatSeconds(Math.floor(ms / 1000))}`;
}

function handshakeText(state: ReplicaState, master: string, sinceMs: number): string {
  const time = elapsed(state, sinceMs);
  const { waitsFor } = state.sample ?? {};
  if (time === '' || waitsFor === undefined) return `handshake with ${master}${time}`;
  const why = waitsFor === 'PSYNC' ? ' (repl-diskless-sync-delay)' : '';
  return `waiting for ${master} to answer ${waitsFor}${time}${why}`;
}

function servingStale({ sample, counts }: ReplicaState, terminal: Terminal): string {
  if (sample === undefined || sample.port === 0 || counts.full + counts.partial === 0) return '';
  return `${dot(terminal)}serving old data on :${sample.port}`;
}

function snapshotText(phase: Extract<Phase, { kind: 'snapshot' }>, terminal: Terminal): string {
  const { receivedBytes, totalBytes, keys } = phase.event;
  const seconds = (phase.nowMs - phase.sinceMs) / 1000;
  const rate = seconds > 0 ? receivedBytes / seconds : 0;
  const speed = rate > 0 ? [`${formatBytes(rate)}/s`] : [];
  const count = `${formatCount(keys)} keys`;
  if (totalBytes === undefined)
    return ['snapshot', [formatBytes(receivedBytes), ...speed, count].join(dot(terminal))].join('   ');
  const left = rate > 0 ? [`${formatSeconds(Math.ceil((totalBytes - receivedBytes) / rate))} left`] : [];
  const part = `${percent(receivedBytes, totalBytes)} % of ${formatBytes(totalBytes)}`;
  return ['snapshot', [part, ...speed, ...left, count].join(dot(terminal))].join('   ');
}

function streamingText(state: ReplicaState, offset: number, terminal: Terminal): string {
  const { sample, commandsPerSecond } = state;
  const label = 'streaming'.padEnd(LABEL_WIDTH);
  if (sample?.behindBytes === undefined) return cut(`${label}${upTo(offset)}`, terminal);
  const ack = sample.ackAgeMs === undefined ? [] : [`ack ${(sample.ackAgeMs / 1000).toFixed(1)} s`];
  const reached = Math.max(offset, sample.offset);
  const parts = [
    `${formatBytes(sample.behindBytes)} behind`,
    `${formatCount(Math.round(commandsPerSecond))} cmd/s`,
  ];
  const short = `up to ${formatCount(reached)}`;
  const brief = [...parts, ...ack, ...serving(sample, '')];
  const wide = [
    upTo(reached),
    ...parts,
    ...ack.map((age) => `${age} ago`),
    ...serving(sample, 'serving reads on '),
  ];
  return fitting([wide, [upTo(reached), ...brief], [short, ...brief], [short, ...parts]], label, terminal);
}

/** Everything of the stream until there is applied here. */
function upTo(offset: number): string {
  return `up to offset ${formatCount(offset)}`;
}

function masterText({ sample }: ReplicaState, terminal: Terminal): string {
  const parts = sample ? [`offset ${formatCount(sample.offset)}`, ...serving(sample, 'serving on ')] : [];
  return fitting([parts], 'master'.padEnd(LABEL_WIDTH), terminal);
}

function stoppedText({ sample }: ReplicaState, terminal: Terminal): string {
  const parts = ['replication has stopped', ...(sample ? serving(sample, 'serving old data on ') : [])];
  return fitting([[...parts, 'REPLICAOF begins anew'], parts], '', terminal);
}

function serving({ port }: LinkSample, words: string): string[] {
  return port === 0 ? [] : [`${words}:${port}`];
}

/** The first of `variants` that fits into a line; the last one cut when none does. */
function fitting(variants: readonly (readonly string[])[], label: string, terminal: Terminal): string {
  const lines = variants.map((parts) => label + parts.join(dot(terminal)));
  const room = roomOf(terminal);
  return lines.find((line) => line.length <= room) ?? cut(lines[lines.length - 1], terminal);
}

/** One line: a longer one would be two, and would leave its first half behind when the window shrinks. */
function cut(text: string, terminal: Terminal): string {
  const room = roomOf(terminal);
  if (text.length <= room) return text;
  const { dots } = symbols(terminal.unicode);
  return text.slice(0, Math.max(0, room - dots.length)) + dots;
}

/** Columns for the text behind the sign; the last column stays empty. */
function roomOf({ width }: Terminal): number {
  return width - 3;
}
