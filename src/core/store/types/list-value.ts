/**
 * ListValue: a double-ended list of Bytes in chunks.
 *
 * Pushing and popping at both ends is O(1); reaching an index walks over chunks from the nearer end, as a quicklist does.
 * `packedBytes` follows what the elements would take in a listpack, which decides the encoding (encoding.ts).
 *
 *   chunks: [ [a b c] [d e f g] [h] ]      no chunk is empty, none is longer than CHUNK_MAX
 *   before: [ [y z] [w x] ]                chunks before those, the first last
 *   front:  [ v u ]                        elements before those, the head last: this list is u v w x y z a b …
 *
 * Putting something in front of an array moves all of it. What was pushed to the head stays aside, in arrays that grow at their
 * end, until somebody wants more than the ends of the list (`settleFront`).
 *
 * `freeze` gives a view of this moment that costs a pointer per chunk: who changes a shared chunk later copies it first (`own`).
 */
import { type Bytes } from '../../base/bytes.js';
import { packedSize } from './int-text.js';
import { ListChunk } from './list-chunk.js';
import { stringCost } from './string-cost.js';

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
  /** Bytes of memory of all elements' strings, less what packing saves. */
  get stringBytes(): number {
    return this.looseBytes - this.savedBytes;
  }
  /** What the list was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  private chunks: ListChunk[] = [];
  private before: ListChunk[] = [];
  private front: Bytes[] = [];
  private count = 0;
  /** Bytes of memory of all elements' strings, each by itself. */
  private looseBytes = 0;
  private savedBytes = 0;
  private token: object = {};

  get length(): number {
    return this.count;
  }

  pushBack(value: Bytes): void {
    if (this.chunks.length === 0) this.settleFront();
    const last = this.chunks.length - 1;
    if (last >= 0 && this.chunks[last].length < CHUNK_MAX) this.own(last).push(value);
    else {
      if (last > 0) this.pack(this.chunks[last - 1]);
      this.chunks.push(this.newChunk([value]));
    }
    this.grew(value);
  }

  pushFront(value: Bytes): void {
    if (this.front.push(value) >= CHUNK_MAX) this.closeFront();
    this.grew(value);
  }

  popFront(): Bytes | undefined {
    if (this.count === 0) return undefined;
    const value = this.front.pop() ?? this.shiftChunk();
    this.lost(value);
    return value;
  }

  popBack(): Bytes | undefined {
    if (this.count === 0) return undefined;
    if (this.chunks.length === 0) this.settleFront();
    const items = this.own(this.chunks.length - 1);
    const value = items.pop()!;
    if (items.length === 0) this.chunks.pop();
    this.lost(value);
    return value;
  }

  /** The element at `index` (0 is the head), or undefined beyond the ends. */
  at(index: number): Bytes | undefined {
    if (index < 0 || index >= this.count) return undefined;
    if (index < this.front.length) return this.front[this.front.length - 1 - index];
    const { chunk, offset } = this.locate(index);
    return this.chunks[chunk].at(offset);
  }

  /** Replaces the element at `index`, which must exist. */
  setAt(index: number, value: Bytes): void {
    const { chunk, offset } = this.locate(index);
    const items = this.own(chunk);
    this.packedBytes += packedSize(value) - packedSize(items[offset]);
    this.looseBytes += stringCost(value.length) - stringCost(items[offset].length);
    items[offset] = value;
    this.unsettled = true;
    this.shrunk = true;
  }

  /** Inserts `value` so that it gets `index`, 0 <= index <= length. */
  insertAt(index: number, value: Bytes): void {
    if (index >= this.count) return this.pushBack(value);
    if (index === 0) return this.pushFront(value);
    const { chunk, offset } = this.locate(index);
    const items = this.own(chunk);
    items.splice(offset, 0, value);
    if (items.length > CHUNK_MAX)
      this.chunks.splice(chunk + 1, 0, this.newChunk(items.splice(items.length >> 1)));
    this.grew(value);
  }

  /** Removes `count` elements from `index` on; both must lie within the list. */
  removeRange(index: number, count: number): void {
    if (count <= 0) return;
    let { chunk, offset } = this.locate(index);
    let left = count;
    const firstChunk = chunk;
    while (left > 0) {
      const removed = this.own(chunk).splice(offset, left);
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
    this.settleFront();
    for (let k = 0; k < this.chunks.length && removed < limit; k++) {
      const chunk = count < 0 ? this.chunks.length - 1 - k : k;
      if (this.chunks[chunk].indexOf(value) < 0) continue;
      removed += removeFromChunk(this.own(chunk), value, limit - removed, count < 0);
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
      const from = this.chunks[chunk++];
      const end = Math.min(from.length, offset + left);
      from.copyTo(out, offset, end);
      left -= end - offset;
      offset = 0;
    }
    return out;
  }

  /** All elements from head to tail, or from tail to head. The list must not change during the walk. */
  *values(reverse = false): Generator<Bytes, void, void> {
    this.settleFront();
    for (let k = 0; k < this.chunks.length; k++) {
      const chunk = this.chunks[reverse ? this.chunks.length - 1 - k : k];
      const { length } = chunk;
      for (let i = 0; i < length; i++) yield chunk.at(reverse ? length - 1 - i : i);
    }
  }

  /** An independent copy (COPY). */
  clone(): ListValue {
    this.settleFront();
    const copy = new ListValue();
    copy.chunks = this.chunks.slice();
    copy.count = this.count;
    copy.packedBytes = this.packedBytes;
    copy.looseBytes = this.looseBytes;
    copy.savedBytes = this.savedBytes;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.shrunk = this.shrunk;
    // Neither owns the chunks any more.
    this.token = {};
    return copy;
  }

  /** A view of this moment for a snapshot, whatever happens to the list. */
  freeze(): ListValue {
    return this.clone();
  }

  private newChunk(items: Bytes[]): ListChunk {
    return new ListChunk(this.token, items);
  }

  /** The elements of a chunk, which may be changed: a copy when another list shares them. */
  private own(c: number): Bytes[] {
    const chunk = this.chunks[c];
    this.savedBytes -= chunk.saved;
    if (chunk.owner === this.token) return chunk.open();
    const items = chunk.toArray();
    this.chunks[c] = this.newChunk(items);
    return items;
  }

  /** A chunk that lies behind the ends of the list is not expected to change soon. */
  private pack(chunk: ListChunk): void {
    if (chunk.owner === this.token) this.savedBytes += chunk.pack();
  }

  private shiftChunk(): Bytes {
    if (this.before.length > 0) this.settleFront();
    const items = this.own(0);
    const value = items.shift()!;
    if (items.length === 0) this.chunks.shift();
    return value;
  }

  /** Makes a chunk of `front`. */
  private closeFront(): void {
    const previous = this.before.at(-1) ?? this.chunks.at(0);
    if (previous !== undefined) this.pack(previous);
    this.before.push(this.newChunk(this.front.reverse()));
    this.front = [];
  }

  /** Everything is in `chunks` afterwards. */
  private settleFront(): void {
    if (this.before.length > 0) {
      this.chunks = this.before.reverse().concat(this.chunks);
      this.before = [];
    }
    if (this.front.length === 0) return;
    const items = this.front.splice(0).reverse();
    const first = this.chunks.at(0);
    if (first !== undefined && first.length + items.length <= CHUNK_MAX) this.own(0).unshift(...items);
    else this.chunks.unshift(this.newChunk(items));
  }

  private grew(value: Bytes): void {
    this.count++;
    this.packedBytes += packedSize(value);
    this.looseBytes += stringCost(value.length);
    this.unsettled = true;
  }

  private lost(value: Bytes): void {
    this.count--;
    this.packedBytes -= packedSize(value);
    this.looseBytes -= stringCost(value.length);
    this.unsettled = true;
    this.shrunk = true;
  }

  /** Chunk and offset of an index within the list, walking from the nearer end. */
  private locate(index: number): { chunk: number; offset: number } {
    this.settleFront();
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
