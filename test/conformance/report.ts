/** The conformance table: data of the baseline, results kept between runs, and their rendering as Markdown. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type FailedTest, type UnitOutput } from './suite-output.js';

export const MODES = ['one-server', 'spawning'] as const;
export type Mode = (typeof MODES)[number];

/** What one unit came to. */
export interface UnitResult {
  readonly passed: number;
  readonly failed: readonly FailedBecause[];
  readonly notApplicable: readonly string[];
  /** Left out until what they need is there; absent in results of runs that left none out. */
  readonly waiting?: readonly string[];
  /** Why it ended early. */
  readonly aborted?: string;
}

export interface FailedBecause {
  readonly name: string;
  readonly reason: string;
}

export type Baseline = Readonly<Record<Mode, Readonly<Record<string, number>>>>;
export type Results = Readonly<Record<Mode, Readonly<Record<string, UnitResult>>>>;

/** A test that is left out by name. */
export interface LeftOut {
  readonly unit: string;
  readonly test: string;
  readonly reason: string;
}

/** Why tests fail that do not say it themselves: they follow from others, or fail far from the cause. */
export interface KnownFailure {
  readonly unit: string;
  readonly tests: readonly string[];
  readonly reason: string;
}

const here = (name: string): URL => new URL(name, import.meta.url);

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(here('baseline.json'), 'utf8')) as Baseline;
}

export function readNotApplicable(): LeftOut[] {
  return JSON.parse(readFileSync(here('not-applicable.json'), 'utf8')) as LeftOut[];
}

/** Tests that need what is not built yet: they are left out, so that what follows them is not spoilt, and count as failed. */
export function readWaiting(): LeftOut[] {
  return JSON.parse(readFileSync(here('waiting.json'), 'utf8')) as LeftOut[];
}

export function readKnownFailures(): KnownFailure[] {
  return JSON.parse(readFileSync(here('known-failures.json'), 'utf8')) as KnownFailure[];
}

/** The results of earlier runs, so that a run of some units keeps the figures of the others. */
export function readResults(): Results {
  try {
    return JSON.parse(readFileSync(here('results.json'), 'utf8')) as Results;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { 'one-server': {}, spawning: {} };
    throw error;
  }
}

export function writeResults(results: Results): void {
  writeFileSync(here('results.json'), JSON.stringify(results, null, 2) + '\n');
}

export function toResult(
  unit: string,
  output: UnitOutput,
  known: readonly KnownFailure[],
  waiting: readonly LeftOut[] = [],
): UnitResult {
  const { passed, failed, skipped, aborted } = output;
  const waits = (name: string): boolean =>
    waiting.some((entry) => entry.unit === unit && entry.test === name);
  return {
    passed: passed.length,
    failed: failed.map((test) => ({ name: test.name, reason: failureReason(unit, test, known) })),
    notApplicable: skipped.filter((name) => !waits(name)),
    waiting: skipped.filter(waits),
    ...(aborted === undefined ? {} : { aborted }),
  };
}

/** Tests of the baseline that neither passed nor are on a list: what an abort left unrun counts as failed. */
export function failedCount(result: UnitResult, baseline: number): number {
  return Math.max(
    result.failed.length,
    baseline - result.passed - result.notApplicable.length - waitingCount(result),
  );
}

function waitingCount({ waiting = [] }: UnitResult): number {
  return waiting.length;
}

/** A unit's row: `unit | passed | failed | not applicable | waiting | baseline | % of it | % of it without those that wait or cannot apply`. */
export function unitRow(unit: string, result: UnitResult | undefined, baseline: number): string {
  if (result === undefined) return `| ${unit} | not run | | | | ${baseline} | | |`;
  const failed = failedCount(result, baseline);
  const unrun = failed - result.failed.length;
  const failedText = unrun > 0 ? `${failed} (${unrun} not run)` : String(failed);
  const waiting = waitingCount(result);
  const cells = [unit, result.passed, failedText, result.notApplicable.length, waiting, baseline];
  return `| ${cells.join(' | ')} | ${percent(result.passed, baseline)} | ${percent(result.passed, baseline - waiting - result.notApplicable.length)} |`;
}

const HEAD =
  '| unit | passed | failed | not applicable | waiting | redis 7.2.6 passes | share | of those left in |\n' +
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |';

