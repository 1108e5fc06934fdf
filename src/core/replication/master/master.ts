/**
 * Master: the side that replicas attach to. It lives in every server, because a replica serves sub-replicas, too.
 *
 *   REPLCONF (any order, any number) ─► PSYNC ─┬─ +CONTINUE: online at once
 *                                              └─ waiting ─(delay, other snapshot)─► snapshot ─► online
 *
 * Once a second (`cron`): PING, keepalives, time-outs, waiting snapshots, min-replicas. Rules: redis 7.2.6 replication.c:
 * syncCommand, masterTryPartialResynchronization, replconfCommand, replicationCron.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type DiskError } from '../../base/disk.js';
import { indexArg } from '../../commands/args.js';
import { ClientFlag } from '../../commands/context.js';
import { ReplyError } from '../../commands/errors.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { TARGET_REPLICAS, type Effect } from '../../engine/effects.js';
import { type Session } from '../../engine/session.js';
import { type ListedReplica } from '../../info/replication.js';
import { reasonOf } from '../../persistence/persistence.js';
import { type ReplicationParts } from '../ports.js';
import { refusalText, type Cursor, type ReplicationStream } from '../stream.js';
import { ReplicaFeed } from './feed.js';
import { FieldExpiryForReplicas } from './field-expiry.js';
import { Framer } from './framer.js';
import { applyReplconf, type Ack } from './replconf.js';
import { nothingAnnounced, Replica, sameFilter, type Announced } from './replica-state.js';
import { lengthHeader, startSnapshot, type RunningSnapshot, type SnapshotHost } from './snapshots.js';
import { Waiters } from './waiters.js';

/** What the master side asks of the replica side of the same server. */
export interface Upstream {
  /** This server follows a master. */
  readonly isReplica: boolean;
  /** … and its link is up. */
  readonly connected: boolean;
  /** `REPLCONF GETACK` came down the link. */
  sendAck(): void;
}

export class Master {
  readonly framer: Framer;
  readonly waiters: Waiters;
  /** In the order of their arrival. */
  readonly replicas = new Set<Replica>();
  readonly fieldExpiry: FieldExpiryForReplicas;
  private readonly bySession = new WeakMap<Session, Replica>();
  private readonly announcements = new WeakMap<Session, Announced>();
  private running: RunningSnapshot | undefined;
  private noReplicasSinceMs: number;
  private secondsSincePing = 0;
  private readonly snapshotHost: SnapshotHost;

  constructor(
    private readonly parts: ReplicationParts,
    readonly stream: ReplicationStream,
    private readonly upstream: Upstream,
  ) {
    this.framer = new Framer(stream);
    this.fieldExpiry = new FieldExpiryForReplicas(parts.engine, () => this.replicas.size > 0);
    this.waiters = new Waiters(parts.engine.blocking, (offset) => this.acknowledged(offset));
    this.noReplicasSinceMs = parts.engine.clock.nowMs();
    this.snapshotHost = this.newSnapshotHost();
    parts.persistence.onIdle = () => this.snapshotOver();
    parts.engine.turn.step('getack', () => this.askForAcks());
    parts.engine.turn.step('release-waiting', () => this.waiters.release());
    this.refreshGoodReplicas();
  }

  private newSnapshotHost(): SnapshotHost {
    return {
      ...this.parts,
      dial: (host, port) => this.parts.dial(host, port),
      listeningPort: () => this.parts.listeningPort(),
      fullSyncBegins: () => this.fieldExpiry.fullSyncBegins(),
      beginFullSync: (replica, offset, cursor) => this.beginFullSync(replica, offset, cursor),
      snapshotWritten: (replica) => this.snapshotWritten(replica),
      sendFile: (replica, path) => this.sendFile(replica, path),
      snapshotFailed: (replica) => this.snapshotFailed(replica),
      mark: () => {
        this.framer.selected = -1;
        return { offset: this.stream.offset, cursor: this.stream.end() };
      },
      replicasGone: (replica) => !this.replicas.has(replica),
    };
  }

  // ---- REPLCONF

