/**
 * DenseMap: keys with values in dense slots, the store beneath sets, hashes and sorted sets.
 *
 *   up to SMALL_MAX keys:  keys [a b c], values [1 2 3]           found by comparing, in order of insertion, as a listpack is
 *   above:                 chunks of CHUNK_SLOTS slots, an index   found by hash; a removal fills the hole with the last key
 *
 * Promises: slots 0 to size - 1 are all taken, so sampling is O(1); a cursor that walks from the high slots to the low ones sees
 * what is there during the whole walk, because a removal moves keys only downwards; no single operation costs more than a chunk,
 * but for the one that outgrows the index in half the memory (NarrowIndex), which hashes NARROW_MAX keys.
 * `freeze` gives a view of this moment that costs a pointer per chunk: who changes a shared chunk later copies it first.
 */
import { type Bytes, EMPTY } from '../../base/bytes.js';
import { hashBuffer, hashBytes, memberSeed } from '../hash.js';
import { HashIndex } from '../hash-index.js';
import { NARROW_MAX, NarrowIndex } from '../narrow-index.js';

/** Up to this many keys a look-up compares one by one, which an index does not beat. */
const SMALL_MAX = 128;
/** At this size a large map becomes a small one again: far below, so that one key that comes and goes does not convert each time. */
const SMALL_AGAIN = 32;
const CHUNK_SHIFT = 8;
const CHUNK_SLOTS = 1 << CHUNK_SHIFT;
const CHUNK_MASK = CHUNK_SLOTS - 1;

/** What is in maps of fewer keys is in the processor's cache already. */
const PREFETCH_MIN = 20_000;

/**
 * The last look-up in a map that is worth a prefetch (store/prefetch.ts): of which key in which map. Whoever reads it takes it away,
 * so that no map is kept alive here.
 */
export const lastLookup: { map: DenseMap<unknown> | undefined; key: Bytes } = { map: undefined, key: EMPTY };

interface Chunk<V> {
  /** Who may change it: the map whose `token` this is. */
  owner: object;
  keys: Bytes[];
  /** Undefined in a map of keys alone. */
  values: V[] | undefined;
}

interface Large<V> {
  readonly chunks: Chunk<V>[];
  size: number;
  /** Undefined in a frozen view, in which nothing is looked up. */
  index: HashIndex | NarrowIndex | undefined;
  readonly seed: number;
  /** Keeps the compiler from leaving out reads that are made for the cache alone. */
  touched: number;
}

export class DenseMap<V> {
  private large: Large<V> | undefined;
  private token: object = {};
  private repeats = false;

  /**
   * @param keys taken over
   * @param values taken over, as many; undefined: a set of keys, which has no values
   */
  constructor(
    private keys: Bytes[] = [],
    private values: V[] | undefined = undefined,
  ) {
    if (keys.length > SMALL_MAX) this.grow();
  }

  /** Whether the keys it was made of are all different. */
  get isSound(): boolean {
    if (this.large !== undefined) return !this.repeats;
    return this.keys.every((key, slot) => this.keys.indexOf(key, slot + 1) < 0);
  }

  get size(): number {
    return this.large === undefined ? this.keys.length : this.large.size;
  }

  /** The slot of `key`, or -1. */
  find(key: Bytes): number {
    const { large } = this;
    if (large === undefined) return this.keys.indexOf(key);
    if (large.size >= PREFETCH_MIN) {
      lastLookup.map = this;
      lastLookup.key = key;
    }
    const index = large.index!;
    const hash = hashBytes(key, large.seed);
    for (let slot = index.first(hash); slot >= 0; slot = index.next(hash)) {
      if (large.chunks[slot >> CHUNK_SHIFT].keys[slot & CHUNK_MASK] === key) return slot;
    }
    return -1;
  }

  /** For a prefetch: the hash of a key that lies in `buf[start, end)`. Its bucket is read. */
  hashFor(buf: Uint8Array, start: number, end: number): number {
    const { large } = this;
    if (large === undefined) return 0;
    const hash = hashBuffer(buf, start, end, large.seed);
    large.touched ^= large.index!.touch(hash);
    return hash;
  }

  /** For a prefetch: the slot that a key of this hash is likely in, or -1. Its cells are read. */
  likelySlot(hash: number): number {
    const { large } = this;
    if (large === undefined) return -1;
    const slot = large.index!.likely(hash);
    if (slot >= 0) {
      const { keys, values } = large.chunks[slot >> CHUNK_SHIFT];
      if (keys[slot & CHUNK_MASK] === undefined || values?.[slot & CHUNK_MASK] === undefined) large.touched++;
    }
    return slot;
  }

  /** For a prefetch: reads the key in `slot` itself, and its value. */
  touchEntry(slot: number): void {
    const large = this.large!;
    const { keys, values } = large.chunks[slot >> CHUNK_SHIFT];
    const value: unknown = values?.[slot & CHUNK_MASK];
    large.touched ^= keys[slot & CHUNK_MASK].length ^ (typeof value === 'string' ? value.length : 0);
  }

  /** The key in `slot`, 0 <= slot < size. */
  keyAt(slot: number): Bytes {
    const { large } = this;
    return large === undefined ? this.keys[slot] : large.chunks[slot >> CHUNK_SHIFT].keys[slot & CHUNK_MASK];
  }

