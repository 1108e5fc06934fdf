/**
 * The sparse form: runs of registers with the same value, as opcodes (redis 7.2.6 hyperloglog.c).
 *
 *   ZERO   00xxxxxx            1 to 64 registers of 0
 *   XZERO  01xxxxxx yyyyyyyy   1 to 16,384 registers of 0
 *   VAL    1vvvvvxx            1 to 4 registers of 1 to 32
 *
 * A register is set by splitting the run that it is in, then runs beside it are joined where they can be: in the same order as in
 * Redis, because the bytes must come out the same.
 */
import { type RawString } from '../../store/types/raw-string.js';
import { densePut } from './dense.js';
import { REGISTERS } from './hash.js';
import { HEADER_BYTES } from './header.js';

/** The largest value that VAL can hold. */
export const SPARSE_VALUE_MAX = 32;
const VALUE_RUN_MAX = 4;
const ZERO_RUN_MAX = 64;
/** The runs from the one before the change on that are looked at to be joined. */
const JOIN_SCAN = 5;
/** XZERO, VAL, XZERO. */
const LONGEST_SPLIT = 5;

export type Outcome = 'unchanged' | 'changed' | 'too-long' | 'corrupt';

function isValue(op: number): boolean {
  return (op & 0x80) !== 0;
}

function isLongZero(op: number): boolean {
  return (op & 0xc0) === 0x40;
}

function opBytes(op: number): number {
  return isLongZero(op) ? 2 : 1;
}

/** How many registers the opcode at `at` stands for. Redis reads the NUL behind a string that ends within an XZERO. */
function runAt(bytes: Uint8Array, at: number): number {
  const op = bytes[at];
  if (isValue(op)) return (op & 3) + 1;
  if (!isLongZero(op)) return (op & 0x3f) + 1;
  return (((op & 0x3f) << 8) | (at + 1 < bytes.length ? bytes[at + 1] : 0)) + 1;
}

function valueOf(op: number): number {
  return ((op >> 2) & 31) + 1;
}

function valueOp(value: number, run: number): number {
  return 0x80 | ((value - 1) << 2) | (run - 1);
}

/** What `each` is told of every run; a value of 0 for zeros. */
type RunVisitor = (first: number, run: number, value: number) => void;

/**
 * Walks all runs. @returns whether they cover the registers exactly
 * @param stops whether it ends before a run of values that goes beyond the registers: merging does, counting does not
 */
function eachRun(bytes: Uint8Array, stops: boolean, visit: RunVisitor): boolean {
  let first = 0;
  for (let at = HEADER_BYTES; at < bytes.length; at += opBytes(bytes[at])) {
    const run = runAt(bytes, at);
    const value = isValue(bytes[at]) ? valueOf(bytes[at]) : 0;
    if (stops && value !== 0 && first + run > REGISTERS) break;
    visit(first, run, value);
    first += run;
  }
  return first === REGISTERS;
}

/** Adds how often each value occurs to `histogram`. @returns whether the runs cover the registers exactly */
export function sparseHistogram(bytes: Uint8Array, histogram: Uint32Array): boolean {
  return eachRun(bytes, false, (_first, run, value) => void (histogram[value] += run));
}

/** Raises each of `registers` (a byte each) to what the value has. @returns false when it is corrupt */
export function sparseMerge(bytes: Uint8Array, registers: Uint8Array): boolean {
  return eachRun(bytes, true, (first, run, value) => {
    for (let i = first; value !== 0 && i < first + run; i++) {
      if (value > registers[i]) registers[i] = value;
    }
  });
}

/** Writes the registers of a sparse value into a dense one of zeros. @returns false when it is corrupt */
export function sparseToDense(bytes: Uint8Array, dense: Uint8Array): boolean {
  return eachRun(bytes, true, (first, run, value) => {
    for (let i = first; value !== 0 && i < first + run; i++) densePut(dense, i, value);
  });
}

/** The runs as PFDEBUG DECODE shows them. */
export function describeRuns(bytes: Uint8Array): string {
  const words: string[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += opBytes(bytes[at])) {
    const op = bytes[at];
    const run = runAt(bytes, at);
    words.push(isValue(op) ? `v:${valueOf(op)},${run}` : `${isLongZero(op) ? 'Z' : 'z'}:${run}`);
  }
  return words.join(' ');
}

const split = new Uint8Array(LONGEST_SPLIT);

/**
 * Raises the register at `index` to `count`, at most SPARSE_VALUE_MAX.
 * @returns `too-long` when the value would take more than `maxBytes`; then nothing has changed
 */
export function sparseRaise(raw: RawString, index: number, count: number, maxBytes: number): Outcome {
  const bytes = raw.view();
  let at = HEADER_BYTES;
  let before = at;
  let first = 0;
  let run = 0;
  for (; at < bytes.length; at += opBytes(bytes[at])) {
    run = runAt(bytes, at);
    if (index < first + run) break;
    before = at;
    first += run;
  }
  if (at >= bytes.length) return 'corrupt';
  const op = bytes[at];
  if (isValue(op) && valueOf(op) >= count) return 'unchanged';
  const length = splitRun(op, index - first, first + run - 1 - index, count);
  const growth = length - opBytes(op);
  if (growth > 0 && bytes.length + growth > maxBytes) return 'too-long';
  replace(raw, at, opBytes(op), length);
  joinRuns(raw, before);
  return 'changed';
}

/** Fills `split` with the opcodes for `left` registers as they were, one of `count`, and `right` as they were. @returns its length */
function splitRun(op: number, left: number, right: number, count: number): number {
  let length = putRun(op, left, 0);
  split[length++] = valueOp(count, 1);
  return putRun(op, right, length);
}

function putRun(op: number, run: number, at: number): number {
  if (run === 0) return at;
  if (isValue(op)) split[at++] = valueOp(valueOf(op), run);
  else if (run <= ZERO_RUN_MAX) split[at++] = run - 1;
  else {
    split[at++] = 0x40 | ((run - 1) >> 8);
    split[at++] = (run - 1) & 0xff;
  }
  return at;
}

/** Puts the first `length` bytes of `split` in the place of `old` bytes at `at`. */
function replace(raw: RawString, at: number, old: number, length: number): void {
  const size = raw.length;
  if (length > old) raw.grow(size + length - old);
  const bytes = raw.writable();
  // An XZERO that is cut off by the end of the string has no second byte.
  const next = Math.min(at + old, size);
  if (length !== old) bytes.copyWithin(at + length, next, size);
  for (let i = 0; i < length; i++) bytes[at + i] = split[i];
  if (length < old) raw.truncate(size + length - old);
}

/** Joins runs of the same value that stand side by side. */
function joinRuns(raw: RawString, from: number): void {
  const bytes = raw.writable();
  let { length } = bytes;
  let at = from;
  for (let scan = JOIN_SCAN; at < length && scan > 0; scan--) {
    const op = bytes[at];
    if (!isValue(op)) {
      at += opBytes(op);
      continue;
    }
    const next = at + 1 < length ? bytes[at + 1] : 0;
    const run = (op & 3) + (next & 3) + 2;
    if (isValue(next) && valueOf(op) === valueOf(next) && run <= VALUE_RUN_MAX) {
      bytes[at + 1] = valueOp(valueOf(op), run);
      bytes.copyWithin(at, at + 1, length);
      length--;
    } else at++;
  }
  raw.truncate(length);
}
