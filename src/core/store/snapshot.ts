/**
 * SnapshotWalk: the whole data set at one point in time, without fork.
 *
 *   start: epoch + 1, remember each database's container     (between two execution units)
 *   step:  entries from high slots to low, a few at a time, between turns of the event loop
 *
 * An entry's epoch says which snapshot it needs nothing more of: an entry created after the start has the new epoch, one that
 * was written gets it, and the write gate hands over (`preimage`) an older one before it is changed. Those wait in a side queue
 * and are written between two keys, because a key's bytes are contiguous in an RDB. What may be changed in place meanwhile is
 * frozen: a view that shares the chunks of the original (`hold`). FLUSHDB and SWAPDB exchange containers: the walk goes on with
 * the ones it remembered. Entries that compaction moves only move to slots that the walk has yet to reach, or carry their epoch.
 */
import { type Bytes } from '../base/bytes.js';
import { type Database, type Store } from './database.js';
import { type Keyspace } from './keyspace.js';
import { LongString } from './long-strings.js';
import { CHUNK_MASK, CHUNK_SHIFT } from './slot-table.js';
import { Armed, type WriteGate } from './write-gate.js';
import { elementCount, freezeValue, isStringValue, stringLength, type Value } from './types/value.js';

/** Where the entries go, in the order of the walk. */
export interface SnapshotSink {
  /** The entries that follow belong to this database; size hints the first time it is named. */
  database(id: number, hint: { keys: number; expiring: number } | undefined): void;
  /**
   * One entry. @returns nothing when it is written; else the rest of the work, to be driven between turns
   * @param expiryMs absolute, 0 for none
   */
  entry(key: Bytes, value: Value, expiryMs: number, access: number): Generator<void, void, void> | undefined;
}

interface Container {
  readonly dbId: number;
  readonly keyspace: Keyspace;
  readonly keys: number;
  readonly expiring: number;
  announced: boolean;
}

interface Preimage {
  readonly container: Container;
  readonly key: Bytes;
  readonly value: Value;
  readonly expiryMs: number;
  readonly access: number;
}

/** Slots looked at between two looks at the clock; as many bytes of a string count as one more. */
const SLOTS_PER_CHECK = 32;
const BYTES_PER_SLOT = 512;
/** A collection of no more elements is written in one go. */
const AT_ONCE_ELEMENTS = 32;

export class SnapshotWalk {
  /** Keys at the start, and those dealt with. */
  readonly totalKeys: number;
  processedKeys = 0;
  /** Most entries that ever waited in the side queue. */
  sideQueuePeak = 0;
  private readonly containers: Container[] = [];
  private readonly byKeyspace = new Map<Keyspace, Container>();
  private readonly sideQueue: Preimage[] = [];
  private current = 0;
  private slot = -1;
  private selected = -1;
  private running: { rest: Generator<void, void, void>; value: Value } | undefined;
  private active = true;

  constructor(
    store: Store,
    private readonly gate: WriteGate,
    private readonly sink: SnapshotSink,
  ) {
    for (const db of store.databases) this.remember(db);
    this.totalKeys = this.containers.reduce((sum, c) => sum + c.keys, 0);
    gate.epoch++;
    gate.ports.preimage = (keyspace, slot) => this.preimage(keyspace, slot);
    gate.arm(Armed.snapshot, true);
  }

  private remember(db: Database): void {
    if (db.size === 0) return;
    const { keyspace } = db;
    keyspace.hold();
    const container = { dbId: db.id, keyspace, keys: db.size, expiring: keyspace.expiring, announced: false };
    this.containers.push(container);
    this.byKeyspace.set(keyspace, container);
  }

  /** Entries held for the side queue, for `current_cow_size`. */
  get sideQueueLength(): number {
    return this.sideQueue.length;
  }

  private preimage(keyspace: Keyspace, slot: number): void {
    const container = this.byKeyspace.get(keyspace);
    // A container that came into being after the start holds nothing of ours.
    if (container === undefined) return;
    this.sideQueue.push({
      container,
      key: keyspace.keyAt(slot)!,
      value: hold(keyspace.valueAt(slot)),
      expiryMs: keyspace.expiryAt(slot),
      access: keyspace.accessAt(slot),
    });
    this.sideQueuePeak = Math.max(this.sideQueuePeak, this.sideQueue.length);
  }