  /** The value in `slot`, 0 <= slot < size. */
  valueAt(slot: number): V {
    const { large } = this;
    if (large === undefined) return this.values![slot];
    return large.chunks[slot >> CHUNK_SHIFT].values![slot & CHUNK_MASK];
  }

  /** Replaces the value in `slot`. */
  setValueAt(slot: number, value: V): void {
    if (this.large === undefined) this.values![slot] = value;
    else this.own(this.large, slot >> CHUNK_SHIFT).values![slot & CHUNK_MASK] = value;
  }

  /** Adds `key`, which must not be there (`find` said -1). */
  add(key: Bytes, value: V): void {
    if (this.large !== undefined) {
      this.append(this.large, key, value);
      return;
    }
    this.keys.push(key);
    this.values?.push(value);
    if (this.keys.length > SMALL_MAX) this.grow();
  }

  private append(large: Large<V>, key: Bytes, value: V | undefined): void {
    if (large.size === NARROW_MAX && large.index instanceof NarrowIndex) this.widen(large);
    const slot = large.size++;
    const at = slot & CHUNK_MASK;
    if (at === 0) {
      large.chunks.push({ owner: this.token, keys: [], values: this.values === undefined ? undefined : [] });
    }
    const chunk = this.own(large, slot >> CHUNK_SHIFT);
    chunk.keys.push(key);
    chunk.values?.push(value as V);
    large.index!.add(hashBytes(key, large.seed), slot);
    // A full chunk gives back what its arrays had grown beyond it.
    if (at === CHUNK_MASK) {
      chunk.keys = chunk.keys.slice();
      chunk.values = chunk.values?.slice();
    }
  }

  /** From the index that is full to one without a limit. */
  private widen(large: Large<V>): void {
    const index = new HashIndex();
    index.reserve(large.size + 1);
    for (let slot = 0; slot < large.size; slot++) index.add(hashBytes(this.keyAt(slot), large.seed), slot);
    large.index = index;
  }

  /** The chunk, which may be changed: a copy when a view shares it. */
  private own(large: Large<V>, c: number): Chunk<V> {
    const chunk = large.chunks[c];
    if (chunk.owner === this.token) return chunk;
    return (large.chunks[c] = {
      owner: this.token,
      keys: chunk.keys.slice(),
      values: chunk.values?.slice(),
    });
  }

  /** From one pair of arrays to chunks. */
  private grow(): void {
    const { keys, values } = this;
    const index = keys.length > NARROW_MAX ? new HashIndex() : new NarrowIndex();
    index.reserve(keys.length);
    this.large = { chunks: [], size: 0, index, seed: memberSeed(), touched: 0 };
    this.keys = [];
    if (values !== undefined) this.values = [];
    for (let i = 0; i < keys.length; i++) {
      if (this.find(keys[i]) >= 0) this.repeats = true;
      else this.append(this.large, keys[i], values?.[i]);
    }
  }

  private shrink({ chunks }: Large<V>): void {
    this.large = undefined;
    this.keys = chunks[0].keys.slice();
    if (this.values !== undefined) this.values = chunks[0].values!.slice();
  }

  /** Removes what is in `slot`. */
  removeAt(slot: number): void {
    const { large } = this;
    if (large === undefined) {
      this.keys.splice(slot, 1);
      this.values?.splice(slot, 1);
      return;
    }
    const last = --large.size;
    const index = large.index!;
    index.remove(hashBytes(this.keyAt(slot), large.seed), slot);
    const tail = this.own(large, last >> CHUNK_SHIFT);
    const key = tail.keys.pop()!;
    const value = tail.values?.pop();
    if (slot !== last) {
      const chunk = this.own(large, slot >> CHUNK_SHIFT);
      chunk.keys[slot & CHUNK_MASK] = key;
      if (chunk.values !== undefined) chunk.values[slot & CHUNK_MASK] = value as V;
      index.move(hashBytes(key, large.seed), last, slot);
    }
    if (tail.keys.length === 0) large.chunks.pop();
    if (large.size <= SMALL_AGAIN) this.shrink(large);
  }

  /**
   * Visits up to `count` slots below `cursor` (0 starts at the top) and returns the next cursor, 0 when the walk is over.
   * The visitor must not add or remove keys.
   */
  scan(cursor: number, count: number, visit: (slot: number) => void): number {
    return scanSlots(this.size, cursor, count, visit);
  }

  /** A view of this moment, to read by slot; nothing can be looked up in it or changed. */
  freeze(): DenseMap<V> {
    return this.share(undefined);
  }

  /** A copy of its own; values are shared. */
  clone(): DenseMap<V> {
    return this.share(this.large?.index!.clone());
  }

  private share(index: Large<V>['index']): DenseMap<V> {
    const { large } = this;
    const view = new DenseMap<V>(this.keys.slice(), this.values?.slice());
    if (large === undefined) return view;
    view.large = { chunks: large.chunks.slice(), size: large.size, index, seed: large.seed, touched: 0 };
    // Neither owns the chunks any more: who changes one copies it first.
    this.token = {};
    return view;
  }
}

/** `DenseMap.scan` over `size` dense slots. */
export function scanSlots(
  size: number,
  cursor: number,
  count: number,
  visit: (slot: number) => void,
): number {
  let slot = cursor === 0 || cursor > size ? size : cursor;
  for (; count > 0 && slot > 0; count--) visit(--slot);
  return slot;
}
