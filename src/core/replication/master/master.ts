/**
 * Master: the side that replicas attach to. It lives in every server, because a replica serves sub-replicas, too.
 *
 *   REPLCONF (any order, any number) ─► PSYNC ─┬─ +CONTINUE: online at once
 *                                              └─ waiting ─(delay, other snapshot)─► snapshot ─► online
 *
 * Once a second (`cron`): PING, keepalives, time-outs, waiting snapshots, min-replicas. Rules: redis 7.2.6 replication.c:
 * syncCommand, masterTryPartialResynchronization, replconfCommand, replicationCron.
 */
import { ascii, isWord, lower, type Bytes } from '../../base/bytes.js';
import { type DiskError } from '../../base/disk.js';
import { parseSafeInt } from '../../base/numbers.js';
import { ClientFlag } from '../../commands/context.js';
import { Errors, ReplyError } from '../../commands/errors.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { TARGET_REPLICAS, type Effect } from '../../engine/effects.js';
import { type Session } from '../../engine/session.js';
import { type ReplicaLine } from '../../info/replication.js';
import { reasonOf } from '../../persistence/persistence.js';
import { type ReplicationParts } from '../ports.js';
import { type Cursor, type ReplicationStream } from '../stream.js';
import { ReplicaFeed } from './feed.js';
import { Framer } from './framer.js';
import { nothingAnnounced, Replica, type Announced } from './replica-state.js';
import { lengthHeader, startSnapshot, type RunningSnapshot, type SnapshotHost } from './snapshots.js';
import { Waiters } from './waiters.js';

