/**
 * ReplicaTable: the replicas that are attached, in the order of their arrival, and what is counted and shown of them: INFO's `slaveN`
 * lines, ROLE, WAIT, min-replicas-to-write. A replica is found by its session and by nothing else. Filled and emptied by Master.
 */
import { type Clock } from '../../base/clock.js';
import { type Session } from '../../engine/session.js';
import { type ListedReplica } from '../../info/replication.js';
import { type Replica, type ReplicaPhase } from './replica-state.js';

export class ReplicaTable {
  readonly all = new Set<Replica>();
  private readonly bySession = new WeakMap<Session, Replica>();
  private emptySinceMs: number;

  constructor(private readonly clock: Clock) {
    this.emptySinceMs = clock.nowMs();
  }

  add(replica: Replica): void {
    this.all.add(replica);
    this.bySession.set(replica.session, replica);
  }

  remove(replica: Replica): void {
    this.all.delete(replica);
    if (this.all.size === 0) this.restartIdleTime();
  }

  has(replica: Replica): boolean {
    return this.all.has(replica);
  }

  of(session: Session): Replica | undefined {
    return this.bySession.get(session);
  }

  inPhase(phase: ReplicaPhase): Replica[] {
    return [...this.all].filter((replica) => replica.phase === phase);
  }

  /** How long there has been nobody, ms; undefined: somebody is there. */
  get idleMs(): number | undefined {
    return this.all.size > 0 ? undefined : this.clock.nowMs() - this.emptySinceMs;
  }

  /** Counts the time without replicas from now on. */
  restartIdleTime(): void {
    this.emptySinceMs = this.clock.nowMs();
  }

  /** Drops every replica: they come back and learn by PSYNC what has changed. */
  disconnectAll(): void {
    for (const replica of [...this.all]) replica.session.close('history changed');
  }

  /** Online replicas that have acknowledged `offset`. */
  acknowledged(offset: number): number {
    let count = 0;
    for (const replica of this.all) if (replica.phase === 'online' && replica.ackOffset >= offset) count++;
    return count;
  }

  /** Online replicas that were heard in the last `maxLagSeconds`. */
  heardLately(maxLagSeconds: number): number {
    return this.inPhase('online').filter((replica) => this.lagSeconds(replica) <= maxLagSeconds).length;
  }

  private lagSeconds(replica: Replica): number {
    return Math.floor((this.clock.nowMs() - replica.heardMs) / 1000);
  }

  /** The `slaveN` lines. One that has its snapshot and wants no more is in none of them. */
  lines(): ListedReplica[] {
    return [...this.all]
      .filter(({ phase }) => phase !== 'rdb-sent')
      .map((replica) => ({
        ip: replica.shownAddress,
        port: replica.announced.port,
        state: replica.stateName,
        offset: replica.acked,
        lag: replica.phase === 'online' ? this.lagSeconds(replica) : 0,
      }));
  }

  /** Bytes of the stream that the slowest replica has not taken. */
  get slowestBytes(): number {
    let bytes = 0;
    for (const { session } of this.all) bytes = Math.max(bytes, session.outputBytes);
    return bytes;
  }
}
