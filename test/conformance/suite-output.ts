/**
 * Reads what the official suite prints and says, for one unit, which tests passed, failed, were skipped, and whether the
 * unit came to its end. Pure: text in, facts out.
 *
 * The suite prints one line per event, `[ok]: name (3 ms)`, `[err]: name in tests/unit/x.tcl` with the message on the
 * lines below, `[skip]: name`, `[ignore]: why`, `[exception]: …` before it gives up, and `[1/1 done]: unit (2 seconds)`.
 */

export interface FailedTest {
  readonly name: string;
  readonly message: string;
}

export interface UnitOutput {
  readonly passed: readonly string[];
  readonly failed: readonly FailedTest[];
  /** Skipped by name: the list of tests that cannot apply. */
  readonly skipped: readonly string[];
  /** Why the unit ended early; undefined when it was run to its end. */
  readonly aborted: string | undefined;
}

const MAX_MESSAGE_LINES = 6;
/** `s`: an error of the server that is quoted may hold a carriage return. */
const EVENT = /^\[(ok|err|skip|ignore|exception|TIMEOUT|\d+\/\d+ done)\]: (.*)$/s;
// eslint-disable-next-line no-control-regex -- the suite colours its output on some terminals
const COLOUR = /\x1b\[[0-9;]*m/g;

/** The facts of one unit's run. `text` is everything the suite wrote. */
export function parseUnitOutput(text: string): UnitOutput {
  const passed: string[] = [];
  const failed: FailedTest[] = [];
  const skipped: string[] = [];
  let aborted: string | undefined;
  let done = false;
  for (const { kind, lines } of events(text.replace(COLOUR, ''))) {
    if (kind === 'ok') passed.push(lines[0].replace(/ \(\d+ ms\)$/, ''));
    else if (kind === 'err') failed.push(failure(lines));
    else if (kind === 'skip') skipped.push(lines[0]);
    else if (kind === 'exception') aborted = message(lines);
    else if (kind === 'TIMEOUT') aborted = 'no progress before the timeout';
    else if (kind.endsWith('done')) done = true;
  }
  if (!done) aborted ??= 'the suite ended without finishing the unit';
  return { passed, failed, skipped, aborted };
}

/** Each event with the lines that belong to it. */
function events(text: string): { kind: string; lines: string[] }[] {
  const out: { kind: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const match = EVENT.exec(line);
    if (match !== null) out.push({ kind: match[1], lines: [match[2]] });
    else out[out.length - 1]?.lines.push(line);
  }
  return out;
}

function failure(lines: readonly string[]): FailedTest {
  const name = lines[0].replace(/ in tests\/\S+\.tcl$/, '');
  return { name, message: message(lines.slice(1)) };
}

function message(lines: readonly string[]): string {
  return lines
    .filter((line) => line.trim() !== '')
    .slice(0, MAX_MESSAGE_LINES)
    .join('\n');
}
