/**
 * ExpireCycle: active expiry. Deletes keys whose time is over though nobody looks at them, in short cycles:
 *
 *   slow   `hz` times a second, up to a quarter of a tick (more with active-expire-effort)
 *   fast   at the end of a turn, up to 1 ms, only while the last cycle ran out of time
 *
 * A cycle visits databases in turn and in each walks down the chunks that hold an expiry, from where it stopped last. It goes
 * on in a database while more than 10 % of what it sees is stale. Each deletion goes through the write gate, which propagates
 * it by itself. Only where keys are deleted by time at all (a master, not paused). The rules follow redis 7.2.6
 * expire.c:activeExpireCycle; a chunk of slots takes the place of its sample of 20 keys.
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Database, type Store } from './database.js';
import { type Keyspace, type KeyspaceChunk } from './keyspace.js';
import { CHUNK_MASK, CHUNK_SHIFT } from './slot-table.js';
import { type WriteGate } from './write-gate.js';

const FAST_US = 1000;
const SLOW_PERCENT = 25;
/** Percentage of stale keys that is not worth going on for. */
const ACCEPTABLE_STALE = 10;
/** Databases that a slow cycle visits when the last one ended in time. */
const DATABASES_PER_CYCLE = 16;
/** The clock is read again after this many deletions. */
const DELETIONS_PER_LOOK = 32;
/** A replica's cycle ends when it met more keys than this that have time left. */
const OWN_MISSES = 3;
const OWN_LIMIT_US = 1000;
/** Weight of one cycle in the running average of stale keys. */
const STALE_WEIGHT = 0.05;

export interface ExpireSettings {
  /** active-expire-effort, 1 to 10. */
  readonly activeExpireEffort: number;
  /** Slow cycles a second. */
  readonly hz: number;
}

/** What one cycle has seen. */
interface Tally {
  sampled: number;
  expired: number;
}

export class ExpireCycle {
  private nextDb = 0;
  /** The last cycle ended because its time was up. */
  private cut = false;
  private lastFastUs = -Infinity;
  private deadlineUs = 0;

  constructor(
    private readonly store: Store,
    private readonly gate: WriteGate,
    private readonly clock: Clock,
    private readonly settings: ExpireSettings,
  ) {}

  /** The cycle of the cron. */
  slow(): void {
    if (this.store.expiryPolicy === 'hide') {
      this.expireOwn();
      return;
    }
    const percent = SLOW_PERCENT + 2 * this.effort;
    this.cycle((percent * 1_000_000) / this.settings.hz / 100);
  }

  /** The cycle of the end of a turn. @returns whether it ran */
  fast(): boolean {
    const limitUs = FAST_US + (FAST_US / 4) * this.effort;
    const nowUs = this.clock.monotonicUs();
    if (!this.cut || nowUs < this.lastFastUs + 2 * limitUs) return false;
    this.lastFastUs = nowUs;
    this.cycle(limitUs);
    return true;
  }

  /** The configured effort from 0 on. */
  private get effort(): number {
    return this.settings.activeExpireEffort - 1;
  }

  private cycle(limitUs: number): void {
    const { store, clock } = this;
    if (store.expiryPolicy !== 'delete') return;
    // A replica that became a master: while its clients are paused (`hide`) nothing is its own business any more.
    for (const { keyspace } of store.databases) keyspace.ownExpiries = undefined;
    const startUs = clock.monotonicUs();
    this.deadlineUs = startUs + limitUs;
    const { databases } = store;
    const count = this.cut ? databases.length : Math.min(DATABASES_PER_CYCLE, databases.length);
    const total: Tally = { sampled: 0, expired: 0 };
    this.cut = false;
    for (let i = 0; i < count && !this.cut; i++) {
      // The next cycle begins with the database after this one, so that a large one starves nobody.
      this.expireIn(databases[this.nextDb++ % databases.length], total);
    }
    this.report(total, clock.monotonicUs() - startUs);
  }

