/** The result of a differential run as text. */
import { showRequest } from './lockstep.js';
import { type FoundDifference, type RunResult } from './runner.js';

const MAX_LINE_CHARS = 600;

/** What was run, what was left out and why, and each difference with its reproduction. */
export function renderResult(result: RunResult, seed: number): string {
  const lines = [
    `${result.commands} commands in ${result.cases} cases, seed ${seed}: ` +
      `${result.differences.length} kinds of difference, ${result.missing.length} commands missing`,
  ];
  lines.push(result.tally.toString());
  if (result.repeated > 0) lines.push(`${result.repeated} more cases differed in these kinds`);
  if (result.missing.length > 0) lines.push(`missing in the server under test: ${result.missing.join(' ')}`);
  if (result.notPrepared.length > 0)
    lines.push(`types not made, unknown command: ${result.notPrepared.join(' ')}`);
  if (result.tooNew.length > 0) lines.push(`forms left out, newer than the peer: ${result.tooNew.join(' ')}`);
  for (const found of result.differences) lines.push('', ...renderDifference(found, seed));
  return lines.join('\n');
}

function renderDifference({ caseIndex, difference, shortest }: FoundDifference, seed: number): string[] {
  const lines = [
    `seed ${seed}, case ${caseIndex}, command ${difference.index}: ${clip(difference.request)}`,
    `  ${difference.why}`,
    `  ours: ${clip(difference.ours)}`,
    `  peer: ${clip(difference.peer)}`,
  ];
  if (shortest === undefined) return [...lines, '  not seen again when the same commands were run alone'];
  lines.push(`  shortest reproduction, ${shortest.requests.length} commands:`);
  for (const request of shortest.requests) lines.push(`    ${clip(showRequest(request))}`);
  if (shortest.difference.request !== difference.request || shortest.difference.ours !== difference.ours) {
    lines.push(`  there: ${clip(shortest.difference.request)}: ${shortest.difference.why}`);
    lines.push(`  ours: ${clip(shortest.difference.ours)}`, `  peer: ${clip(shortest.difference.peer)}`);
  }
  return lines;
}

function clip(text: string): string {
  return text.length <= MAX_LINE_CHARS ? text : `${text.slice(0, MAX_LINE_CHARS)}… (${text.length} chars)`;
}
