/**
 * StreamValue: entries in id order, in nodes as Redis cuts them, and the consumer groups.
 *
 *   nodes  ░░░ | node node node … node      before `head`: trimmed away, given back from time to time
 *
 * A node takes what a listpack node of Redis would take (stream-node.ts). An id is found by two binary searches; entries are added
 * at the end and trimmed from the start without moving others. A copy shares its nodes and groups with the original until one
 * of the two changes them: `clone` costs a pointer per node.
 */
import { type Bytes, compareBytes } from '../../base/bytes.js';
import { type Int64, normalizeInt64 } from '../../base/numbers.js';
import { StreamCursor } from './stream-cursor.js';
import { MAX_STREAM_ID, MIN_STREAM_ID, type StreamId } from './stream-id.js';
import { increment, type StreamGroup, UNKNOWN_ENTRIES_READ } from './stream-groups.js';
import { StreamNode, type StreamEntry, type StreamNodeLimits } from './stream-node.js';
import { radixNodeCount } from './stream-radix.js';

export { type StreamEntry, type StreamNodeLimits } from './stream-node.js';

/** Entries that go: down to a length, or all before an id. */
export type TrimRule = { readonly maxLength: number } | { readonly minId: StreamId };

/** Places before `head` are given back when there are so many and they are half of all. */
const HEAD_MIN = 32;

export class StreamValue {
  readonly kind = 'stream';
  /** The id of the last entry ever added. */
  lastId: StreamId = MIN_STREAM_ID;
  /** The largest id that was deleted by name, 0-0 for none. */
  maxDeletedId: StreamId = MIN_STREAM_ID;
  /** Entries ever added. */
  entriesAdded: Int64 = 0;
  /** By name. A group that is to be changed comes from `groupForWrite`. */
  groups = new Map<Bytes, StreamGroup>();
  /** What the stream was last known to cost (store/memory.ts); -1: it is in no keyspace. */
  accountedBytes = -1;
  /** Its length then, -1 for never, and what the fields of its entries took. */
  accountedLength = -1;
  accountedFields = 0;
  private nodes: StreamNode[] = [];
  private head = 0;
  private count = 0;
  /** Marks the nodes and groups that nobody else has. */
  private owner = {};
  private radixNodes = -1;

  get length(): number {
    return this.count;
  }

  /** The id of the first entry there is, 0-0 when empty. */
  get firstId(): StreamId {
    if (this.count === 0) return MIN_STREAM_ID;
    let n = this.head;
    while (this.nodes[n].length === 0) n++;
    return this.nodes[n].idAt(0);
  }

  /** The id of the last entry there is, 0-0 when empty. */
  get lastEntryId(): StreamId {
    if (this.count === 0) return MIN_STREAM_ID;
    let n = this.nodes.length - 1;
    while (this.nodes[n].length === 0) n--;
    return this.nodes[n].idAt(this.nodes[n].length - 1);
  }

  /** The id that the first node began with, deleted or not: what trimming by id has reached. The largest id without nodes. */
  get firstNodeId(): StreamId {
    return this.nodeCount === 0 ? MAX_STREAM_ID : this.nodes[this.head].master;
  }

  /** How many nodes there are (XINFO STREAM: radix-tree-keys). All of the entries of a node may be deleted. */
  get nodeCount(): number {
    return this.nodes.length - this.head;
  }

  /** XINFO STREAM: radix-tree-nodes. O(nodes) after nodes came or went. */
  get radixNodeCount(): number {
    if (this.radixNodes < 0) {
      this.radixNodes = radixNodeCount(this.nodeCount, (i) => this.nodes[this.head + i].master);
    }
    return this.radixNodes;
  }

  /**
   * Adds an entry at the end: `id` must be above `lastId`. Moves `lastId` and `entriesAdded`.
   * @param argv its fields from `start` on: the arguments of a command as they came
   */
  append(id: StreamId, argv: readonly Bytes[], limits: StreamNodeLimits, start = 0): void {
    this.tailFor(id, argv, start, limits).append(id, argv, start);
    this.count++;
    this.lastId = id;
    this.entriesAdded = increment(this.entriesAdded);
  }

  private tailFor(id: StreamId, argv: readonly Bytes[], start: number, limits: StreamNodeLimits): StreamNode {
    if (this.nodeCount > 0) {
      const tail = this.own(this.nodes.length - 1);
      if (!tail.isFullFor(argv, start, limits)) return tail;
      tail.seal();
      if (tail.hasNamesOf(argv, start)) return this.addNode(id, tail.names);
    }
    return this.addNode(id, namesOf(argv, start));
  }

  private addNode(id: StreamId, names: readonly Bytes[]): StreamNode {
    const node = new StreamNode(id, names, this.owner);
    this.nodes.push(node);
    this.radixNodes = -1;
    return node;
  }

