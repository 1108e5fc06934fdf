/**
 * ListChunk: a stretch of a list's elements, as an array or packed into one string. What a chunk holds is the same either way.
 *
 *   items   [ red green blue … ]      what may be changed
 *   cells   "redgreenblue…"           what nobody changes at present: a third of the memory, and nothing for the collector to visit
 *
 * Owned by ListValue, which says when a chunk is packed.
 */
import { type Bytes } from '../../base/bytes.js';
import { PackedCells } from './packed-cells.js';
import { stringCost } from './string-cost.js';

/** Chunks of longer elements stay arrays: packing saves little of them, and an element that was taken out may keep so much alive. */
const PACKED_MAX = 8192;
/** A place in an array. */
const PLACE_BYTES = 8;
/** What marks the end of an element among the cells. */
const END_BYTES = 2;
/** The two strings and the object of the cells. */
const PACKED_BYTES = 72;

export class ListChunk {
  private items: Bytes[] | undefined;
  private cells: PackedCells | undefined;
  /** Bytes of memory that being packed saves at present. */
  saved = 0;

  /** @param owner who may change it: the list whose token this is */
  constructor(
    readonly owner: object,
    items: Bytes[],
  ) {
    this.items = items;
  }

  get length(): number {
    return this.items === undefined ? this.cells!.length : this.items.length;
  }

  /** The element at `index`, which must be there. Of a packed chunk it may share the memory of all: to be looked at, not to be stored. */
  at(index: number): Bytes {
    return this.items === undefined ? this.cells!.at(index) : this.items[index];
  }

  /** The index of the first element equal to `value` at or after `from`, or -1. */
  indexOf(value: Bytes, from = 0): number {
    return this.items === undefined ? this.cells!.indexOf(value, from) : this.items.indexOf(value, from);
  }

  /** Appends the elements [from, to) to `out`. */
  copyTo(out: Bytes[], from: number, to: number): void {
    for (let i = from; i < to; i++) out.push(this.at(i));
  }

  /** The elements, as a new array. */
  toArray(): Bytes[] {
    return this.items === undefined ? this.cells!.toArray() : this.items.slice();
  }

  /** The elements, to be changed. */
  open(): Bytes[] {
    if (this.items === undefined) {
      this.items = this.cells!.toArray();
      this.cells = undefined;
      this.saved = 0;
    }
    return this.items;
  }

  /** Packs it, where that is worth it. @returns the bytes of memory that this saves, or 0 */
  pack(): number {
    const { items } = this;
    if (items === undefined) return 0;
    let text = 0;
    let loose = 0;
    for (const { length } of items) {
      text += length;
      loose += stringCost(length) + PLACE_BYTES;
    }
    const saved = loose - text - items.length * END_BYTES - PACKED_BYTES;
    if (text > PACKED_MAX || saved <= 0) return 0;
    this.cells = PackedCells.of(items);
    if (this.cells === undefined) return 0;
    this.items = undefined;
    return (this.saved = saved);
  }
}
