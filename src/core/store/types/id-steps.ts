/**
 * IdSteps: the ids of a stream node, each as its distance from the first one.
 *
 *   same millisecond as the first    seq - first seq                        below SEQUENCES
 *   a later one                      (ms - first ms) * SEQUENCES + seq      49 days, a million sequences
 *
 * Their order is that of the ids, and V8 keeps them as plain numbers of 8 bytes, where a string takes 40 that the collector copies.
 * The first id that does not fit turns all ids of the node into strings. Owned by StreamNode.
 */
import { type Int64 } from '../../base/numbers.js';
import { idMs, idSeq, streamId, type StreamId } from './stream-id.js';

const SEQUENCES = 1 << 20;
const MILLISECONDS = 2 ** 32;

export class IdSteps {
  private steps: number[] = [];
  /** In place of the steps, once one did not fit. */
  private strings: StreamId[] | undefined;

  /** The two parts of the first id. */
  constructor(
    readonly ms: Int64,
    readonly seq: Int64,
  ) {}

  /** An independent copy. */
  clone(): IdSteps {
    const copy = new IdSteps(this.ms, this.seq);
    copy.steps = this.steps.slice();
    copy.strings = this.strings?.slice();
    return copy;
  }

  get length(): number {
    return this.strings === undefined ? this.steps.length : this.strings.length;
  }

  /** Adds an id, given whole and in its parts, above all others. */
  push(id: StreamId, ms: Int64, seq: Int64): void {
    if (this.strings === undefined) {
      const step = this.stepTo(ms, seq);
      if (step >= 0) {
        this.steps.push(step);
        return;
      }
      this.strings = this.steps.map((_, index) => this.stepId(index));
      this.steps = [];
    }
    this.strings.push(id);
  }

  /** -1: it is too far. */
  private stepTo(ms: Int64, seq: Int64): number {
    const { ms: firstMs, seq: firstSeq } = this;
    if (typeof ms !== 'number' || typeof seq !== 'number') return -1;
    if (typeof firstMs !== 'number' || typeof firstSeq !== 'number') return -1;
    const later = ms - firstMs;
    const left = later === 0 ? seq - firstSeq : seq;
    if (later < 0 || later >= MILLISECONDS || left < 0 || left >= SEQUENCES) return -1;
    return later * SEQUENCES + left;
  }

  /** The id at `index`, 0 <= index < length. */
  at(index: number): StreamId {
    return this.strings === undefined ? this.stepId(index) : this.strings[index];
  }

  private stepId(index: number): StreamId {
    const step = this.steps[index];
    const { ms, seq } = this as { readonly ms: number; readonly seq: number };
    if (step < SEQUENCES) return streamId(ms, seq + step);
    return streamId(ms + Math.floor(step / SEQUENCES), step % SEQUENCES);
  }

  /** The first index whose id is at or after `id`. */
  indexFrom(id: StreamId): number {
    return this.strings === undefined
      ? firstFrom(this.steps, this.lowestStep(idMs(id), idSeq(id)))
      : firstFrom(this.strings, id);
  }

  /** Ids at or after this one have steps that are not below it. */
  private lowestStep(ms: Int64, seq: Int64): number {
    if (typeof ms !== 'number') return Infinity;
    // Steps exist only behind a first id of two numbers.
    const first = this as { readonly ms: number; readonly seq: number };
    const later = ms - first.ms;
    if (later < 0) return 0;
    const left = typeof seq !== 'number' ? SEQUENCES : later === 0 ? seq - first.seq : seq;
    return left < 0 ? 0 : later * SEQUENCES + Math.min(left, SEQUENCES);
  }

  /** Removes `count` ids from `index` on. */
  remove(index: number, count: number): void {
    if (this.strings === undefined) this.steps.splice(index, count);
    else this.strings.splice(index, count);
  }

  /** No more is added: gives back the room for growth. */
  seal(): void {
    this.steps = this.steps.slice();
  }
}

function firstFrom<T extends number | string>(sorted: readonly T[], least: T): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
