/**
 * IntMembers: members that are the text of 32-bit integers, as integers: 4 bytes each and an index, where a string takes 32 and more.
 *
 *   values (Int32) [7 -3 12 …]   dense slots, as in a DenseMap of more than a few keys; a removal fills the hole with the last one
 *
 * It holds at most NARROW_MAX, so that whoever has to make strings of them (SetValue) does so within a turn.
 */
import { type Bytes } from '../../base/bytes.js';
import { formatInt64 } from '../../base/numbers.js';
import { hashInt, memberSeed } from '../hash.js';
import { NARROW_MAX, NarrowIndex } from '../narrow-index.js';
import { int64Of } from './int-text.js';

/** The integer that `member` is the canonical text of, if 32 bits hold it. */
export function int32Of(member: Bytes): number | undefined {
  const value = int64Of(member);
  return typeof value === 'number' && (value | 0) === value ? value : undefined;
}

export class IntMembers {
  size = 0;
  private values = new Int32Array(0);
  /** Undefined in a frozen view, in which nothing is looked up. */
  private index: NarrowIndex | undefined = new NarrowIndex();
  private readonly seed = memberSeed();

  /** The members of these texts, which are all different, in the same slots; undefined when one is no such text. */
  static of(texts: readonly Bytes[]): IntMembers | undefined {
    const made = new IntMembers();
    made.reserve(texts.length);
    for (const text of texts) {
      const value = int32Of(text);
      if (value === undefined) return undefined;
      made.add(value);
    }
    return made;
  }

  get isFull(): boolean {
    return this.size === NARROW_MAX;
  }

  /** The slot of `value`, or -1. */
  find(value: number): number {
    const { values } = this;
    const index = this.index!;
    const hash = hashInt(value, this.seed);
    for (let slot = index.first(hash); slot >= 0; slot = index.next(hash)) {
      if (values[slot] === value) return slot;
    }
    return -1;
  }

  /** The text of the member in `slot`, 0 <= slot < size. */
  textAt(slot: number): Bytes {
    return formatInt64(this.values[slot]);
  }

  /** Adds `value`, which must not be there; not when it is full. */
  add(value: number): void {
    if (this.size === this.values.length) this.reserve(this.size + (this.size >> 2) + 16);
    this.values[this.size] = value;
    this.index!.add(hashInt(value, this.seed), this.size++);
  }

  private reserve(count: number): void {
    const values = new Int32Array(Math.min(count, NARROW_MAX));
    values.set(this.values.subarray(0, this.size));
    this.values = values;
  }

  /** Removes what is in `slot`. */
  removeAt(slot: number): void {
    const { values } = this;
    const index = this.index!;
    const last = --this.size;
    index.remove(hashInt(values[slot], this.seed), slot);
    if (slot === last) return;
    const moved = values[last];
    values[slot] = moved;
    index.move(hashInt(moved, this.seed), last, slot);
  }

  /** The texts of all members, in slot order. */
  texts(): Bytes[] {
    const out: Bytes[] = [];
    for (let slot = 0; slot < this.size; slot++) out.push(this.textAt(slot));
    return out;
  }

  /** A view of this moment, to read by slot. */
  freeze(): IntMembers {
    return this.copyWith(undefined);
  }

  clone(): IntMembers {
    return this.copyWith(this.index!.clone());
  }

  private copyWith(index: NarrowIndex | undefined): IntMembers {
    const copy = new IntMembers();
    copy.size = this.size;
    copy.values = this.values.slice(0, this.size);
    copy.index = index;
    return copy;
  }
}
