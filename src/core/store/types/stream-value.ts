/**
 * StreamValue: entries in id order, in nodes as Redis cuts them, and the consumer groups.
 *
 * A node takes what a listpack node of Redis would take (stream-node-max-bytes and -entries, deleted entries counted), because
 * approximate trimming removes whole nodes and DEBUG DIGEST, XINFO and RDB show them. Field names that repeat those of the
 * entry before share its strings.
 */
import { type Bytes } from '../../base/bytes.js';
import { packedSize } from './int-text.js';
import { MIN_STREAM_ID, type StreamId } from './stream-id.js';
import { type StreamGroup, UNKNOWN_ENTRIES_READ } from './stream-groups.js';

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

export interface StreamNode {
  entries: StreamEntry[];
  /** Entries deleted from the node since it was made. */
  deleted: number;
  /** About what it takes as a listpack. */
  bytes: number;
}

export class StreamValue {
  readonly kind = 'stream';
  /** The id of the last entry ever added. */
  lastId: StreamId = MIN_STREAM_ID;
  /** The largest id that was deleted by name or by trimming, 0-0 for none. */
  maxDeletedId: StreamId = MIN_STREAM_ID;
  /** Entries ever added. */
  entriesAdded = 0;
  /** By name, in the order of creation. */
  groups = new Map<Bytes, StreamGroup>();
  /** What the stream was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  /** Its length then, -1 for never, and what the fields of its entries took. */
  accountedLength = -1;
  accountedFields = 0;
  private nodes: StreamNode[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** The id of the first entry there is, 0-0 when empty. */
  get firstId(): StreamId {
    return this.nodes.length === 0 ? MIN_STREAM_ID : this.nodes[0].entries[0].id;
  }

  /** How many nodes there are (XINFO STREAM: radix-tree-keys). */
  get nodeCount(): number {
    return this.nodes.length;
  }

  /** Adds an entry at the end: `id` must be above `lastId`. Moves `lastId` and `entriesAdded`. */
  append(id: StreamId, fields: readonly Bytes[], limits: StreamNodeLimits): void {
    let node = this.nodes.at(-1);
    if (node === undefined || isFull(node, fields, limits)) {
      node = { entries: [], deleted: 0, bytes: nodeHeaderBytes(fields) };
      this.nodes.push(node);
    }
    const before = node.entries.at(-1);
    node.entries.push({ id, fields: before === undefined ? fields : shareNames(fields, before.fields) });
    node.bytes += entryBytes(fields, node.entries[0].fields);
    this.count++;
    this.lastId = id;
    this.entriesAdded++;
  }

  /** Adds a node as it was read from an RDB: ids ascending and above all that is there. Moves neither counter. */
  appendNode(entries: StreamEntry[], deleted: number, bytes: number): void {
    if (entries.length === 0) return;
    this.nodes.push({ entries, deleted, bytes });
    this.count += entries.length;
  }

  /** The entry with exactly `id`, or undefined. */
  get(id: StreamId): StreamEntry | undefined {
    const n = this.nodeFor(id);
    if (n < 0) return undefined;
    const { entries } = this.nodes[n];
    const entry = entries.at(firstAtOrAfter(entries, id));
    return entry?.id === id ? entry : undefined;
  }

  /** Up to `limit` entries with first <= id <= last, in id order, or from the end when `reverse`. */
  range(first: StreamId, last: StreamId, limit = Infinity, reverse = false): StreamEntry[] {
    return reverse ? this.rangeDown(first, last, limit) : this.rangeUp(first, last, limit);
  }

  /** The first entry after `id`, or undefined. */
  firstAfter(id: StreamId): StreamEntry | undefined {
    for (let n = Math.max(this.nodeFor(id), 0); n < this.nodes.length; n++) {
      const { entries } = this.nodes[n];
      let i = firstAtOrAfter(entries, id);
      if (entries[i]?.id === id) i++;
      if (i < entries.length) return entries[i];
    }
    return undefined;
  }

  /** The last entry there is, or undefined. */
  lastEntry(): StreamEntry | undefined {
    return this.nodes.at(-1)?.entries.at(-1);
  }

  /** Deletes the entry `id` and keeps `maxDeletedId`; false when there is none. */
  delete(id: StreamId): boolean {
    const n = this.nodeFor(id);
    if (n < 0) return false;
    const node = this.nodes[n];
    const i = firstAtOrAfter(node.entries, id);
    if (node.entries[i]?.id !== id) return false;
    node.entries.splice(i, 1);
    node.deleted++;
    this.count--;
    if (node.entries.length === 0) this.nodes.splice(n, 1);
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  /**
   * Removes entries from the start: down to `maxLength`, or all below `minId`. With `approximate` only whole nodes go, and no
   * more than `limit` entries (0: no limit). Returns how many went. Trimming leaves `maxDeletedId` as it is.
   */
  trim(rule: { maxLength: number } | { minId: StreamId }, approximate: boolean, limit = 0): number {
    let removed = 0;
    while (this.nodes.length > 0) {
      const node = this.nodes[0];
      const size = node.entries.length;
      const excess = excessIn(node, rule, this.count);
      if (excess === 0) break;
      if (limit > 0 && removed + size > limit && approximate) break;
      if (excess < size && approximate) break;
      if (excess === size) this.nodes.shift();
      else {
        node.entries.splice(0, excess);
        node.deleted += excess;
      }
      this.count -= excess;
      removed += excess;
      if (excess < size) break;
    }
    return removed;
  }

  /**
   * How many entries were ever added up to `id`, or UNKNOWN_ENTRIES_READ where deletions make it a guess
   * (redis 7.2.6 t_stream.c:streamEstimateDistanceFromFirstEverEntry).
   */
  entriesUpTo(id: StreamId): number {
    if (this.entriesAdded === 0) return 0;
    if (this.count === 0 && id <= this.lastId) return this.entriesAdded;
    if (id === this.lastId) return this.entriesAdded;
    if (id > this.lastId) return UNKNOWN_ENTRIES_READ;
    const first = this.firstId;
    if (this.maxDeletedId === MIN_STREAM_ID || this.maxDeletedId < first) {
      if (id < first) return this.entriesAdded - this.count;
      if (id === first) return this.entriesAdded - this.count + 1;
    }
    return UNKNOWN_ENTRIES_READ;
  }

  /** A node, to read only: 0 <= index < nodeCount. What the RDB writer walks. */
  nodeAt(index: number): Readonly<StreamNode> {
    return this.nodes[index];
  }

  /** A view of this moment for a snapshot, whatever happens to it. */
  freeze(): StreamValue {
    return this.clone();
  }

  /** An independent copy (COPY). Entries are never changed, so they are shared. */
  clone(): StreamValue {
    const copy = new StreamValue();
    copy.lastId = this.lastId;
    copy.maxDeletedId = this.maxDeletedId;
    copy.entriesAdded = this.entriesAdded;
    copy.count = this.count;
    copy.nodes = this.nodes.map((node) => ({ ...node, entries: node.entries.slice() }));
    for (const group of this.groups.values()) copy.groups.set(group.name, group.clone());
    return copy;
  }

  /** The last node whose first id is not after `id`, or -1. */
  private nodeFor(id: StreamId): number {
    let low = 0;
    let high = this.nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.nodes[middle].entries[0].id <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private rangeUp(first: StreamId, last: StreamId, limit: number): StreamEntry[] {
    const out: StreamEntry[] = [];
    for (let n = Math.max(this.nodeFor(first), 0); n < this.nodes.length; n++) {
      const { entries } = this.nodes[n];
      for (let i = firstAtOrAfter(entries, first); i < entries.length; i++) {
        if (out.length >= limit || entries[i].id > last) return out;
        out.push(entries[i]);
      }
    }
    return out;
  }

  private rangeDown(first: StreamId, last: StreamId, limit: number): StreamEntry[] {
    const out: StreamEntry[] = [];
    for (let n = this.nodeFor(last); n >= 0; n--) {
      const { entries } = this.nodes[n];
      let i = firstAtOrAfter(entries, last);
      if (entries[i]?.id !== last) i--;
      for (; i >= 0; i--) {
        if (out.length >= limit || entries[i].id < first) return out;
        out.push(entries[i]);
      }
    }
    return out;
  }
}

/** How many entries at the start of `node` the rule takes away, with `total` entries in the stream. */
function excessIn(
  node: StreamNode,
  rule: { maxLength: number } | { minId: StreamId },
  total: number,
): number {
  const size = node.entries.length;
  if ('maxLength' in rule) return Math.max(0, Math.min(size, total - rule.maxLength));
  return firstAtOrAfter(node.entries, rule.minId);
}

/** The first index whose id is at or after `id`. */
function firstAtOrAfter(entries: readonly StreamEntry[], id: StreamId): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The most a node may hold whatever the limits say (redis 7.2.6 t_stream.c STREAM_LISTPACK_MAX_SIZE). */
const NODE_BYTES_MAX = 1 << 30;

/** Whether `fields` must go into a new node; deleted entries count (redis 7.2.6 t_stream.c:streamAppendItem). */
function isFull(node: StreamNode, fields: readonly Bytes[], limits: StreamNodeLimits): boolean {
  let bytes = node.bytes;
  for (const part of fields) bytes += part.length;
  const { streamNodeMaxBytes: maxBytes, streamNodeMaxEntries: maxEntries } = limits;
  if (bytes >= (maxBytes > 0 ? Math.min(maxBytes, NODE_BYTES_MAX) : NODE_BYTES_MAX)) return true;
  return maxEntries > 0 && node.entries.length + node.deleted >= maxEntries;
}

/** Listpack header and end, and the master entry: count, deleted, number of fields, names, terminator. */
function nodeHeaderBytes(fields: readonly Bytes[]): number {
  let bytes = 7 + 2 + 2 + 2 + 2;
  for (let i = 0; i < fields.length; i += 2) bytes += packedSize(fields[i]);
  return bytes;
}

/** flags, two id differences, values (and number and names of fields when they differ from the master's), length. */
function entryBytes(fields: readonly Bytes[], master: readonly Bytes[]): number {
  const same = sameNames(fields, master);
  let bytes = same ? 10 : 12;
  for (let i = same ? 1 : 0; i < fields.length; i += same ? 2 : 1) bytes += packedSize(fields[i]);
  return bytes;
}

/** Whether two entries have the same field names in the same order. */
export function sameNames(a: readonly Bytes[], b: readonly Bytes[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 2) if (a[i] !== b[i]) return false;
  return true;
}

function shareNames(fields: readonly Bytes[], before: readonly Bytes[]): readonly Bytes[] {
  if (!sameNames(fields, before)) return fields;
  const shared = fields.slice();
  for (let i = 0; i < fields.length; i += 2) shared[i] = before[i];
  return shared;
}
