/**
 * FullSyncs: which replica gets which snapshot, when, and by which way; and each one's path from waiting to online.
 *
 *   waiting ─(delay, other snapshot)─► snapshot ─┬─ eof form:    [tail] ──────────► online, held until its first ACK
 *                                                └─ length form: bulk (the file) ─► online
 *
 * Called by Master when a replica needs a snapshot or has left, and once a second. Rules: redis 7.2.6 replication.c: syncCommand,
 * startBgsaveForReplication, shouldStartChildReplication, replicaPutOnline.
 */
import { reasonOf } from '../../persistence/persistence.js';
import { type ReplicationParts } from '../ports.js';
import { type Cursor, type ReplicationStream } from '../stream.js';
import { type ReplicaFeed } from './feed.js';
import { type Framer } from './framer.js';
import { sameFilter, type Replica } from './replica-state.js';
import { type ReplicaTable } from './replica-table.js';
import { lengthHeader, startSnapshot, type RunningSnapshot, type SnapshotHost } from './snapshots.js';

export interface FullSyncHost {
  /** A snapshot for replicas is about to begin. */
  begins(): void;
  /** A replica counts from now on. */
  online(replica: Replica): void;
}

export class FullSyncs {
  private running: RunningSnapshot | undefined;
  private readonly snapshotHost: SnapshotHost;

  constructor(
    private readonly parts: ReplicationParts,
    private readonly stream: ReplicationStream,
    private readonly framer: Framer,
    private readonly table: ReplicaTable,
    private readonly host: FullSyncHost,
  ) {
    this.snapshotHost = this.newSnapshotHost();
    parts.persistence.onIdle = () => this.snapshotOver();
  }

  private newSnapshotHost(): SnapshotHost {
    return {
      ...this.parts,
      dial: (host, port) => this.parts.dial(host, port),
      listeningPort: () => this.parts.listeningPort(),
      fullSyncBegins: () => this.host.begins(),
      beginFullSync: (replica, offset, cursor) => this.begin(replica, offset, cursor),
      snapshotWritten: (replica) => this.streamed(replica),
      sendFile: (replica, path) => this.sendFile(replica, path),
      snapshotFailed: (replica) => this.failed(replica),
      mark: () => {
        this.framer.selected = -1;
        return { offset: this.stream.offset, cursor: this.stream.end() };
      },
      replicasGone: (replica) => !this.table.has(replica),
    };
  }

  /** A replica has come that needs a snapshot: shares the one that is made, waits, or has one made. */
  request(replica: Replica): void {
    const { engine, persistence } = this.parts;
    if (this.running?.accepts(replica)) {
      engine.log.notice('Waiting for end of BGSAVE for SYNC');
      this.running.add(replica);
    } else if (persistence.jobRunning !== undefined) {
      engine.log.notice('A snapshot is being made for somebody else. Waiting for the next one for SYNC');
    } else if (this.delayed(replica)) engine.log.notice('Delay next BGSAVE for diskless SYNC');
    else this.startFor(replica);
  }

  left(replica: Replica): void {
    this.running?.left(replica);
  }

  /** The snapshot that is being made goes straight to sockets. */
  get streams(): boolean {
    return this.running?.form === 'eof';
  }

  // ---- when

  private delayed({ announced }: Replica): boolean {
    const { replDisklessSync, replDisklessSyncDelay } = this.parts.engine.config.values;
    return replDisklessSync && announced.eof && replDisklessSyncDelay > 0 && !this.enoughWaiting();
  }

  private enoughWaiting(): boolean {
    const { replDisklessSyncMaxReplicas } = this.parts.engine.config.values;
    return (
      replDisklessSyncMaxReplicas > 0 && this.table.inPhase('waiting').length >= replDisklessSyncMaxReplicas
    );
  }

