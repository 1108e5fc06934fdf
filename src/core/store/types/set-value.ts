/**
 * SetValue: a set of Bytes.
 *
 * Members lie in dense slots (DenseMap), so SRANDMEMBER is O(1) and SSCAN is stable. It remembers what decides its encoding
 * (encoding.ts): whether every member so far was an integer, the longest one, and the largest size since it was last settled.
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap } from './dense-map.js';
import { isInt64Text } from './int-text.js';
import { stringCost } from './string-cost.js';

export class SetValue {
  readonly kind = 'set';
  /** What it reports; latched by `settleEncoding`, and never goes back. */
  encoding: 'intset' | 'listpack' | 'hashtable' = 'intset';
  unsettled = true;
  /** The most members it had, and the longest member it was given, since it was made. */
  peakSize = 0;
  peakLength = 0;
  /** Bytes of memory of all members' strings. */
  stringBytes = 0;
  /** What the set was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  private members: DenseMap<null> = new DenseMap();

  get size(): number {
    return this.members.size;
  }

  has(member: Bytes): boolean {
    return this.members.find(member) >= 0;
  }

  /** Adds `member`; false when it was there. */
  add(member: Bytes): boolean {
    if (this.members.find(member) >= 0) return false;
    this.members.add(member, null);
    this.stringBytes += stringCost(member.length);
    this.unsettled = true;
    if (this.encoding === 'hashtable') return true;
    if (this.members.size > this.peakSize) this.peakSize = this.members.size;
    if (member.length > this.peakLength) this.peakLength = member.length;
    if (this.encoding === 'intset' && !isInt64Text(member)) this.encoding = 'listpack';
    return true;
  }

  /** Removes `member`; false when it was not there. */
  delete(member: Bytes): boolean {
    const slot = this.members.find(member);
    if (slot < 0) return false;
    this.members.removeAt(slot);
    this.stringBytes -= stringCost(member.length);
    return true;
  }

  /** The member in `slot`, 0 <= slot < size: `memberAt(random.below(size))` is a fair sample. */
  memberAt(slot: number): Bytes {
    return this.members.keyAt(slot);
  }

  /** Visits up to `count` members from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (member: Bytes) => void): number {
    return this.members.scan(cursor, count, (slot) => visit(this.members.keyAt(slot)));
  }

  /** All members in slot order. The set must not change during the walk. */
  *values(): Generator<Bytes, void, void> {
    for (let slot = 0; slot < this.members.size; slot++) yield this.members.keyAt(slot);
  }

  /** All members as a new array, in slot order. */
  toArray(): Bytes[] {
    const out: Bytes[] = [];
    for (let slot = 0; slot < this.members.size; slot++) out.push(this.members.keyAt(slot));
    return out;
  }

  /** An independent copy (COPY). */
  clone(): SetValue {
    return this.copyWith(this.members.clone());
  }

  /** A view of this moment for a snapshot: to be read by slot, whatever happens to the set. */
  freeze(): SetValue {
    return this.copyWith(this.members.freeze());
  }

  private copyWith(members: DenseMap<null>): SetValue {
    const copy = new SetValue();
    copy.members = members;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.stringBytes = this.stringBytes;
    return copy;
  }
}
