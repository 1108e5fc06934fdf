/**
 * NarrowIndex: HashIndex in half the memory, for tables of at most NARROW_MAX slots: what most collections are.
 *
 *   buckets (Int32): [20 bits of the hash | slot + 1 in 12 bits] …     0 is empty; probing is linear
 *
 * The 20 bits that are kept say where the search for an entry begins as well, so the index can double by itself, at once: at most
 * 8,192 buckets are written then, which takes less time than a young collection. A removal moves back what had to make way, so
 * nothing is left of the entry. It knows no keys, as HashIndex does not; an entry under another hash is met once in 256 look-ups at
 * most. The user is DenseMap, which takes a HashIndex when it has outgrown this one.
 */

/** Slots that fit. */
export const NARROW_MAX = 4095;
const SLOT_BITS = 12;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const MIN_BUCKETS = 16;

export class NarrowIndex {
  private index: Int32Array = new Int32Array(MIN_BUCKETS);
  private mask = MIN_BUCKETS - 1;
  private size = 0;
  /** Where `next` goes on. */
  private bucket = 0;

  /** The first slot under `hash`, or -1. Its key need not be the one looked for. */
  first(hash: number): number {
    return this.walk(hash, hash >>> SLOT_BITS);
  }

  /** The next slot under the hash that `first` was asked for, or -1. Nothing may be added or removed in between. */
  next(hash: number): number {
    return this.walk(hash, this.bucket + 1);
  }

  private walk(hash: number, from: number): number {
    const { index, mask } = this;
    for (let b = from & mask; ; b = (b + 1) & mask) {
      const entry = index[b];
      if (entry === 0) return -1;
      if ((entry ^ hash) >>> SLOT_BITS === 0) {
        this.bucket = b;
        return (entry & SLOT_MASK) - 1;
      }
    }
  }

  /** The bucket that `hash` begins at, read for the sake of the cache alone. */
  touch(hash: number): number {
    return this.index[(hash >>> SLOT_BITS) & this.mask];
  }

  /** The slot that a key of this hash is likely in, or -1; leaves `next` alone. */
  likely(hash: number): number {
    const { bucket } = this;
    const slot = this.first(hash);
    this.bucket = bucket;
    return slot;
  }

  /** Adds a slot, below NARROW_MAX, under `hash`. */
  add(hash: number, slot: number): void {
    if ((this.size + 1) * 4 > (this.mask + 1) * 3) this.resize((this.mask + 1) * 2);
    this.place((hash & ~SLOT_MASK) | (slot + 1));
    this.size++;
  }

  /** Removes `slot`, which is there under `hash`. */
  remove(hash: number, slot: number): void {
    this.closeGap(this.bucketOf(hash, slot));
    this.size--;
    if (this.mask >= MIN_BUCKETS * 4 && this.size * 16 < this.mask) this.resize((this.mask + 1) >> 2);
  }

  /** The key under `hash` moved from one slot to another. */
  move(hash: number, from: number, to: number): void {
    const b = this.bucketOf(hash, from);
    this.index[b] = (this.index[b] & ~SLOT_MASK) | (to + 1);
  }

  private bucketOf(hash: number, slot: number): number {
    const { index, mask } = this;
    let b = (hash >>> SLOT_BITS) & mask;
    while ((index[b] & SLOT_MASK) !== slot + 1) b = (b + 1) & mask;
    return b;
  }

  /** Empties bucket `gap`: entries behind it move up, unless that would be before the bucket where the search for them begins. */
  private closeGap(gap: number): void {
    const { index, mask } = this;
    for (let b = (gap + 1) & mask; index[b] !== 0; b = (b + 1) & mask) {
      const begins = (index[b] >>> SLOT_BITS) & mask;
      if (((b - begins) & mask) < ((b - gap) & mask)) continue;
      index[gap] = index[b];
      gap = b;
    }
    index[gap] = 0;
  }

  private place(entry: number): void {
    const { index, mask } = this;
    let b = (entry >>> SLOT_BITS) & mask;
    while (index[b] !== 0) b = (b + 1) & mask;
    index[b] = entry;
  }

  private resize(buckets: number): void {
    const { index } = this;
    this.index = new Int32Array(buckets);
    this.mask = buckets - 1;
    for (const entry of index) if (entry !== 0) this.place(entry);
  }

  /** Makes room for `entries` at once while it is empty. */
  reserve(entries: number): void {
    let buckets = MIN_BUCKETS;
    while (buckets * 3 < Math.min(entries, NARROW_MAX) * 4) buckets *= 2;
    if (buckets > this.mask + 1 && this.size === 0) this.resize(buckets);
  }

  /** A copy of its own. */
  clone(): NarrowIndex {
    const copy = new NarrowIndex();
    copy.index = this.index.slice();
    copy.mask = this.mask;
    copy.size = this.size;
    return copy;
  }
}