  /** The keys that are a writable replica's own business (redis 7.2.6 expire.c:expireSlaveKeys). */
  private expireOwn(): void {
    const { store, clock } = this;
    this.deadlineUs = clock.monotonicUs() + OWN_LIMIT_US;
    for (const db of store.databases) {
      const own = db.keyspace.ownExpiries;
      if (own === undefined) continue;
      const nowMs = clock.nowMs();
      for (let looked = 1, misses = 0; own.size > 0 && misses <= OWN_MISSES; looked++) {
        if (this.expireOne(db, own.sample(store.random), nowMs) === 'later') misses++;
        if (looked % DELETIONS_PER_LOOK === 0 && clock.monotonicUs() > this.deadlineUs) return;
      }
      if (own.size === 0) db.keyspace.ownExpiries = undefined;
    }
  }

  /** Deletes a key that is due, and forgets one that is due, gone, or has no expiry any more. */
  private expireOne(db: Database, key: Bytes, nowMs: number): 'done' | 'later' {
    const { keyspace } = db;
    const slot = keyspace.table.find(key);
    const expiry = slot < 0 ? 0 : keyspace.expiryAt(slot);
    if (expiry !== 0 && nowMs <= expiry) return 'later';
    if (expiry !== 0) this.gate.expire(db, slot, key);
    keyspace.ownExpiries!.delete(key);
    return 'done';
  }

  private report({ sampled, expired }: Tally, elapsedUs: number): void {
    const { stats } = this.store;
    if (this.cut) stats.expiredTimeCapReached++;
    stats.expireCycleUs += elapsedUs;
    const percent = sampled === 0 ? 0 : (expired / sampled) * 100;
    stats.expiredStalePercent = percent * STALE_WEIGHT + stats.expiredStalePercent * (1 - STALE_WEIGHT);
  }

  /** Walks chunks of one database, at most all of them once. */
  private expireIn(db: Database, total: Tally): void {
    const { keyspace } = db;
    if (keyspace.expiring === 0) keyspace.averageTtlMs = 0;
    for (let left = keyspace.table.chunks.length; left > 0 && keyspace.expiring > 0; left--) {
      const chunk = nextChunk(keyspace);
      if (chunk.expiring === 0) continue;
      const seen = this.expireChunk(db, chunk, keyspace.expireCursor);
      total.sampled += seen.sampled;
      total.expired += seen.expired;
      if (this.clock.monotonicUs() > this.deadlineUs) this.cut = true;
      if (this.cut || (seen.expired * 100) / seen.sampled <= ACCEPTABLE_STALE - this.effort) return;
    }
  }

  /**
   * Deletes what is due in one chunk. Removing an entry may move others from the top of the table into holes, and may give up
   * the last chunk: so slots are visited downward, and each is read again.
   */
  private expireChunk(db: Database, chunk: KeyspaceChunk, number: number): Tally {
    const { keyspace } = db;
    const nowMs = this.clock.nowMs();
    const seen: Tally = { sampled: 0, expired: 0 };
    let ttlSum = 0;
    for (let at = CHUNK_MASK; at >= 0 && chunk.expires !== undefined; at--) {
      const expiry = chunk.expires[at];
      if (expiry === 0) continue;
      seen.sampled++;
      if (nowMs <= expiry) {
        ttlSum += expiry - nowMs;
        continue;
      }
      this.gate.expire(db, (number << CHUNK_SHIFT) | at, keyspace.keyAt((number << CHUNK_SHIFT) | at)!);
      seen.expired++;
      if (seen.expired % DELETIONS_PER_LOOK === 0 && this.clock.monotonicUs() > this.deadlineUs) {
        // The next cycle looks at this chunk again.
        keyspace.expireCursor = number + 1;
        this.cut = true;
        break;
      }
    }
    averageTtl(keyspace, ttlSum, seen.sampled - seen.expired);
    return seen;
  }
}

/** Moves the cursor one chunk down, from the lowest to the highest, and returns that chunk. */
function nextChunk(keyspace: Keyspace): KeyspaceChunk {
  const { chunks } = keyspace.table;
  const from = keyspace.expireCursor;
  keyspace.expireCursor = (from <= 0 || from > chunks.length ? chunks.length : from) - 1;
  return chunks[keyspace.expireCursor];
}

/** The running average that INFO shows: a new sample counts 2 %. */
function averageTtl(keyspace: Keyspace, sum: number, samples: number): void {
  if (samples === 0) return;
  const sample = sum / samples;
  if (keyspace.averageTtlMs === 0) keyspace.averageTtlMs = sample;
  keyspace.averageTtlMs = Math.trunc((keyspace.averageTtlMs / 50) * 49 + sample / 50);
}
