/**
 * StreamNode: a run of stream entries that Redis keeps in one listpack, in columns.
 *
 *   names    those of the entry that the node began with
 *   ids      id   id   id
 *   cells    v v  v v  v v      per entry as many cells as there are names: its values, or, when its names are others, all of
 *                               its fields as one array in the first cell
 *
 * So an entry whose names repeat takes an id and its values. The node knows what it would take as a listpack, deleted entries
 * included, because that decides where Redis begins the next one and so what approximate trimming removes
 * (redis 7.2.6 t_stream.c:streamAppendItem). Owned and changed by StreamValue alone.
 */
import { EMPTY, type Bytes } from '../../base/bytes.js';
import { normalizeInt64, type Int64 } from '../../base/numbers.js';
import { packedIntSize, packedSize } from './int-text.js';
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

export class StreamNode {
  readonly ids: StreamId[];
  /** Entries deleted since the node was made. */
  deleted = 0;
  /** The id of the last entry that was put here, deleted or not. */
  lastId: StreamId;
  private cells: (Bytes | readonly Bytes[])[];
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
    this.ids = from === undefined ? [] : from.ids.slice();
    this.cells = from === undefined ? [] : from.cells.slice();
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

  /** Whether `fields` must go into a new node. */
  isFullFor(fields: readonly Bytes[], limits: StreamNodeLimits): boolean {
    const { streamNodeMaxBytes: maxBytes, streamNodeMaxEntries: maxEntries } = limits;
    const count = this.ids.length;
    if (maxEntries > 0 && count + this.deleted >= maxEntries) return true;
    let bytes = this.bytes + packedIntSize(count) + packedIntSize(this.deleted);
    for (const part of fields) bytes += part.length;
    return bytes >= (maxBytes > 0 ? Math.min(maxBytes, NODE_BYTES_MAX) : NODE_BYTES_MAX);
  }

  /** Adds an entry behind all others. */
  append(id: StreamId, fields: readonly Bytes[]): void {
    this.place(id, fields);
    this.bytes += entryBytes(this.master, id, fields, this.ownFieldsAt(this.ids.length - 1) === undefined);
  }

  /** Fills a node with what was read from an RDB, where it took `bytes`, `deleted` entries included. */
  fill(entries: readonly StreamEntry[], deleted: number, bytes: number): void {
    for (const { id, fields } of entries) this.place(id, fields);
    this.deleted = deleted;
    this.bytes = bytes - packedIntSize(entries.length) - packedIntSize(deleted);
  }

  private place(id: StreamId, fields: readonly Bytes[]): void {
    const { names, cells } = this;
    this.ids.push(id);
    this.lastId = id;
    if (hasNames(fields, names)) {
      for (let i = 1; i < fields.length; i += 2) cells.push(fields[i]);
      if (names.length === 0) cells.push(EMPTY);
      return;
    }
    const own = this.odd === undefined ? fields : shareNames(fields, this.odd);
    this.odd = own;
    cells.push(own);
    for (let i = 1; i < names.length; i++) cells.push(EMPTY);
  }

  /** No more is added: gives back the room that the arrays keep for growth. */
  seal(): void {
    this.cells = this.cells.slice();
    this.odd = undefined;
  }

  /** The fields of the entry at `index` when its names are not the node's; undefined: see `valueAt`. */
  ownFieldsAt(index: number): readonly Bytes[] | undefined {
    const cell = this.cells[index * this.stride];
    return typeof cell === 'string' ? undefined : cell;
  }

  /** The value under the node's name `field`, of an entry that has no fields of its own. */
  valueAt(index: number, field: number): Bytes {
    return this.cells[index * this.stride + field] as Bytes;
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
    const { ids } = this;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ids[middle] < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Deletes `count` entries from `index` on. */
  remove(index: number, count: number): void {
    const { stride } = this;
    this.ids.splice(index, count);
    this.cells.splice(index * stride, count * stride);
    this.deleted += count;
  }
}

function headerBytes(names: readonly Bytes[]): number {
  let bytes = FRAME_BYTES + packedIntSize(names.length);
  for (const name of names) bytes += packedSize(name);
  return bytes;
}

/** flags, two id differences, values (and number and names of fields when they are not the node's), length. */
function entryBytes(master: StreamId, id: StreamId, fields: readonly Bytes[], same: boolean): number {
  const pairs = fields.length / 2;
  let bytes = FLAGS_BYTES + packedIntSize(same ? 3 + pairs : 4 + fields.length);
  bytes += packedIntSize(idDifference(idMs(id), idMs(master)));
  bytes += packedIntSize(idDifference(idSeq(id), idSeq(master)));
  if (!same) bytes += packedIntSize(pairs);
  for (let i = same ? 1 : 0; i < fields.length; i += same ? 2 : 1) bytes += packedSize(fields[i]);
  return bytes;
}

/** a - b of two unsigned 64-bit numbers as the signed one with those bits: how a listpack stores ids. */
export function idDifference(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return normalizeInt64(BigInt.asIntN(64, BigInt(a) - BigInt(b)));
}

function hasNames(fields: readonly Bytes[], names: readonly Bytes[]): boolean {
  if (fields.length !== names.length * 2) return false;
  for (let i = 0; i < names.length; i++) if (fields[i * 2] !== names[i]) return false;
  return true;
}

/** `fields` with the name strings of `before` where they are equal. */
function shareNames(fields: readonly Bytes[], before: readonly Bytes[]): readonly Bytes[] {
  const shared = fields.slice();
  const end = Math.min(fields.length, before.length);
  for (let i = 0; i < end; i += 2) if (fields[i] === before[i]) shared[i] = before[i];
  return shared;
}
