/**
 * The order of SORT: elements weighed by themselves or by what BY finds, as numbers or as text.
 *
 * Equal numbers are told apart by the bytes of the elements; equal texts stay in the order in which they came. Text is compared as C
 * strings, up to a NUL byte, unless the result is stored. Source: redis 7.2.6 sort.c:sortCompare.
 */
import { compareBytes, type Bytes } from '../../base/bytes.js';
import { parseDouble } from '../../base/numbers.js';
import { type StringValue, stringBytes } from '../../store/types/value.js';
import { type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';
import { valueFor, type SortPattern } from './sort-pattern.js';

const NOT_DOUBLE = new ReplyError("ERR One or more scores can't be converted into double");
const BLANKS = /^[\t-\r ]+/;

export interface Ordering {
  readonly by: SortPattern | undefined;
  readonly alpha: boolean;
  readonly descending: boolean;
  /** Compares text beyond a NUL byte. */
  readonly wholeBytes: boolean;
}

/** The elements in order. Throws when one has no number to be sorted by. */
export function inOrder(ctx: CommandContext, elements: readonly Bytes[], ordering: Ordering): Bytes[] {
  return ordering.alpha ? byText(ctx, elements, ordering) : byNumber(ctx, elements, ordering);
}

interface Weighed<W> {
  readonly element: Bytes;
  readonly weight: W;
}

function sorted<W>(
  weighed: Weighed<W>[],
  compare: (a: Weighed<W>, b: Weighed<W>) => number,
  descending: boolean,
): Bytes[] {
  weighed.sort(descending ? (a, b) => compare(b, a) : compare);
  return weighed.map(({ element }) => element);
}

function byNumber({ db }: CommandContext, elements: readonly Bytes[], { by, descending }: Ordering): Bytes[] {
  const weighed: Weighed<number>[] = [];
  let allNumbers = true;
  for (const element of elements) {
    const value = by === undefined ? element : valueFor(db, by, element);
    const weight = value === undefined ? 0 : numberOf(value);
    allNumbers &&= weight !== undefined;
    weighed.push({ element, weight: weight ?? 0 });
  }
  if (!allNumbers) throw NOT_DOUBLE;
  return sorted(weighed, compareNumbers, descending);
}

function compareNumbers(a: Weighed<number>, b: Weighed<number>): number {
  if (a.weight !== b.weight) return a.weight > b.weight ? 1 : -1;
  return compareBytes(a.element, b.element);
}

/** A number as strtod reads it: blanks before it pass, nothing is 0, a NUL byte ends it; undefined: it is none. */
function numberOf(value: StringValue): number | undefined {
  if (typeof value === 'number') return value;
  const text = untilNul(stringBytes(value));
  return text === '' ? 0 : parseDouble(text.replace(BLANKS, '') as Bytes);
}

function byText({ db }: CommandContext, elements: readonly Bytes[], ordering: Ordering): Bytes[] {
  const { by, wholeBytes, descending } = ordering;
  const weighed: Weighed<Bytes | undefined>[] = [];
  for (const element of elements) {
    const value = by === undefined ? element : valueFor(db, by, element);
    const text = value === undefined ? undefined : stringBytes(value);
    weighed.push({ element, weight: text === undefined || wholeBytes ? text : untilNul(text) });
  }
  return sorted(weighed, compareTexts, descending);
}

/** What has no weight comes first. */
function compareTexts(a: Weighed<Bytes | undefined>, b: Weighed<Bytes | undefined>): number {
  if (a.weight === b.weight) return 0;
  if (a.weight === undefined) return -1;
  return b.weight === undefined ? 1 : compareBytes(a.weight, b.weight);
}

function untilNul(text: Bytes): Bytes {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : (text.slice(0, nul) as Bytes);
}
