/**
 * FieldExpiryIndex: the hashes of one keyspace that have fields that expire, by when their first field is due.
 *
 * It is exact at any time: the keyspace adds a hash when one with such fields is put into a slot, and the hash itself says when its
 * first field is due at another time, or leaves. So it goes with the keyspace wherever that goes (FLUSHDB, SWAPDB, a data set that was
 * loaded), and finding what is due costs O(log n) however many hashes there are. Read by the field expire cycle and by snapshots.
 */
import { type Bytes } from '../base/bytes.js';
import { DueHeap, type Due } from './types/due-heap.js';
import { type FieldExpiryPlace, type HashValue } from './types/hash-value.js';

/** A hash in the index. */
export class IndexedHash implements Due, FieldExpiryPlace {
  heapAt = -1;
  dueMs: number;

  constructor(
    private readonly heap: DueHeap<IndexedHash>,
    readonly key: Bytes,
    readonly hash: HashValue,
  ) {
    this.dueMs = hash.earliestMs;
    heap.add(this);
  }

  earliestChanged(dueMs: number): void {
    if (dueMs === Infinity) this.leave();
    else {
      this.dueMs = dueMs;
      this.heap.settle(this);
    }
  }

  leave(): void {
    this.heap.remove(this);
    this.hash.expiryPlace = undefined;
  }
}

export class FieldExpiryIndex {
  private readonly heap = new DueHeap<IndexedHash>();

  /** How many hashes have fields that expire. */
  get size(): number {
    return this.heap.size;
  }

  /** The hash whose field is due first. */
  get first(): IndexedHash | undefined {
    return this.heap.first;
  }

  /** Takes up a hash that lies at `key`. */
  add(key: Bytes, hash: HashValue): void {
    hash.expiryPlace = new IndexedHash(this.heap, key, hash);
  }
}
