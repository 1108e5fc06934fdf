/**
 * What an examination could not look at because INFO was missing, refused or incomplete: said in one note at the end, so that
 * "nothing was found" is not taken for "nothing is there". Pure; the examiner tells when INFO was asked for.
 */
import { findField, type ParsedSection } from '../info/parse.js';
import { type Outcome } from '../replication/handshake/machine.js';
import { type PsyncRequest } from '../replication/handshake/steps.js';
import { type InfoAnswer } from './master-facts.js';

/** The checks, in the order in which they are named. */
const CHECKS = {
  server: 'what the server says of itself',
  'who-counts-us': 'whether a Sentinel or min-replicas-to-write counts us',
  position: 'why the position was not continued',
  listing: 'how it lists us',
  offset: 'whether its own id and offset agree with what it told',
  reconnect: 'whether it would continue a lost link',
} as const;

export type Check = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as Check[];

/** Field of a `note`. */
export interface Unchecked {
  readonly checks: readonly Check[];
  /** What was wrong with INFO, as the end of a sentence that begins with "INFO". */
  readonly info: string;
}

export interface InfoAsked {
  /** Before PSYNC, or after a refusal. */
  readonly before?: InfoAnswer;
  /** After the snapshot and the stream. */
  readonly after?: InfoAnswer;
  readonly outcome: Outcome;
  readonly psync: PsyncRequest;
  readonly psyncSent: boolean;
}

/** What was not looked at; undefined when nothing was left out for want of INFO. */
export function uncheckedOf({ before, after, outcome, psync, psyncSent }: InfoAsked): Unchecked | undefined {
  const { kind } = outcome;
  const checks: Check[] = [];
  if (before && !before.info) {
    if (kind === 'sync' || kind === 'failed' || kind === 'retry') checks.push('server');
    if (psyncSent) checks.push('who-counts-us');
    if (kind === 'full' && typeof psync !== 'string') checks.push('position');
  }
  const lacks = after && lacking(after);
  if (after && !after.info) checks.push('listing');
  if (lacks !== undefined) checks.push('offset', ...(kind === 'full' ? (['reconnect'] as const) : []));
  if (checks.length === 0) return undefined;
  const first = before && !before.info ? before.why : undefined;
  return { checks, info: first ?? lacks ?? 'was not answered' };
}

/** What is wrong with INFO for whoever compares positions. */
function lacking({ info, why }: InfoAnswer): string | undefined {
  if (info === undefined) return why;
  const missing = ['master_replid', 'master_repl_offset'].filter((name) => !hasField(info, name));
  return missing.length === 0 ? undefined : `has no ${missing.join(' and no ')}`;
}

function hasField(info: readonly ParsedSection[], name: string): boolean {
  return findField(info, name) !== undefined;
}

/** The note in words. */
export function uncheckedText({ checks, info }: Unchecked): string {
  return `not checked: ${checks.map((check) => CHECKS[check]).join(', ')} (INFO ${info})`;
}
