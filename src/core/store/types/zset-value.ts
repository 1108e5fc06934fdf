/**
 * ZSetValue: members with scores, found by member and walked in order of (score, member bytes).
 *
 * Both views share one entry object per member. Ranks count from the lowest. A score is never NaN (callers refuse it).
 * It remembers what decides its encoding (encoding.ts): the longest member and the largest size it had.
 */
import { type Bytes } from '../../base/bytes.js';
import { DenseMap } from './dense-map.js';
import { SortedChunks } from './sorted-chunks.js';
import { stringCost } from './string-cost.js';

export interface ZEntry {
  readonly member: Bytes;
  readonly score: number;
}

function compareEntries(a: ZEntry, b: ZEntry): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return a.member < b.member ? -1 : a.member > b.member ? 1 : 0;
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
  private byMember = new DenseMap<ZEntry>([], []);
  private order = new SortedChunks<ZEntry>(compareEntries);

  get size(): number {
    return this.byMember.size;
  }

  /** The score of `member`, or undefined. */
  score(member: Bytes): number | undefined {
    const slot = this.byMember.find(member);
    return slot < 0 ? undefined : this.byMember.valueAt(slot).score;
  }

  has(member: Bytes): boolean {
    return this.byMember.find(member) >= 0;
  }

  /** Adds `member` or moves it to `score`. */
  set(member: Bytes, score: number): 'added' | 'moved' | 'same' {
    const slot = this.byMember.find(member);
    if (slot < 0) {
      const entry: ZEntry = { member, score };
      this.byMember.add(member, entry);
      this.stringBytes += stringCost(member.length);
      this.order.insert(entry);
      this.unsettled = true;
      if (member.length > this.peakLength) this.peakLength = member.length;
      if (this.byMember.size > this.peakSize) this.peakSize = this.byMember.size;
      return 'added';
    }
    const old = this.byMember.valueAt(slot);
    if (old.score === score) return 'same';
    this.order.remove(old);
    const entry: ZEntry = { member: old.member, score };
    this.byMember.setValueAt(slot, entry);
    this.order.insert(entry);
    return 'moved';
  }

  /** Removes `member`; false when it was not there. */
  delete(member: Bytes): boolean {
    const slot = this.byMember.find(member);
    if (slot < 0) return false;
    this.order.remove(this.byMember.valueAt(slot));
    this.byMember.removeAt(slot);
    this.stringBytes -= stringCost(member.length);
    return true;
  }

  /** The rank of `member` from the lowest, or undefined. */
  rank(member: Bytes): number | undefined {
    const slot = this.byMember.find(member);
    if (slot < 0) return undefined;
    const entry = this.byMember.valueAt(slot);
    return this.order.rankOf((other) => compareEntries(other, entry));
  }

  /** How many entries have a score below `score`, or not above it when `inclusive`. */
  countBelow(score: number, inclusive: boolean): number {
    return this.order.rankOf((entry) =>
      entry.score < score || (inclusive && entry.score === score) ? -1 : 1,
    );
  }

  /** How many entries have a member before `member`, or not after it when `inclusive`; for sets of one score. */
  countBefore(member: Bytes, inclusive: boolean): number {
    return this.order.rankOf((entry) =>
      entry.member < member || (inclusive && entry.member === member) ? -1 : 1,
    );
  }

  /** The entry of a rank, 0 <= rank < size. */
  at(rank: number): ZEntry {
    return this.order.at(rank);
  }

  /** The entries of the ranks in [start, end), clipped, lowest first. */
  range(start: number, end: number): ZEntry[] {
    return this.order.range(start, end);
  }

  /** Removes the entries of the ranks in [start, end), clipped, and returns them. */
  removeRange(start: number, end: number): ZEntry[] {
    const removed = this.order.removeRange(start, end);
    for (const entry of removed) {
      this.byMember.removeAt(this.byMember.find(entry.member));
      this.stringBytes -= stringCost(entry.member.length);
    }
    return removed;
  }

  /** The entry in `slot`, 0 <= slot < size: `entryAt(random.below(size))` is a fair sample. */
  entryAt(slot: number): ZEntry {
    return this.byMember.valueAt(slot);
  }

  /** Visits up to `count` entries from `cursor` (0 starts); returns the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: (entry: ZEntry) => void): number {
    return this.byMember.scan(cursor, count, (slot) => visit(this.byMember.valueAt(slot)));
  }

  /** A view of this moment for a snapshot, whatever happens to it. */
  freeze(): ZSetValue {
    return this.clone();
  }

  /** An independent copy (COPY). */
  clone(): ZSetValue {
    const copy = new ZSetValue();
    copy.byMember = this.byMember.clone();
    for (const entry of this.order.range(0, this.size)) copy.order.insert(entry);
    copy.encoding = this.encoding;
    copy.unsettled = this.unsettled;
    copy.peakSize = this.peakSize;
    copy.peakLength = this.peakLength;
    copy.stringBytes = this.stringBytes;
    return copy;
  }
}
