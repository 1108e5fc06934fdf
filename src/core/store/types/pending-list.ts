/**
 * PendingList: entries that were delivered and not acknowledged, by id and in id order.
 *
 * Chunks of up to CHUNK_MAX entries, found by binary search. Deliveries come at the end and acknowledgements mostly leave from the
 * start, so the chunks stay full and few are moved. A pending entry is one object in two lists, its group's and its consumer's.
 */
import { type StreamId } from './stream-id.js';

interface Identified {
  readonly id: StreamId;
}

const CHUNK_MAX = 256;

export class PendingList<T extends Identified> {
  private readonly chunks: T[][] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(id: StreamId): T | undefined {
    const c = this.chunkFor(id);
    if (c === this.chunks.length) return undefined;
    const entry = this.chunks[c][firstFrom(this.chunks[c], id)];
    return entry.id === id ? entry : undefined;
  }

  /** Adds `entry`; false, and nothing done, when its id is there already. */
  add(entry: T): boolean {
    const { chunks } = this;
    const { id } = entry;
    const c = this.chunkFor(id);
    if (c < chunks.length) {
      const entries = chunks[c];
      const i = firstFrom(entries, id);
      if (entries[i].id === id) return false;
      entries.splice(i, 0, entry);
      if (entries.length > CHUNK_MAX) chunks.splice(c + 1, 0, entries.splice(CHUNK_MAX >> 1));
    } else {
      const tail = chunks.at(-1);
      if (tail !== undefined && tail.length < CHUNK_MAX) tail.push(entry);
      else chunks.push([entry]);
    }
    this.count++;
    return true;
  }

  /** Removes `id`; false when it was not there. */
  delete(id: StreamId): boolean {
    const c = this.chunkFor(id);
    if (c === this.chunks.length) return false;
    const entries = this.chunks[c];
    const i = firstFrom(entries, id);
    if (entries[i].id !== id) return false;
    entries.splice(i, 1);
    if (entries.length === 0) this.chunks.splice(c, 1);
    this.count--;
    return true;
  }

  /** The first entry at or after `id`, or undefined. */
  atOrAfter(id: StreamId): T | undefined {
    const c = this.chunkFor(id);
    return c === this.chunks.length ? undefined : this.chunks[c][firstFrom(this.chunks[c], id)];
  }

  /** The first entry behind `id`, which need not be there. */
  after(id: StreamId): T | undefined {
    const c = this.chunkFor(id);
    if (c === this.chunks.length) return undefined;
    const i = firstFrom(this.chunks[c], id);
    const entry = this.chunks[c][i];
    if (entry.id !== id) return entry;
    return i + 1 < this.chunks[c].length ? this.chunks[c][i + 1] : this.chunks.at(c + 1)?.[0];
  }

  get first(): T | undefined {
    return this.chunks.at(0)?.[0];
  }

  get last(): T | undefined {
    return this.chunks.at(-1)?.at(-1);
  }

  /** A cursor before the first entry at or after `id`. */
  from(id: StreamId): PendingCursor<T> {
    const c = this.chunkFor(id);
    return new PendingCursor(
      this.chunks,
      c,
      c === this.chunks.length ? -1 : firstFrom(this.chunks[c], id) - 1,
    );
  }

  /** The index of the first entry at or after `id`, for `slice`. */
  indexFrom(id: StreamId): number {
    const c = this.chunkFor(id);
    let index = c === this.chunks.length ? 0 : firstFrom(this.chunks[c], id);
    for (let k = 0; k < c; k++) index += this.chunks[k].length;
    return index;
  }

  /** The entries of the indexes in [start, end), clipped, in id order. */
  slice(start: number, end: number): T[] {
    const out: T[] = [];
    let left = Math.min(end, this.count) - Math.max(start, 0);
    let skip = Math.max(start, 0);
    for (let c = 0; left > 0; c++) {
      const entries = this.chunks[c];
      if (skip >= entries.length) {
        skip -= entries.length;
        continue;
      }
      for (let i = skip; i < entries.length && left > 0; i++, left--) out.push(entries[i]);
      skip = 0;
    }
    return out;
  }

  /** The first chunk whose last entry is not before `id`; the number of chunks when there is none. */
  private chunkFor(id: StreamId): number {
    const { chunks } = this;
    let low = 0;
    let high = chunks.length;
    // Most often it comes behind everything.
    if (high > 0 && chunks[high - 1][chunks[high - 1].length - 1].id < id) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entries = chunks[middle];
      if (entries[entries.length - 1].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Walks a pending list upwards. Valid until the list changes. */
export class PendingCursor<T extends Identified> {
  constructor(
    private readonly chunks: readonly T[][],
    private chunk: number,
    private index: number,
  ) {}

  /** The next entry, or undefined at the end. */
  next(): T | undefined {
    if (this.chunk >= this.chunks.length) return undefined;
    if (++this.index === this.chunks[this.chunk].length) {
      this.index = 0;
      if (++this.chunk === this.chunks.length) return undefined;
    }
    return this.chunks[this.chunk][this.index];
  }
}

function firstFrom(entries: readonly Identified[], id: StreamId): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