/** The whole page. */
export function renderPage(
  results: Results,
  baseline: Baseline,
  list: readonly LeftOut[],
  waiting: readonly LeftOut[],
): string {
  const out = [
    '# Conformance',
    '',
    'The test-suite of the Redis 7.2.6 source tree, run with `redis-ts serve` in place of `redis-server` (`npm run',
    'conformance`). The share is what passes here of what a real 7.2.6 passes; a test that an abort left unrun counts as',
    'failed. Without the tag `slow` (but unit/querybuf, which has no others) and the cluster units. Units without a test in a mode',
    'are left out. Run with `--durable`: a test that needs a command that is not there does not end its unit.',
    'Tests that need scripts, functions or the append-only file wait for those: they are left out by name, listed below, and count in',
    'the first share as failed. The second share is of the tests that are left in.',
  ];
  for (const mode of MODES) {
    out.push('', `## ${mode === 'spawning' ? 'Spawning its own servers' : 'Against one running server'}`, '');
    out.push(modeTable(results[mode], baseline[mode]));
    out.push(...failures(results[mode]));
  }
  out.push(...leftOut('Tests that wait', waiting), ...leftOut('Tests that cannot apply', list));
  return out.join('\n') + '\n';
}

function leftOut(title: string, list: readonly LeftOut[]): string[] {
  const rows = list.map(({ unit, test, reason }) => `| ${unit} | ${cell(test)} | ${cell(reason)} |`);
  return ['', `## ${title} (${list.length})`, '', '| unit | test | reason |', '| --- | --- | --- |', ...rows];
}

/** One mode's table, a total at its end. */
export function modeTable(
  results: Readonly<Record<string, UnitResult>>,
  baseline: Readonly<Record<string, number>>,
): string {
  const units = Object.keys(baseline).filter((unit) => baseline[unit] > 0);
  const rows = units.map((unit) => unitRow(unit, results[unit], baseline[unit]));
  const counted = units.filter((unit) => unit in results);
  const sum = (of: (unit: string) => number): number => counted.reduce((total, unit) => total + of(unit), 0);
  const passed = sum((unit) => results[unit].passed);
  // More than the baseline in one unit makes up for nothing in another.
  const share = sum((unit) => Math.min(results[unit].passed, baseline[unit]));
  const whole = sum((unit) => baseline[unit]);
  const failed = sum((unit) => failedCount(results[unit], baseline[unit]));
  const notApplicable = sum((unit) => results[unit].notApplicable.length);
  const waiting = sum((unit) => waitingCount(results[unit]));
  const label = `${counted.length} of ${units.length} units run`;
  rows.push(
    `| ${[label, passed, failed, notApplicable, waiting, whole, percent(share, whole), percent(share, whole - waiting - notApplicable)].map((text) => `**${text}**`).join(' | ')} |`,
  );
  return [HEAD, ...rows].join('\n');
}

function failures(results: Readonly<Record<string, UnitResult>>): string[] {
  const out: string[] = [];
  for (const [unit, result] of Object.entries(results)) {
    if (result.failed.length === 0 && result.aborted === undefined) continue;
    out.push('', `### ${unit}`, '');
    // Some tests are run for several encodings under one name.
    const reasons = new Map(result.failed.map(({ name, reason }) => [name, reason]));
    for (const [name, reason] of reasons) out.push(`- ${cell(name)}: ${cell(reason)}`);
    if (result.aborted !== undefined) out.push(`- ended early: ${cell(result.aborted)}`);
  }
  return out.length === 0 ? [] : ['', 'What failed:', ...out];
}

const MISSING_COMMAND = /unknown command '([^']*)'/;
const MISSING_SUBCOMMAND =
  /unknown subcommand (?:or wrong number of arguments for )?'([^']*)'\. Try (\S+) HELP/;

/** One line: what a test lacks, as far as its message or the list of known failures tells. */
export function failureReason(
  unit: string,
  { name, message }: FailedTest,
  known: readonly KnownFailure[],
): string {
  const listed = known.find((entry) => entry.unit === unit && entry.tests.includes(name));
  if (listed !== undefined) return listed.reason;
  const command = MISSING_COMMAND.exec(message);
  if (command !== null) return `needs ${command[1].toUpperCase()}`;
  const sub = MISSING_SUBCOMMAND.exec(message);
  if (sub !== null) return `needs ${sub[2]} ${sub[1].toUpperCase()}`;
  return message.split('\n')[0];
}

function percent(passed: number, baseline: number): string {
  return baseline === 0 ? '' : `${((100 * Math.min(passed, baseline)) / baseline).toFixed(1)} %`;
}

/** Text that fits one cell or list item. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').slice(0, 300);
}
