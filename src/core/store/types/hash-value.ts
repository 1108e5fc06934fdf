/**
 * HashValue: fields with values.
 *
 * Fields lie in dense slots (DenseMap), so HRANDFIELD is O(1) and HSCAN is stable. It remembers what decides its encoding
 * (encoding.ts): the longest field or value and the largest size it had. A field may carry an expiry of its own, which
 * Redis 7.2 does not use and later versions do.
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap } from './dense-map.js';
import { stringCost } from './string-cost.js';

export class HashValue {
  readonly kind = 'hash';
  /** What it reports; latched by `settleEncoding`, and never goes back. */
  encoding: 'listpack' | 'hashtable' = 'listpack';
  unsettled = true;
  /** The most fields it had, and the longest field or value it was given, since it was made. */
  peakSize = 0;
  peakLength = 0;
  /** Bytes of memory of all strings, fields and values. */
  stringBytes = 0;
  /** What the hash was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  /** Fields that expire, with the absolute time in ms; null while there is none. */
  fieldExpiry: Map<Bytes, number> | null = null;
  private entries = new DenseMap<Bytes>([], []);

  /** A hash of these fields and values, which it takes over; undefined when a field appears twice. */
  static of(fields: Bytes[], values: Bytes[]): HashValue | undefined {
    const hash = new HashValue();
    hash.entries = new DenseMap(fields, values);
    hash.peakSize = fields.length;
    for (let i = 0; i < fields.length; i++) {
      hash.peakLength = Math.max(hash.peakLength, fields[i].length, values[i].length);
      hash.stringBytes += stringCost(fields[i].length) + stringCost(values[i].length);
    }
    return hash.entries.isSound ? hash : undefined;
  }

  get size(): number {
    return this.entries.size;
  }

  get(field: Bytes): Bytes | undefined {
    const slot = this.entries.find(field);
    return slot < 0 ? undefined : this.entries.valueAt(slot);
  }

  has(field: Bytes): boolean {
    return this.entries.find(field) >= 0;
  }

  /** Sets `field`; true when it is new. */
  set(field: Bytes, value: Bytes): boolean {
    const slot = this.entries.find(field);
    this.unsettled = true;
    if (value.length > this.peakLength) this.peakLength = value.length;
    this.stringBytes += stringCost(value.length);
    if (slot >= 0) {
      this.stringBytes -= stringCost(this.entries.valueAt(slot).length);
      this.entries.setValueAt(slot, value);
      return false;
    }
    this.entries.add(field, value);
    this.stringBytes += stringCost(field.length);
    if (field.length > this.peakLength) this.peakLength = field.length;
    if (this.entries.size > this.peakSize) this.peakSize = this.entries.size;
    return true;
  }

  /** Removes `field`; false when it was not there. */
  delete(field: Bytes): boolean {
    const slot = this.entries.find(field);
    if (slot < 0) return false;
    this.stringBytes -= stringCost(field.length) + stringCost(this.entries.valueAt(slot).length);
    this.entries.removeAt(slot);
    this.fieldExpiry?.delete(field);
    return true;
  }

  /** The field in `slot`, 0 <= slot < size: `fieldAt(random.below(size))` is a fair sample. */
  fieldAt(slot: number): Bytes {
    return this.entries.keyAt(slot);
  }

  /** The value in `slot`, 0 <= slot < size. */
  valueAt(slot: number): Bytes {
    return this.entries.valueAt(slot);
  }

  /** Visits up to `count` fields from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (field: Bytes, value: Bytes) => void): number {
    return this.entries.scan(cursor, count, (slot) =>
      visit(this.entries.keyAt(slot), this.entries.valueAt(slot)),
    );
  }

  /** An independent copy (COPY). */
  clone(): HashValue {
    return this.copyWith(this.entries.clone());
  }

  /** A view of this moment for a snapshot: to be read by slot, whatever happens to the hash. */
  freeze(): HashValue {
    return this.copyWith(this.entries.freeze());
  }

  private copyWith(entries: DenseMap<Bytes>): HashValue {
    const copy = new HashValue();
    copy.entries = entries;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.stringBytes = this.stringBytes;
    if (this.fieldExpiry !== null) copy.fieldExpiry = new Map(this.fieldExpiry);
    return copy;
  }
}
