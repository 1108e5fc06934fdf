/**
 * WriteGate: the one door through which the keyspace is changed.
 *
 * Every mutation passes here, and here alone it is decided what else a change does: it lets a running snapshot save the old
 * entry first, raises `dirty`, touches WATCH and client tracking, emits the keyspace event, and wakes the clients that
 * block on the key. Handlers read their arguments, check types, then call one of these methods; they remember none of it.
 * `armed` is one word that says who is interested: with nobody there, a change costs one test.
 */
import { type ByteRange } from '../base/byte-range.js';
import { type Bytes } from '../base/bytes.js';
import { type Database, type LookupPort, type Store } from './database.js';
import {
  EVENT_DEL,
  EVENT_EVICTED,
  EVENT_EXPIRED,
  EVENT_FIELDS_EXPIRED,
  EVENT_NEW,
  type KeyEvent,
} from './events.js';
import { type Keyspace } from './keyspace.js';
import { LongString } from './long-strings.js';
import { type HashValue } from './types/hash-value.js';
import { type Value } from './types/value.js';

export const Armed = {
  watch: 1,
  tracking: 2,
  notify: 4,
  blocked: 8,
  snapshot: 16,
} as const;

/** What the layers above want to hear of. Each is called only while its bit in `armed` is set. */
export interface WriteGatePorts {
  /** The key changed: WATCH and client tracking. `byServer`: by expiry or eviction, not by a client's command. */
  touched(db: Database, key: Bytes, byServer: boolean): void;
  /** Everything in the database is about to change; undefined: in all of them. */
  flushing(db: Database): void;
  /** One database, or all of them, have been emptied: once for all. */
  flushed(): void;
  /** Two databases change places. */
  swapped(a: Database, b: Database): void;
  /** A keyspace event of a class that `notify-keyspace-events` asks for. */
  notify(db: Database, key: Bytes, event: KeyEvent): void;
  /** A key came into being that clients may be blocked on. */
  ready(db: Database, key: Bytes): void;
  /** An entry that a running snapshot has not saved yet is about to change. */
  preimage(keyspace: Keyspace, slot: number): void;
  /** The master removed a key by itself: propagate the deletion. */
  removedByTime(db: Database, key: Bytes, cause: 'expired' | 'evicted'): void;
  /** The master removed fields of a hash by itself: propagate that. */
  fieldsRemovedByTime(db: Database, key: Bytes, fields: readonly Bytes[]): void;
}

export class WriteGate implements LookupPort {
  /** Changes since the start; what `rdb_changes_since_last_save` counts from. */
  dirty = 0;
  armed = 0;
  /** The classes of `notify-keyspace-events` (NotifyClass bits). */
  notifyClasses = 0;
  /** Number of the running snapshot, or of the last one. */
  epoch = 0;
  ports!: WriteGatePorts;

  constructor(readonly store: Store) {
    store.port = this;
  }

  /** Sets a bit of `armed` on or off. */
  arm(bit: number, on: boolean): void {
    this.armed = on ? this.armed | bit : this.armed & ~bit;
  }

  /**
   * Sets the value of a key, new or not (`slot` from a `lookupWrite` of this command, or -1). The access word of a key that
   * is there stays as the look-up left it (redis 7.2.6 db.c:dbSetValue).
   * @param expiryMs absolute; 0: none; undefined: the one it has stays
   */
  put(db: Database, key: Bytes, slot: number, value: Value, event: KeyEvent, expiryMs?: number): void {
    this.assign(db, key, slot, value, event, expiryMs, false);
  }

  /**
   * As `put`, for a command that has not looked at the old value: a reference to it would show the new one.
   * @param value a ByteRange: the string of LONG_STRING_BYTES to LONGEST_LONG_STRING_BYTES that is copied from there
   */
  overwrite(
    db: Database,
    key: Bytes,
    slot: number,
    value: Value | ByteRange,
    event: KeyEvent,
    expiryMs?: number,
  ): void {
    this.assign(db, key, slot, value, event, expiryMs, true);
  }

