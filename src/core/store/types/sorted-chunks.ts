/**
 * SortedChunks: items in an order that a function tells, by rank and by place, every step O(log n) (CountedTree).
 *
 * Consumer groups keep their pending entries in it. Sorted sets, whose items are two words, have an order of their own
 * (ScoreOrder).
 */
import { CountedTree, NOBODY, type Leaf } from './counted-tree.js';

/** Below 0 when `item` comes before what is looked for, 0 when it is it, above 0 when it comes after. */
export type Probe<T> = (item: T) => number;

class Chunk<T> implements Leaf<Chunk<T>> {
  owner = NOBODY;

  constructor(readonly items: T[] = []) {}

  get length(): number {
    return this.items.length;
  }

  splitOff(at: number): Chunk<T> {
    return new Chunk(this.items.splice(at));
  }

  absorb(next: Chunk<T>): void {
    for (const item of next.items) this.items.push(item);
  }

  copy(): Chunk<T> {
    return new Chunk(this.items.slice());
  }
}

export class SortedChunks<T> {
  private readonly tree = new CountedTree(new Chunk<T>());

  /** `compare` orders two items; no two items in it compare as 0. */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get length(): number {
    return this.tree.length;
  }

  /** Inserts `item`, which must not be there. */
  insert(item: T): void {
    const { tree } = this;
    this.seek(item);
    tree.own().items.splice(tree.index, 0, item);
    tree.inserted();
  }

  /** Removes what compares as equal to `item`; false when nothing does. */
  remove(item: T): boolean {
    const { tree } = this;
    this.seek(item);
    const at = tree.index - 1;
    if (at < 0 || this.compare(tree.leaf.items[at], item) !== 0) return false;
    tree.own().items.splice(at, 1);
    tree.removed(1);
    return true;
  }

  /** Finds the place behind `item`, be it there or not. */
  private seek(item: T): void {
    this.tree.seek(({ items }, i) => this.compare(items[i], item) <= 0);
  }

  /** How many items come before the place that `probe` looks for. */
  rankOf(probe: Probe<T>): number {
    this.tree.seek(({ items }, i) => probe(items[i]) < 0);
    return this.tree.rank();
  }

  /** The item of a rank, 0 <= rank < length. */
  at(rank: number): T {
    this.tree.seekRank(rank);
    return this.tree.leaf.items[this.tree.index];
  }

  /** The items of the ranks in [start, end), clipped, as a new array. */
  range(start: number, end: number): T[] {
    const { tree } = this;
    const out: T[] = [];
    const last = Math.min(end, tree.length);
    for (let rank = Math.max(start, 0); rank < last;) {
      tree.seekRank(rank);
      const { items } = tree.leaf;
      for (let i = tree.index; i < items.length && rank < last; i++, rank++) out.push(items[i]);
    }
    return out;
  }

  /** Removes the items of the ranks in [start, end), clipped, and returns them. */
  removeRange(start: number, end: number): T[] {
    const { tree } = this;
    const removed = this.range(start, end);
    for (let left = removed.length; left > 0;) {
      tree.seekRank(Math.max(start, 0));
      const taken = tree.own().items.splice(tree.index, left).length;
      tree.removed(taken);
      left -= taken;
    }
    return removed;
  }
}
