/**
 * SortedChunks: items in order, in chunks that are short enough to insert into by moving what follows.
 *
 * The seam for an order-statistic structure: sorted sets and pending lists use nothing but these methods. Finding the chunk
 * is a binary search; a rank adds up the lengths of the chunks before it, which is why ranks are the part to improve.
 */

const CHUNK_MAX = 128;

/** Below 0 when `item` comes before what is looked for, 0 when it is it, above 0 when it comes after. */
export type Probe<T> = (item: T) => number;

export class SortedChunks<T> {
  private chunks: T[][] = [];
  private count = 0;

  /** `compare` orders two items; no two items in it compare as 0. */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get length(): number {
    return this.count;
  }

  /** Inserts `item`, which must not be there. */
  insert(item: T): void {
    this.count++;
    const tail = this.chunks.at(-1);
    if (tail === undefined || this.compare(tail[tail.length - 1], item) < 0) {
      // appending in order is the common case: it leaves full chunks behind
      if (tail !== undefined && tail.length < CHUNK_MAX) tail.push(item);
      else this.chunks.push([item]);
      return;
    }
    const probe: Probe<T> = (other) => this.compare(other, item);
    const c = this.chunkFor(probe);
    const items = this.chunks[c];
    items.splice(firstNotBefore(items, probe), 0, item);
    if (items.length > CHUNK_MAX) this.chunks.splice(c + 1, 0, items.splice(CHUNK_MAX >> 1));
  }

  /** Removes what compares as equal to `item`; false when nothing does. */
  remove(item: T): boolean {
    const probe: Probe<T> = (other) => this.compare(other, item);
    const c = this.chunkFor(probe);
    if (c < 0) return false;
    const items = this.chunks[c];
    const i = firstNotBefore(items, probe);
    if (i === items.length || probe(items[i]) !== 0) return false;
    items.splice(i, 1);
    this.count--;
    if (items.length === 0) this.chunks.splice(c, 1);
    return true;
  }

  /** How many items come before the place that `probe` looks for. */
  rankOf(probe: Probe<T>): number {
    const c = this.chunkFor(probe);
    if (c < 0) return 0;
    let rank = firstNotBefore(this.chunks[c], probe);
    for (let k = 0; k < c; k++) rank += this.chunks[k].length;
    return rank;
  }

  /** The item of a rank, 0 <= rank < length. */
  at(rank: number): T {
    const { chunk, offset } = this.locate(rank);
    return this.chunks[chunk][offset];
  }

  /** The items of the ranks in [start, end), clipped, as a new array. */
  range(start: number, end: number): T[] {
    const out: T[] = [];
    const from = Math.max(start, 0);
    let left = Math.min(end, this.count) - from;
    if (left <= 0) return out;
    let { chunk, offset } = this.locate(from);
    while (left > 0) {
      const items = this.chunks[chunk++];
      for (; offset < items.length && left > 0; offset++, left--) out.push(items[offset]);
      offset = 0;
    }
    return out;
  }

  /** Removes the items of the ranks in [start, end), clipped, and returns them. */
  removeRange(start: number, end: number): T[] {
    const removed: T[] = [];
    const from = Math.max(start, 0);
    let left = Math.min(end, this.count) - from;
    if (left <= 0) return removed;
    let { chunk, offset } = this.locate(from);
    this.count -= left;
    while (left > 0) {
      const items = this.chunks[chunk];
      const taken = items.splice(offset, left);
      left -= taken.length;
      for (const item of taken) removed.push(item);
      if (items.length === 0) this.chunks.splice(chunk, 1);
      else chunk++;
      offset = 0;
    }
    return removed;
  }

  private locate(rank: number): { chunk: number; offset: number } {
    if (rank <= this.count >> 1) {
      let offset = rank;
      let chunk = 0;
      while (offset >= this.chunks[chunk].length) offset -= this.chunks[chunk++].length;
      return { chunk, offset };
    }
    let end = this.count;
    let chunk = this.chunks.length;
    while (rank < end) end -= this.chunks[--chunk].length;
    return { chunk, offset: rank - end };
  }

  /** The first chunk whose last item is not before the place, or the last chunk; -1 when there is none. */
  private chunkFor(probe: Probe<T>): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const items = this.chunks[middle];
      if (probe(items[items.length - 1]) < 0) low = middle + 1;
      else high = middle;
    }
    return high < 0 ? -1 : low;
  }
}

function firstNotBefore<T>(items: T[], probe: Probe<T>): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (probe(items[middle]) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