  /** REPLCONF of a replica that introduces itself, or its ACK. Throws ReplyError. */
  replconf(session: Session, argv: readonly Bytes[]): void {
    const message = applyReplconf(argv, this.announcedBy(session));
    if (message === undefined) session.reply.ok();
    else if (message === 'ignored') return;
    else if (message.kind === 'ack') this.acked(session, message);
    else if (this.upstream.isReplica) this.upstream.sendAck();
  }

  private announcedBy(session: Session): Announced {
    let announced = this.announcements.get(session);
    if (announced === undefined) this.announcements.set(session, (announced = nothingAnnounced()));
    return announced;
  }

  /** An ACK; from anybody who is no replica it means nothing. */
  private acked(session: Session, { offset, aofOffset, cut }: Ack): void {
    const replica = this.bySession.get(session);
    if (replica === undefined) return;
    if (offset > replica.acked) replica.acked = offset;
    if (this.waiters.length > 0) this.parts.engine.turn.arm();
    if (cut) return;
    if (aofOffset !== undefined && aofOffset > replica.ackedAof) replica.ackedAof = aofOffset;
    replica.ackAtMs = this.parts.engine.clock.nowMs();
    if (replica.held && replica.phase === 'online') {
      replica.held = false;
      session.wrote();
    }
  }

  // ---- PSYNC and SYNC

  /** `PSYNC <replid> <offset>` or `SYNC`. */
  psync(session: Session, argv: readonly Bytes[]): void {
    const { engine } = this.parts;
    if (session.flags & ClientFlag.replica) return;
    if (this.upstream.isReplica && !this.upstream.connected) {
      throw new ReplyError("NOMASTERLINK Can't SYNC while not connected with my master");
    }
    if (session.outputBytes > 0) throw new ReplyError('ERR SYNC and PSYNC are invalid with pending output');
    const announced = this.announcedBy(session);
    const replica = new Replica(session, announced, engine.clock.nowMs());
    if (replica.filtered && !announced.eof)
      throw new ReplyError('ERR Filtered replica requires EOF capability');
    engine.log.notice(`Replica ${replica.name} asks for synchronization`);
    if (isWord(argv[0], 'psync')) {
      if (this.tryContinue(replica, argv[1], indexArg(argv[2]))) return;
    } else replica.preSync = true;
    this.fullSync(replica);
  }

  private register(replica: Replica): void {
    const { session } = replica;
    this.replicas.add(replica);
    this.bySession.set(session, replica);
    session.feed = new ReplicaFeed(
      {
        stream: this.stream,
        stats: this.parts.engine.stats,
        nowMs: () => this.parts.engine.clock.nowMs(),
        fileEnds: (sent) => this.pingBehind(sent),
        fileSent: (sent) => this.snapshotSent(sent, false),
        fileFailed: (failed, error) => this.fileFailed(failed, error),
        ended: (gone) => this.gone(gone),
        replied: (rogue) => this.dropRogue(rogue),
      },
      replica,
    );
    session.setFlag(ClientFlag.replica, true);
  }

  private tryContinue(replica: Replica, replid: Bytes, asked: number): boolean {
    const { engine } = this.parts;
    const { stream } = this;
    if (replid.startsWith('?')) {
      engine.log.notice(`Full resync requested by replica ${replica.name}`);
      return false;
    }
    const refusal = stream.refusal(replid, asked);
    if (refusal !== undefined) {
      engine.log.notice(refusalText(refusal, replica.name));
      if (refusal.kind === 'backlog' && asked > stream.offset) {
        engine.log.warning(
          `Warning: replica ${replica.name} tried to PSYNC with an offset that is greater than the master replication offset.`,
        );
      }
      engine.stats.syncPartialErr++;
      return false;
    }
    engine.stats.syncPartialOk++;
    this.register(replica);
    replica.phase = 'online';
    replica.cursor = stream.cursorAt(asked);
    replica.ackAtMs = engine.clock.nowMs();
    const { session } = replica;
    session.connection.write(replica.announced.psync2 ? `+CONTINUE ${stream.replid}\r\n` : '+CONTINUE\r\n');
    const bytes = stream.behind(replica.cursor);
    engine.log.notice(
      `Partial resynchronization request from ${replica.name} accepted. ` +
        `Sending ${bytes} bytes of backlog starting from offset ${asked}.`,
    );
    this.refreshGoodReplicas();
    session.wrote();
    return true;
  }

