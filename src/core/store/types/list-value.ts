/**
 * ListValue: a double-ended list of Bytes in chunks.
 *
 * Pushing and popping at both ends is O(1); reaching an index walks over chunks from the nearer end, as a quicklist does.
 * `packedBytes` follows what the elements would take in a listpack, which decides the encoding (encoding.ts).
 *
 *   chunks: [ [a b c] [d e f g] [h] ]      no chunk is empty, none is longer than CHUNK_MAX
 */
import { type Bytes } from '../../base/bytes.js';
import { packedSize } from './int-text.js';

const CHUNK_MAX = 128;

export class ListValue {
  readonly kind = 'list';
  /** What it reports; latched by `settleEncoding`. */
  encoding: 'listpack' | 'quicklist' = 'listpack';
  /** Changed since the encoding was last settled. */
  unsettled = true;
  /** Elements were removed since the encoding was last settled: only then may it shrink back. */
  shrunk = false;
  /** Bytes that all elements take in listpacks, without headers. */
  packedBytes = 0;
  private chunks: Bytes[][] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  pushBack(value: Bytes): void {
    const last = this.chunks.at(-1);
    if (last !== undefined && last.length < CHUNK_MAX) last.push(value);
    else this.chunks.push([value]);
    this.grew(value);
  }

  pushFront(value: Bytes): void {
    const first = this.chunks.at(0);
    if (first !== undefined && first.length < CHUNK_MAX) first.unshift(value);
    else this.chunks.unshift([value]);
    this.grew(value);
  }

  popFront(): Bytes | undefined {
    const first = this.chunks.at(0);
    if (first === undefined) return undefined;
    const value = first.shift()!;
    if (first.length === 0) this.chunks.shift();
    this.lost(value);
    return value;
  }

  popBack(): Bytes | undefined {
    const last = this.chunks.at(-1);
    if (last === undefined) return undefined;
    const value = last.pop()!;
    if (last.length === 0) this.chunks.pop();
    this.lost(value);
    return value;
  }

  /** The element at `index` (0 is the head), or undefined beyond the ends. */
  at(index: number): Bytes | undefined {
    if (index < 0 || index >= this.count) return undefined;
    const { chunk, offset } = this.locate(index);
    return this.chunks[chunk][offset];
  }

  /** Replaces the element at `index`, which must exist. */
  setAt(index: number, value: Bytes): void {
    const { chunk, offset } = this.locate(index);
    const items = this.chunks[chunk];
    this.packedBytes += packedSize(value) - packedSize(items[offset]);
    items[offset] = value;
    this.unsettled = true;
    this.shrunk = true;
  }

  /** Inserts `value` so that it gets `index`, 0 <= index <= length. */
  insertAt(index: number, value: Bytes): void {
    if (index >= this.count) return this.pushBack(value);
    if (index === 0) return this.pushFront(value);
    const { chunk, offset } = this.locate(index);
    const items = this.chunks[chunk];
    items.splice(offset, 0, value);
    if (items.length > CHUNK_MAX) this.chunks.splice(chunk + 1, 0, items.splice(items.length >> 1));
    this.grew(value);
  }

  /** Removes `count` elements from `index` on; both must lie within the list. */
  removeRange(index: number, count: number): void {
    if (count <= 0) return;
    let { chunk, offset } = this.locate(index);
    let left = count;
    const firstChunk = chunk;
    while (left > 0) {
      const removed = this.chunks[chunk].splice(offset, left);
      left -= removed.length;
      for (const value of removed) this.lost(value);
      offset = 0;
      chunk++;
    }
    this.dropEmpty(firstChunk, chunk);
  }

  /** Keeps the elements in [start, end), clipped to the list. */
  trim(start: number, end: number): void {
    const from = Math.max(start, 0);
    const to = Math.min(end, this.count);
    if (from >= to) return this.removeRange(0, this.count);
    this.removeRange(to, this.count - to);
    this.removeRange(0, from);
  }

