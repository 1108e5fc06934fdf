/**
 * Consumer groups of a stream: what was delivered to whom and not acknowledged yet.
 *
 * A pending entry is one object in two lists, the group's and its consumer's, both in id order. An entry of the group whose
 * consumer is not known exists only while an RDB is being read.
 */
import { type Bytes, compareBytes } from '../../base/bytes.js';
import { type Int64, INT64_MAX, normalizeInt64 } from '../../base/numbers.js';
import { PendingList } from './pending-list.js';
import { type StreamId } from './stream-id.js';

/** `entriesRead` of a group whose logical position is not known (redis 7.2.6 SCG_INVALID_ENTRIES_READ). */
export const UNKNOWN_ENTRIES_READ = -1;

/** One more, which wraps at the end of 64 bits as Redis's counters do. */
export function increment(n: Int64): Int64 {
  if (typeof n === 'number' && n < Number.MAX_SAFE_INTEGER) return n + 1;
  return n === INT64_MAX ? BigInt.asIntN(64, INT64_MAX + 1n) : normalizeInt64(BigInt(n) + 1n);
}

export interface PendingEntry {
  readonly id: StreamId;
  consumer: StreamConsumer;
  /** Absolute ms of the last delivery. */
  deliveryTime: number;
  deliveryCount: Int64;
}

export class StreamConsumer {
  readonly pel = new PendingList<PendingEntry>();

  /** `seenTime`: last attempt to read, absolute ms; `activeTime`: last successful one, -1 for never. */
  constructor(
    readonly name: Bytes,
    public seenTime: number,
    public activeTime: number,
  ) {}
}

export class StreamGroup {
  readonly pel = new PendingList<PendingEntry>();
  /** By name, in the order of creation. */
  readonly consumers = new Map<Bytes, StreamConsumer>();
  /** The stream that may change it (StreamValue.groupForWrite); undefined: the one that has it. */
  owner: object | undefined;
  private sorted: StreamConsumer[] | undefined;

  /** `entriesRead` is UNKNOWN_ENTRIES_READ or the number of entries ever added up to `lastId`. */
  constructor(
    readonly name: Bytes,
    public lastId: StreamId,
    public entriesRead: Int64,
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

  /** The consumers in the order of their names, in which Redis lists and saves them. Not to be changed. */
  consumersByName(): readonly StreamConsumer[] {
    if (this.sorted?.length !== this.consumers.size) {
      this.sorted = [...this.consumers.values()].sort((a, b) => compareBytes(a.name, b.name));
    }
    return this.sorted;
  }

  /** Puts `id` into the group's and the consumer's list; undefined, and nothing done, when the group has it already. */
  addPending(
    id: StreamId,
    consumer: StreamConsumer,
    deliveryTime: number,
    deliveryCount: Int64,
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
    this.sorted = undefined;
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
