/**
 * Keyspace: the container of one database's entries: key, value, expiry, access time and snapshot epoch by slot.
 *
 * Key, value and access time are three neighbouring cells; expiries and epochs lie in typed arrays that are allocated per chunk
 * when the first one is needed. A Keyspace knows nothing of clients, events or propagation: only the write gate changes one. FLUSHDB and SWAPDB
 * exchange whole Keyspaces between databases.
 */
import { ByteRange } from '../base/byte-range.js';
import { type Bytes } from '../base/bytes.js';
import {
  CHUNK_MASK,
  CHUNK_SHIFT,
  CHUNK_SLOTS,
  SlotTable,
  type Columns,
  type SlotChunk,
} from './slot-table.js';
import { KeySet } from './key-set.js';
import {
  DeferredFrees,
  LONG_STRING_BYTES,
  LONGEST_LONG_STRING_BYTES,
  LongString,
  StringHeap,
} from './long-strings.js';
import { FieldExpiryIndex } from './field-expiry-index.js';
import { HashValue } from './types/hash-value.js';
import {
  type Account,
  accountedBytes,
  ENTRY_BYTES,
  EXPIRY_BYTES,
  longStringBytes,
  MemoryLedger,
  outsideBytes,
  plainBytes,
  UNACCOUNTED,
  valueBytes,
} from './memory.js';
import { stringCost } from './types/string-cost.js';
import { type Value } from './types/value.js';

/** Cells of a slot: key, value, access word (LRU seconds or LFU word, a small integer). */
export const STRIDE = 3;
const VALUE = 1;
const ACCESS = 2;

export interface KeyspaceChunk extends SlotChunk {
  /** Absolute expiry in milliseconds, 0 for none; undefined while no slot of the chunk has one. */
  expires: Float64Array | undefined;
  /** Slots of this chunk with an expiry. */
  expiring: number;
  /** The last snapshot that needs nothing more of this slot; undefined while all are 0. */
  epochs: Uint32Array | undefined;
}

export class Keyspace implements Columns<KeyspaceChunk>, Account {
  readonly table: SlotTable<KeyspaceChunk>;
  /** Keys with an expiry. */
  expiring = 0;
  /** Where active expiry goes on (a chunk number) in its next cycle. */
  expireCursor = 0;
  /** A running average of the remaining life of the expiring keys in ms, for INFO keyspace. */
  averageTtlMs = 0;
  /** On a writable replica: keys that got an expiry from its own clients. No master will delete these. */
  ownExpiries: KeySet | undefined;

  /** The hashes that have fields that expire. */
  readonly fieldExpiry = new FieldExpiryIndex();
  /** What its entries cost, and how much of that lies outside of V8's heap (store/memory.ts). */
  bytes = 0;
  private outsideBytes = 0;

  private strings: StringHeap | undefined;
  private holders = 1;
  private retired = false;

  constructor(
    private readonly seed: number,
    private readonly deferred = new DeferredFrees(),
    private readonly ledger = new MemoryLedger(),
  ) {
    this.table = new SlotTable<KeyspaceChunk>(this, seed, STRIDE);
  }

  get size(): number {
    return this.table.size;
  }

  newChunk(): KeyspaceChunk {
    return {
      cells: [],
      expires: undefined,
      expiring: 0,
      epochs: undefined,
    };
  }

  clear(chunk: KeyspaceChunk, at: number): void {
    const value = chunk.cells[at * STRIDE + VALUE];
    if (value !== undefined) this.discharge(value as Value);
    chunk.cells[at * STRIDE + VALUE] = undefined;
    chunk.cells[at * STRIDE + ACCESS] = 0;
    if (chunk.expires !== undefined && chunk.expires[at] !== 0) this.dropExpiry(chunk, at);
    if (chunk.epochs !== undefined) chunk.epochs[at] = 0;
  }