  private fullSync(replica: Replica): void {
    const { engine, persistence } = this.parts;
    engine.stats.syncFull++;
    if (!this.stream.active) {
      // A backlog that begins now has no past: nobody may believe to continue from one.
      if (!this.upstream.isReplica) this.stream.newHistory();
      this.stream.activate();
      engine.log.notice(
        `Replication backlog created, my new replication IDs are '${this.stream.replid}' and '${this.stream.replid2}'`,
      );
      this.record();
    }
    this.register(replica);
    if (this.running?.accepts(replica)) {
      engine.log.notice('Waiting for end of BGSAVE for SYNC');
      this.running.add(replica);
    } else if (persistence.jobRunning !== undefined) {
      engine.log.notice('A snapshot is being made for somebody else. Waiting for the next one for SYNC');
    } else if (this.delayed(replica)) engine.log.notice('Delay next BGSAVE for diskless SYNC');
    else this.startWaiting(replica);
  }

  private delayed({ announced }: Replica): boolean {
    const { replDisklessSync, replDisklessSyncDelay } = this.parts.engine.config.values;
    return replDisklessSync && announced.eof && replDisklessSyncDelay > 0 && !this.enoughWaiting();
  }

  private enoughWaiting(): boolean {
    const { replDisklessSyncMaxReplicas } = this.parts.engine.config.values;
    return replDisklessSyncMaxReplicas > 0 && this.inPhase('waiting').length >= replDisklessSyncMaxReplicas;
  }

  private inPhase(phase: Replica['phase']): Replica[] {
    return [...this.replicas].filter((replica) => replica.phase === phase);
  }

  /**
   * Starts a snapshot for `due` and all who wait and want the same data. It goes by way of the disk when one of them does not
   * know the EOF form (redis 7.2.6 replication.c:startBgsaveForReplication, mincapa).
   */
  private startWaiting(due: Replica): void {
    if (this.parts.persistence.jobRunning !== undefined) return;
    const group = this.inPhase('waiting').filter((replica) => sameFilter(replica.announced, due.announced));
    const { replDisklessSync } = this.parts.engine.config.values;
    const diskless = (replDisklessSync || due.filtered) && group.every(({ announced }) => announced.eof);
    this.parts.engine.log.notice(
      `Starting BGSAVE for SYNC with target: ${diskless ? 'replicas sockets' : 'disk'}`,
    );
    this.running = startSnapshot(this.snapshotHost, group, diskless);
  }

