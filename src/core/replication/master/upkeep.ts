/**
 * Upkeep: what the master side does once a second (redis 7.2.6 replication.c:replicationCron): PING into the stream, line feeds to
 * those who wait, time-outs, and the end of a backlog that nobody needs. Called by Master's cron.
 */
import { type ReplicationParts } from '../ports.js';
import { type ReplicationStream } from '../stream.js';
import { type Framer } from './framer.js';
import { type FullSyncs } from './full-syncs.js';
import { type Replica } from './replica-state.js';
import { type ReplicaTable } from './replica-table.js';

export interface UpkeepHost {
  /** This server follows a master: the stream is its master's. */
  readonly isReplica: boolean;
  /** Bytes were appended to the stream. */
  appended(): void;
  /** The backlog is gone. */
  backlogFreed(): void;
}

export class Upkeep {
  private secondsSincePing = 0;

  constructor(
    private readonly parts: ReplicationParts,
    private readonly stream: ReplicationStream,
    private readonly framer: Framer,
    private readonly table: ReplicaTable,
    private readonly fullSyncs: FullSyncs,
    private readonly host: UpkeepHost,
  ) {}

  eachSecond(): void {
    const now = this.parts.engine.clock.nowMs();
    this.noteTraffic(now);
    this.dropSilent(now);
    if (!this.host.isReplica) this.ping();
    this.keepAlive();
    this.fullSyncs.startDue();
    this.expireBacklog();
  }

  /** What has come from a replica, and whether it takes what we send. */
  private noteTraffic(now: number): void {
    for (const replica of this.table.all) {
      const { session } = replica;
      if (session.bytesIn !== replica.bytesInSeen) {
        replica.bytesInSeen = session.bytesIn;
        replica.lastReadMs = now;
      }
      const { queuedBytes } = session.connection;
      const takenBytes = session.bytesOut - queuedBytes;
      if (queuedBytes === 0 || takenBytes > replica.takenBytesSeen) replica.lastSentMs = now;
      replica.takenBytesSeen = takenBytes;
    }
  }

  private dropSilent(now: number): void {
    const timeoutMs = this.parts.engine.config.values.replTimeout * 1000;
    for (const replica of [...this.table.all]) {
      const silent = replica.phase === 'online' && !replica.preSync && now - replica.heardMs > timeoutMs;
      const streams = replica.phase === 'tail' || (replica.phase === 'snapshot' && this.fullSyncs.streams);
      const stalled = streams && now - replica.lastSentMs > timeoutMs;
      if (!silent && !stalled) continue;
      const what = silent ? 'streaming sync' : 'full sync';
      this.parts.engine.log.warning(`Disconnecting timedout replica (${what}): ${replica.name}`);
      replica.session.close('timeout');
    }
  }

  private ping(): void {
    if (this.table.all.size === 0) {
      this.secondsSincePing = 0;
      return;
    }
    if (++this.secondsSincePing < this.parts.engine.config.values.replPingReplicaPeriod) return;
    this.secondsSincePing = 0;
    this.framer.plain('ping');
    this.host.appended();
  }

  /** Something is to follow the snapshot in the same piece, and once more a second later (ReplicationParts.pingBehindSnapshot). */
  pingBehind({ cursor }: Replica): void {
    if (!this.parts.pingBehindSnapshot || this.host.isReplica) return;
    if (cursor === undefined || this.stream.behind(cursor) > 0) return;
    this.framer.plain('ping');
    this.host.appended();
    this.secondsSincePing = this.parts.engine.config.values.replPingReplicaPeriod;
  }

  /** A line feed tells a replica that waits for its snapshot that we live. Not while a snapshot streams to its socket. */
  private keepAlive(): void {
    for (const { phase, session } of this.table.all) {
      if (phase === 'waiting' || (phase === 'snapshot' && !this.fullSyncs.streams))
        session.connection.write('\n');
    }
  }

  /**
   * Without a backlog the offset stands still while the data changes: nobody may continue that history (redis 7.2.6
   * replication.c:replicationCron says where it would lead).
   */
  private expireBacklog(): void {
    const { engine } = this.parts;
    const { replBacklogTtl } = engine.config.values;
    const { idleMs } = this.table;
    if (!this.stream.active || idleMs === undefined || replBacklogTtl === 0 || this.host.isReplica) return;
    if (idleMs <= replBacklogTtl * 1000) return;
    this.stream.newHistory();
    this.stream.deactivate();
    this.host.backlogFreed();
    engine.log.notice(
      `Replication backlog freed after ${replBacklogTtl} seconds without connected replicas.`,
    );
  }
}
