/** The verdict of `inspect --verify` as text and as JSON. Pure. Keys are bytes: in both they are shown quoted as redis-cli does. */
import { quote } from '../../core/base/bytes.js';
import { type Difference, type Verification } from '../../core/inspect/verify.js';
import { formatCount } from '../../core/inspect/units.js';
import { palette, symbols, type Terminal } from '../terminal.js';
import { columns, printable } from '../text.js';

/** For people, ending with a newline. */
export function renderVerification(result: Verification, terminal: Omit<Terminal, 'live'>): string {
  const paint = palette(terminal.color);
  const signs = symbols(terminal.unicode);
  const { first, second, checked, sample, different, unsettled, keys, sameHistory, trouble } = result;
  const among = sample === undefined ? 'keys' : 'keys chosen at random';
  const verdict = {
    equal: paint.green(`${signs.ok} equal: ${formatCount(checked)} ${among} compared`),
    different: paint.red(
      `${signs.fail} different: ${count(different, 'key')} of ${formatCount(checked)} compared`,
    ),
    unknown: paint.yellow(`${signs.warn} could not tell: ${formatCount(checked)} ${among} compared`),
  };
  const history = sameHistory
    ? 'one history: keys that differed were read again at matched offsets'
    : 'no common history: keys that differed were read again';
  const lines = [
    `${printable(first)}  ${keysText(keys.first)}`,
    `${printable(second)}  ${keysText(keys.second)}`,
    history,
    '',
    verdict[result.status],
  ];
  if (trouble !== undefined) lines.push(`  ${printable(trouble)}`);
  if (different > 0) lines.push('', paint.bold('DIFFERENT'), ...differenceLines(result.differences));
  lines.push(...more(different, result.differences.length));
  if (unsettled > 0) {
    const rows = result.unsettledKeys.map(({ db, key, why }) => [place(db), quote(key), printable(why)]);
    lines.push('', paint.bold('UNSETTLED'), ...columns(rows).map((line) => `  ${line}`));
  }
  lines.push(...more(unsettled, result.unsettledKeys.length));
  return `${lines.join('\n')}\n`;
}

function count(n: number, noun: string): string {
  return `${formatCount(n)} ${noun}${n === 1 ? '' : 's'}`;
}

function keysText(keys: number | undefined): string {
  return keys === undefined ? 'number of keys not known' : count(keys, 'key');
}

function place(db: number): string {
  return `db${db}`;
}

function differenceLines(differences: readonly Difference[]): string[] {
  const rows = differences.map(({ db, key, kind, why }) => [place(db), quote(key), kind, printable(why)]);
  return columns(rows).map((line) => `  ${line}`);
}

function more(all: number, listed: number): string[] {
  return all > listed ? [`  and ${formatCount(all - listed)} more`] : [];
}

/** For programs: as it is, with the keys as text. */
export function verificationJson(result: Verification): object {
  const { differences, unsettledKeys, ...rest } = result;
  return {
    ...rest,
    differences: differences.map((each) => ({ ...each, key: quote(each.key, false) })),
    unsettledKeys: unsettledKeys.map((each) => ({ ...each, key: quote(each.key, false) })),
  };
}