  /** Adds a node as it was read from an RDB: ids ascending and above all that is there. Moves neither counter. */
  appendNode(
    entries: StreamEntry[],
    deleted: number,
    bytes: number,
    names = namesOf(entries[0].fields, 0),
  ): void {
    this.addNode(entries[0].id, names).fill(entries, deleted, bytes);
    this.count += entries.length;
  }

  /** The entry with exactly `id`, or undefined. */
  get(id: StreamId): StreamEntry | undefined {
    const at = this.find(id);
    return at === undefined ? undefined : entryAt(at);
  }

  /** A cursor that stands on the entry with exactly `id`, or undefined. */
  find(id: StreamId): StreamCursor | undefined {
    const cursor = this.from(id);
    return cursor.next() && cursor.id === id ? cursor : undefined;
  }

  has(id: StreamId): boolean {
    const n = this.nodeFor(id);
    return n >= this.head && this.nodes[n].indexOf(id) >= 0;
  }

  /** A cursor before the first entry at or after `id`. */
  from(id: StreamId): StreamCursor {
    const n = Math.max(this.nodeFor(id), this.head);
    const index = n < this.nodes.length ? this.nodes[n].indexFrom(id) - 1 : -1;
    return new StreamCursor(this.nodes, this.head, n, index, 1);
  }

  /** A cursor that goes down, before the last entry at or before `id`. */
  downFrom(id: StreamId): StreamCursor {
    const n = this.nodeFor(id);
    let index = 0;
    if (n >= this.head) {
      index = this.nodes[n].indexAfter(id);
    }
    return new StreamCursor(this.nodes, this.head, n, index, -1);
  }

  /** How many entries lie at first <= id <= last, at most `limit`. O(nodes that are counted). */
  countBetween(first: StreamId, last: StreamId, limit = Infinity): number {
    if (first > last) return 0;
    const end = this.nodeFor(last);
    let n = Math.max(this.nodeFor(first), this.head);
    if (n > end) return 0;
    let count = 0 - this.nodes[n].indexFrom(first);
    for (; n < end && count < limit; n++) count += this.nodes[n].length;
    if (count < limit) count += this.nodes[end].indexAfter(last);
    return Math.min(count, limit);
  }

  /** Up to `limit` entries with first <= id <= last, in id order, or from the end when `reverse`. */
  range(first: StreamId, last: StreamId, limit = Infinity, reverse = false): StreamEntry[] {
    const out: StreamEntry[] = [];
    const cursor = reverse ? this.downFrom(last) : this.from(first);
    while (out.length < limit && cursor.next()) {
      const { id } = cursor;
      if (reverse ? id < first : id > last) break;
      out.push({ id, fields: cursor.node.fieldsAt(cursor.index) });
    }
    return out;
  }

  /** The first entry after `id`, or undefined. */
  firstAfter(id: StreamId): StreamEntry | undefined {
    const cursor = this.from(id);
    while (cursor.next()) if (cursor.id !== id) return entryAt(cursor);
    return undefined;
  }

  /** The last entry there is, or undefined. */
  lastEntry(): StreamEntry | undefined {
    return this.count === 0 ? undefined : this.get(this.lastEntryId);
  }