/** Longest announced address (redis 7.2.6 NET_HOST_STR_LEN). */
const MAX_ADDRESS_BYTES = 256;

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
    this.waiters = new Waiters(parts.engine.blocking, (offset) => this.acknowledged(offset));
    this.noReplicasSinceMs = parts.engine.clock.nowMs();
    this.snapshotHost = this.newSnapshotHost();
    parts.persistence.onIdle = () => this.snapshotOver();
    parts.engine.turn.step('getack', () => this.askForAcks());
    parts.engine.turn.step('release-waiting', () => this.waiters.release());
  }

  private newSnapshotHost(): SnapshotHost {
    return {
      ...this.parts,
      dial: (host, port) => this.parts.dial(host, port),
      listeningPort: () => this.parts.listeningPort(),
      beginFullSync: (replica, offset, cursor) => this.beginFullSync(replica, offset, cursor),
      snapshotSent: (replica, form) => this.snapshotSent(replica, form === 'eof'),
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

  /** REPLCONF of a replica that introduces itself, or its ACK. */
  replconf(session: Session, argv: readonly Bytes[]): void {
    if (argv.length % 2 === 0) throw Errors.syntax;
    const announced = this.announcedBy(session);
    for (let i = 1; i < argv.length; i += 2) {
      const silent = this.replconfOption(session, announced, argv[i], argv[i + 1]);
      if (silent) return;
    }
    session.reply.ok();
  }

  private announcedBy(session: Session): Announced {
    let announced = this.announcements.get(session);
    if (announced === undefined) this.announcements.set(session, (announced = nothingAnnounced()));
    return announced;
  }

  /** @returns whether the command gets no answer */
  private replconfOption(session: Session, announced: Announced, option: Bytes, value: Bytes): boolean {
    switch (lower(option) as string) {
      case 'listening-port':
        announced.port = integer(value);
        return false;
      case 'ip-address':
        if (value.length >= MAX_ADDRESS_BYTES) {
          throw new ReplyError(
            `ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`,
          );
        }
        announced.address = value;
        return false;
      case 'capa':
        if (isWord(value, 'eof')) announced.eof = true;
        else if (isWord(value, 'psync2')) announced.psync2 = true;
        return false;
      case 'ack':
        this.acked(session, value, undefined);
        return true;
      case 'fack':
        return true;
      case 'getack':
        if (this.upstream.isReplica && session.flags & ClientFlag.master) this.upstream.sendAck();
        return true;
      case 'rdb-only':
        announced.rdbOnly = integer(value) === 1;
        return false;
      case 'rdb-filter-only':
        announced.include = parseFilter(value);
        return false;
      default:
        throw new ReplyError(`ERR Unrecognized REPLCONF option: ${option}`);
    }
  }

  /** `REPLCONF ACK <offset> [FACK <offset>]`; ignored from anybody who is no replica. */
  private acked(session: Session, value: Bytes, _aof: Bytes | undefined): void {
    const replica = this.bySession.get(session);
    const offset = parseSafeInt(value);
    if (replica === undefined || offset === undefined) return;
    replica.ackOffset = Math.max(replica.ackOffset, offset);
    replica.ackAtMs = this.parts.engine.clock.nowMs();
    if (replica.held && replica.phase === 'online') {
      replica.held = false;
      this.parts.engine.log.notice(`Synchronization with replica ${replica.name} succeeded`);
      session.wrote();
    }
    if (this.waiters.length > 0) this.parts.engine.turn.arm();
  }

  // ---- PSYNC and SYNC

  /** `PSYNC <replid> <offset>` or `SYNC`. */
  psync(session: Session, argv: readonly Bytes[]): void {
    const { engine } = this.parts;
    if (session.flags & ClientFlag.replica) return;
    if (this.upstream.isReplica && !this.upstream.connected) {
      throw new ReplyError("NOMASTERLINK Can't SYNC while not connected with my master");
    }
    if (session.reply.length > 0) throw new ReplyError('ERR SYNC and PSYNC are invalid with pending output');
    const announced = this.announcedBy(session);
    const filtered = !announced.include.keys || !announced.include.functions;
    if (filtered && !announced.eof) throw new ReplyError('ERR Filtered replica requires EOF capability');
    const replica = new Replica(session, announced, engine.clock.nowMs());
    if (isWord(argv[0], 'psync')) {
      const offset = integer(argv[2]);
      engine.log.notice(`Replica ${replica.name} asks for synchronization`);
      if (this.tryContinue(replica, argv[1], offset)) return;
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
        fileSent: (sent) => this.snapshotSent(sent, false),
        fileFailed: (failed, error) => this.fileFailed(failed, error),
        ended: (gone) => this.gone(gone),
      },
      replica,
    );
    session.setFlag(ClientFlag.replica, true);
  }

  private tryContinue(replica: Replica, replid: Bytes, asked: number): boolean {
    const { engine } = this.parts;
    const { stream } = this;
    const reason = replid.startsWith('?') ? 'forced' : stream.refusal(lower(replid), asked);
    if (reason !== undefined) {
      if (reason === 'forced') engine.log.notice(`Full resync requested by replica ${replica.name}`);
      else {
        engine.log.notice(`Partial resynchronization not accepted: ${reason}`);
        engine.stats.syncPartialErr++;
      }
      return false;
    }
    engine.stats.syncPartialOk++;
    this.register(replica);
    replica.phase = 'online';
    replica.cursor = stream.cursorAt(asked);
    replica.ackAtMs = engine.clock.nowMs();
    const { session } = replica;
    session.reply.simple(replica.announced.psync2 ? `CONTINUE ${stream.replid}` : 'CONTINUE');
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
    else this.startWaiting();
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

  /** Starts a snapshot for the replicas that wait and want the same as the first of them. */
  private startWaiting(): void {
    const [first, ...others] = this.inPhase('waiting');
    if (first === undefined || this.parts.persistence.jobRunning !== undefined) return;
    const same = others.filter(
      ({ announced: { eof, include } }) =>
        eof === first.announced.eof &&
        include.keys === first.announced.include.keys &&
        include.functions === first.announced.include.functions,
    );
    const { replDisklessSync } = this.parts.engine.config.values;
    const filtered = !first.announced.include.keys || !first.announced.include.functions;
    const diskless = (replDisklessSync || filtered) && first.announced.eof;
    this.parts.engine.log.notice(
      `Starting BGSAVE for SYNC with target: ${diskless ? 'replicas sockets' : 'disk'}`,
    );
    this.running = startSnapshot(this.snapshotHost, [first, ...same], diskless);
  }

  private beginFullSync(replica: Replica, offset: number, cursor: Cursor): void {
    replica.cursor = cursor;
    replica.lastSentMs = this.parts.engine.clock.nowMs();
    const { session } = replica;
    session.writeReplies();
    if (!replica.preSync) session.connection.write(`+FULLRESYNC ${this.stream.replid} ${offset}\r\n`);
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

  private snapshotFailed({ session }: Replica): void {
    session.connection.write("-ERR BGSAVE failed, replication can't continue\r\n");
    session.close('snapshot failed', true);
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
        `Streamed replica with replica ${replica.name} succeeded (socket). Waiting for REPLCONF ACK to enable streaming`,
      );
    } else log.notice(`Synchronization with replica ${replica.name} succeeded`);
    replica.session.wrote();
  }

  private snapshotOver(): void {
    this.running = undefined;
    // In a turn of its own: whoever ended the job is not done yet.
    this.parts.engine.clock.endOfTurn(() => {
      const waiting = this.inPhase('waiting');
      if (waiting.some((replica) => !this.delayed(replica))) this.startWaiting();
    });
  }

  private gone(replica: Replica): void {
    this.replicas.delete(replica);
    this.parts.engine.log.notice(`Connection with replica ${replica.name} lost.`);
    this.running?.left(replica);
    if (this.replicas.size === 0) this.noReplicasSinceMs = this.parts.engine.clock.nowMs();
    this.refreshGoodReplicas();
  }

  /** Drops every replica: they come back and learn by PSYNC what has changed. */
  disconnectAll(): void {
    for (const replica of [...this.replicas]) replica.session.close('history changed');
  }

  // ---- the stream

  /** Takes the effects of a master's execution units, or stops to. A replica passes on its master's bytes instead. */
  record(): void {
    const { effects } = this.parts.engine;
    const wants = this.stream.active && !this.upstream.isReplica;
    effects.wanted = wants ? effects.wanted | TARGET_REPLICAS : effects.wanted & ~TARGET_REPLICAS;
  }

  feed(unit: readonly Effect[], transaction: boolean): void {
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
    if (this.replicas.size === 0) return;
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
    this.noteReads(now);
    this.dropSilent(now);
    if (!this.upstream.isReplica) this.ping();
    this.keepAlive();
    this.startDelayed(now);
    this.expireBacklog(now);
    this.refreshGoodReplicas();
  }

  private noteReads(now: number): void {
    for (const replica of this.replicas) {
      if (replica.session.bytesIn === replica.bytesInSeen) continue;
      replica.bytesInSeen = replica.session.bytesIn;
      replica.lastReadMs = now;
    }
  }

  private dropSilent(now: number): void {
    const timeoutMs = this.parts.engine.config.values.replTimeout * 1000;
    for (const replica of [...this.replicas]) {
      const heardMs = Math.max(replica.ackAtMs, replica.lastReadMs);
      const silent = replica.phase === 'online' && !replica.preSync && now - heardMs > timeoutMs;
      const stalled =
        replica.phase === 'snapshot' && this.running?.form === 'eof' && now - replica.lastSentMs > timeoutMs;
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
    const waiting = this.inPhase('waiting');
    if (waiting.length === 0) return;
    const delayMs = this.parts.engine.config.values.replDisklessSyncDelay * 1000;
    const due = waiting.some((replica) => !this.delayed(replica) || now - replica.lastReadMs >= delayMs);
    if (due) this.startWaiting();
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
    return Math.floor((this.parts.engine.clock.nowMs() - replica.ackAtMs) / 1000);
  }

  /** The `slaveN` lines. */
  lines(): ReplicaLine[] {
    return [...this.replicas].map((replica) => ({
      ip: replica.shownAddress,
      port: replica.announced.port,
      state: replica.stateName,
      offset: replica.ackOffset,
      lag: replica.phase === 'online' ? this.lagSeconds(replica) : 0,
    }));
  }

  /** Online replicas for ROLE. */
  online(): Replica[] {
    return this.inPhase('online');
  }

  get feedBytes(): number {
    let bytes = 0;
    for (const { session } of this.replicas) bytes += session.outputBytes;
    return bytes;
  }
}

function integer(value: Bytes): number {
  const n = parseSafeInt(value);
  if (n === undefined) throw Errors.notInteger;
  return n;
}

/** `rdb-filter-only`: a list of what to include; an empty one means nothing of the data (redis 7.2.6 replconfCommand). */
function parseFilter(value: Bytes): Announced['include'] {
  const words = value.split(' ').filter((word) => word !== '');
  for (const word of words) {
    if (!isWord(ascii(word), 'functions')) {
      throw new ReplyError(`ERR Unsupported rdb-filter-only option: ${word}`);
    }
  }
  return { keys: false, functions: words.length > 0 };
}
