/**
 * Consumer groups of a stream: what was delivered to whom and not acknowledged yet.
 *
 * A pending entry is one object in two lists, the group's and its consumer's, both in id order. An entry of the group whose
 * consumer is not known exists only while an RDB is being read.
 */
import { type Bytes } from '../../base/bytes.js';
import { SortedChunks } from './sorted-chunks.js';
import { type StreamId } from './stream-id.js';

/** `entriesRead` of a group whose logical position is not known (redis 7.2.6 SCG_INVALID_ENTRIES_READ). */
export const UNKNOWN_ENTRIES_READ = -1;

export interface PendingEntry {
  readonly id: StreamId;
  consumer: StreamConsumer;
  /** Absolute ms of the last delivery. */
  deliveryTime: number;
  deliveryCount: number;
}

function comparePending(a: PendingEntry, b: PendingEntry): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Pending entries by id and in id order. */
export class PendingList {
  private readonly byId = new Map<StreamId, PendingEntry>();
  private readonly order = new SortedChunks<PendingEntry>(comparePending);

  get size(): number {
    return this.byId.size;
  }

  get(id: StreamId): PendingEntry | undefined {
    return this.byId.get(id);
  }

  /** Adds `entry`; false, and nothing done, when its id is there already. */
  add(entry: PendingEntry): boolean {
    if (this.byId.has(entry.id)) return false;
    this.byId.set(entry.id, entry);
    this.order.insert(entry);
    return true;
  }

  /** Removes `id`; false when it was not there. */
  delete(id: StreamId): boolean {
    const entry = this.byId.get(id);
    if (entry === undefined) return false;
    this.byId.delete(id);
    return this.order.remove(entry);
  }

  /** The index of the first entry at or after `id`, for `slice`. */
  indexFrom(id: StreamId): number {
    return this.order.rankOf((entry) => (entry.id < id ? -1 : 1));
  }

  /** The entries of the indexes in [start, end), clipped, in id order. */
  slice(start: number, end: number): PendingEntry[] {
    return this.order.range(start, end);
  }
}

export class StreamConsumer {
  readonly pel = new PendingList();

  /** `seenTime`: last attempt to read, absolute ms; `activeTime`: last successful one, -1 for never. */
  constructor(
    readonly name: Bytes,
    public seenTime: number,
    public activeTime: number,
  ) {}
}

export class StreamGroup {
  readonly pel = new PendingList();
  /** By name, in the order of creation. */
  readonly consumers = new Map<Bytes, StreamConsumer>();

  /** `entriesRead` is UNKNOWN_ENTRIES_READ or the number of entries ever added up to `lastId`. */
  constructor(
    readonly name: Bytes,
    public lastId: StreamId,
    public entriesRead: number,
  ) {}

  /** The consumer `name`, made when missing. */
  consumer(name: Bytes, now: number): StreamConsumer {
    let consumer = this.consumers.get(name);
    if (consumer === undefined) {
      consumer = new StreamConsumer(name, now, -1);
      this.consumers.set(name, consumer);
    }
    return consumer;
  }

  /** Puts `id` into the group's and the consumer's list; false when the group has it already. */
  addPending(
    id: StreamId,
    consumer: StreamConsumer,
    deliveryTime: number,
    deliveryCount: number,
  ): PendingEntry | undefined {
    const entry: PendingEntry = { id, consumer, deliveryTime, deliveryCount };
    if (!this.pel.add(entry)) return undefined;
    consumer.pel.add(entry);
    return entry;
  }

  /** Acknowledges `id`: removes it from both lists; false when it was not pending. */
  removePending(id: StreamId): boolean {
    const entry = this.pel.get(id);
    if (entry === undefined) return false;
    this.pel.delete(id);
    entry.consumer.pel.delete(id);
    return true;
  }

  /** Hands a pending entry to `consumer`. */
  movePending(entry: PendingEntry, consumer: StreamConsumer): void {
    if (entry.consumer === consumer) return;
    entry.consumer.pel.delete(entry.id);
    entry.consumer = consumer;
    consumer.pel.add(entry);
  }

  /** Removes a consumer and all that it had pending; returns how many entries that were. */
  removeConsumer(name: Bytes): number {
    const consumer = this.consumers.get(name);
    if (consumer === undefined) return 0;
    for (const entry of consumer.pel.slice(0, consumer.pel.size)) this.pel.delete(entry.id);
    this.consumers.delete(name);
    return consumer.pel.size;
  }

  /** An independent copy. */
  clone(): StreamGroup {
    const copy = new StreamGroup(this.name, this.lastId, this.entriesRead);
    for (const consumer of this.consumers.values()) {
      copy.consumers.set(
        consumer.name,
        new StreamConsumer(consumer.name, consumer.seenTime, consumer.activeTime),
      );
    }
    for (const entry of this.pel.slice(0, this.pel.size)) {
      copy.addPending(
        entry.id,
        copy.consumers.get(entry.consumer.name)!,
        entry.deliveryTime,
        entry.deliveryCount,
      );
    }
    return copy;
  }
}
