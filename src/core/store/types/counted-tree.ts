/**
 * CountedTree: leaves of items in order, under nodes that count what is below them, so that finding a place, a rank, and the
 * item of a rank all cost O(log n). What a leaf holds is its own affair; its user is ScoreOrder.
 *
 *   node   { children, firsts, counts }     height 2      firsts[i]: the first leaf below children[i]
 *   node   { children, firsts, counts }     height 1      counts[i]: the items below children[i]
 *   leaf   up to LEAF_MAX items
 *
 * `copy` shares the leaves: whichever of the two trees changes one first makes one of its own (`own`).
 *
 * A place is found by comparing with the first items of leaves, so no key is copied into a node and none can grow stale. `seek`
 * and `seekRank` leave their place in `leaf`, `index` and `path`; the methods that change the tree act there.
 */

/** Items of a full leaf: half of them are moved by an insertion. */
const LEAF_MAX = 64;
/** Leaves and nodes with fewer join a neighbour with which they make no more than half a full one. */
const LEAF_MIN = LEAF_MAX >> 2;
const NODE_MAX = 64;
const NODE_MIN = NODE_MAX >> 2;

/** The owner of a leaf that no tree has yet. */
export const NOBODY: object = {};

/** Some items in order. */
export interface Leaf<L> {
  readonly length: number;
  /** Who may change it: the tree whose `token` this is. */
  owner: object;
  /** Cuts off the items from `at` on, as a new leaf. */
  splitOff(at: number): L;
  /** Appends the items of the leaf that follows. */
  absorb(next: L): void;
  copy(): L;
}

/** Whether an item belongs before the place that is looked for: true up to the place, then false. */
export type Before<L> = (leaf: L, index: number) => boolean;

interface Node<L> {
  /** 1: the children are leaves. */
  readonly height: number;
  readonly children: (Node<L> | L)[];
  readonly firsts: L[];
  readonly counts: number[];
}

export class CountedTree<L extends Leaf<L>> {
  /** The leaf of the place that was found last; to be read. */
  leaf: L;
  /** The place's index in it, 0 to its length. */
  index = 0;
  private count = 0;
  private root: Node<L>;
  private readonly path: Node<L>[] = [];
  private readonly turns: number[] = [];
  private token: object = {};

  /** Takes over `leaf`, which is empty. */
  constructor(leaf: L) {
    leaf.owner = this.token;
    this.leaf = leaf;
    this.root = { height: 1, children: [leaf], firsts: [leaf], counts: [0] };
  }

  get length(): number {
    return this.count;
  }

