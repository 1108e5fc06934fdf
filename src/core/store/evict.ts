/**
 * Evictor: which keys go when memory is short (`maxmemory-policy`), the rules of redis 7.2.6 evict.c.
 *
 *   each database ── samples ──► pool of the 16 best candidates ── the best one that is still there ──► write gate
 *
 * A candidate's score is its idle time, 255 less its frequency, or how soon it expires: the higher, the sooner it goes. The pool is
 * kept from one eviction to the next, so a handful of samples comes close to the whole order. The random policies take a key of
 * each database in turn. Every deletion goes through the write gate, which propagates it and tells of it.
 */
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { lfuCounter, type Database, type Store } from './database.js';
import { type Keyspace } from './keyspace.js';
import { CHUNK_MASK, CHUNK_SHIFT } from './slot-table.js';
import { type WriteGate } from './write-gate.js';

export interface EvictSettings {
  readonly maxmemoryPolicy: string;
  readonly maxmemorySamples: number;
  /** 0 to 100: how long one call may take. */
  readonly maxmemoryEvictionTenacity: number;
}

/**
 * `ok`: as much as was asked for has gone. `running`: the time was over before. `fail`: there is nothing that the policy lets go.
 */
export type EvictOutcome = 'ok' | 'running' | 'fail';

const POOL_SIZE = 16;
/** The clock is read again after this many keys. */
const KEYS_PER_LOOK = 16;
/** Up to this tenacity the time grows evenly, above it by 15 % a step (redis 7.2.6 evict.c:evictionTimeLimitUs). */
const LINEAR_TENACITY = 10;
const US_PER_TENACITY = 50;
const TENACITY_GROWTH = 1.15;
const UNLIMITED_TENACITY = 100;
/** Slots looked at for one that expires, before the chunks are walked. */
const EXPIRING_PROBES = 16;

interface Candidate {
  score: number;
  key: Bytes;
  db: Database;
}

interface Policy {
  readonly volatile: boolean;
  readonly by: 'lru' | 'lfu' | 'ttl' | 'random';
}

const POLICIES: Readonly<Record<string, Policy>> = {
  'volatile-lru': { volatile: true, by: 'lru' },
  'volatile-lfu': { volatile: true, by: 'lfu' },
  'volatile-random': { volatile: true, by: 'random' },
  'volatile-ttl': { volatile: true, by: 'ttl' },
  'allkeys-lru': { volatile: false, by: 'lru' },
  'allkeys-lfu': { volatile: false, by: 'lfu' },
  'allkeys-random': { volatile: false, by: 'random' },
};

/** How long one call may evict, in microseconds. */
export function evictionLimitUs(tenacity: number): number {
  if (tenacity <= LINEAR_TENACITY) return US_PER_TENACITY * tenacity;
  if (tenacity >= UNLIMITED_TENACITY) return Infinity;
  return US_PER_TENACITY * LINEAR_TENACITY * TENACITY_GROWTH ** (tenacity - LINEAR_TENACITY);
}

export class Evictor {
  /** In ascending order of their scores. */
  private readonly pool: Candidate[] = [];
  private nextDb = 0;

  constructor(
    private readonly store: Store,
    private readonly gate: WriteGate,
    private readonly clock: Clock,
    private readonly settings: EvictSettings,
  ) {}

  /** Evicts until `bytes` of the data set are free, or the time is over. Called between two commands. */
  free(bytes: number): EvictOutcome {
    const policy = POLICIES[this.settings.maxmemoryPolicy];
    if (policy === undefined) return 'fail';
    const limitUs = evictionLimitUs(this.settings.maxmemoryEvictionTenacity);
    const startUs = this.clock.monotonicUs();
    const goal = this.store.memory.total - bytes;
    for (let keys = 1; this.store.memory.total > goal; keys++) {
      if (!this.evictOne(policy)) return 'fail';
      if (keys % KEYS_PER_LOOK === 0 && this.clock.monotonicUs() - startUs > limitUs) return 'running';
    }
    return 'ok';
  }

  /** @returns false when no key may go */
  private evictOne(policy: Policy): boolean {
    return policy.by === 'random' ? this.evictRandom(policy) : this.evictBest(policy);
  }

  private evictRandom({ volatile }: Policy): boolean {
    const { databases, random } = this.store;
    for (let i = 0; i < databases.length; i++) {
      const db = databases[++this.nextDb % databases.length];
      const slot = volatile ? sampleExpiring(db.keyspace, random) : db.keyspace.table.sample(random);
      if (slot < 0) continue;
      this.gate.evict(db, slot, db.keyspace.keyAt(slot)!);
      return true;
    }
    return false;
  }

  private evictBest(policy: Policy): boolean {
    while (this.fillPool(policy)) {
      for (let best = this.pool.pop(); best !== undefined; best = this.pool.pop()) {
        const { db, key } = best;
        const slot = db.keyspace.table.find(key);
        // It may have gone meanwhile, or have lost its expiry.
        if (slot < 0 || (policy.volatile && db.keyspace.expiryAt(slot) === 0)) continue;
        this.gate.evict(db, slot, key);
        return true;
      }
    }
    return false;
  }

  /** Takes samples from every database. @returns false when there is nothing to sample */
  private fillPool(policy: Policy): boolean {
    let found = false;
    for (const db of this.store.databases) {
      const { keyspace } = db;
      if ((policy.volatile ? keyspace.expiring : keyspace.size) === 0) continue;
      found = true;
      const samples = Math.min(this.settings.maxmemorySamples, keyspace.size);
      for (let i = 0; i < samples; i++) {
        const slot = policy.volatile
          ? sampleExpiring(keyspace, this.store.random)
          : keyspace.table.sample(this.store.random);
        this.consider(db, keyspace.keyAt(slot)!, this.score(policy, keyspace, slot));
      }
    }
    return found;
  }

  private score({ by }: Policy, keyspace: Keyspace, slot: number): number {
    if (by === 'ttl') return -keyspace.expiryAt(slot);
    const word = keyspace.accessAt(slot);
    if (by === 'lru') return this.store.lruSeconds() - word;
    const lfu = this.store.lfu;
    return 255 - (lfu === undefined ? word & 255 : lfuCounter(word, lfu, this.store.nowMs));
  }

  /** Takes a key into the pool if it is better than the worst one there, or there is room. */
  private consider(db: Database, key: Bytes, score: number): void {
    const { pool } = this;
    let at = 0;
    for (let i = 0; i < pool.length; i++) {
      if (pool[i].key === key && pool[i].db === db) return;
      if (pool[i].score < score) at = i + 1;
    }
    if (pool.length < POOL_SIZE) pool.splice(at, 0, { score, key, db });
    else if (at > 0) {
      pool.shift();
      pool.splice(at - 1, 0, { score, key, db });
    }
  }
}

/** A slot with an expiry, chosen nearly at random; -1 when there is none. */
function sampleExpiring(keyspace: Keyspace, random: Random): number {
  if (keyspace.expiring === 0) return -1;
  const { table } = keyspace;
  for (let i = 0; i < EXPIRING_PROBES; i++) {
    const slot = random.below(table.top);
    if (keyspace.expiryAt(slot) !== 0) return slot;
  }
  // Few keys expire: the next chunk that has one, and in it the next one from a random place.
  let number = random.below(table.chunks.length);
  while (table.chunks[number].expiring === 0) number = (number + 1) % table.chunks.length;
  const expires = table.chunks[number].expires!;
  let at = random.below(CHUNK_MASK + 1);
  while (expires[at] === 0) at = (at + 1) & CHUNK_MASK;
  return (number << CHUNK_SHIFT) | at;
}
