/**
 * ZSetValue: members with scores, found by member and walked in order of (score, member bytes).
 *
 * A member has its score in both views. Ranks count from the lowest. A score is never NaN (callers refuse it).
 * It remembers what decides its encoding (encoding.ts): the longest member and the largest size it had.
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap } from './dense-map.js';
import { ScoreOrder, type Visit, type VisitRun } from './score-order.js';
import { stringCost } from './string-cost.js';

export interface ZEntry {
  readonly member: Bytes;
  readonly score: number;
}

export class ZSetValue {
  readonly kind = 'zset';
  /** What it reports; latched by `settleEncoding`, and never goes back. */
  encoding: 'listpack' | 'skiplist' = 'listpack';
  unsettled = true;
  /** The most members it had, and the longest member it was given, since it was made. */
  peakSize = 0;
  peakLength = 0;
  /** Bytes of memory of all members' strings. */
  stringBytes = 0;
  /** What the sorted set was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  private byMember = new DenseMap<number>([], []);
  private order = new ScoreOrder();

  get size(): number {
    return this.byMember.size;
  }

  /** The score of `member`, or undefined. */
  score(member: Bytes): number | undefined {
    const slot = this.byMember.find(member);
    return slot < 0 ? undefined : this.byMember.valueAt(slot);
  }

  has(member: Bytes): boolean {
    return this.byMember.find(member) >= 0;
  }

  /** Adds `member` or moves it to `score`. */
  set(member: Bytes, score: number): 'added' | 'moved' | 'same' {
    const slot = this.byMember.find(member);
    if (slot < 0) {
      this.byMember.add(member, score);
      this.order.insert(member, score);
      this.stringBytes += stringCost(member.length);
      this.unsettled = true;
      if (member.length > this.peakLength) this.peakLength = member.length;
      if (this.byMember.size > this.peakSize) this.peakSize = this.byMember.size;
      return 'added';
    }
    const old = this.byMember.valueAt(slot);
    if (old === score) return 'same';
    this.byMember.setValueAt(slot, score);
    this.order.move(this.byMember.keyAt(slot), old, score);
    return 'moved';
  }

  /** Removes `member`; false when it was not there. */
  delete(member: Bytes): boolean {
    const slot = this.byMember.find(member);
    if (slot < 0) return false;
    this.order.remove(member, this.byMember.valueAt(slot));
    this.byMember.removeAt(slot);
    this.stringBytes -= stringCost(member.length);
    return true;
  }

  /** The rank of `member` from the lowest, or undefined. */
  rank(member: Bytes): number | undefined {
    const slot = this.byMember.find(member);
    return slot < 0 ? undefined : this.order.rankOf(member, this.byMember.valueAt(slot));
  }

  /** How many entries have a score below `score`, or not above it when `inclusive`. */
  countBelow(score: number, inclusive: boolean): number {
    return this.order.countBelow(score, inclusive);
  }

  /** How many entries have a member before `member`, or not after it when `inclusive`; for sets of one score. */
  countBefore(member: Bytes, inclusive: boolean): number {
    return this.order.countBefore(member, inclusive);
  }

  /** The entry of a rank, 0 <= rank < size. */
  at(rank: number): ZEntry {
    return { member: this.order.memberAt(rank), score: this.order.scoreAt(rank) };
  }

  /** The entries of the ranks in [start, end), clipped, lowest first. */
  range(start: number, end: number): ZEntry[] {
    const entries: ZEntry[] = [];
    this.walk(Math.max(start, 0), Math.min(end, this.size), (member, score) => {
      entries.push({ member, score });
      return true;
    });
    return entries;
  }

  /** Visits the ranks in [start, end), 0 <= start and end <= size, upwards. Nothing may change during the walk. */
  walk(start: number, end: number, visit: Visit): void {
    this.order.walk(start, end, visit);
  }

  /** As `walk`, for the members alone, in runs. */
  walkRuns(start: number, end: number, visit: VisitRun): void {
    this.order.walkRuns(start, end, visit);
  }

  /** As `walk`, from the highest rank down. */
  walkBack(start: number, end: number, visit: Visit): void {
    this.order.walkBack(start, end, visit);
  }

  /** Removes the entries of the ranks in [start, end), clipped, and returns them. */
  removeRange(start: number, end: number): ZEntry[] {
    const removed = this.range(start, end);
    if (removed.length === 0) return removed;
    const first = Math.max(start, 0);
    this.order.removeRange(first, first + removed.length);
    for (const { member } of removed) {
      this.byMember.removeAt(this.byMember.find(member));
      this.stringBytes -= stringCost(member.length);
    }
    return removed;
  }

  /** The entry in `slot`, 0 <= slot < size: `entryAt(random.below(size))` is a fair sample. */
  entryAt(slot: number): ZEntry {
    return { member: this.byMember.keyAt(slot), score: this.byMember.valueAt(slot) };
  }

  /** The member and the score in `slot`, 0 <= slot < size, in no order. */
  memberInSlot(slot: number): Bytes {
    return this.byMember.keyAt(slot);
  }

  scoreInSlot(slot: number): number {
    return this.byMember.valueAt(slot);
  }

  /** Visits up to `count` entries from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (entry: ZEntry) => void): number {
    return this.byMember.scan(cursor, count, (slot) => visit(this.entryAt(slot)));
  }

  /** An independent copy (COPY). */
  clone(): ZSetValue {
    return this.copyWith(this.byMember.clone());
  }

  /** A view of this moment for a snapshot: to be read by slot and by rank, whatever happens to the set. */
  freeze(): ZSetValue {
    return this.copyWith(this.byMember.freeze());
  }

  private copyWith(byMember: DenseMap<number>): ZSetValue {
    const copy = new ZSetValue();
    copy.byMember = byMember;
    copy.order = this.order.copy();
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.stringBytes = this.stringBytes;
    return copy;
  }
}