  /**
   * Goes on until `mayGoOn` says no (asked every few slots and between slices of a large value).
   * @returns true when everything has been handed to the sink
   */
  step(mayGoOn: () => boolean): boolean {
    for (;;) {
      if (!this.continueValue(mayGoOn)) return false;
      const waiting = this.sideQueue.pop();
      if (waiting !== undefined) {
        const { container, key, value, expiryMs, access } = waiting;
        this.write(container, key, value, expiryMs, access);
      } else if (!this.walk()) {
        this.end();
        return true;
      }
      if (!mayGoOn()) return false;
    }
  }

  private continueValue(mayGoOn: () => boolean): boolean {
    if (this.running === undefined) return true;
    const { rest, value } = this.running;
    while (rest.next().done !== true) if (!mayGoOn()) return false;
    letGo(value);
    this.running = undefined;
    return true;
  }

  /** Walks some slots. @returns false when there are no more */
  private walk(): boolean {
    const container = this.containers[this.current];
    if (container === undefined) return false;
    const { keyspace } = container;
    const { table } = keyspace;
    if (this.slot < 0 || this.slot > table.top) this.slot = table.top;
    let seen = 0;
    while (seen < SLOTS_PER_CHECK && this.slot > 0 && this.running === undefined) {
      const slot = --this.slot;
      const chunk = table.chunks[slot >> CHUNK_SHIFT];
      const at = slot & CHUNK_MASK;
      const key = table.keyAt(slot);
      seen++;
      if (key === undefined || (chunk.epochs !== undefined && chunk.epochs[at] === this.gate.epoch)) continue;
      keyspace.setEpochAt(slot, this.gate.epoch);
      const value = keyspace.valueAt(slot);
      if (typeof value !== 'number' && isStringValue(value)) {
        seen += Math.floor(stringLength(value) / BYTES_PER_SLOT);
      } else if (typeof value === 'object') seen = SLOTS_PER_CHECK;
      const atOnce = isSmall(value);
      this.write(
        container,
        key,
        atOnce ? value : hold(value),
        keyspace.expiryAt(slot),
        keyspace.accessAt(slot),
      );
      if (atOnce) this.continueValue(() => true);
    }
    if (this.slot === 0) {
      this.current++;
      this.slot = -1;
    }
    return true;
  }

  private write(container: Container, key: Bytes, value: Value, expiryMs: number, access: number): void {
    if (this.selected !== container.dbId) {
      const { keys, expiring } = container;
      this.sink.database(container.dbId, container.announced ? undefined : { keys, expiring });
      container.announced = true;
      this.selected = container.dbId;
    }
    this.processedKeys++;
    const rest = this.sink.entry(key, value, expiryMs, access);
    if (rest === undefined) letGo(value);
    else this.running = { rest, value };
  }

  /** Ends the snapshot, finished or not. */
  end(): void {
    if (!this.active) return;
    this.active = false;
    this.gate.arm(Armed.snapshot, false);
    this.gate.ports.preimage = () => undefined;
    if (this.running !== undefined) letGo(this.running.value);
    for (const { value } of this.sideQueue.splice(0)) letGo(value);
    for (const { keyspace } of this.containers) keyspace.drop();
    this.running = undefined;
  }
}

/** What is written while nothing else happens needs no view of its own: short strings, and collections of a few elements. */
function isSmall(value: Value): boolean {
  if (typeof value !== 'object') return true;
  return value.kind !== 'string' && elementCount(value) <= AT_ONCE_ELEMENTS;
}

/** The value as it is now, until `letGo`. */
function hold(value: Value): Value {
  if (typeof value !== 'object') return value;
  if (!(value instanceof LongString)) return freezeValue(value);
  value.hold();
  return value;
}

function letGo(value: Value): void {
  if (value instanceof LongString) value.drop();
}
