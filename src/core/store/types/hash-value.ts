/**
 * HashValue: fields with values.
 *
 * Fields lie in dense slots (DenseMap), so HRANDFIELD is O(1) and HSCAN is stable. It remembers what decides its encoding
 * (encoding.ts): the longest field or value and the largest size it had.
 *
 * A field may expire (Redis 7.4). Its value is then an ExpiringValue in the same slot, which never changes: whoever holds on to the
 * slots of a hash holds on to its times, too. A heap beside them knows which field is due first. A field that is over stays until
 * somebody deletes it; those who must not see it ask with the time of their command.
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap } from './dense-map.js';
import { DueHeap, type Due } from './due-heap.js';
import { stringCost } from './string-cost.js';

/** The value of a field that expires. */
class ExpiringValue implements Due {
  heapAt = -1;

  constructor(
    readonly field: Bytes,
    readonly value: Bytes,
    readonly dueMs: number,
  ) {}
}

/** The place of a hash in an index of those with fields that expire (store/field-expiry-index). */
export interface FieldExpiryPlace {
  /** The first field is due at another time than before; Infinity: none expires any more. */
  earliestChanged(dueMs: number): void;
  /** The hash left the keyspace. */
  leave(): void;
}

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
  /** Some field of it has had an expiry. */
  hadExpiry = false;
  /** Set by the index, while the hash lies in a keyspace and has fields that expire. */
  expiryPlace: FieldExpiryPlace | undefined;
  private entries = new DenseMap<Bytes | ExpiringValue>([], []);
  private times: DueHeap<ExpiringValue> | undefined;
  /** In a frozen view: what the heap said. */
  private frozen: { readonly expiring: number; readonly earliestMs: number } | undefined;

  /** A hash of these fields and values, which it takes over; undefined when a field appears twice. */
  static of(fields: Bytes[], values: Bytes[]): HashValue | undefined {
    const hash = new HashValue();
    hash.entries = new DenseMap<Bytes | ExpiringValue>(fields, values);
    hash.peakSize = fields.length;
    for (let i = 0; i < fields.length; i++) {
      hash.peakLength = Math.max(hash.peakLength, fields[i].length, values[i].length);
      hash.stringBytes += stringCost(fields[i].length) + stringCost(values[i].length);
    }
    return hash.entries.isSound ? hash : undefined;
  }

  /** Fields, those included whose time is over. */
  get size(): number {
    return this.entries.size;
  }

  get(field: Bytes): Bytes | undefined {
    const slot = this.entries.find(field);
    return slot < 0 ? undefined : plainValue(this.entries.valueAt(slot));
  }

  /** As `get`, for whom a field that was due before `nowMs` is not there. */
  getLive(field: Bytes, nowMs: number): Bytes | undefined {
    const slot = this.entries.find(field);
    if (slot < 0) return undefined;
    const value = this.entries.valueAt(slot);
    if (typeof value === 'string') return value;
    return value.dueMs < nowMs ? undefined : value.value;
  }

  has(field: Bytes): boolean {
    return this.entries.find(field) >= 0;
  }

  /** Sets `field`, which does not expire then; true when it is new. */
  set(field: Bytes, value: Bytes): boolean {
    return this.write(field, value, false);
  }

  /** As `set`, but a field that expires goes on to do so. */
  setKeepingExpiry(field: Bytes, value: Bytes): boolean {
    return this.write(field, value, true);
  }

  private write(field: Bytes, value: Bytes, keepsExpiry: boolean): boolean {
    const slot = this.entries.find(field);
    this.unsettled = true;
    if (value.length > this.peakLength) this.peakLength = value.length;
    this.stringBytes += stringCost(value.length);
    if (slot >= 0) {
      const old = this.entries.valueAt(slot);
      this.stringBytes -= stringCost(plainValue(old).length);
      if (typeof old === 'string') this.entries.setValueAt(slot, value);
      else this.changeExpiring(slot, old, value, keepsExpiry ? old.dueMs : Infinity);
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
    const old = this.entries.valueAt(slot);
    this.stringBytes -= stringCost(field.length) + stringCost(plainValue(old).length);
    this.entries.removeAt(slot);
    if (typeof old !== 'string') this.forgetTime(old);
    return true;
  }

  /** The field in `slot`, 0 <= slot < size: `fieldAt(random.below(size))` is a fair sample. */
  fieldAt(slot: number): Bytes {
    return this.entries.keyAt(slot);
  }

  /** The value in `slot`, 0 <= slot < size. */
  valueAt(slot: number): Bytes {
    return plainValue(this.entries.valueAt(slot));
  }

  /** When the field in `slot` is due, in absolute ms; Infinity: it does not expire. */
  expiryAt(slot: number): number {
    const value = this.entries.valueAt(slot);
    return typeof value === 'string' ? Infinity : value.dueMs;
  }

  /** Visits up to `count` fields from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (field: Bytes, value: Bytes) => void): number {
    return this.entries.scan(cursor, count, (slot) => visit(this.entries.keyAt(slot), this.valueAt(slot)));
  }

  // ---- fields that expire

  /** How many fields expire. */
  get expiring(): number {
    return this.times === undefined ? (this.frozen?.expiring ?? 0) : this.times.size;
  }

  /** When the first field is due, in absolute ms; Infinity: none expires. */
  get earliestMs(): number {
    return this.times === undefined ? (this.frozen?.earliestMs ?? Infinity) : this.times.dueMs;
  }

  /** When `field` is due, in absolute ms; Infinity: it does not expire; undefined: there is no such field. */
  expiryOf(field: Bytes): number | undefined {
    const slot = this.entries.find(field);
    return slot < 0 ? undefined : this.expiryAt(slot);
  }

  /** Sets (Infinity: removes) the expiry of a field that is there. */
  setExpiry(field: Bytes, dueMs: number): void {
    const slot = this.entries.find(field);
    const old = this.entries.valueAt(slot);
    if (typeof old !== 'string') {
      this.changeExpiring(slot, old, old.value, dueMs);
      return;
    }
    if (dueMs === Infinity) return;
    const value = new ExpiringValue(field, old, dueMs);
    this.hadExpiry = true;
    this.entries.setValueAt(slot, value);
    this.times ??= new DueHeap();
    this.times.add(value);
    if (value.heapAt === 0) this.expiryPlace?.earliestChanged(dueMs);
  }

  /** How many fields were due before `nowMs`. Costs as much as there are. */
  countOver(nowMs: number): number {
    let count = 0;
    if (this.earliestMs < nowMs) this.times!.eachDue(nowMs, () => ++count > 0);
    return count;
  }

  /** Up to `max` fields that were due before `nowMs`, in no order. */
  fieldsOver(nowMs: number, max: number): Bytes[] {
    const fields: Bytes[] = [];
    if (this.earliestMs < nowMs) this.times!.eachDue(nowMs, ({ field }) => fields.push(field) < max);
    return fields;
  }

  /** The value of a field that expires gets another value or time; Infinity: it expires no more. */
  private changeExpiring(slot: number, old: ExpiringValue, value: Bytes, dueMs: number): void {
    if (dueMs === Infinity) {
      this.entries.setValueAt(slot, value);
      this.forgetTime(old);
      return;
    }
    const times = this.times!;
    const { dueMs: earliest } = times;
    const changed = new ExpiringValue(old.field, value, dueMs);
    this.entries.setValueAt(slot, changed);
    times.replace(old, changed);
    if (times.dueMs !== earliest) this.expiryPlace?.earliestChanged(times.dueMs);
  }

  private forgetTime(old: ExpiringValue): void {
    const times = this.times!;
    const { dueMs: earliest } = times;
    times.remove(old);
    if (times.dueMs !== earliest) this.expiryPlace?.earliestChanged(times.dueMs);
    if (times.size === 0) this.times = undefined;
  }

  /** An independent copy (COPY), in no keyspace yet. */
  clone(): HashValue {
    const copy = this.copyWith(this.entries.clone());
    const { entries } = copy;
    copy.times = this.times?.clone(({ field, value, dueMs }) => {
      const copied = new ExpiringValue(field, value, dueMs);
      entries.setValueAt(entries.find(field), copied);
      return copied;
    });
    return copy;
  }

  /** A view of this moment for a snapshot: to be read by slot, whatever happens to the hash. */
  freeze(): HashValue {
    const view = this.copyWith(this.entries.freeze());
    view.frozen = { expiring: this.expiring, earliestMs: this.earliestMs };
    return view;
  }

  private copyWith(entries: DenseMap<Bytes | ExpiringValue>): HashValue {
    const copy = new HashValue();
    copy.entries = entries;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.hadExpiry = this.hadExpiry;
    copy.stringBytes = this.stringBytes;
    return copy;
  }
}

function plainValue(value: Bytes | ExpiringValue): Bytes {
  return typeof value === 'string' ? value : value.value;
}
