/**
 * sortFirst: brings the first elements of an order to the front without sorting the rest.
 *
 * The quicksort of Bentley and McIlroy ("Engineering a Sort Function", 1993), told to leave parts alone that nobody asks for.
 * Elements that compare as equal end up where Redis's pqsort.c puts them, so members at one distance are answered in its
 * order. All elements: the stable sort that C's qsort is.
 */

type Compare<T> = (a: T, b: T) => number;

/** Below this length a part is sorted by insertion. */
const INSERTION_MAX = 7;
/** Above this length the pivot is the median of three medians. */
const NINTHER_MIN = 40;

/** Sorts `items` so far that the first `count` are the right ones in the right order. */
export function sortFirst<T>(items: T[], count: number, compare: Compare<T>): void {
  if (count >= items.length) {
    items.sort(compare);
    return;
  }
  // Parts [start, end) that are still to be sorted.
  const parts: [number, number][] = [[0, items.length]];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [start, end] = part;
    if (end - start < INSERTION_MAX) {
      insertionSort(items, start, end, compare);
      continue;
    }
    const [less, greater] = partition(items, start, end, compare);
    if (less - start > 1 && start < count) parts.push([start, less]);
    if (end - greater > 1 && greater < count) parts.push([greater, end]);
  }
}

function insertionSort<T>(items: T[], start: number, end: number, compare: Compare<T>): void {
  for (let i = start + 1; i < end; i++) {
    for (let j = i; j > start && compare(items[j - 1], items[j]) > 0; j--) swap(items, j - 1, j);
  }
}

/**
 * Splits [start, end) into what is less than a pivot, equal to it, and greater. Equal ones are gathered at both ends and
 * brought to the middle at last.
 * @returns the end of the lesser part and the start of the greater one
 */
function partition<T>(items: T[], start: number, end: number, compare: Compare<T>): [number, number] {
  swap(items, start, pivotOf(items, start, end, compare));
  let equalLeft = start + 1;
  let left = start + 1;
  let right = end - 1;
  let equalRight = end - 1;
  for (;;) {
    for (let order; left <= right && (order = compare(items[left], items[start])) <= 0; left++) {
      if (order === 0) swap(items, equalLeft++, left);
    }
    for (let order; left <= right && (order = compare(items[right], items[start])) >= 0; right--) {
      if (order === 0) swap(items, right, equalRight--);
    }
    if (left > right) break;
    swap(items, left++, right--);
  }
  const fromLeft = Math.min(equalLeft - start, left - equalLeft);
  swapRuns(items, start, left - fromLeft, fromLeft);
  const fromRight = Math.min(equalRight - right, end - 1 - equalRight);
  swapRuns(items, left, end - fromRight, fromRight);
  return [start + (left - equalLeft), end - (equalRight - right)];
}

function pivotOf<T>(items: T[], start: number, end: number, compare: Compare<T>): number {
  const length = end - start;
  const middle = start + (length >> 1);
  if (length === INSERTION_MAX) return middle;
  const last = end - 1;
  if (length <= NINTHER_MIN) return median(items, start, middle, last, compare);
  const step = length >> 3;
  return median(
    items,
    median(items, start, start + step, start + 2 * step, compare),
    median(items, middle - step, middle, middle + step, compare),
    median(items, last - 2 * step, last - step, last, compare),
    compare,
  );
}

function median<T>(items: T[], a: number, b: number, c: number, compare: Compare<T>): number {
  if (compare(items[a], items[b]) < 0) {
    if (compare(items[b], items[c]) < 0) return b;
    return compare(items[a], items[c]) < 0 ? c : a;
  }
  if (compare(items[b], items[c]) > 0) return b;
  return compare(items[a], items[c]) < 0 ? a : c;
}

function swap<T>(items: T[], a: number, b: number): void {
  const item = items[a];
  items[a] = items[b];
  items[b] = item;
}

function swapRuns<T>(items: T[], a: number, b: number, length: number): void {
  for (let i = 0; i < length; i++) swap(items, a + i, b + i);
}
