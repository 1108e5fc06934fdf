/**
 * FieldExpireCycle: deletes fields of hashes whose time is over though nobody looks at them, in short cycles beside those of
 * ExpireCycle: `hz` times a second, and at the end of a turn while the last cycle ran out of time.
 *
 * Each keyspace knows which of its hashes has the field that is due first, so a cycle looks at nothing that is not due. It goes from
 * database to database, some fields of one hash at a time; each such step goes through the write gate, which propagates an HDEL. Only
 * where fields are deleted by time at all (a master, not paused).
 */
import { type Clock } from '../base/clock.js';
import { type Database, type Store } from './database.js';
import { type ExpireSettings } from './expire-cycle.js';
import { type WriteGate } from './write-gate.js';

/** Share of a tick that a slow cycle may take, in percent, and what each step of active-expire-effort adds. */
const SLOW_PERCENT = 10;
const EFFORT_PERCENT = 2;
const FAST_US = 500;
/** Fields of one hash that are deleted, and propagated, at once; the clock is read after each such step. */
export const FIELDS_PER_STEP = 64;

export class FieldExpireCycle {
  private nextDb = 0;
  /** The last cycle ended because its time was up. */
  private cut = false;
  private lastFastUs = -Infinity;

  constructor(
    private readonly store: Store,
    private readonly gate: WriteGate,
    private readonly clock: Clock,
    private readonly settings: ExpireSettings,
  ) {}

  /** The cycle of the cron. */
  slow(): void {
    const percent = SLOW_PERCENT + EFFORT_PERCENT * (this.settings.activeExpireEffort - 1);
    this.cycle((percent * 1_000_000) / this.settings.hz / 100);
  }

  /** The cycle of the end of a turn. @returns whether it ran */
  fast(): boolean {
    const nowUs = this.clock.monotonicUs();
    if (!this.cut || nowUs < this.lastFastUs + 2 * FAST_US) return false;
    this.lastFastUs = nowUs;
    this.cycle(FAST_US);
    return true;
  }

  private cycle(limitUs: number): void {
    const { store, clock } = this;
    this.cut = false;
    if (store.expiryPolicy !== 'delete') return;
    const { databases } = store;
    const nowMs = clock.nowMs();
    const deadlineUs = clock.monotonicUs() + limitUs;
    for (let i = 0; i < databases.length && !this.cut; i++) {
      // The next cycle begins with the database after this one, so that a large one starves nobody.
      const db = databases[this.nextDb++ % databases.length];
      while (this.step(db, nowMs)) {
        this.cut = clock.monotonicUs() > deadlineUs;
        if (this.cut) break;
      }
    }
  }

  /** Deletes some fields of one hash. @returns whether any was due */
  private step(db: Database, nowMs: number): boolean {
    const { keyspace } = db;
    const { first } = keyspace.fieldExpiry;
    if (first === undefined || first.dueMs >= nowMs) return false;
    const { key, hash } = first;
    this.gate.expireFields(db, keyspace.table.find(key), key, hash.fieldsOver(nowMs, FIELDS_PER_STEP));
    return true;
  }
}
