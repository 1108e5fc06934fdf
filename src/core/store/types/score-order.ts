/**
 * ScoreOrder: pairs of a score and a member in the order of (score, member bytes), the order of a sorted set.
 *
 * Scores lie in arrays of plain doubles beside the members, 16 bytes a pair and no object for each. Every method but the
 * walks costs O(log n). Called by ZSetValue, which knows the score of each member.
 */
import { type Bytes } from '../../base/bytes.js';
import { CountedTree, NOBODY, type Leaf } from './counted-tree.js';

/** Hears of a pair; says whether the walk goes on. */
export type Visit = (member: Bytes, score: number) => boolean;

/** Hears of the members of [from, to) of an array. */
export type VisitRun = (members: readonly Bytes[], from: number, to: number) => void;

class ScoreLeaf implements Leaf<ScoreLeaf> {
  owner = NOBODY;

  constructor(
    readonly members: Bytes[] = [],
    readonly scores: number[] = [],
  ) {}

  get length(): number {
    return this.members.length;
  }

  insert(at: number, member: Bytes, score: number): void {
    const { members, scores } = this;
    members.push(member);
    scores.push(score);
    for (let i = members.length - 1; i > at; i--) {
      members[i] = members[i - 1];
      scores[i] = scores[i - 1];
    }
    members[at] = member;
    scores[at] = score;
  }

  remove(at: number, count: number): void {
    this.members.splice(at, count);
    this.scores.splice(at, count);
  }

  splitOff(at: number): ScoreLeaf {
    return new ScoreLeaf(this.members.splice(at), this.scores.splice(at));
  }

  absorb(next: ScoreLeaf): void {
    for (let i = 0; i < next.length; i++) {
      this.members.push(next.members[i]);
      this.scores.push(next.scores[i]);
    }
  }

  copy(): ScoreLeaf {
    return new ScoreLeaf(this.members.slice(), this.scores.slice());
  }
}

export class ScoreOrder {
  private tree = new CountedTree(new ScoreLeaf());

  get length(): number {
    return this.tree.length;
  }

  /** Puts in a pair that is not there. */
  insert(member: Bytes, score: number): void {
    const { tree } = this;
    this.seek(member, score);
    tree.own().insert(tree.index, member, score);
    tree.inserted();
  }

  /** Takes out a pair that is there. */
  remove(member: Bytes, score: number): void {
    const { tree } = this;
    this.seek(member, score);
    tree.own().remove(tree.index - 1, 1);
    tree.removed(1);
  }

  /** Gives a member that is there another score; in place when its neighbours stay the same. */
  move(member: Bytes, from: number, to: number): void {
    const { tree } = this;
    this.seek(member, from);
    const { index } = tree;
    const leaf = tree.own();
    const at = index - 1;
    const fits = at > 0 && index < leaf.length && leaf.scores[at - 1] < to && to < leaf.scores[index];
    if (fits) {
      leaf.scores[at] = to;
      return;
    }
    leaf.remove(at, 1);
    tree.removed(1);
    this.insert(member, to);
  }

  /** The rank of a pair that is there. */
  rankOf(member: Bytes, score: number): number {
    this.seek(member, score);
    return this.tree.rank() - 1;
  }

  /** Finds the place behind (score, member), be it there or not. */
  private seek(member: Bytes, score: number): void {
    this.tree.seek(({ members, scores }, i) => {
      const other = scores[i];
      return other < score || (other === score && members[i] <= member);
    });
  }

  /** How many scores are below `score`, or not above it when `inclusive`. */
  countBelow(score: number, inclusive: boolean): number {
    if (inclusive) this.tree.seek(({ scores }, i) => scores[i] <= score);
    else this.tree.seek(({ scores }, i) => scores[i] < score);
    return this.tree.rank();
  }

  /** How many members are before `member`, or not after it when `inclusive`, where all scores are one. */
  countBefore(member: Bytes, inclusive: boolean): number {
    if (inclusive) this.tree.seek(({ members }, i) => members[i] <= member);
    else this.tree.seek(({ members }, i) => members[i] < member);
    return this.tree.rank();
  }

  memberAt(rank: number): Bytes {
    this.tree.seekRank(rank);
    return this.tree.leaf.members[this.tree.index];
  }

  scoreAt(rank: number): number {
    this.tree.seekRank(rank);
    return this.tree.leaf.scores[this.tree.index];
  }

  /** Visits the ranks in [start, end), 0 <= start and end <= length, upwards. Nothing may change during the walk. */
  walk(start: number, end: number, visit: Visit): void {
    const { tree } = this;
    while (start < end) {
      tree.seekRank(start);
      const { members, scores } = tree.leaf;
      const stop = Math.min(members.length, tree.index + end - start);
      for (let i = tree.index; i < stop; i++, start++) if (!visit(members[i], scores[i])) return;
    }
  }

  /** As `walk`, for the members alone, those that lie side by side together. */
  walkRuns(start: number, end: number, visit: VisitRun): void {
    const { tree } = this;
    while (start < end) {
      tree.seekRank(start);
      const { members } = tree.leaf;
      const stop = Math.min(members.length, tree.index + end - start);
      visit(members, tree.index, stop);
      start += stop - tree.index;
    }
  }

  /** As `walk`, from the highest rank down. */
  walkBack(start: number, end: number, visit: Visit): void {
    const { tree } = this;
    while (start < end) {
      tree.seekRank(end - 1);
      const { members, scores } = tree.leaf;
      const stop = Math.max(0, tree.index + 1 - (end - start));
      for (let i = tree.index; i >= stop; i--, end--) if (!visit(members[i], scores[i])) return;
    }
  }

  /** Takes out the ranks in [start, end), 0 <= start and end <= length. */
  removeRange(start: number, end: number): void {
    const { tree } = this;
    for (let left = end - start; left > 0;) {
      tree.seekRank(start);
      const count = Math.min(left, tree.leaf.length - tree.index);
      tree.own().remove(tree.index, count);
      tree.removed(count);
      left -= count;
    }
  }

  /** Another one of the same pairs, which shares what neither changes. */
  copy(): ScoreOrder {
    const order = new ScoreOrder();
    order.tree = this.tree.copy();
    return order;
  }
}
