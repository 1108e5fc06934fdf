/**
 * HashIndex: from the hash of a key to the slots that it may be in; the open-addressing half of a hash table.
 *
 *   buckets (Int32 pairs): [slot+1 | hash][0 | …][-1 | …] …     0 is empty, -1 a deleted entry; probing is linear
 *
 * It knows no keys: whoever owns the slots compares (`first`, `next`). No single insert stalls the loop: the index grows into a
 * second one, a few buckets an operation, look-ups included, as Redis's dict does. Users: the keyspace's SlotTable and the
 * collections' DenseMap.
 *
 *   for (let slot = index.first(hash); slot >= 0; slot = index.next(hash)) if (keyAt(slot) === key) return slot;
 */

const MIN_BUCKETS = 16;
/** Buckets moved to the new index at each insert or removal. The new one is filled long after they are all moved. */
const MIGRATE_BUCKETS = 32;
/** As many at each look-up: a table that stops to grow just then must not be looked up in two indexes for good. */
const MIGRATE_ON_LOOKUP = 8;
/** A count in a file is a hint, not a promise: nothing larger than this is allocated for it. */
const MAX_RESERVE = 1 << 22;
/** From this size on an index is made outside of what V8 counts against its heap. */
const UNCOUNTED_BYTES = 256 * 1024;

export class HashIndex {
  private index: Int32Array = newIndex(MIN_BUCKETS);
  private mask = MIN_BUCKETS - 1;
  /** Entries that are live. */
  private size = 0;
  /** Buckets of `index` that are not empty (live or deleted). */
  private used = 0;
  private old: Int32Array | undefined;
  private oldMask = 0;
  private oldAt = 0;
  /** Where `next` goes on: a bucket of `index`, or the complement of one of `old`. */
  private bucket = 0;

  /** The first slot under `hash`, or -1. Its key need not be the one looked for. */
  first(hash: number): number {
    if (this.old !== undefined) this.migrate(MIGRATE_ON_LOOKUP);
    const { index, mask } = this;
    for (let b = hash & mask; ; b = (b + 1) & mask) {
      const entry = index[b * 2];
      if (entry === 0) break;
      if (entry > 0 && index[b * 2 + 1] === hash) {
        this.bucket = b;
        return entry - 1;
      }
    }
    return this.old === undefined ? -1 : this.walkOld(hash, hash & this.oldMask);
  }

  /** The next slot under the hash that `first` was asked for, or -1. Nothing may be added or removed in between. */
  next(hash: number): number {
    const { index, mask } = this;
    if (this.bucket < 0) return this.walkOld(hash, ~this.bucket + 1);
    for (let b = (this.bucket + 1) & mask; ; b = (b + 1) & mask) {
      const entry = index[b * 2];
      if (entry === 0) break;
      if (entry > 0 && index[b * 2 + 1] === hash) {
        this.bucket = b;
        return entry - 1;
      }
    }
    return this.old === undefined ? -1 : this.walkOld(hash, hash & this.oldMask);
  }

  private walkOld(hash: number, from: number): number {
    const old = this.old!;
    const mask = this.oldMask;
    for (let b = from & mask; ; b = (b + 1) & mask) {
      const entry = old[b * 2];
      if (entry === 0) return -1;
      if (entry > 0 && old[b * 2 + 1] === hash) {
        this.bucket = ~b;
        return entry - 1;
      }
    }
  }

  /** The bucket that `hash` begins at, read for the sake of the cache alone. */
  touch(hash: number): number {
    return this.index[(hash & this.mask) * 2];
  }

  /** The slot that a key of this hash is likely in, or -1; leaves `next` alone. */
  likely(hash: number): number {
    const { index, mask } = this;
    for (let b = hash & mask; ; b = (b + 1) & mask) {
      const entry = index[b * 2];
      if (entry === 0) return -1;
      if (entry > 0 && index[b * 2 + 1] === hash) return entry - 1;
    }
  }

  /** Adds a slot under `hash`. */
  add(hash: number, slot: number): void {
    if (this.old !== undefined) this.migrate(MIGRATE_BUCKETS);
    if ((this.used + 1) * 4 > (this.mask + 1) * 3) this.rebuild();
    this.place(hash, slot);
    this.size++;
  }

  /** Removes `slot`, which is there under `hash`. */
  remove(hash: number, slot: number): void {
    this.setBucket(hash, slot, -1);
    this.size--;
    if (this.old !== undefined) this.migrate(MIGRATE_BUCKETS);
    else if (this.mask >= MIN_BUCKETS * 4 && this.size * 16 < this.mask) this.rebuild();
  }

  /** The key under `hash` moved from one slot to another. */
  move(hash: number, from: number, to: number): void {
    this.setBucket(hash, from, to + 1);
  }

  private setBucket(hash: number, slot: number, entry: number): void {
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

  private place(hash: number, slot: number): void {
    const { index, mask } = this;
    let b = hash & mask;
    while (index[b * 2] !== 0) b = (b + 1) & mask;
    index[b * 2] = slot + 1;
    index[b * 2 + 1] = hash;
    this.used++;
  }

  /** Makes room for `entries` at once while it is empty. */
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

  /** A copy of its own. */
  clone(): HashIndex {
    const copy = new HashIndex();
    if (this.old !== undefined) this.migrate(this.oldMask + 1);
    copy.index = newIndex(this.mask + 1);
    copy.index.set(this.index);
    copy.mask = this.mask;
    copy.size = this.size;
    copy.used = this.used;
    return copy;
  }

  /** Whether it is between two sizes. */
  get rehashing(): boolean {
    return this.old !== undefined;
  }

  /** Buckets of the index, and of the one it is leaving (DEBUG HTSTATS). */
  get buckets(): [number, number] {
    return [this.mask + 1, this.old === undefined ? 0 : this.oldMask + 1];
  }
}

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
