/**
 * PackedCells: many short strings as one.
 *
 *   text   red|green|blue|…
 *   ends   where each of them ends in `text`: two bytes, the lower first
 *
 * In V8 a string of 8 bytes takes 32 with its place in an array, and the collector copies it twice; here it takes 10. What `at` gives
 * may share the memory of the whole: it is to be looked at, not to be stored (`detached`). Never changes. Owned by StreamNode and ListChunk.
 */
import { type Bytes, sliceBytes } from '../../base/bytes.js';

const END_BYTES = 2;
const TEXT_MAX = 0xffff;
const CELLS_MAX = 4096;
const scratch = Buffer.alloc(CELLS_MAX * END_BYTES);

export class PackedCells {
  private constructor(
    private readonly text: Bytes,
    private readonly ends: Bytes,
  ) {}

  /** The cells as one string; undefined: some cell is none, or they are too many or too long. */
  static of(cells: readonly (Bytes | readonly Bytes[])[]): PackedCells | undefined {
    const count = cells.length;
    if (count > CELLS_MAX) return undefined;
    let end = 0;
    for (let i = 0; i < count; i++) {
      const cell = cells[i];
      if (typeof cell !== 'string') return undefined;
      end += cell.length;
      if (end > TEXT_MAX) return undefined;
      scratch[i * END_BYTES] = end & 255;
      scratch[i * END_BYTES + 1] = end >> 8;
    }
    return new PackedCells(cells.join('') as Bytes, sliceBytes(scratch, 0, count * END_BYTES));
  }

  get length(): number {
    return this.ends.length / END_BYTES;
  }

  /** The cell at `index`, which must be there. */
  at(index: number): Bytes {
    return this.text.slice(index === 0 ? 0 : this.endOf(index - 1), this.endOf(index)) as Bytes;
  }

  /** The index of the first cell equal to `value` at or after `from`, or -1. */
  indexOf(value: Bytes, from: number): number {
    const { text, length } = this;
    let start = from === 0 ? 0 : this.endOf(from - 1);
    for (let i = from; i < length; i++) {
      const end = this.endOf(i);
      if (end - start === value.length && text.startsWith(value, start)) return i;
      start = end;
    }
    return -1;
  }

  private endOf(index: number): number {
    const at = index * END_BYTES;
    return this.ends.charCodeAt(at) | (this.ends.charCodeAt(at + 1) << 8);
  }

  /** All cells, as a new array. */
  toArray(): Bytes[] {
    const { text, length } = this;
    const cells: Bytes[] = [];
    for (let i = 0, start = 0; i < length; i++) {
      const end = this.endOf(i);
      cells.push(text.slice(start, end) as Bytes);
      start = end;
    }
    return cells;
  }
}