  private assign(
    db: Database,
    key: Bytes,
    slot: number,
    value: Value | ByteRange,
    event: KeyEvent,
    expiryMs: number | undefined,
    unseen: boolean,
  ): void {
    const { keyspace } = db;
    const isNew = slot < 0;
    if (isNew) {
      slot = this.create(keyspace, key, value);
      if (expiryMs) this.keepUntil(keyspace, key, slot, expiryMs);
    } else {
      if (this.armed & Armed.snapshot) this.save(keyspace, slot);
      if (this.store.lazyFree.serverDel) this.store.lazyFree.value(keyspace.valueAt(slot));
      if (unseen) keyspace.overwriteAt(slot, value);
      else keyspace.setValueAt(slot, value);
      if (expiryMs !== undefined) this.keepUntil(keyspace, key, slot, expiryMs);
    }
    this.dirty++;
    if (this.armed !== 0) this.announce(db, key, event, isNew);
  }

  /** Replaces the value in a slot and leaves its expiry and access time alone (INCR and its like). */
  replace(db: Database, key: Bytes, slot: number, value: Value, event: KeyEvent): void {
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    db.keyspace.setValueAt(slot, value);
    this.dirty++;
    if (this.armed !== 0) this.announce(db, key, event, false);
  }

  /** The value in `slot`, to be changed in place; `changed` follows. A running snapshot gets a frozen view of it first. */
  open(db: Database, slot: number): Value {
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    const value = db.keyspace.valueAt(slot);
    db.keyspace.opened(value);
    return value;
  }

  /**
   * Holds the same contents in another form (a string that is about to be changed in place): nobody is told, and what a
   * running snapshot writes of it is the same.
   */
  recode(db: Database, slot: number, value: Value): void {
    db.keyspace.setValueAt(slot, value);
  }

  /** A value was changed in place, `by` elements. */
  changed(db: Database, key: Bytes, event: KeyEvent, by = 1): void {
    this.dirty += by;
    if (this.armed !== 0) this.announce(db, key, event, false);
  }

  /** As `changed`, where nothing came that clients could wait for (XDEL, XTRIM): those that block on the key are left alone. */
  reduced(db: Database, key: Bytes, event: KeyEvent, by = 1): void {
    this.dirty += by;
    if (this.armed !== 0) this.tell(db, key, event, false);
  }

  /**
   * A change beside the elements of a key, such as of a stream's groups: WATCH, tracking and blocked clients do not hear of it
   * (redis 7.2.6 t_stream.c, where signalModifiedKey is not called).
   */
  changedAside(db: Database, key: Bytes, event: KeyEvent | undefined, by = 1): void {
    this.dirty += by;
    if (event !== undefined) this.notify(db, key, event);
  }

  /** A new key of which only the coming is told: WATCH and tracking do not hear of it (redis 7.2.6 db.c:dbAdd alone). */
  putAside(db: Database, key: Bytes, value: Value): void {
    this.create(db.keyspace, key, value);
    this.dirty++;
    if (this.armed === 0) return;
    this.notify(db, key, EVENT_NEW);
    this.wake(db, key);
  }

  /** Clients that block on the key look again (XGROUP DESTROY). */
  wake(db: Database, key: Bytes): void {
    if (this.armed & Armed.blocked) this.ports.ready(db, key);
  }

  /** Removes the entry in `slot`. `lazily`: its value is freed in the background (UNLINK). */
  remove(db: Database, key: Bytes, slot: number, event: KeyEvent, lazily = false): void {
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    if (lazily) this.store.lazyFree.value(db.keyspace.valueAt(slot));
    db.keyspace.remove(slot);
    this.dirty++;
    if (this.armed !== 0) this.announce(db, key, event, false);
  }

  /** Sets (0: removes) the expiry of the entry in `slot`. */
  setExpiry(db: Database, key: Bytes, slot: number, expiryMs: number, event: KeyEvent): void {
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    this.keepUntil(db.keyspace, key, slot, expiryMs);
    this.dirty++;
    if (this.armed !== 0) this.announce(db, key, event, false);
  }

