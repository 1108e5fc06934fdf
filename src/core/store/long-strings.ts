/**
 * Long strings outside of V8's heap: slabs of memory that are cut into slots of one size each.
 *
 *   StringHeap (one per keyspace)     Slab: 8 slots at first, up to 1 MB
 *   class 64 B  ──► slabs ──►         [ slot | slot | free | slot | … ]
 *   class 72 B  ──► …
 *
 * V8 copies what survives twice and visits every page of its old generation at each young collection: a gigabyte of values of
 * 4 KB made every collection take 9 ms and SET a fifth as fast as redis-server (docs/decisions.md). Here a value is copied once,
 * and the collector sees one small object for it.
 *
 * Only `rewrite` changes a LongString, for a command that has not looked at it. Its keyspace cell holds it, and so does a running
 * snapshot; when the last holder lets go, its slot is taken back at the end of the turn (`DeferredFrees`), so a handler may go on
 * reading what it has just replaced.
 */
import { type ByteRange } from '../base/byte-range.js';
import { type Bytes, sliceBytes } from '../base/bytes.js';

/** Strings of fewer bytes stay V8 strings: the object for one takes 56 bytes. */
export const LONG_STRING_BYTES = 64;
/** As do strings of more than this: V8 keeps those in pages of their own and never copies them. */
export const LONGEST_LONG_STRING_BYTES = 128 * 1024;

const SMALLEST_SHIFT = 6;
/** Sizes between two powers of two: no slot is more than an eighth larger than what is in it. */
const STEPS_SHIFT = 3;
const STEPS = 1 << STEPS_SHIFT;
const FIRST_SLOTS = 8;
const CACHE_LINE = 64;
/** Behind this many bytes the processor has seen by itself what is wanted. */
const TOUCHED_BYTES = 256;
const SLAB_BYTES = 1024 * 1024;
/** Slabs of SLAB_BYTES that are kept for reuse, for all heaps together. */
const MAX_SPARE_SLABS = 64;
const spareSlabs: Buffer[] = [];

/** Strings that nobody holds any more, until the end of the turn. */
export class DeferredFrees {
  /** Hears that there is something to free. */
  onFirst: () => void = () => undefined;
  private strings: LongString[] = [];
  private heaps: StringHeap[] = [];
  /** Values that were let go of for the collector to free: what INFO shows as lazyfree_pending_objects. */
  pendingObjects = 0;
  /** Those of the past: lazyfreed_objects. */
  freedObjects = 0;

  add(string: LongString): void {
    if (this.isEmpty) this.onFirst();
    this.strings.push(string);
  }

  /** A whole heap that nobody looks at any more. */
  addHeap(heap: StringHeap): void {
    if (this.isEmpty) this.onFirst();
    this.heaps.push(heap);
  }

  /** Counts values that Redis would free in the background. */
  addObjects(count: number): void {
    if (this.isEmpty) this.onFirst();
    this.pendingObjects += count;
  }

  get isEmpty(): boolean {
    return this.strings.length === 0 && this.heaps.length === 0 && this.pendingObjects === 0;
  }

  /** Takes the memory back. Called between two commands. */
  settle(): void {
    if (this.isEmpty) return;
    const { strings, heaps } = this;
    this.strings = [];
    this.heaps = [];
    this.freedObjects += this.pendingObjects;
    this.pendingObjects = 0;
    for (const string of strings) string.slab.heap.free(string);
    for (const heap of heaps) heap.dispose();
  }
}

interface Slab {
  readonly heap: StringHeap;
  readonly bytes: Buffer;
  readonly sizeClass: SizeClass;
  /** Slots from here on were never used. */
  fresh: number;
  /** Offsets of slots that were given back. */
  readonly free: number[];
  used: number;
  /** In its class's list of slabs with room. */
  listed: boolean;
}

interface SizeClass {
  readonly slotBytes: number;
  /** The shortest string that belongs here. */
  readonly leastBytes: number;
  /** Slots of the next slab. */
  slots: number;
  readonly withRoom: Slab[];
}

/** A string of bytes in a slab. */
export class LongString {
  readonly kind = 'string';
  readonly embedded = false;
  private holders = 1;

  constructor(
    readonly slab: Slab,
    readonly offset: number,
    public length: number,
  ) {}

  /** Becomes `bytes`, when nobody else holds it and they belong in a slot of this size. @returns whether they did */
  rewrite(bytes: Bytes | ByteRange): boolean {
    const { sizeClass } = this.slab;
    if (this.holders !== 1 || bytes.length > sizeClass.slotBytes || bytes.length < sizeClass.leastBytes)
      return false;
    write(this.slab.bytes, this.offset, bytes);
    this.length = bytes.length;
    return true;
  }

  /** All of it as Bytes (a copy). */
  toBytes(): Bytes {
    return sliceBytes(this.slab.bytes, this.offset, this.offset + this.length);
  }

  /** The bytes in [start, end), clipped to the string (a copy). */
  slice(start: number, end: number): Bytes {
    const { offset, length } = this;
    return sliceBytes(this.slab.bytes, offset + Math.min(start, length), offset + Math.min(end, length));
  }

  /** The byte at `index`, 0 beyond the end. */
  byteAt(index: number): number {
    return index < this.length ? this.slab.bytes[this.offset + index] : 0;
  }

