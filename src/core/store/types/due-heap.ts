/**
 * DueHeap: things that become due at a time of their own, the earliest first.
 *
 * A binary heap whose members know their place in it, so that one that changes or leaves costs O(log n) and no member is ever
 * searched for. Used twice for fields that expire: by a hash for its fields, and by a keyspace for the hashes that have some.
 */

export interface Due {
  /** Absolute time in ms. */
  readonly dueMs: number;
  /** Where it is in its heap, which alone sets it; -1: in none. */
  heapAt: number;
}

export class DueHeap<T extends Due> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** When the earliest is due; Infinity when there is none. */
  get dueMs(): number {
    return this.items.length === 0 ? Infinity : this.items[0].dueMs;
  }

  /** The earliest, or undefined. */
  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    const at = this.items.length;
    this.items.push(item);
    item.heapAt = at;
    this.rise(at);
  }

  remove(item: T): void {
    const at = item.heapAt;
    const last = this.items.pop()!;
    item.heapAt = -1;
    if (last === item) return;
    this.place(last, at);
    this.settle(last);
  }

  /** Puts `item` in the place of `old`. */
  replace(old: T, item: T): void {
    this.place(item, old.heapAt);
    old.heapAt = -1;
    this.settle(item);
  }

  /** Restores the order after the time of `item` has changed. */
  settle(item: T): void {
    this.rise(item.heapAt);
    this.sink(item.heapAt);
  }

  /**
   * Visits members that are due before `nowMs`, in no order, until there are none or `visit` says false. The heap must not
   * change meanwhile. Costs as much as there are visits.
   */
  eachDue(nowMs: number, visit: (item: T) => boolean): void {
    const { items } = this;
    const waiting = [0];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (at >= items.length || items[at].dueMs >= nowMs) continue;
      if (!visit(items[at])) return;
      waiting.push(2 * at + 1, 2 * at + 2);
    }
  }

  /** A heap of copies in the same order. */
  clone(copyOf: (item: T) => T): DueHeap<T> {
    const heap = new DueHeap<T>();
    for (const item of this.items) {
      const copy = copyOf(item);
      copy.heapAt = heap.items.length;
      heap.items.push(copy);
    }
    return heap;
  }

  private place(item: T, at: number): void {
    this.items[at] = item;
    item.heapAt = at;
  }

  private rise(at: number): void {
    const { items } = this;
    const item = items[at];
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (items[up].dueMs <= item.dueMs) break;
      this.place(items[up], at);
      at = up;
    }
    this.place(item, at);
  }

  private sink(at: number): void {
    const { items } = this;
    const item = items[at];
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && items[down + 1].dueMs < items[down].dueMs) down++;
      if (items[down].dueMs >= item.dueMs) break;
      this.place(items[down], at);
      at = down;
    }
    this.place(item, at);
  }
}
