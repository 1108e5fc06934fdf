/**
 * DenseMap: keys with values in dense slots, in order of insertion, the store beneath sets, hashes and sorted sets.
 *
 * Promises O(1) sampling (`keyAt` of a random slot) and a stable scan: the cursor walks from the high slots to the low ones,
 * and a removal moves keys only downwards, so what is there during a whole scan is visited. Up to ORDERED_MAX keys a removal
 * keeps the order of insertion, as a listpack does; above it the last key fills the hole. The first keys are found by
 * comparing, without an index: most collections are tiny.
 */
import { type Bytes } from '../../base/bytes.js';

/** Up to this many keys a lookup compares one by one; above it a Map leads to the slot. */
const UNINDEXED_MAX = 16;
/** Up to this many keys a removal keeps the order of insertion. */
const ORDERED_MAX = 128;

export class DenseMap<V> {
  private index: Map<Bytes, number> | null = null;

  constructor(
    private readonly keys: Bytes[] = [],
    private readonly values: V[] = [],
  ) {
    if (keys.length > UNINDEXED_MAX) this.buildIndex();
  }

  /** Whether the keys it was made of are all different. */
  get isSound(): boolean {
    if (this.index !== null) return this.index.size === this.keys.length;
    return this.keys.every((key, slot) => this.keys.indexOf(key, slot + 1) < 0);
  }

  get size(): number {
    return this.keys.length;
  }

  /** The slot of `key`, or -1. */
  find(key: Bytes): number {
    if (this.index !== null) return this.index.get(key) ?? -1;
    return this.keys.indexOf(key);
  }

  /** The key in `slot`, 0 <= slot < size. */
  keyAt(slot: number): Bytes {
    return this.keys[slot];
  }

  /** The value in `slot`, 0 <= slot < size. */
  valueAt(slot: number): V {
    return this.values[slot];
  }

  /** Replaces the value in `slot`. */
  setValueAt(slot: number, value: V): void {
    this.values[slot] = value;
  }

  /** Adds `key`, which must not be there (`find` said -1). */
  add(key: Bytes, value: V): void {
    const slot = this.keys.length;
    this.keys.push(key);
    this.values.push(value);
    if (this.index !== null) this.index.set(key, slot);
    else if (slot >= UNINDEXED_MAX) this.buildIndex();
  }

  /** Removes what is in `slot`. */
  removeAt(slot: number): void {
    const last = this.keys.length - 1;
    this.index?.delete(this.keys[slot]);
    if (last < ORDERED_MAX) {
      this.keys.splice(slot, 1);
      this.values.splice(slot, 1);
      if (this.index !== null) for (let i = slot; i < last; i++) this.index.set(this.keys[i], i);
      return;
    }
    const key = this.keys.pop()!;
    const value = this.values.pop()!;
    if (slot === last) return;
    this.keys[slot] = key;
    this.values[slot] = value;
    this.index!.set(key, slot);
  }

  /**
   * Visits up to `count` slots below `cursor` (0 starts at the top) and returns the next cursor, 0 when the walk is over.
   * The visitor must not add or remove keys.
   */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    let slot = cursor === 0 || cursor > this.keys.length ? this.keys.length : cursor;
    for (; count > 0 && slot > 0; count--) visit(--slot);
    return slot;
  }

  /** A copy; `copyOf` copies one value. */
  clone(copyOf: (value: V) => V): DenseMap<V> {
    return new DenseMap<V>(this.keys.slice(), this.values.map(copyOf));
  }

  private buildIndex(): void {
    this.index = new Map();
    for (let i = 0; i < this.keys.length; i++) this.index.set(this.keys[i], i);
  }
}
