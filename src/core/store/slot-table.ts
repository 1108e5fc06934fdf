/**
 * SlotTable: a hash table whose entries live in a dense, chunked array of slots.
 *
 *   HashIndex     chunks of 4,096 slots
 *   hash ──►      cells: [key, …][key, …] …   `stride` cells a slot, and the owner's columns beside them
 *
 * Promises: no single insert stalls the loop; sampling is O(1); a cursor that walks the slots from high to low sees everything
 * that was there during the whole walk, because entries only ever move to lower slots (into holes, while the table is more than
 * half holes).
 *
 * Open addressing over Int32Array is measured against split Maps in docs/decisions.md.
 */
import { type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';
import { hashBytes, hashBuffer } from './hash.js';
import { HashIndex } from './hash-index.js';

export const CHUNK_SHIFT = 12;
export const CHUNK_SLOTS = 1 << CHUNK_SHIFT;
export const CHUNK_MASK = CHUNK_SLOTS - 1;

/** Entries moved from the top into holes at each removal while the table is more than half holes. */
const COMPACT_ENTRIES = 2;
/** Slots at the top, and holes in the list, that one removal or insertion looks at. */
const LOOK_SLOTS = 64;
/** Random probes for a live slot before falling back to a linear walk. */
const SAMPLE_PROBES = 64;

/**
 * What every chunk has; the owner adds columns. A slot is `stride` neighbouring cells, so that what is read together lies in one
 * cache line: its key first (`undefined` is a hole), then what the owner keeps there.
 */
export interface SlotChunk {
  readonly cells: unknown[];
}

/** What the owner of the columns provides. */
export interface Columns<C extends SlotChunk> {
  newChunk(): C;
  /** Empties the columns of a slot that lost its key, or is about to get its first one. The key itself is not theirs. */
  clear(chunk: C, at: number): void;
  /** Copies the columns of one slot to another. */
  move(from: C, fromAt: number, to: C, toAt: number): void;
}

export class SlotTable<C extends SlotChunk> {
  readonly chunks: C[] = [];
  /** Live entries. */
  size = 0;
  /** Slots at and above this were never used or have been given up. */
  top = 0;
  private readonly index = new HashIndex();
  private readonly holes: number[] = [];
  /** Keeps the compiler from leaving out reads that are made for the cache alone. */
  touched = 0;

  constructor(
    private readonly columns: Columns<C>,
    private readonly seed: number,
    /** Cells of a slot, the key included. */
    private readonly stride = 1,
  ) {}

  /** The slot of `key`, or -1. */
  find(key: Bytes): number {
    if (this.size === 0) return -1;
    const { chunks, index, stride } = this;
    const hash = hashBytes(key, this.seed);
    for (let slot = index.first(hash); slot >= 0; slot = index.next(hash)) {
      if (chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * stride] === key) return slot;
    }
    return -1;
  }

  /** For a prefetch: the hash of a key that lies in `buf[start, end)`, its bucket looked at. `touched` takes what was read. */
  touchBucket(buf: Uint8Array, start: number, end: number): number {
    const hash = hashBuffer(buf, start, end, this.seed);
    this.touched ^= this.index.touch(hash);
    return hash;
  }

  /** As `touchBucket`, for a key that is a string already. */
  touchBucketOf(key: Bytes): number {
    const hash = hashBytes(key, this.seed);
    this.touched ^= this.index.touch(hash);
    return hash;
  }

  /** For a prefetch: the slot that a key of this hash is likely in, or -1; nothing but the index is read. */
  likelySlot(hash: number): number {
    return this.index.likely(hash);
  }

  /** Adds a key that is not there (the caller has looked) and returns its slot; its columns are as `clear` left them. */
  insert(key: Bytes): number {
    const slot = this.takeSlot();
    this.setKey(slot, key);
    this.index.add(hashBytes(key, this.seed), slot);
    this.size++;
    return slot;
  }

  private setKey(slot: number, key: Bytes): void {
    const chunk = this.chunks[slot >> CHUNK_SHIFT];
    const at = slot & CHUNK_MASK;
    const first = at * this.stride;
    if (first < chunk.cells.length) chunk.cells[first] = key;
    else {
      chunk.cells.push(key);
      while (chunk.cells.length < first + this.stride) chunk.cells.push(undefined);
      this.columns.clear(chunk, at);
    }
  }

  private takeSlot(): number {
    const hole = this.takeHole(this.top);
    if (hole >= 0) return hole;
    const slot = this.top++;
    if (slot >> CHUNK_SHIFT === this.chunks.length) this.chunks.push(this.columns.newChunk());
    return slot;
  }

  /** Removes the entry in `slot`. May move other entries to lower slots: slots held by the caller are stale afterwards. */
  remove(slot: number): void {
    const chunk = this.chunks[slot >> CHUNK_SHIFT];
    const at = slot & CHUNK_MASK;
    const key = chunk.cells[at * this.stride] as Bytes;
    this.index.remove(hashBytes(key, this.seed), slot);
    chunk.cells[at * this.stride] = undefined;
    this.columns.clear(chunk, at);
    this.size--;
    this.holes.push(slot);
    if (this.top > this.size * 2) this.compact();
  }

  /** Moves entries from the top into holes, and gives up what is above. */
  private compact(): void {
    if (this.size === 0) {
      this.chunks.length = 0;
      this.holes.length = 0;
      this.top = 0;
      return;
    }
    for (let looked = 0, moved = 0; looked < LOOK_SLOTS && moved < COMPACT_ENTRIES; looked++) {
      if (this.top === this.size) return;
      const from = this.top - 1;
      const chunk = this.chunks[from >> CHUNK_SHIFT];
      const at = from & CHUNK_MASK;
      const key = chunk.cells[at * this.stride] as Bytes | undefined;
      if (key !== undefined) {
        const hole = this.takeHole(from);
        if (hole < 0) return;
        const target = this.chunks[hole >> CHUNK_SHIFT];
        target.cells[(hole & CHUNK_MASK) * this.stride] = key;
        this.columns.move(chunk, at, target, hole & CHUNK_MASK);
        this.index.move(hashBytes(key, this.seed), from, hole);
        chunk.cells[at * this.stride] = undefined;
        this.columns.clear(chunk, at);
        moved++;
      }
      this.top = from;
      chunk.cells.length = at * this.stride;
      if (at === 0) this.chunks.pop();
    }
  }

  /** A hole below `below`, or -1 when there is none among the next of the list. */
  private takeHole(below: number): number {
    for (let looked = 0; looked < LOOK_SLOTS; looked++) {
      const hole = this.holes.pop();
      if (hole === undefined) return -1;
      // What was given up meanwhile may have been taken again: it is no hole any more.
      if (hole < below && this.keyAt(hole) === undefined) return hole;
    }
    return -1;
  }

  /** Makes room for `entries` at once; for a loader that knows how many will come. */
  reserve(entries: number): void {
    this.index.reserve(entries);
  }

  /** The key in `slot`, or undefined for a hole. */
  keyAt(slot: number): Bytes | undefined {
    return this.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * this.stride] as Bytes | undefined;
  }

  /** A slot chosen at random among the live ones, or -1 when empty. */
  sample(random: Random): number {
    if (this.size === 0) return -1;
    for (let i = 0; i < SAMPLE_PROBES; i++) {
      const slot = random.below(this.top);
      if (this.keyAt(slot) !== undefined) return slot;
    }
    let slot = random.below(this.top);
    while (this.keyAt(slot) === undefined) slot = slot === 0 ? this.top - 1 : slot - 1;
    return slot;
  }

  /**
   * Visits live slots downward from `cursor` (0: from the top) until `visit` has been called `count` times or `limit`
   * slots were looked at.
   * @returns the cursor to go on from, 0 when the walk is over
   */
  scan(cursor: number, count: number, limit: number, visit: (slot: number) => void): number {
    let slot = cursor === 0 ? this.top : Math.min(cursor, this.top);
    for (let seen = 0; slot > 0 && count > 0 && seen < limit; seen++) {
      slot--;
      if (this.keyAt(slot) !== undefined) {
        visit(slot);
        count--;
      }
    }
    return slot;
  }

  /** Whether the index is between two sizes. */
  get rehashing(): boolean {
    return this.index.rehashing;
  }

  /** Buckets of the index, and of the one it is leaving (DEBUG HTSTATS). */
  get buckets(): [number, number] {
    return this.index.buckets;
  }
}
