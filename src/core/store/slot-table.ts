/**
 * SlotTable: a hash table whose entries live in a dense, chunked array of slots.
 *
 *   index (Int32 pairs)             chunks of 4,096 slots
 *   [slot+1 | hash][0|…][-1|…] ──►  cells: [key, …][key, …] …   `stride` cells a slot, and the owner's columns beside them
 *
 * Promises: no single insert stalls the loop (the index grows into a second one, a few buckets an operation, as Redis's
 * dict does); sampling is O(1); a cursor that walks the slots from high to low sees everything that was there during the
 * whole walk, because entries only ever move to lower slots (into holes, while the table is more than half holes).
 * In a bucket, 0 is empty and -1 is a deleted entry; probing is linear.
 *
 * Open addressing over Int32Array is measured against split Maps in docs/decisions.md.
 */
import { type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';
import { hashBytes, hashBuffer } from './hash.js';

export const CHUNK_SHIFT = 12;
export const CHUNK_SLOTS = 1 << CHUNK_SHIFT;
export const CHUNK_MASK = CHUNK_SLOTS - 1;

const MIN_BUCKETS = 16;
/** Buckets moved to the new index at each insert or removal. The new one is filled long after they are all moved. */
const MIGRATE_BUCKETS = 32;
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
  private index: Int32Array = newIndex(MIN_BUCKETS);
  private mask = MIN_BUCKETS - 1;
  /** Buckets of `index` that are not empty (live or deleted). */
  private used = 0;
  private old: Int32Array | undefined;
  private oldMask = 0;
  private oldAt = 0;
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
    const hash = hashBytes(key, this.seed);
    const slot = this.probe(this.index, this.mask, hash, key);
    return slot >= 0 || this.old === undefined ? slot : this.probe(this.old, this.oldMask, hash, key);
  }

  private probe(index: Int32Array, mask: number, hash: number, key: Bytes): number {
    const chunks = this.chunks;
    for (let b = hash & mask; ; b = (b + 1) & mask) {
      const entry = index[b * 2];
      if (entry === 0) return -1;
      if (entry > 0 && index[b * 2 + 1] === hash) {
        const slot = entry - 1;
        if (chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * this.stride] === key) return slot;
      }
    }
  }

  /** For a prefetch: the hash of a key that lies in `buf[start, end)`, its bucket looked at. `touched` takes what was read. */
  touchBucket(buf: Uint8Array, start: number, end: number): number {
    const hash = hashBuffer(buf, start, end, this.seed);
    this.touched ^= this.index[(hash & this.mask) * 2];
    return hash;
  }

  /** For a prefetch: the slot that a key of this hash is likely in, or -1; nothing but the index is read. */
  likelySlot(hash: number): number {
    const { index, mask } = this;
    for (let b = hash & mask; ; b = (b + 1) & mask) {
      const entry = index[b * 2];
      if (entry === 0) return -1;
      if (entry > 0 && index[b * 2 + 1] === hash) return entry - 1;
    }
  }

  /** Adds a key that is not there (the caller has looked) and returns its slot; its columns are as `clear` left them. */
  insert(key: Bytes): number {
    if (this.old !== undefined) this.migrate(MIGRATE_BUCKETS);
    if ((this.used + 1) * 4 > (this.mask + 1) * 3) this.rebuild();
    const slot = this.takeSlot();
    this.setKey(slot, key);
    this.place(hashBytes(key, this.seed), slot);
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

  private place(hash: number, slot: number): void {
    const { index, mask } = this;
    let b = hash & mask;
    while (index[b * 2] !== 0) b = (b + 1) & mask;
    index[b * 2] = slot + 1;
    index[b * 2 + 1] = hash;
    this.used++;
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
    this.setBucket(hashBytes(key, this.seed), slot, -1);
    chunk.cells[at * this.stride] = undefined;
    this.columns.clear(chunk, at);
    this.size--;
    this.holes.push(slot);
    if (this.old !== undefined) this.migrate(MIGRATE_BUCKETS);
    else if (this.mask >= MIN_BUCKETS * 4 && this.size * 16 < this.mask) this.rebuild();
    if (this.top > this.size * 2) this.compact();
  }

  /** Points the bucket of `slot` to another slot, or marks it deleted (-1). */
  private setBucket(hash: number, slot: number, to: number): void {
    const entry = to < 0 ? -1 : to + 1;
    if (this.old !== undefined) {
      for (let b = hash & this.oldMask; this.old[b * 2] !== 0; b = (b + 1) & this.oldMask) {
        if (this.old[b * 2] === slot + 1) {
          this.old[b * 2] = entry;
          return;
        }
      }
    }
    for (let b = hash & this.mask; ; b = (b + 1) & this.mask) {
      if (this.index[b * 2] === slot + 1) {
        this.index[b * 2] = entry;
        return;
      }
    }
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
        this.setBucket(hashBytes(key, this.seed), from, hole);
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
    const buckets = bucketsFor(Math.min(entries, MAX_RESERVE));
    if (buckets > this.mask + 1 && this.size === 0) {
      this.index = newIndex(buckets);
      this.mask = buckets - 1;
      this.used = 0;
      this.old = undefined;
    }
  }

  /** Begins a new index of the right size; `migrate` fills it. */
  private rebuild(): void {
    if (this.old !== undefined) this.migrate(this.oldMask + 1);
    this.old = this.index;
    this.oldMask = this.mask;
    this.oldAt = 0;
    // Never much smaller than the old one: its buckets must all be moved before the new one is full.
    const buckets = bucketsFor(Math.max(this.size + 1, (this.oldMask + 1) >> 4));
    this.index = newIndex(buckets);
    this.mask = buckets - 1;
    this.used = 0;
    this.migrate(MIGRATE_BUCKETS);
  }

  private migrate(buckets: number): void {
    const old = this.old!;
    const end = Math.min(this.oldAt + buckets, this.oldMask + 1);
    for (let b = this.oldAt; b < end; b++) {
      const entry = old[b * 2];
      if (entry > 0) {
        this.place(old[b * 2 + 1], entry - 1);
        old[b * 2] = -1;
      }
    }
    this.oldAt = end;
    if (end > this.oldMask) this.old = undefined;
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

  /** Bytes of the index arrays, for the memory report. */
  get indexBytes(): number {
    return this.index.byteLength + (this.old?.byteLength ?? 0);
  }

  /** Whether the index is between two sizes. */
  get rehashing(): boolean {
    return this.old !== undefined;
  }

  /** Buckets of the index, and of the one it is leaving (DEBUG HTSTATS). */
  get buckets(): [number, number] {
    return [this.mask + 1, this.old === undefined ? 0 : this.oldMask + 1];
  }
}

/** A count in a file is a hint, not a promise: nothing larger than this is allocated for it. */
const MAX_RESERVE = 1 << 22;

/** From this size on an index is made outside of what V8 counts against its heap. */
const UNCOUNTED_BYTES = 256 * 1024;

/**
 * An empty index. V8 answers a large ArrayBuffer with a full collection on the spot (measured while 20,000,000 keys are
 * inserted: 2.6 s in the insert that doubled the index); the memory of a SharedArrayBuffer is not counted.
 */
function newIndex(buckets: number): Int32Array {
  const bytes = buckets * 8;
  return new Int32Array(bytes < UNCOUNTED_BYTES ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes));
}

function bucketsFor(entries: number): number {
  let buckets = MIN_BUCKETS;
  while (buckets * 3 < entries * 4 * 1.5) buckets *= 2;
  return buckets;
}