  /** Deletes the entry `id` and keeps `maxDeletedId`; false when there is none. */
  delete(id: StreamId): boolean {
    const n = this.nodeFor(id);
    if (n < this.head) return false;
    const index = this.nodes[n].indexOf(id);
    if (index < 0) return false;
    if (this.nodes[n].length === 1) this.dropNode(n);
    else this.own(n).remove(index, 1);
    this.count--;
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  private dropNode(n: number): void {
    this.radixNodes = -1;
    if (n === this.head) this.dropHead();
    else this.nodes.splice(n, 1);
  }

  private dropHead(): void {
    this.nodes[this.head++] = GONE;
    this.radixNodes = -1;
    if (this.head < HEAD_MIN || this.head * 2 < this.nodes.length) return;
    this.nodes.splice(0, this.head);
    this.head = 0;
  }

  /**
   * Removes entries from the start. With `approximate` only whole nodes go; no more than `limit` entries (0: no limit), by whole
   * nodes. Returns how many went. `maxDeletedId` stays. Whether a node goes by id depends on the last entry that it was given,
   * deleted or not (redis 7.2.6 t_stream.c:streamTrim).
   */
  trim(rule: TrimRule, approximate: boolean, limit = 0): number {
    let removed = 0;
    while (this.nodeCount > 0) {
      const node = this.nodes[this.head];
      const size = node.length;
      const excess = 'maxLength' in rule ? this.count - rule.maxLength : undefined;
      if (excess !== undefined && excess <= 0) break;
      if (limit > 0 && removed + size > limit) break;
      if ('minId' in rule ? node.lastId < rule.minId : size <= excess!) {
        this.dropHead();
        this.count -= size;
        removed += size;
        continue;
      }
      if (approximate) break;
      const part = excess ?? node.indexFrom((rule as { minId: StreamId }).minId);
      if (part > 0) this.own(this.head).remove(0, part);
      this.count -= part;
      return removed + part;
    }
    return removed;
  }

  /**
   * How many entries were ever added up to `id`, or UNKNOWN_ENTRIES_READ where deletions make it a guess
   * (redis 7.2.6 t_stream.c:streamEstimateDistanceFromFirstEverEntry).
   */
  entriesUpTo(id: StreamId): Int64 {
    const { entriesAdded } = this;
    if (entriesAdded === 0) return 0;
    if (this.count === 0 && id <= this.lastId) return entriesAdded;
    if (id === this.lastId) return entriesAdded;
    if (id > this.lastId) return UNKNOWN_ENTRIES_READ;
    const first = this.firstId;
    if (this.maxDeletedId === MIN_STREAM_ID || this.maxDeletedId < first) {
      if (id < first) return minus(entriesAdded, this.count);
      if (id === first) return minus(entriesAdded, this.count - 1);
    }
    return UNKNOWN_ENTRIES_READ;
  }

  /** Whether something may have been deleted at or after `id` (redis 7.2.6 t_stream.c:streamRangeHasTombstones). */
  hasGapsFrom(id: StreamId): boolean {
    if (this.count === 0 || this.maxDeletedId === MIN_STREAM_ID) return false;
    return this.firstId <= this.maxDeletedId && id <= this.maxDeletedId;
  }

  /** How many entries a group has yet to be given; undefined: nobody can tell (redis 7.2.6 t_stream.c:streamReplyWithCGLag). */
  lagOf(group: StreamGroup): Int64 | undefined {
    const { entriesAdded } = this;
    if (entriesAdded === 0) return 0;
    const known = group.entriesRead !== UNKNOWN_ENTRIES_READ && !this.hasGapsFrom(group.lastId);
    const read = known ? group.entriesRead : this.entriesUpTo(group.lastId);
    return read === UNKNOWN_ENTRIES_READ ? undefined : minus(entriesAdded, read);
  }

  /** Adds a group; false, and nothing done, when there is one of that name. */
  addGroup(group: StreamGroup): boolean {
    if (this.groups.has(group.name)) return false;
    group.owner = this.owner;
    this.groups.set(group.name, group);
    return true;
  }

  /** The group `name`, to be changed: a copy of its own while another stream shares it. */
  groupForWrite(name: Bytes): StreamGroup | undefined {
    let group = this.groups.get(name);
    if (group !== undefined && group.owner !== this.owner) {
      if (group.owner !== undefined) {
        group = group.clone();
        this.groups.set(name, group);
      }
      group.owner = this.owner;
    }
    return group;
  }

  /** The groups in the order of their names, in which Redis lists and saves them. */
  groupsByName(): StreamGroup[] {
    return [...this.groups.values()].sort((a, b) => compareBytes(a.name, b.name));
  }

  /** A node, to read only: 0 <= index < nodeCount. What the RDB writer walks. */
  nodeAt(index: number): StreamNode {
    return this.nodes[this.head + index];
  }

  /** A view of this moment for a snapshot, whatever happens to it. */
  freeze(): StreamValue {
    return this.clone();
  }

  /** An independent copy (COPY). What has not changed since is shared. */
  clone(): StreamValue {
    const copy = new StreamValue();
    copy.lastId = this.lastId;
    copy.maxDeletedId = this.maxDeletedId;
    copy.entriesAdded = this.entriesAdded;
    copy.count = this.count;
    copy.nodes = this.nodes.slice(this.head);
    copy.radixNodes = this.radixNodes;
    for (const group of this.groups.values()) {
      group.owner ??= this.owner;
      copy.groups.set(group.name, group);
    }
    // From now on nobody owns what both have.
    this.owner = {};
    return copy;
  }

  /** The node at `n` as one that may be changed. */
  private own(n: number): StreamNode {
    const node = this.nodes[n];
    return node.owner === this.owner ? node : (this.nodes[n] = node.copyFor(this.owner));
  }

  /** The last node that begins at or before `id`, or one before `head`. */
  private nodeFor(id: StreamId): number {
    let low = this.head;
    let high = this.nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.nodes[middle].master <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function namesOf(argv: readonly Bytes[], start: number): Bytes[] {
  const names: Bytes[] = [];
  for (let i = start; i < argv.length; i += 2) names.push(argv[i]);
  // A copy has no room for growth.
  return names.slice();
}

/** Stands where a node was. */
const GONE = new StreamNode(MIN_STREAM_ID, [], {});

function entryAt({ node, index }: StreamCursor): StreamEntry {
  return { id: node.idAt(index), fields: node.fieldsAt(index) };
}

/** a - b, as Redis's signed 64-bit numbers subtract. */
function minus(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return normalizeInt64(BigInt.asIntN(64, BigInt(a) - BigInt(b)));
}