  move(from: KeyspaceChunk, fromAt: number, to: KeyspaceChunk, toAt: number): void {
    to.cells[toAt * STRIDE + VALUE] = from.cells[fromAt * STRIDE + VALUE];
    from.cells[fromAt * STRIDE + VALUE] = undefined;
    to.cells[toAt * STRIDE + ACCESS] = from.cells[fromAt * STRIDE + ACCESS];
    const expiry = from.expires === undefined ? 0 : from.expires[fromAt];
    if (expiry !== 0) this.putExpiry(to, toAt, expiry);
    const epoch = from.epochs === undefined ? 0 : from.epochs[fromAt];
    if (epoch !== 0) (to.epochs ??= new Uint32Array(CHUNK_SLOTS))[toAt] = epoch;
  }

  valueAt(slot: number): Value {
    return this.table.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * STRIDE + VALUE] as Value;
  }

  /** Sets the value of a slot; a long string is copied out of V8's heap, `valueAt` gives it back as a LongString. */
  setValueAt(slot: number, given: Value | ByteRange): void {
    const { cells } = this.table.chunks[slot >> CHUNK_SHIFT];
    const at = (slot & CHUNK_MASK) * STRIDE + VALUE;
    const old = cells[at];
    const value = this.stored(given);
    if (typeof old === 'object' || typeof value === 'object') {
      if (old !== undefined) this.discharge(old as Value);
      this.chargeFor(value);
    } else {
      const change = plainBytes(value) - plainBytes(old);
      if (change !== 0) this.charge(change, 0);
    }
    cells[at] = value;
    if (typeof value === 'object' && value instanceof HashValue && value.expiring > 0)
      this.fieldExpiry.add(this.keyAt(slot)!, value);
  }

  /** Sets (Infinity: removes) the expiry of a field of the hash at `key`. */
  setFieldExpiry(key: Bytes, hash: HashValue, field: Bytes, dueMs: number): void {
    hash.setExpiry(field, dueMs);
    if (hash.expiryPlace === undefined && hash.expiring > 0) this.fieldExpiry.add(key, hash);
  }

  charge(bytes: number, outside: number): void {
    this.bytes += bytes;
    this.outsideBytes += outside;
    if (!this.retired) this.ledger.add(bytes, outside);
  }

  private chargeFor(value: Value): void {
    if (typeof value !== 'object') this.charge(plainBytes(value), 0);
    else if (value instanceof LongString) this.charge(longStringBytes(value), value.slotBytes);
    else {
      value.accountedBytes = accountedBytes(value);
      this.charge(value.accountedBytes, outsideBytes(value));
      // Whoever stored it may go on filling it.
      this.ledger.open(this, value);
    }
  }

  private discharge(value: Value): void {
    if (typeof value !== 'object') this.charge(-plainBytes(value), 0);
    else if (value instanceof LongString) {
      this.charge(-longStringBytes(value), -value.slotBytes);
      value.drop();
    } else {
      this.charge(-value.accountedBytes, -outsideBytes(value));
      value.accountedBytes = UNACCOUNTED;
      if (value instanceof HashValue) value.expiryPlace?.leave();
    }
  }

  /** The value in `slot` is about to be changed in place: what it costs then is found out later. */
  opened(value: Value): void {
    if (typeof value === 'object' && !(value instanceof LongString)) this.ledger.open(this, value);
  }

  /** What the entry in `slot` costs. */
  bytesAt(slot: number): number {
    const expiry = this.expiryAt(slot) === 0 ? 0 : EXPIRY_BYTES;
    return ENTRY_BYTES + expiry + stringCost(this.keyAt(slot)!.length) + valueBytes(this.valueAt(slot));
  }

  /** Adds a key that is not there (the caller has looked) and returns its slot. */
  insert(key: Bytes): number {
    this.charge(ENTRY_BYTES + stringCost(key.length), 0);
    return this.table.insert(key);
  }

  /** Removes the entry in `slot`. May move other entries to lower slots: slots held by the caller are stale afterwards. */
  remove(slot: number): void {
    this.charge(-(ENTRY_BYTES + stringCost(this.table.keyAt(slot)!.length)), 0);
    this.table.remove(slot);
  }

  /** Its database has another container from now on: it costs nothing that anybody could free. */
  retire(): void {
    this.ledger.settle();
    this.ledger.add(-this.bytes, -this.outsideBytes);
    this.retired = true;
    this.drop();
  }

  /** As `setValueAt`, where nobody has looked at the old value since the command began: its memory may be written over. */
  overwriteAt(slot: number, value: Value | ByteRange): void {
    if (isLong(value)) {
      const old = this.valueAt(slot);
      if (old instanceof LongString && old.rewrite(value)) return;
    }
    this.setValueAt(slot, value);
  }

  /** What the slot of a value holds. */
  private stored(value: Value | ByteRange): Value {
    if (!isLong(value)) return value;
    if (typeof value === 'string' && value.length > LONGEST_LONG_STRING_BYTES) return value;
    return (this.strings ??= new StringHeap(this.deferred)).store(value);
  }

  /** Bytes of the slots that hold long strings. */
  get usedStringBytes(): number {
    return this.strings?.usedBytes ?? 0;
  }

  /** A snapshot reads it: it stays whole until `drop`, also when its database has a new one. */
  hold(): void {
    this.holders++;
  }

  /** One reader less, a database or a snapshot. After the last one its memory serves others from the end of the turn on. */
  drop(): void {
    if (--this.holders === 0 && this.strings !== undefined) this.deferred.addHeap(this.strings);
  }

  keyAt(slot: number): Bytes | undefined {
    return this.table.keyAt(slot);
  }

  /** Absolute expiry in milliseconds; 0: none. */
  expiryAt(slot: number): number {
    const expires = this.table.chunks[slot >> CHUNK_SHIFT].expires;
    return expires === undefined ? 0 : expires[slot & CHUNK_MASK];
  }

  /** Sets (or with 0 removes) the expiry of a slot. */
  setExpiryAt(slot: number, expiryMs: number): void {
    const chunk = this.table.chunks[slot >> CHUNK_SHIFT];
    const at = slot & CHUNK_MASK;
    if (expiryMs !== 0) this.putExpiry(chunk, at, expiryMs);
    else if (chunk.expires !== undefined && chunk.expires[at] !== 0) this.dropExpiry(chunk, at);
  }

  /** Notes a key whose expiry is this replica's own business. */
  noteOwnExpiry(key: Bytes): void {
    (this.ownExpiries ??= new KeySet(this.seed)).add(key);
  }

  private putExpiry(chunk: KeyspaceChunk, at: number, expiryMs: number): void {
    const expires = (chunk.expires ??= new Float64Array(CHUNK_SLOTS));
    if (expires[at] === 0) {
      this.charge(EXPIRY_BYTES, 0);
      chunk.expiring++;
      this.expiring++;
    }
    expires[at] = expiryMs;
  }

  private dropExpiry(chunk: KeyspaceChunk, at: number): void {
    this.charge(-EXPIRY_BYTES, 0);
    chunk.expires![at] = 0;
    this.expiring--;
    if (--chunk.expiring === 0) chunk.expires = undefined;
  }

  accessAt(slot: number): number {
    return this.table.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * STRIDE + ACCESS] as number;
  }

  setAccessAt(slot: number, word: number): void {
    this.table.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * STRIDE + ACCESS] = word;
  }

  epochAt(slot: number): number {
    const epochs = this.table.chunks[slot >> CHUNK_SHIFT].epochs;
    return epochs === undefined ? 0 : epochs[slot & CHUNK_MASK];
  }

  setEpochAt(slot: number, epoch: number): void {
    const chunk = this.table.chunks[slot >> CHUNK_SHIFT];
    (chunk.epochs ??= new Uint32Array(CHUNK_SLOTS))[slot & CHUNK_MASK] = epoch;
  }
}

/** Whether a string belongs outside of V8's heap, if it is not too long for that. */
function isLong(value: Value | ByteRange): value is Bytes | ByteRange {
  return typeof value === 'string' ? value.length >= LONG_STRING_BYTES : value instanceof ByteRange;
}
