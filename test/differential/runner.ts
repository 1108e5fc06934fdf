/**
 * The differential run: draws cases from a seed, runs each on both servers, and reports differences with the shortest
 * reproduction it can find. Called by the command line (main.ts) and by the interop test.
 */
import { RespConnection } from '../support/resp-connection.js';
import { filterRows, makeCase, type Request } from './cases.js';
import { type CommandRow, type Family } from './generator.js';
import { Tally } from './tally.js';
import { runCase, shrink, type Difference, type Pair } from './lockstep.js';

export interface RunOptions {
  readonly seed: number;
  /** Commands in all. */
  readonly count: number;
  /** Commands per case. */
  readonly caseLength: number;
  readonly families: readonly Family[];
  readonly resp3: boolean;
  /** Differences to collect before the run ends. */
  readonly maxDifferences: number;
  /** No new case begins after this many milliseconds. */
  readonly budgetMs?: number;
  readonly onProgress?: (commands: number) => void;
}

export interface FoundDifference {
  readonly caseIndex: number;
  readonly difference: Difference;
  /** Undefined when running the prefix again showed no difference. */
  readonly shortest: { readonly requests: readonly Request[]; readonly difference: Difference } | undefined;
}

export interface RunResult {
  readonly commands: number;
  readonly cases: number;
  /** The first of each kind: kinds are told apart by the command that a reproduction ends with. */
  readonly differences: readonly FoundDifference[];
  /** Cases that differed in a kind already found. */
  readonly repeated: number;
  /** Commands of the families that the server under test does not know: each is a fault. */
  readonly missing: readonly string[];
  /** Commands that only prepare keys of other types and are not known yet. */
  readonly notPrepared: readonly string[];
  /** How the commands were compared. */
  readonly tally: Tally;
  /** Drawn only against a newer peer. */
  readonly tooNew: readonly string[];
}

/** Runs `count` commands, or as many as fit the budget. Throws when a server cannot be reached between cases. */
export async function runDifferential(pair: Pair, options: RunOptions): Promise<RunResult> {
  const known = await probe(pair, options.families);
  const startedAtMs = Date.now();
  const differences: FoundDifference[] = [];
  const kinds = new Set<string>();
  const tally = new Tally();
  let repeated = 0;
  let drawn = 0;
  let commands = 0;
  let cases = 0;
  while (commands < options.count && differences.length < options.maxDifferences) {
    if (options.budgetMs !== undefined && Date.now() - startedAtMs > options.budgetMs) break;
    const length = Math.min(options.caseLength, options.count - commands);
    const requests = makeCase(options.seed, cases, length, {
      ...options,
      families: known.families,
      startedAtMs,
    });
    drawn += requests.length;
    const difference = await runCase(pair, requests, tally);
    if (difference !== undefined) {
      const shortest = await shrink(pair, requests, difference);
      const kind = kindOf(shortest?.requests.at(-1) ?? requests[difference.index]);
      if (kinds.has(kind)) repeated++;
      else differences.push({ caseIndex: cases, difference, shortest });
      kinds.add(kind);
    }
    commands = drawn - tally.leftOut;
    cases++;
    options.onProgress?.(commands);
  }
  const { missing, notPrepared, tooNew } = known;
  return { commands, cases, differences, repeated, missing, notPrepared, tally, tooNew };
}

function kindOf(request: Request | undefined): string {
  return request === undefined ? 'data' : request[0].toUpperCase();
}

/** Which rows can be drawn: asks the server under test for each command without arguments. */
async function probe(
  pair: Pair,
  families: readonly Family[],
): Promise<Pick<RunResult, 'missing' | 'notPrepared' | 'tooNew'> & { families: Family[] }> {
  const unknown = new Set<string>();
  for (const row of families.flatMap((family) => family.rows)) {
    if (row.command === 'NOSUCHCOMMAND') continue;
    const connection = await RespConnection.connect(pair.ours.port);
    const answer = await connection.send(row.command);
    connection.close();
    if (answer.type === 'error' && answer.text.startsWith('ERR unknown command')) unknown.add(row.command);
  }
  const isTooNew = ({ since = [0, 0] }: CommandRow): boolean =>
    pair.peerVersion[0] < since[0] || (pair.peerVersion[0] === since[0] && pair.peerVersion[1] < since[1]);
  const names = (rows: readonly CommandRow[]): string[] => [...new Set(rows.map((row) => row.command))];
  const unknownIn = (optional: boolean): string[] =>
    names(
      families.filter((family) => (family.optional ?? false) === optional).flatMap((family) => family.rows),
    ).filter((command) => unknown.has(command));
  return {
    families: filterRows(families, (row) => !unknown.has(row.command) && !isTooNew(row)),
    missing: unknownIn(false),
    notPrepared: unknownIn(true),
    tooNew: names(families.flatMap((family) => family.rows).filter(isTooNew)),
  };
}