  /**
   * Removes elements equal to `value`: the first `count`, the last `-count` when negative, all when 0.
   * Returns how many went.
   */
  removeMatching(value: Bytes, count: number): number {
    const limit = count === 0 ? Infinity : Math.abs(count);
    let removed = 0;
    for (let k = 0; k < this.chunks.length && removed < limit; k++) {
      const items = this.chunks[count < 0 ? this.chunks.length - 1 - k : k];
      removed += removeFromChunk(items, value, limit - removed, count < 0);
    }
    for (let i = 0; i < removed; i++) this.lost(value);
    if (removed > 0) this.dropEmpty(0, this.chunks.length);
    return removed;
  }

  /** The index of the first element equal to `value` at or after `from`, or -1. */
  indexOf(value: Bytes, from = 0): number {
    if (from >= this.count) return -1;
    const { chunk, offset } = this.locate(from);
    let base = from - offset;
    for (let c = chunk, start = offset; c < this.chunks.length; c++, start = 0) {
      const found = this.chunks[c].indexOf(value, start);
      if (found >= 0) return base + found;
      base += this.chunks[c].length;
    }
    return -1;
  }

  /** The elements in [start, end), clipped to the list, as a new array. */
  range(start: number, end: number): Bytes[] {
    const out: Bytes[] = [];
    const to = Math.min(end, this.count);
    let left = to - start;
    if (left <= 0) return out;
    let { chunk, offset } = this.locate(start);
    while (left > 0) {
      const items = this.chunks[chunk++];
      for (; offset < items.length && left > 0; offset++, left--) out.push(items[offset]);
      offset = 0;
    }
    return out;
  }

  /** All elements from head to tail, or from tail to head. The list must not change during the walk. */
  *values(reverse = false): Generator<Bytes, void, void> {
    for (let k = 0; k < this.chunks.length; k++) {
      const items = this.chunks[reverse ? this.chunks.length - 1 - k : k];
      for (let i = 0; i < items.length; i++) yield items[reverse ? items.length - 1 - i : i];
    }
  }

  /** An independent copy (COPY). */
  clone(): ListValue {
    const copy = new ListValue();
    copy.chunks = this.chunks.map((items) => items.slice());
    copy.count = this.count;
    copy.packedBytes = this.packedBytes;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.shrunk = this.shrunk;
    return copy;
  }

  private grew(value: Bytes): void {
    this.count++;
    this.packedBytes += packedSize(value);
    this.unsettled = true;
  }

  private lost(value: Bytes): void {
    this.count--;
    this.packedBytes -= packedSize(value);
    this.unsettled = true;
    this.shrunk = true;
  }

  /** Chunk and offset of an index within the list, walking from the nearer end. */
  private locate(index: number): { chunk: number; offset: number } {
    if (index <= this.count >> 1) {
      let offset = index;
      let chunk = 0;
      while (offset >= this.chunks[chunk].length) offset -= this.chunks[chunk++].length;
      return { chunk, offset };
    }
    let end = this.count;
    let chunk = this.chunks.length;
    while (index < end) end -= this.chunks[--chunk].length;
    return { chunk, offset: index - end };
  }

  private dropEmpty(from: number, to: number): void {
    let kept = from;
    for (let c = from; c < to; c++) {
      if (this.chunks[c].length > 0) this.chunks[kept++] = this.chunks[c];
    }
    this.chunks.splice(kept, to - kept);
  }
}

/** Removes up to `limit` elements equal to `value` from one chunk, from its end when `fromEnd`; returns how many. */
function removeFromChunk(items: Bytes[], value: Bytes, limit: number, fromEnd: boolean): number {
  let removed = 0;
  let at = fromEnd ? items.lastIndexOf(value) : items.indexOf(value);
  while (at >= 0 && removed < limit) {
    items.splice(at, 1);
    removed++;
    if (fromEnd) at = at === 0 ? -1 : items.lastIndexOf(value, at - 1);
    else at = items.indexOf(value, at);
  }
  return removed;
}
