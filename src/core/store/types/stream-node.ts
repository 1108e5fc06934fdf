/**
 * StreamNode: a run of stream entries that Redis keeps in one listpack, in columns.
 *
 *   names    those of the entry that the node began with
 *   steps    id   id   id        how far each id is from the first one, as one number (id-steps.ts); strings when they do not fit
 *   cells    v v  v v  v v       per entry as many cells as there are names: its values, or, when its names are others, all of
 *                                its fields as one array in the first cell
 *
 * So an entry whose names repeat takes a number and its values; once the node is full these are one string (packed-cells.ts),
 * until something in it is deleted. The node knows what it would take as a listpack, deleted entries
 * included, because that decides where Redis begins the next one and so what approximate trimming removes
 * (redis 7.2.6 t_stream.c:streamAppendItem). Owned and changed by StreamValue alone.
 */
import { EMPTY, type Bytes } from '../../base/bytes.js';
import { normalizeInt64, type Int64 } from '../../base/numbers.js';
import { IdSteps } from './id-steps.js';
import { packedIntSize, packedSize } from './int-text.js';
import { PackedCells } from './packed-cells.js';
import { idMs, idSeq, type StreamId } from './stream-id.js';

export interface StreamEntry {
  readonly id: StreamId;
  /** field, value, field, value… */
  readonly fields: readonly Bytes[];
}

/** When a node is full: 0 switches a limit off. */
export interface StreamNodeLimits {
  readonly streamNodeMaxBytes: number;
  readonly streamNodeMaxEntries: number;
}

/** The most a node may hold whatever the limits say (redis 7.2.6 t_stream.c STREAM_LISTPACK_MAX_SIZE). */
export const NODE_BYTES_MAX = 1 << 30;
/** Listpack header and end; the zero behind the names. */
const FRAME_BYTES = 6 + 1 + 2;
const FLAGS_BYTES = 2;
/** Stands for the cells of all nodes that are packed. Never changed. */
const NO_CELLS: (Bytes | readonly Bytes[])[] = [];

export class StreamNode {
  private readonly ids: IdSteps;
  /** Entries deleted since the node was made. */
  deleted = 0;
  /** The id of the last entry that was put here, deleted or not. */
  lastId: StreamId;
  /** Empty while `packed` has them. */
  private cells: (Bytes | readonly Bytes[])[];
  private packed: PackedCells | undefined;
  /** Cells per entry: one for each name, and one in a node without names, which only an RDB can hold. */
  private readonly stride: number;
  /** What it takes as a listpack, without the counts of live and deleted entries. */
  private bytes: number;
  /** The fields of the last entry with names of its own: the next one may repeat them. */
  private odd: readonly Bytes[] | undefined;

  /**
   * @param master the id that the node began with
   * @param owner what may change it; others copy it first
   */
  constructor(
    readonly master: StreamId,
    readonly names: readonly Bytes[],
    readonly owner: object,
    from?: StreamNode,
  ) {
    this.stride = Math.max(1, names.length);
    this.ids = from === undefined ? new IdSteps(idMs(master), idSeq(master)) : from.ids.clone();
    this.cells = from === undefined ? [] : from.packed === undefined ? from.cells.slice() : NO_CELLS;
    this.packed = from?.packed;
    this.lastId = from?.lastId ?? master;
    this.deleted = from?.deleted ?? 0;
    this.bytes = from?.bytes ?? headerBytes(names);
    this.odd = from?.odd;
  }

  /** A copy that `owner` may change. */
  copyFor(owner: object): StreamNode {
    return new StreamNode(this.master, this.names, owner, this);
  }

  get length(): number {
    return this.ids.length;
  }

  /** Values that are strings of their own. */
  get looseValues(): number {
    return this.cells.length;
  }

  /** Whether the fields in `argv` from `start` on have the node's names. */
  hasNamesOf(argv: readonly Bytes[], start: number): boolean {
    return hasNames(argv, start, this.names);
  }

  /** Whether the fields in `argv` from `start` on must go into a new node. */
  isFullFor(argv: readonly Bytes[], start: number, limits: StreamNodeLimits): boolean {
    const { streamNodeMaxBytes: maxBytes, streamNodeMaxEntries: maxEntries } = limits;
    const count = this.ids.length;
    if (maxEntries > 0 && count + this.deleted >= maxEntries) return true;
    let bytes = this.bytes + packedIntSize(count) + packedIntSize(this.deleted);
    for (let i = start; i < argv.length; i++) bytes += argv[i].length;
    return bytes >= (maxBytes > 0 ? Math.min(maxBytes, NODE_BYTES_MAX) : NODE_BYTES_MAX);
  }

  /** Adds an entry behind all others; its fields are those in `argv` from `start` on. */
  append(id: StreamId, argv: readonly Bytes[], start: number): void {
    const ms = idMs(id);
    const seq = idSeq(id);
    const same = this.place(id, ms, seq, argv, start);
    this.bytes += this.entryBytes(ms, seq, argv, start, same);
  }