  /** Finds the place behind the last item that is `before`. What follows may be in the next leaf. */
  seek(before: Before<L>): void {
    let node = this.root;
    for (let depth = 0; ; depth++) {
      const { firsts } = node;
      let low = 0;
      let high = firsts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (before(firsts[middle], 0)) low = middle;
        else high = middle - 1;
      }
      this.path[depth] = node;
      this.turns[depth] = low;
      if (node.height === 1) {
        this.leaf = node.children[low] as L;
        break;
      }
      node = node.children[low] as Node<L>;
    }
    this.index = firstNot(this.leaf, before);
  }

  /** Finds the item of a rank, 0 <= rank < length. */
  seekRank(rank: number): void {
    let node = this.root;
    for (let depth = 0; ; depth++) {
      const { counts } = node;
      let turn = 0;
      while (rank >= counts[turn]) rank -= counts[turn++];
      this.path[depth] = node;
      this.turns[depth] = turn;
      if (node.height === 1) {
        this.leaf = node.children[turn] as L;
        break;
      }
      node = node.children[turn] as Node<L>;
    }
    this.index = rank;
  }

  /** How many items there are before the place. */
  rank(): number {
    let rank = this.index;
    for (let depth = this.root.height - 1; depth >= 0; depth--) {
      const { counts } = this.path[depth];
      for (let i = this.turns[depth] - 1; i >= 0; i--) rank += counts[i];
    }
    return rank;
  }

  /** The leaf of the place, which may be changed; `inserted` or `removed` follows when its length did. */
  own(): L {
    const depth = this.root.height - 1;
    this.leaf = this.ownChild(depth, this.turns[depth]);
    return this.leaf;
  }

  /** A leaf below the path's node at `depth`, the lowest: a copy when another tree shares it. */
  private ownChild(depth: number, turn: number): L {
    const node = this.path[depth];
    const leaf = node.children[turn] as L;
    if (leaf.owner === this.token) return leaf;
    const copy = leaf.copy();
    copy.owner = this.token;
    node.children[turn] = copy;
    node.firsts[turn] = copy;
    if (turn === 0) this.firstChanged(depth);
    return copy;
  }

  /** One item was put into the leaf of the place, at `index`. Splits it when it is too large. */
  inserted(): void {
    this.addToCounts(1);
    if (this.leaf.length > LEAF_MAX) this.split();
  }

  /** `by` items were taken out of the leaf of the place. The place is lost. */
  removed(by: number): void {
    this.addToCounts(-by);
    const length = this.leaf.length;
    if (length === 0) this.unlink(this.root.height - 1);
    else if (length < LEAF_MIN) this.joinLeaf();
  }

  private addToCounts(by: number): void {
    this.count += by;
    for (let depth = this.root.height - 1; depth >= 0; depth--)
      this.path[depth].counts[this.turns[depth]] += by;
  }

  /** At the ends of the tree the full leaf stays whole: most data come in order. */
  private split(): void {
    const { leaf, index } = this;
    const atEnd = index === LEAF_MAX && this.path.every((node, depth) => this.isLastTurn(node, depth));
    const atStart = index === 0 && this.turns.every((turn, depth) => depth >= this.root.height || turn === 0);
    const right = leaf.splitOff(atEnd ? LEAF_MAX : atStart ? 1 : LEAF_MAX >> 1);
    right.owner = this.token;
    this.link(this.root.height - 1, right, right, right.length, atEnd);
  }

  private isLastTurn(node: Node<L>, depth: number): boolean {
    return depth >= this.root.height || this.turns[depth] === node.children.length - 1;
  }

  /** Puts a new child behind the one that the path takes at `depth`, which gave it `count` of its items. */
  private link(depth: number, child: Node<L> | L, first: L, count: number, atEnd: boolean): void {
    const node = this.path[depth];
    const turn = this.turns[depth];
    node.counts[turn] -= count;
    node.children.splice(turn + 1, 0, child);
    node.firsts.splice(turn + 1, 0, first);
    node.counts.splice(turn + 1, 0, count);
    if (node.children.length <= NODE_MAX) return;
    const half = atEnd ? NODE_MAX : NODE_MAX >> 1;
    const right: Node<L> = {
      height: node.height,
      children: node.children.splice(half),
      firsts: node.firsts.splice(half),
      counts: node.counts.splice(half),
    };
    const rightCount = sum(right.counts);
    if (depth > 0) this.link(depth - 1, right, right.firsts[0], rightCount, atEnd);
    else this.grow(right, rightCount);
  }

  private grow(right: Node<L>, rightCount: number): void {
    const left = this.root;
    this.root = {
      height: left.height + 1,
      children: [left, right],
      firsts: [left.firsts[0], right.firsts[0]],
      counts: [this.count - rightCount, rightCount],
    };
  }

  /** Takes the child out of the tree that the path takes at `depth`; the last leaf of all stays. */
  private unlink(depth: number): void {
    const node = this.path[depth];
    const turn = this.turns[depth];
    if (node.children.length === 1) {
      if (depth > 0) this.unlink(depth - 1);
      return;
    }
    node.children.splice(turn, 1);
    node.firsts.splice(turn, 1);
    node.counts.splice(turn, 1);
    if (turn === 0) this.firstChanged(depth);
    if (depth > 0 && node.children.length < NODE_MIN) this.joinNode(depth);
    this.shrinkRoot();
  }

  /** The first leaf below the node at `depth` is another one. */
  private firstChanged(depth: number): void {
    const first = this.path[depth].firsts[0];
    for (let above = depth - 1; above >= 0; above--) {
      this.path[above].firsts[this.turns[above]] = first;
      if (this.turns[above] !== 0) return;
    }
  }

  private shrinkRoot(): void {
    while (this.root.height > 1 && this.root.children.length === 1)
      this.root = this.root.children[0] as Node<L>;
  }

  private joinLeaf(): void {
    const depth = this.root.height - 1;
    const node = this.path[depth];
    const left = this.partner(depth, LEAF_MAX >> 1);
    if (left < 0) return;
    this.ownChild(depth, left).absorb(node.children[left + 1] as L);
    this.join(depth, left);
  }

  /** The node at `depth` has few children. */
  private joinNode(depth: number): void {
    const parent = this.path[depth - 1];
    const turn = this.turns[depth - 1];
    const size = (at: number): number =>
      (parent.children[at] as Node<L> | undefined)?.children.length ?? NODE_MAX;
    const left = size(turn) + size(turn + 1) <= NODE_MAX >> 1 ? turn : turn - 1;
    if (left < 0 || size(left) + size(left + 1) > NODE_MAX >> 1) return;
    const node = parent.children[left] as Node<L>;
    const next = parent.children[left + 1] as Node<L>;
    node.children.push(...next.children);
    node.firsts.push(...next.firsts);
    node.counts.push(...next.counts);
    this.join(depth - 1, left);
  }

  /** The left one of two leaves side by side, one of them the path's, that together have no more than `max` items; or -1. */
  private partner(depth: number, max: number): number {
    const { counts } = this.path[depth];
    const turn = this.turns[depth];
    if (turn + 1 < counts.length && counts[turn] + counts[turn + 1] <= max) return turn;
    return turn > 0 && counts[turn - 1] + counts[turn] <= max ? turn - 1 : -1;
  }

  /** The child at `left` of the node at `depth` has taken over its right neighbour's items. */
  private join(depth: number, left: number): void {
    const node = this.path[depth];
    node.counts[left] += node.counts[left + 1];
    this.turns[depth] = left + 1;
    this.unlink(depth);
  }

  /** Another tree of the same items, at the price of a pointer per leaf. */
  copy(): CountedTree<L> {
    const tree = new CountedTree<L>(this.root.firsts[0]);
    tree.root = copyNode(this.root);
    tree.count = this.count;
    // Neither owns the leaves any more.
    tree.token = {};
    this.token = {};
    return tree;
  }
}

/** Its depth is the tree's height, a handful. */
function copyNode<L extends Leaf<L>>({ height, children, firsts, counts }: Node<L>): Node<L> {
  return {
    height,
    children: height === 1 ? children.slice() : (children as Node<L>[]).map((child) => copyNode(child)),
    firsts: firsts.slice(),
    counts: counts.slice(),
  };
}

function firstNot<L extends Leaf<L>>(leaf: L, before: Before<L>): number {
  let low = 0;
  let high = leaf.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(leaf, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