  /** Starts a snapshot for those who have waited long enough, or need not wait. */
  startDue(): void {
    const { clock, config } = this.parts.engine;
    const delayMs = config.values.replDisklessSyncDelay * 1000;
    const now = clock.nowMs();
    const due = this.table
      .inPhase('waiting')
      .find((replica) => !this.delayed(replica) || now - replica.lastReadMs >= delayMs);
    if (due !== undefined) this.startFor(due);
  }

  private snapshotOver(): void {
    this.running = undefined;
    // In a turn of its own: whoever ended the job is not done yet.
    this.parts.engine.clock.endOfTurn(() => this.startDue());
  }

  /**
   * Starts a snapshot for `due` and all who wait and want the same data. It goes by way of the disk when one of them does not
   * know the EOF form (redis 7.2.6 replication.c:startBgsaveForReplication, mincapa).
   */
  private startFor(due: Replica): void {
    const { engine, persistence } = this.parts;
    if (persistence.jobRunning !== undefined) return;
    const group = this.table
      .inPhase('waiting')
      .filter((replica) => sameFilter(replica.announced, due.announced));
    const { replDisklessSync } = engine.config.values;
    const diskless = (replDisklessSync || due.filtered) && group.every(({ announced }) => announced.eof);
    engine.log.notice(`Starting BGSAVE for SYNC with target: ${diskless ? 'replicas sockets' : 'disk'}`);
    this.running = startSnapshot(this.snapshotHost, group, diskless);
  }

  // ---- a replica's path

  private begin(replica: Replica, offset: number, cursor: Cursor): void {
    replica.phase = 'snapshot';
    // One that wants the snapshot alone gets no stream, and holds none.
    replica.cursor = replica.announced.rdbOnly ? undefined : cursor;
    replica.lastSentMs = this.parts.engine.clock.nowMs();
    const { connection } = replica.session;
    if (!replica.preSync) connection.write(`+FULLRESYNC ${this.stream.replid} ${offset}\r\n`);
  }

  private sendFile(replica: Replica, path: string): void {
    try {
      const reader = this.parts.disk.open(path);
      replica.phase = 'bulk';
      replica.session.connection.write(lengthHeader(reader.sizeBytes));
      (replica.session.feed as ReplicaFeed).sendFile(reader);
    } catch (error) {
      this.fileFailed(replica, reasonOf(error));
    }
  }

  fileFailed(replica: Replica, reason: string): void {
    this.parts.engine.log.warning(`Can't send the snapshot to ${replica.name}: ${reason}`);
    replica.session.close('snapshot file');
  }

  private failed({ session, phase, name }: Replica): void {
    this.parts.engine.log.warning(`SYNC with replica ${name} failed: there is no snapshot for it`);
    // Where the answer or the snapshot has begun there is no place for an error.
    if (phase === 'waiting') session.connection.write("-ERR BGSAVE failed, replication can't continue\r\n");
    session.close('snapshot failed', true);
  }

  /** All of a diskless snapshot has been handed over: it is sent when the socket has taken it. */
  private streamed(replica: Replica): void {
    const { connection } = replica.session;
    if (connection.queuedBytes === 0) {
      this.sent(replica, true);
      return;
    }
    replica.phase = 'tail';
    connection.onDrained(() => {
      if (this.table.has(replica)) this.sent(replica, true);
    });
  }

  /** The replica has its snapshot. `untilAck`: the stream is held until its first ACK. */
  sent(replica: Replica, untilAck: boolean): void {
    const { log, clock } = this.parts.engine;
    if (replica.announced.rdbOnly) {
      replica.phase = 'rdb-sent';
      log.notice(`RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`);
      replica.session.close('rdb only', true);
      return;
    }
    replica.phase = 'online';
    replica.held = untilAck;
    replica.ackAtMs = clock.nowMs();
    this.host.online(replica);
    if (untilAck) {
      log.notice(
        `Streamed RDB transfer with replica ${replica.name} succeeded (socket). Waiting for REPLCONF ACK from replica ` +
          'to enable streaming',
      );
    }
    log.notice(`Synchronization with replica ${replica.name} succeeded`);
    replica.session.wrote();
  }
}
