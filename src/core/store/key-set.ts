/**
 * KeySet: a set of keys beside a keyspace, with O(1) sampling and no insert that stalls the loop, as the keyspace itself.
 *
 * Holds names only; whether a key still is in the keyspace is the owner's business.
 */
import { type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';
import { SlotTable, type Columns, type SlotChunk } from './slot-table.js';

export class KeySet implements Columns<SlotChunk> {
  private readonly table: SlotTable<SlotChunk>;

  constructor(seed: number) {
    this.table = new SlotTable<SlotChunk>(this, seed);
  }

  get size(): number {
    return this.table.size;
  }

  add(key: Bytes): void {
    if (this.table.find(key) < 0) this.table.insert(key);
  }

  delete(key: Bytes): void {
    const slot = this.table.find(key);
    if (slot >= 0) this.table.remove(slot);
  }

  /** A key chosen at random; the set must not be empty. */
  sample(random: Random): Bytes {
    return this.table.keyAt(this.table.sample(random))!;
  }

  newChunk(): SlotChunk {
    return { cells: [] };
  }

  clear(): void {
    // There are no columns beside the keys.
  }

  move(): void {
    // There are no columns beside the keys.
  }
}
