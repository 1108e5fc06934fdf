/** The verdict of `inspect --verify` as text and as JSON. Pure. Keys are bytes: in both they are shown quoted as redis-cli does. */
import { quote } from '../../core/base/bytes.js';
import { type Difference, type Verification } from '../../core/inspect/verify.js';
import { formatCount } from '../../core/inspect/units.js';
import { palette, symbols, type Terminal } from '../terminal.js';
import { columns, printable, wrap } from '../text.js';

const MEND =
  'To mend it where one is a replica of the other: let that replica copy everything anew, with REPLICAOF NO ONE and then REPLICAOF HOST ' +
  'PORT there. The first gives it a history of its own, so that the second is a full sync; it drops what only the replica has, and ' +
  'serves old data until it ends.';

/** For people, ending with a newline. */
export function renderVerification(result: Verification, terminal: Omit<Terminal, 'live'>): string {
  const paint = palette(terminal.color);
  const signs = symbols(terminal.unicode);
  const { first, second, checked, different, unsettled, keys, sameHistory, trouble } = result;
  const among = amongAll(result);
  const verdict = {
    equal: paint.green(`${signs.ok} equal: ${among}`),
    different: paint.red(
      `${signs.fail} different: ${count(different, 'key')} of ${formatCount(checked)} compared`,
    ),
    unknown: paint.yellow(`${signs.warn} could not tell: ${among}`),
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
    ...sampleLines(result)
      .flatMap((line) => wrap(line, terminal.width - 2))
      .map((line) => `  ${line}`),
  ];
  if (trouble !== undefined) lines.push(`  ${printable(trouble)}`);
  if (different > 0) lines.push('', paint.bold('DIFFERENT'), ...differenceLines(result.differences));
  lines.push(...more(different, result.differences.length));
  if (different > 0) lines.push('', ...wrap(MEND, terminal.width));
  if (unsettled > 0) {
    const rows = result.unsettledKeys.map(({ db, key, why }) => [place(db), quote(key), printable(why)]);
    lines.push('', paint.bold('UNSETTLED'), ...columns(rows).map((line) => `  ${line}`));
  }
  lines.push(...more(unsettled, result.unsettledKeys.length));
  return `${lines.join('\n')}\n`;
}

const most = ({ keys }: Verification) => Math.max(keys.first ?? 0, keys.second ?? 0);

/** `1,000 of 120,000 keys compared, chosen at random` */
function amongAll(result: Verification): string {
  const { checked, detects, keys, status } = result;
  if (status === 'equal' && checked === 0 && keys.first === 0 && keys.second === 0)
    return 'both servers are empty, there was nothing to compare';
  if (!detects) return `${count(checked, 'key')} compared`;
  return `${formatCount(checked)} of ${count(most(result), 'key')} compared, chosen at random`;
}

/** What a sample can tell, and what it cannot. */
function sampleLines(result: Verification): string[] {
  const { sample, detects, checked, different, status } = result;
  if (sample === undefined) return [];
  if (!detects) return ['These are all: --sample asked for as many, or more.'];
  const all = most(result);
  if (status === 'different') {
    const about = Math.round((different / Math.max(1, checked)) * all);
    return [
      `Of ${count(all, 'key')} that were not all looked at: about ${formatCount(about)} differ, if the sample is like the rest. Without --sample ` +
        'all are compared, and named.',
    ];
  }
  const certain = `${Math.round(detects.certainty * 100)} %`;
  if (detects.keys > all) {
    return [`So few keys tell little: a larger --sample, or none, does.`];
  }
  const share = percent(detects.keys / all);
  return [
    `If ${formatCount(detects.keys)} keys or more differed (${share}), it would have shown with ${certain} certainty; fewer may have been ` +
      'missed. Without --sample all are compared.',
  ];
}

/** Two digits that count: `0.92 %`, `12 %`. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
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