  /** The bytes themselves, to read only, while the string is held or until the end of the turn. */
  view(): Buffer {
    return this.slab.bytes.subarray(this.offset, this.offset + this.length);
  }

  /** Reads one byte in each cache line of its beginning, for a prefetch. */
  touch(): number {
    const { bytes } = this.slab;
    const end = this.offset + Math.min(this.length, TOUCHED_BYTES);
    let sum = 0;
    for (let at = this.offset; at < end; at += CACHE_LINE) sum ^= bytes[at];
    return sum;
  }

  /** The same bytes for another key: a V8 string, which the keyspace stores as it stores any. */
  clone(): Bytes {
    return this.toBytes();
  }

  /** Keeps it alive until `drop`. */
  hold(): void {
    this.holders++;
  }

  /** One holder less; the last one's leaving frees it at the end of the turn. */
  drop(): void {
    if (--this.holders === 0) this.slab.heap.deferred.add(this);
  }

  /** Bytes of memory that it takes. */
  get slotBytes(): number {
    return this.slab.sizeClass.slotBytes;
  }

  toString(): string {
    return this.toBytes();
  }
}

export class StringHeap {
  private readonly classes: (SizeClass | undefined)[] = [];
  private readonly slabs = new Set<Slab>();
  private disposed = false;
  /** Bytes of the slots in use. */
  usedBytes = 0;
  /** Bytes of all slabs. */
  slabBytes = 0;

  constructor(readonly deferred: DeferredFrees) {}

  /** Stores `bytes`, of LONG_STRING_BYTES to LONGEST_LONG_STRING_BYTES. */
  store(bytes: Bytes | ByteRange): LongString {
    const { length } = bytes;
    const sizeClass = this.classFor(length);
    const slab = sizeClass.withRoom.at(-1) ?? this.newSlab(sizeClass);
    const offset = slab.free.pop() ?? slab.fresh;
    if (offset === slab.fresh) slab.fresh += sizeClass.slotBytes;
    slab.used++;
    if (slab.free.length === 0 && slab.fresh + sizeClass.slotBytes > slab.bytes.length) {
      sizeClass.withRoom.pop();
      slab.listed = false;
    }
    this.usedBytes += sizeClass.slotBytes;
    write(slab.bytes, offset, bytes);
    return new LongString(slab, offset, length);
  }

  private classFor(length: number): SizeClass {
    const shift = Math.max(SMALLEST_SHIFT, 31 - Math.clz32(length - 1));
    const step = (length - 1 - (1 << shift)) >> (shift - STEPS_SHIFT);
    const index = (shift - SMALLEST_SHIFT) * STEPS + step + 1;
    return (this.classes[index] ??= {
      slotBytes: (1 << shift) + ((step + 1) << (shift - STEPS_SHIFT)),
      leastBytes: step < 0 ? 1 << shift : (1 << shift) + (step << (shift - STEPS_SHIFT)) + 1,
      slots: FIRST_SLOTS,
      withRoom: [],
    });
  }

  private newSlab(sizeClass: SizeClass): Slab {
    const { slotBytes } = sizeClass;
    const wanted = sizeClass.slots * slotBytes;
    const whole = wanted > SLAB_BYTES / 2;
    if (!whole) sizeClass.slots *= 2;
    const slab: Slab = {
      heap: this,
      bytes: whole ? (spareSlabs.pop() ?? uncounted(SLAB_BYTES)) : uncounted(wanted),
      sizeClass,
      fresh: 0,
      free: [],
      used: 0,
      listed: true,
    };
    sizeClass.withRoom.push(slab);
    this.slabs.add(slab);
    this.slabBytes += slab.bytes.length;
    return slab;
  }

  /** Takes back the slot of a string that nobody holds. */
  free(string: LongString): void {
    if (this.disposed) return;
    const { slab } = string;
    const { sizeClass } = slab;
    slab.free.push(string.offset);
    slab.used--;
    this.usedBytes -= sizeClass.slotBytes;
    if (!slab.listed) {
      slab.listed = true;
      sizeClass.withRoom.push(slab);
    }
    // One slab with room stays: a single value that comes and goes must not make and drop one each time.
    if (slab.used === 0 && sizeClass.withRoom.length > 1) this.giveUp(slab);
  }

  private giveUp(slab: Slab): void {
    const { withRoom } = slab.sizeClass;
    const at = withRoom.indexOf(slab);
    withRoom[at] = withRoom.at(-1)!;
    withRoom.pop();
    this.slabs.delete(slab);
    this.slabBytes -= slab.bytes.length;
    recycle(slab.bytes);
  }

  /** The heap is over: all its slabs can be used by others. Nobody reads its strings any more. */
  dispose(): void {
    this.disposed = true;
    for (const slab of this.slabs) recycle(slab.bytes);
    this.slabs.clear();
    this.classes.length = 0;
    this.usedBytes = this.slabBytes = 0;
  }
}

function write(slab: Buffer, at: number, bytes: Bytes | ByteRange): void {
  if (typeof bytes === 'string') slab.latin1Write(bytes, at, bytes.length);
  else bytes.copyTo(slab, at);
}

function recycle(bytes: Buffer): void {
  if (bytes.length === SLAB_BYTES && spareSlabs.length < MAX_SPARE_SLABS) spareSlabs.push(bytes);
}

/** Memory that V8 does not count: as ArrayBuffers, slabs would make it collect all the time (as in slot-table.ts). */
function uncounted(bytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(bytes));
}