  /**
   * Moves an entry, value and expiry, to another key or database; what is at the target is overwritten.
   * Counts as one change.
   */
  relocate(from: Place, to: Place, leaving: KeyEvent, arriving: KeyEvent): void {
    // What is open belongs to the place that it leaves.
    this.store.memory.settle();
    const source = from.db.keyspace;
    const slot = from.db.lookup(from.key);
    const held = source.valueAt(slot);
    // Its memory belongs to the place that it leaves.
    const value = held instanceof LongString ? held.toBytes() : held;
    const expiryMs = source.expiryAt(slot);
    const access = source.accessAt(slot);
    this.discard(to.db, to.key, this.store.lazyFree.serverDel);
    // Discarding may have moved entries: look again.
    this.discard(from.db, from.key, false);
    const target = to.db.keyspace;
    const at = this.create(target, to.key, value);
    target.setAccessAt(at, access);
    if (expiryMs !== 0) this.keepUntil(target, to.key, at, expiryMs);
    this.dirty++;
    if (this.armed === 0) return;
    // Redis adds the key before it tells of the move, and touches both before it tells of either.
    this.notify(to.db, to.key, EVENT_NEW);
    this.touch(from.db, from.key, false);
    this.touch(to.db, to.key, false);
    this.notify(from.db, from.key, leaving);
    this.notify(to.db, to.key, arriving);
    if (this.armed & Armed.blocked) {
      this.ports.ready(from.db, from.key);
      this.ports.ready(to.db, to.key);
    }
  }

  private discard(db: Database, key: Bytes, lazily: boolean): void {
    const slot = db.keyspace.table.find(key);
    if (slot < 0) return;
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    if (lazily) this.store.lazyFree.value(db.keyspace.valueAt(slot));
    db.keyspace.remove(slot);
  }

  /** An extra event of a change that was already announced (SET with EX: `set`, then `expire`). */
  notify(db: Database, key: Bytes, event: KeyEvent): void {
    if (this.armed & Armed.notify && this.notifyClasses & event.class) this.ports.notify(db, key, event);
  }

  /** Exchanges the containers of two databases. */
  swap(a: Database, b: Database): void {
    const keyspace = a.keyspace;
    a.keyspace = b.keyspace;
    b.keyspace = keyspace;
    this.dirty++;
    if (this.armed & (Armed.watch | Armed.blocked)) this.ports.swapped(a, b);
  }

  /** Empties a database by giving it a new container. `lazily`: ASYNC. @returns how many keys were in it */
  flush(db: Database, lazily = false): number {
    const removed = this.empty(db, lazily);
    if (this.armed & Armed.tracking) this.ports.flushed();
    return removed;
  }

  /** Empties all databases. */
  flushAll(lazily = false): void {
    for (const db of this.store.databases) this.empty(db, lazily);
    if (this.armed & Armed.tracking) this.ports.flushed();
  }

  private empty(db: Database, lazily: boolean): number {
    const removed = db.size;
    if (lazily) this.store.lazyFree.keys(removed);
    if (this.armed & (Armed.watch | Armed.blocked)) this.ports.flushing(db);
    db.keyspace.retire();
    db.keyspace = this.store.newKeyspace();
    this.dirty += removed;
    return removed;
  }

  /** Adds an entry while a data set is loaded: nobody is told. An older entry of that key is replaced. */
  load(db: Database, key: Bytes, value: Value, expiryMs: number, access: number | undefined): void {
    const keyspace = db.keyspace;
    const found = keyspace.table.find(key);
    if (found >= 0) keyspace.remove(found);
    const slot = keyspace.insert(key);
    keyspace.setValueAt(slot, value);
    keyspace.setAccessAt(slot, access ?? this.store.newAccessWord());
    if (expiryMs !== 0) keyspace.setExpiryAt(slot, expiryMs);
  }

  expire(db: Database, slot: number, key: Bytes): void {
    this.store.stats.expired++;
    this.removeByTime(db, slot, key, 'expired', EVENT_EXPIRED);
  }

