/**
 * SetValue: a set of Bytes.
 *
 * Members lie in dense slots (DenseMap), so SRANDMEMBER is O(1) and SSCAN is stable. It remembers what decides its encoding
 * (encoding.ts): whether every member so far was an integer, the longest one, and the largest size since it was last settled.
 *
 * Some hundreds and thousands of 32-bit integers are held as such (IntMembers), whatever the encoding is called; a member that is
 * none, or one too many, makes strings of them. Slots stay what they are.
 *
 *   members [strings]  --129 and all integers-->  ints  --any other member, 4,096-->  members
 *                      <--32 are left------------
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap, scanSlots } from './dense-map.js';
import { int32Of, IntMembers } from './int-members.js';
import { isInt64Text } from './int-text.js';
import { stringCost } from './string-cost.js';

/** With this member, which is one too many to look for one by one, it is found out whether all are integers. */
const INTS_FROM = 129;
/** With so few left they are strings again: far below, so that one member that comes and goes does not convert each time. */
const INTS_TO = 32;

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
  /** All members, when these are integers; `members` is empty then. */
  private ints: IntMembers | undefined;

  get size(): number {
    return this.ints === undefined ? this.members.size : this.ints.size;
  }

  /** Whether members are held as integers, which `stringBytes` does not count. */
  get holdsInts(): boolean {
    return this.ints !== undefined;
  }

  private find(member: Bytes): number {
    const { ints } = this;
    if (ints === undefined) return this.members.find(member);
    const value = int32Of(member);
    return value === undefined ? -1 : ints.find(value);
  }

  has(member: Bytes): boolean {
    return this.find(member) >= 0;
  }

  /** Adds `member`; false when it was there. */
  add(member: Bytes): boolean {
    const { ints } = this;
    if (ints === undefined) {
      if (this.members.find(member) >= 0) return false;
      this.addText(member);
    } else {
      const value = int32Of(member);
      if (value !== undefined && ints.find(value) >= 0) return false;
      if (value !== undefined && !ints.isFull) ints.add(value);
      else {
        this.toTexts(ints);
        this.addText(member);
      }
    }
    this.unsettled = true;
    if (this.encoding === 'hashtable') return true;
    if (this.size > this.peakSize) this.peakSize = this.size;
    if (member.length > this.peakLength) this.peakLength = member.length;
    if (this.encoding === 'intset' && !isInt64Text(member)) this.encoding = 'listpack';
    return true;
  }

  private addText(member: Bytes): void {
    this.members.add(member, null);
    this.stringBytes += stringCost(member.length);
    if (this.members.size === INTS_FROM) this.toInts();
  }

  private toInts(): void {
    this.ints = IntMembers.of(this.toArray());
    if (this.ints === undefined) return;
    this.members = new DenseMap();
    this.stringBytes = 0;
  }

  private toTexts(ints: IntMembers): void {
    const texts = ints.texts();
    for (const text of texts) this.stringBytes += stringCost(text.length);
    this.members = new DenseMap(texts);
    this.ints = undefined;
  }

  /** Removes `member`; false when it was not there. */
  delete(member: Bytes): boolean {
    const slot = this.find(member);
    if (slot < 0) return false;
    const { ints } = this;
    if (ints === undefined) {
      this.members.removeAt(slot);
      this.stringBytes -= stringCost(member.length);
    } else {
      ints.removeAt(slot);
      if (ints.size === INTS_TO) this.toTexts(ints);
    }
    return true;
  }

  /** The member in `slot`, 0 <= slot < size: `memberAt(random.below(size))` is a fair sample. */
  memberAt(slot: number): Bytes {
    return this.ints === undefined ? this.members.keyAt(slot) : this.ints.textAt(slot);
  }

  /** Visits up to `count` members from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (member: Bytes) => void): number {
    return scanSlots(this.size, cursor, count, (slot) => visit(this.memberAt(slot)));
  }

  /** All members in slot order. The set must not change during the walk. */
  *values(): Generator<Bytes, void, void> {
    for (let slot = 0; slot < this.size; slot++) yield this.memberAt(slot);
  }

  /** All members as a new array, in slot order. */
  toArray(): Bytes[] {
    const out: Bytes[] = [];
    for (let slot = 0; slot < this.size; slot++) out.push(this.memberAt(slot));
    return out;
  }

  /** An independent copy (COPY). */
  clone(): SetValue {
    return this.copyWith(this.members.clone(), this.ints?.clone());
  }

  /** A view of this moment for a snapshot: to be read by slot, whatever happens to the set. */
  freeze(): SetValue {
    return this.copyWith(this.members.freeze(), this.ints?.freeze());
  }

  private copyWith(members: DenseMap<null>, ints: IntMembers | undefined): SetValue {
    const copy = new SetValue();
    copy.members = members;
    copy.ints = ints;
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.stringBytes = this.stringBytes;
    return copy;
  }
}