  private beginFullSync(replica: Replica, offset: number, cursor: Cursor): void {
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
      this.fileFailed(replica, error as DiskError);
    }
  }

  private fileFailed(replica: Replica, error: DiskError): void {
    this.parts.engine.log.warning(`Can't send the snapshot to ${replica.name}: ${reasonOf(error)}`);
    replica.session.close('snapshot file');
  }

  private snapshotFailed({ session, phase, name }: Replica): void {
    this.parts.engine.log.warning(`SYNC with replica ${name} failed: there is no snapshot for it`);
    // Where the answer or the snapshot has begun there is no place for an error.
    if (phase === 'waiting') session.connection.write("-ERR BGSAVE failed, replication can't continue\r\n");
    session.close('snapshot failed', true);
  }

  /** All of a diskless snapshot has been handed over: it is sent when the socket has taken it. */
  private snapshotWritten(replica: Replica): void {
    const { connection } = replica.session;
    if (connection.queuedBytes === 0) {
      this.snapshotSent(replica, true);
      return;
    }
    replica.phase = 'tail';
    connection.onDrained(() => {
      if (this.replicas.has(replica)) this.snapshotSent(replica, true);
    });
  }

  private snapshotSent(replica: Replica, untilAck: boolean): void {
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
    this.refreshGoodReplicas();
    if (untilAck) {
      log.notice(
        `Streamed RDB transfer with replica ${replica.name} succeeded (socket). Waiting for REPLCONF ACK from replica ` +
          'to enable streaming',
      );
    }
    log.notice(`Synchronization with replica ${replica.name} succeeded`);
    replica.session.wrote();
  }

  /** Something is to follow the snapshot in the same piece, and once more a second later (ReplicationParts.pingBehindSnapshot). */
  private pingBehind({ cursor }: Replica): void {
    if (!this.parts.pingBehindSnapshot || this.upstream.isReplica) return;
    if (cursor === undefined || this.stream.behind(cursor) > 0) return;
    this.framer.plain('ping');
    this.appended();
    this.secondsSincePing = this.parts.engine.config.values.replPingReplicaPeriod;
  }

  private snapshotOver(): void {
    this.running = undefined;
    // In a turn of its own: whoever ended the job is not done yet.
    this.parts.engine.clock.endOfTurn(() => {
      const due = this.inPhase('waiting').find((replica) => !this.delayed(replica));
      if (due !== undefined) this.startWaiting(due);
    });
  }

  /** Its replies would stand in the middle of the stream (redis 7.2.6 networking.c:_addReplyToBufferOrList). */
  private dropRogue({ session }: Replica): void {
    const command = session.lastCommand?.fullName ?? '<unknown>';
    this.parts.engine.log.warning(
      `Replica generated a reply to command '${command}', disconnecting it: ${session.infoLine()}`,
    );
    session.close('a replica that was answered');
  }

  private gone(replica: Replica): void {
    this.replicas.delete(replica);
    this.parts.engine.log.notice(`Connection with replica ${replica.name} lost.`);
    this.running?.left(replica);
    if (this.replicas.size === 0) this.noReplicasSinceMs = this.parts.engine.clock.nowMs();
    this.refreshGoodReplicas();
  }

  /**
   * This server has become a master with a history of its own: replicas come back and learn its id, the stream names its
   * database anew, and the backlog's time to live begins now (redis 7.2.6 replication.c:replicationUnsetMaster).
   */
  promoted(): void {
    this.framer.selected = -1;
    this.disconnectAll();
    this.noReplicasSinceMs = this.parts.engine.clock.nowMs();
    this.record();
    this.refreshGoodReplicas();
  }

  /** Drops every replica: they come back and learn by PSYNC what has changed. */
  disconnectAll(): void {
    for (const replica of [...this.replicas]) replica.session.close('history changed');
  }

  /** repl-compat-version has changed: what replicas hold may not go with what they will be sent. */
  compatVersionChanged(): void {
    if (!this.fieldExpiry.versionChanged() || this.upstream.isReplica) return;
    this.stream.newHistory();
    this.disconnectAll();
  }

  // ---- the stream

  /** Takes the effects of a master's execution units, or stops to. A replica passes on its master's bytes instead. */
  record(): void {
    const { effects } = this.parts.engine;
    const wants = this.stream.active && !this.upstream.isReplica;
    effects.wanted = wants ? effects.wanted | TARGET_REPLICAS : effects.wanted & ~TARGET_REPLICAS;
  }

  feed(unit: readonly Effect[], transaction: boolean): void {
    // A transaction may have made us a replica on its way: from then on the stream is our master's.
    if (this.upstream.isReplica) return;
    this.framer.feed(unit, transaction);
    this.appended();
  }

  /** Bytes were appended to the stream: trim the backlog, wake the feeds. */
  appended(): void {
    this.stream.trim(this.parts.engine.config.values.replBacklogSize);
    for (const { session, cursor } of this.replicas) if (cursor !== undefined) session.wrote();
  }

  /** Passes on bytes of our own master, unchanged. */
  proxy(bytes: Buffer, start: number, end: number): void {
    this.stream.appendBuffer(bytes, start, end);
    this.appended();
  }

  private askForAcks(): void {
    if (!this.waiters.askForAcks) return;
    this.waiters.askForAcks = false;
    if (this.replicas.size === 0 || this.upstream.isReplica) return;
    this.framer.plain('REPLCONF', 'GETACK', '*');
    this.appended();
  }

  /** Online replicas that have acknowledged `offset`. */
  acknowledged(offset: number): number {
    let count = 0;
    for (const replica of this.replicas)
      if (replica.phase === 'online' && replica.ackOffset >= offset) count++;
    return count;
  }

  // ---- once a second

  cron(): void {
    const now = this.parts.engine.clock.nowMs();
    this.noteTraffic(now);
    this.dropSilent(now);
    if (!this.upstream.isReplica) this.ping();
    this.keepAlive();
    this.startDelayed(now);
    this.expireBacklog(now);
    this.refreshGoodReplicas();
  }

  /** What has come from a replica, and whether it takes what we send. */
  private noteTraffic(now: number): void {
    for (const replica of this.replicas) {
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
    for (const replica of [...this.replicas]) {
      const silent = replica.phase === 'online' && !replica.preSync && now - replica.heardMs > timeoutMs;
      const streams =
        replica.phase === 'tail' || (replica.phase === 'snapshot' && this.running?.form === 'eof');
      const stalled = streams && now - replica.lastSentMs > timeoutMs;
      if (!silent && !stalled) continue;
      const what = silent ? 'streaming sync' : 'full sync';
      this.parts.engine.log.warning(`Disconnecting timedout replica (${what}): ${replica.name}`);
      replica.session.close('timeout');
    }
  }

  private ping(): void {
    if (this.replicas.size === 0) {
      this.secondsSincePing = 0;
      return;
    }
    if (++this.secondsSincePing < this.parts.engine.config.values.replPingReplicaPeriod) return;
    this.secondsSincePing = 0;
    this.framer.plain('ping');
    this.appended();
  }

  /** A line feed tells a replica that waits for its snapshot that we live. Not while a snapshot streams to its socket. */
  private keepAlive(): void {
    for (const { phase, session } of this.replicas) {
      const waits = phase === 'waiting' || (phase === 'snapshot' && this.running?.form === 'length');
      if (waits) session.connection.write('\n');
    }
  }

  private startDelayed(now: number): void {
    const delayMs = this.parts.engine.config.values.replDisklessSyncDelay * 1000;
    const due = this.inPhase('waiting').find(
      (replica) => !this.delayed(replica) || now - replica.lastReadMs >= delayMs,
    );
    if (due !== undefined) this.startWaiting(due);
  }

  private expireBacklog(now: number): void {
    const { replBacklogTtl } = this.parts.engine.config.values;
    if (!this.stream.active || this.replicas.size > 0 || replBacklogTtl === 0 || this.upstream.isReplica)
      return;
    if (now - this.noReplicasSinceMs <= replBacklogTtl * 1000) return;
    this.stream.newHistory();
    this.stream.deactivate();
    this.record();
    this.parts.engine.log.notice(
      `Replication backlog freed after ${replBacklogTtl} seconds without connected replicas.`,
    );
  }

  /** Replicas that count for min-replicas-to-write; undefined when the option is off. */
  goodReplicas(): number | undefined {
    const { minReplicasToWrite, minReplicasMaxLag } = this.parts.engine.config.values;
    if (minReplicasToWrite === 0 || minReplicasMaxLag === 0) return undefined;
    return [...this.replicas].filter((r) => r.phase === 'online' && this.lagSeconds(r) <= minReplicasMaxLag)
      .length;
  }

  refreshGoodReplicas(): void {
    const good = this.goodReplicas();
    const { minReplicasToWrite } = this.parts.engine.config.values;
    const refuse = good !== undefined && good < minReplicasToWrite && !this.upstream.isReplica;
    this.parts.engine.armGate(EngineGate.minReplicas, refuse);
  }

  private lagSeconds(replica: Replica): number {
    return Math.floor((this.parts.engine.clock.nowMs() - replica.heardMs) / 1000);
  }

  /** The `slaveN` lines. One that has its snapshot and wants no more is in none of them. */
  lines(): ListedReplica[] {
    return [...this.replicas]
      .filter(({ phase }) => phase !== 'rdb-sent')
      .map((replica) => ({
        ip: replica.shownAddress,
        port: replica.announced.port,
        state: replica.stateName,
        offset: replica.acked,
        lag: replica.phase === 'online' ? this.lagSeconds(replica) : 0,
      }));
  }

  /** Online replicas for ROLE. */
  online(): Replica[] {
    return this.inPhase('online');
  }

  /** Bytes of the stream that the slowest replica has not taken. */
  get slowestBytes(): number {
    let bytes = 0;
    for (const { session } of this.replicas) bytes = Math.max(bytes, session.outputBytes);
    return bytes;
  }
}
