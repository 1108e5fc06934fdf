/**
 * Makes cases: lists of commands drawn from the families by a seed. A case begins on empty servers with new connections,
 * so it can be run again alone, whole or in part.
 */
import { Generator, type CommandRow, type Family } from './generator.js';

export type Request = readonly string[];

export interface CaseOptions {
  readonly families: readonly Family[];
  readonly startedAtMs: number;
  readonly resp3: boolean;
  /** Put behind most names of keys. */
  readonly keySuffix?: string;
}

const WRONG_ARITY = 0.02;
/** Odd constants that spread seeds and case numbers over 32 bits. */
const SEED_SPREAD = 0x9e3779b1;
const INDEX_SPREAD = 0x85ebca6b;

/** Case number `index` of run `seed`: `length` requests, the same on every call. */
export function makeCase(seed: number, index: number, length: number, options: CaseOptions): Request[] {
  const g = new Generator(
    Math.imul(seed, SEED_SPREAD) + Math.imul(index + 1, INDEX_SPREAD),
    options.startedAtMs,
    options.keySuffix,
  );
  const requests: Request[] = options.resp3 ? [['HELLO', '3']] : [];
  while (requests.length < length) requests.push(draw(g, options.families));
  return requests;
}

function draw(g: Generator, families: readonly Family[]): Request {
  const row = g.weighted(g.weighted(families).rows);
  const args = [...row.args(g)];
  if (g.chance(WRONG_ARITY)) {
    if (args.length > 0 && g.chance(0.6)) {
      if (!row.needsAll) args.pop();
    } else if (!row.endsInTimeout) args.push(g.value());
  }
  return [g.spelling(row.command), ...args];
}

/** The families without the rows that `keep` refuses; a family left empty is dropped. */
export function filterRows(families: readonly Family[], keep: (row: CommandRow) => boolean): Family[] {
  return families
    .map((family) => ({ ...family, rows: family.rows.filter(keep) }))
    .filter((family) => family.rows.length > 0);
}