  /** Fills a node with what was read from an RDB, where it took `bytes`, `deleted` entries included. */
  fill(entries: readonly StreamEntry[], deleted: number, bytes: number): void {
    for (const { id, fields } of entries) this.place(id, idMs(id), idSeq(id), fields, 0);
    this.deleted = deleted;
    this.bytes = bytes - packedIntSize(entries.length) - packedIntSize(deleted);
    this.seal();
  }

  /** @returns whether its names are the node's */
  private place(id: StreamId, ms: Int64, seq: Int64, argv: readonly Bytes[], start: number): boolean {
    const { names } = this;
    const cells = this.open();
    this.ids.push(id, ms, seq);
    this.lastId = id;
    if (hasNames(argv, start, names)) {
      for (let i = start + 1; i < argv.length; i += 2) cells.push(argv[i]);
      if (names.length === 0) cells.push(EMPTY);
      return true;
    }
    const fields = argv.slice(start);
    if (this.odd !== undefined) shareNames(fields, this.odd);
    this.odd = fields;
    cells.push(fields);
    for (let i = 1; i < names.length; i++) cells.push(EMPTY);
    return false;
  }

  /** flags, two id differences, values (and number and names of fields when they are not the node's), length. */
  private entryBytes(ms: Int64, seq: Int64, argv: readonly Bytes[], start: number, same: boolean): number {
    const count = argv.length - start;
    let bytes = FLAGS_BYTES + packedIntSize(same ? 3 + count / 2 : 4 + count);
    bytes += packedIntSize(idDifference(ms, this.ids.ms));
    bytes += packedIntSize(idDifference(seq, this.ids.seq));
    if (!same) bytes += packedIntSize(count / 2);
    for (let i = same ? start + 1 : start; i < argv.length; i += same ? 2 : 1) bytes += packedSize(argv[i]);
    return bytes;
  }

  /** No more is likely to be added: takes as little memory as it can. */
  seal(): void {
    this.ids.seal();
    this.odd = undefined;
    if (this.packed !== undefined) return;
    this.packed = PackedCells.of(this.cells);
    this.cells = this.packed === undefined ? this.cells.slice() : NO_CELLS;
  }

  /** The cells, to be changed. */
  private open(): (Bytes | readonly Bytes[])[] {
    if (this.packed !== undefined) {
      this.cells = this.packed.toArray();
      this.packed = undefined;
    }
    return this.cells;
  }

  /** The id of the entry at `index`, 0 <= index < length. */
  idAt(index: number): StreamId {
    return this.ids.at(index);
  }

  /** The fields of the entry at `index` when its names are not the node's; undefined: see `valueAt`. */
  ownFieldsAt(index: number): readonly Bytes[] | undefined {
    if (this.packed !== undefined) return undefined;
    const cell = this.cells[index * this.stride];
    return typeof cell === 'string' ? undefined : cell;
  }

  /** The value under the node's name `field`, of an entry that has no fields of its own. */
  valueAt(index: number, field: number): Bytes {
    const at = index * this.stride + field;
    return this.packed === undefined ? (this.cells[at] as Bytes) : this.packed.at(at);
  }

  /** field, value, field, value… as a new array, or one that must not be changed. */
  fieldsAt(index: number): readonly Bytes[] {
    const own = this.ownFieldsAt(index);
    if (own !== undefined) return own;
    const { names } = this;
    const fields: Bytes[] = [];
    for (let i = 0; i < names.length; i++) fields.push(names[i], this.valueAt(index, i));
    return fields;
  }

  /** The first index whose id is at or after `id`. */
  indexFrom(id: StreamId): number {
    return this.ids.indexFrom(id);
  }

  /** The index of the entry with exactly `id`, or -1. */
  indexOf(id: StreamId): number {
    const index = this.ids.indexFrom(id);
    return index < this.ids.length && this.ids.at(index) === id ? index : -1;
  }

  /** The first index whose id is after `id`. */
  indexAfter(id: StreamId): number {
    const index = this.ids.indexFrom(id);
    return index < this.ids.length && this.ids.at(index) === id ? index + 1 : index;
  }

  /** Deletes `count` entries from `index` on. */
  remove(index: number, count: number): void {
    const { stride } = this;
    this.ids.remove(index, count);
    this.open().splice(index * stride, count * stride);
    this.deleted += count;
  }
}

function headerBytes(names: readonly Bytes[]): number {
  let bytes = FRAME_BYTES + packedIntSize(names.length);
  for (const name of names) bytes += packedSize(name);
  return bytes;
}

/** a - b of two unsigned 64-bit numbers as the signed one with those bits: how a listpack stores ids. */
export function idDifference(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return normalizeInt64(BigInt.asIntN(64, BigInt(a) - BigInt(b)));
}

function hasNames(argv: readonly Bytes[], start: number, names: readonly Bytes[]): boolean {
  if (argv.length - start !== names.length * 2) return false;
  for (let i = 0; i < names.length; i++) if (argv[start + i * 2] !== names[i]) return false;
  return true;
}

/** Puts the name strings of `before` into `fields` where they are equal. */
function shareNames(fields: Bytes[], before: readonly Bytes[]): void {
  const end = Math.min(fields.length, before.length);
  for (let i = 0; i < end; i += 2) if (fields[i] === before[i]) fields[i] = before[i];
}