  /**
   * Sets (Infinity: removes) the expiry of a field of the hash that `open` gave; `changed` follows.
   * @param dueMs absolute
   */
  setFieldExpiry(db: Database, key: Bytes, hash: HashValue, field: Bytes, dueMs: number): void {
    db.keyspace.setFieldExpiry(key, hash, field, dueMs);
  }

  /** Removes fields whose time is over from the hash in `slot`, and the hash when it has no others. */
  expireFields(db: Database, slot: number, key: Bytes, fields: readonly Bytes[]): void {
    const hash = this.open(db, slot) as HashValue;
    for (const field of fields) hash.delete(field);
    this.ports.fieldsRemovedByTime(db, key, fields);
    if (this.armed !== 0) this.announce(db, key, EVENT_FIELDS_EXPIRED, false);
    if (hash.size > 0) return;
    db.keyspace.remove(slot);
    if (this.armed !== 0) this.announce(db, key, EVENT_DEL, false);
  }

  /** Removes an entry to free memory. */
  evict(db: Database, slot: number, key: Bytes): void {
    this.store.stats.evicted++;
    this.removeByTime(db, slot, key, 'evicted', EVENT_EVICTED);
  }

  private removeByTime(
    db: Database,
    slot: number,
    key: Bytes,
    cause: 'expired' | 'evicted',
    event: KeyEvent,
  ): void {
    const { lazyFree } = this.store;
    if (this.armed & Armed.snapshot) this.save(db.keyspace, slot);
    if (cause === 'expired' ? lazyFree.expire : lazyFree.eviction) lazyFree.value(db.keyspace.valueAt(slot));
    db.keyspace.remove(slot);
    // The deletion is propagated before the event runs, as in redis 7.2.6 db.c:deleteExpiredKeyAndPropagate's order of effects.
    this.ports.removedByTime(db, key, cause);
    if (this.armed === 0) return;
    // redis 7.2.6 db.c:deleteExpiredKeyAndPropagate tells first, evict.c:performEvictions touches first.
    if (cause === 'expired') this.notify(db, key, event);
    this.touch(db, key, true);
    if (cause === 'evicted') this.notify(db, key, event);
    if (this.armed & Armed.blocked) this.ports.ready(db, key);
  }

  keyMiss(db: Database, key: Bytes, event: KeyEvent): void {
    this.notify(db, key, event);
  }

  private create(keyspace: Keyspace, key: Bytes, value: Value | ByteRange): number {
    const slot = keyspace.insert(key);
    keyspace.setValueAt(slot, value);
    keyspace.setAccessAt(slot, this.store.newAccessWord());
    if (this.armed & Armed.snapshot) keyspace.setEpochAt(slot, this.epoch);
    return slot;
  }

  /** Sets an expiry. One that a client of a writable replica sets is noted (redis 7.2.6 db.c:setExpire). */
  private keepUntil(keyspace: Keyspace, key: Bytes, slot: number, expiryMs: number): void {
    keyspace.setExpiryAt(slot, expiryMs);
    if (expiryMs !== 0 && this.store.expiryPolicy === 'hide') keyspace.noteOwnExpiry(key);
  }

  private save(keyspace: Keyspace, slot: number): void {
    if (keyspace.epochAt(slot) === this.epoch) return;
    this.ports.preimage(keyspace, slot);
    keyspace.setEpochAt(slot, this.epoch);
  }

  private announce(db: Database, key: Bytes, event: KeyEvent, isNew: boolean): void {
    this.tell(db, key, event, isNew);
    this.wake(db, key);
  }

  private tell(db: Database, key: Bytes, event: KeyEvent, isNew: boolean): void {
    if (isNew) this.notify(db, key, EVENT_NEW);
    this.touch(db, key, false);
    this.notify(db, key, event);
  }

  private touch(db: Database, key: Bytes, byServer: boolean): void {
    if (this.armed & (Armed.watch | Armed.tracking)) this.ports.touched(db, key, byServer);
  }
}

export interface Place {
  readonly db: Database;
  readonly key: Bytes;
}
