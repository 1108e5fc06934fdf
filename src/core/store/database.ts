/**
 * Store: the numbered databases and what all of them share (time of the command, statistics, hash seed).
 *
 * `lookup` is how every command finds a key: a key whose time is over is not there, and what happens to it besides is the
 * expiry policy's decision (a master deletes it and says so; a replica only hides it; the master's own commands see it).
 */
import { type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';
import { EVENT_KEY_MISS, type KeyEvent } from './events.js';
import { seedMemberHashes } from './hash.js';
import { Keyspace } from './keyspace.js';
import { LazyFree } from './lazy-free.js';
import { DeferredFrees } from './long-strings.js';
import { MemoryLedger } from './memory.js';
import { type Value } from './types/value.js';

/**
 * What a look-up does with a key whose time is over (redis 7.2.6 db.c:expireIfNeeded):
 * `delete` it and propagate the deletion (master), `hide` it (replica, or while writes are paused), `keep` it in sight
 * (commands that come from the master, and while loading).
 */
export type ExpiryPolicy = 'delete' | 'hide' | 'keep';

export interface StoreStats {
  hits: number;
  misses: number;
  expired: number;
  expiredStalePercent: number;
  expiredTimeCapReached: number;
  expireCycleUs: number;
  evicted: number;
}

/** Where a look-up reports. Implemented by the write gate. */
export interface LookupPort {
  /** Deletes an expired entry (policy `delete`). */
  expire(db: Database, slot: number, key: Bytes): void;
  /** A read found nothing. */
  keyMiss(db: Database, key: Bytes, event: KeyEvent): void;
}

export class Database {
  keyspace: Keyspace;

  constructor(
    readonly id: number,
    private readonly store: Store,
  ) {
    this.keyspace = store.newKeyspace();
  }

  /** Live keys and those whose time is over but that nobody has looked at. */
  get size(): number {
    return this.keyspace.table.size;
  }

  /** The slot of a key that is there, or -1. Neither statistics nor access time change. */
  lookup(key: Bytes): number {
    const keyspace = this.keyspace;
    const slot = keyspace.table.find(key);
    if (slot < 0 || keyspace.expiring === 0) return slot;
    const expiry = keyspace.expiryAt(slot);
    return expiry === 0 || expiry >= this.store.nowMs ? slot : this.store.timeIsOver(this, slot, key);
  }

  /** For a command that reads: counts a hit or a miss and notes the access. */
  lookupRead(key: Bytes): Value | undefined {
    const slot = this.lookup(key);
    const store = this.store;
    if (slot < 0) {
      store.stats.misses++;
      if (store.missEvents) store.port.keyMiss(this, key, EVENT_KEY_MISS);
      return undefined;
    }
    store.stats.hits++;
    if (!store.noTouch) this.touch(slot);
    return this.keyspace.valueAt(slot);
  }

  /**
   * For a command that writes: the slot, with the access noted; no hit or miss is counted. A key that a writable replica
   * hides is deleted, so that the command can make it anew (redis 7.2.6 db.c:lookupKey, EXPIRE_FORCE_DELETE_EXPIRED).
   */
  lookupWrite(key: Bytes): number {
    const slot = this.lookup(key);
    if (slot < 0) {
      if (this.store.expiryPolicy === 'hide') this.deleteHidden(key);
    } else if (!this.store.noTouch) {
      this.touch(slot);
    }
    return slot;
  }

  private deleteHidden(key: Bytes): void {
    const slot = this.keyspace.table.find(key);
    if (slot >= 0) this.store.port.expire(this, slot, key);
  }

  private touch(slot: number): void {
    const { store, keyspace } = this;
    keyspace.setAccessAt(
      slot,
      store.lfu === undefined ? store.lruSeconds() : store.touchedWord(keyspace.accessAt(slot)),
    );
  }

  /** The value of a key that is there; nothing is counted or touched. */
  peek(key: Bytes): Value | undefined {
    const slot = this.lookup(key);
    return slot < 0 ? undefined : this.keyspace.valueAt(slot);
  }

  valueAt(slot: number): Value {
    return this.keyspace.valueAt(slot);
  }

  expiryAt(slot: number): number {
    return this.keyspace.expiryAt(slot);
  }
}

export class Store {
  readonly databases: Database[] = [];
  /** The time of the running command, in ms: read once, frozen while a script or a transaction runs. */
  nowMs = 0;
  expiryPolicy: ExpiryPolicy = 'delete';
  /** CLIENT NO-TOUCH: look-ups leave access times alone. */
  noTouch = false;
  /** Whether anybody wants `keymiss` events. */
  missEvents = false;
  /** LFU instead of LRU words (the maxmemory policy decides). */
  lfu: LfuSettings | undefined;
  /** Whether idle times or frequencies are worth saving: the eviction policy uses them. */
  savesUsage = false;
  readonly stats: StoreStats = {
    hits: 0,
    misses: 0,
    expired: 0,
    expiredStalePercent: 0,
    expiredTimeCapReached: 0,
    expireCycleUs: 0,
    evicted: 0,
  };
  port!: LookupPort;
  /** The code of each function library, as loaded. */
  functionLibraries: Bytes[] = [];
  /** What is freed at the end of the turn. */
  readonly deferredFrees = new DeferredFrees();
  readonly lazyFree = new LazyFree(this.deferredFrees);
  /** What the data set costs. */
  readonly memory = new MemoryLedger();
  private readonly seed: number;

  constructor(
    count: number,
    readonly random: Random,
  ) {
    this.seed = random.u32() | 0;
    seedMemberHashes(this.seed);
    for (let id = 0; id < count; id++) this.databases.push(new Database(id, this));
  }

  newKeyspace(): Keyspace {
    return new Keyspace(this.seed, this.deferredFrees, this.memory);
  }

  /** Decides about an entry whose time is over; -1 when the command must not see it. */
  timeIsOver(db: Database, slot: number, key: Bytes): number {
    switch (this.expiryPolicy) {
      case 'keep':
        return slot;
      case 'hide':
        return -1;
      case 'delete':
        this.port.expire(db, slot, key);
        return -1;
    }
  }

  /** The LFU word after one more access. */
  touchedWord(word: number): number {
    return lfuTouch(word, this.lfu!, this.nowMs, this.random);
  }

  /** The access word of a new entry. */
  newAccessWord(): number {
    return this.lfu === undefined ? this.lruSeconds() : (lfuMinutes(this.nowMs) << 8) | LFU_INIT;
  }

  /** The LRU word of an access now: seconds, good as a small integer until 2038 and wrapping then. */
  lruSeconds(): number {
    return (this.nowMs / 1000) & 0x7fffffff;
  }
}

export interface LfuSettings {
  logFactor: number;
  decayMinutes: number;
}

/** A new key starts with this count, so that it is not evicted before it had a chance (redis 7.2.6 LFU_INIT_VAL). */
const LFU_INIT = 5;

/** Minutes modulo 2^16, the upper half of an LFU word. */
export function lfuMinutes(nowMs: number): number {
  return Math.floor(nowMs / 60_000) & 0xffff;
}

/** The 8-bit logarithmic counter of an LFU word after decay (redis 7.2.6 evict.c:LFUDecrAndReturn). */
export function lfuCounter(word: number, lfu: LfuSettings, nowMs: number): number {
  const counter = word & 255;
  if (lfu.decayMinutes === 0) return counter;
  const minutes = lfuMinutes(nowMs);
  const last = word >>> 8;
  // The wrap counts a minute less, as in redis 7.2.6 evict.c:LFUTimeElapsed.
  const elapsed = minutes >= last ? minutes - last : 0xffff - last + minutes;
  return Math.max(0, counter - Math.floor(elapsed / lfu.decayMinutes));
}

/** Decays, then increments with a probability that falls with the count (redis 7.2.6 evict.c:LFULogIncr). */
function lfuTouch(word: number, lfu: LfuSettings, nowMs: number, random: Random): number {
  let counter = lfuCounter(word, lfu, nowMs);
  if (counter < 255) {
    const base = Math.max(0, counter - LFU_INIT);
    if (random.u32() / 4294967296 < 1 / (base * lfu.logFactor + 1)) counter++;
  }
  return ((lfuMinutes(nowMs) << 8) | counter) >>> 0;
}
