/**
 * Master: the side that replicas attach to. It lives in every server, because a replica serves sub-replicas, too.
 *
 *   REPLCONF (any order, any number) ─► PSYNC ─┬─ +CONTINUE: online at once
 *                                              └─ FullSyncs: waiting ─► snapshot ─► online
 *   effects ─► Framer ─► stream ─► each replica's ReplicaFeed            once a second: Upkeep
 *
 * Here are the attaching, the ACKs and the stream's ends; who is attached is ReplicaTable's. Rules: redis 7.2.6 replication.c:
 * syncCommand, masterTryPartialResynchronization, replconfCommand.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { indexArg } from '../../commands/args.js';
import { ClientFlag } from '../../commands/context.js';
import { ReplyError } from '../../commands/errors.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { TARGET_REPLICAS, type Effect } from '../../engine/effects.js';
import { type Session } from '../../engine/session.js';
import { type ReplicationParts } from '../ports.js';
import { refusalText, type ReplicationStream } from '../stream.js';
import { ReplicaFeed } from './feed.js';
import { FieldExpiryForReplicas } from './field-expiry.js';
import { Framer } from './framer.js';
import { FullSyncs } from './full-syncs.js';
import { applyReplconf, type Ack } from './replconf.js';
import { nothingAnnounced, Replica, type Announced } from './replica-state.js';
import { ReplicaTable } from './replica-table.js';
import { Upkeep } from './upkeep.js';
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
  readonly table: ReplicaTable;
  readonly fieldExpiry: FieldExpiryForReplicas;
  private readonly fullSyncs: FullSyncs;
  private readonly upkeep: Upkeep;
  private readonly announcements = new WeakMap<Session, Announced>();

  constructor(
    private readonly parts: ReplicationParts,
    readonly stream: ReplicationStream,
    private readonly upstream: Upstream,
  ) {
    const { engine } = parts;
    this.framer = new Framer(stream);
    const table = (this.table = new ReplicaTable(engine.clock));
    this.fieldExpiry = new FieldExpiryForReplicas(engine, () => table.all.size > 0);
    this.waiters = new Waiters(engine.blocking, (offset) => table.acknowledged(offset));
    this.fullSyncs = new FullSyncs(parts, stream, this.framer, table, {
      begins: () => this.fieldExpiry.fullSyncBegins(),
      online: () => this.refreshGoodReplicas(),
    });
    this.upkeep = new Upkeep(parts, stream, this.framer, table, this.fullSyncs, {
      get isReplica() {
        return upstream.isReplica;
      },
      appended: () => this.appended(),
      backlogFreed: () => this.record(),
    });
    engine.turn.step('getack', () => this.askForAcks());
    engine.turn.step('release-waiting', () => this.waiters.release());
    this.refreshGoodReplicas();
  }

  /** In the order of their arrival. */
  get replicas(): ReadonlySet<Replica> {
    return this.table.all;
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
    const replica = this.table.of(session);
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
    this.table.add(replica);
    session.feed = new ReplicaFeed(
      {
        stream: this.stream,
        stats: this.parts.engine.stats,
        nowMs: () => this.parts.engine.clock.nowMs(),
        fileEnds: (sent) => this.upkeep.pingBehind(sent),
        fileSent: (sent) => this.fullSyncs.sent(sent, false),
        fileFailed: (failed, reason) => this.fullSyncs.fileFailed(failed, reason),
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
    const { engine } = this.parts;
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
    this.fullSyncs.request(replica);
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
    this.table.remove(replica);
    this.parts.engine.log.notice(`Connection with replica ${replica.name} lost.`);
    this.fullSyncs.left(replica);
    this.refreshGoodReplicas();
  }

  /**
   * This server has become a master with a history of its own: replicas come back and learn its id, the stream names its
   * database anew, and the backlog's time to live begins now (redis 7.2.6 replication.c:replicationUnsetMaster).
   */
  promoted(): void {
    this.framer.selected = -1;
    this.table.disconnectAll();
    this.table.restartIdleTime();
    this.record();
    this.refreshGoodReplicas();
  }

  /** repl-compat-version has changed: what replicas hold may not go with what they will be sent. */
  compatVersionChanged(): void {
    if (!this.fieldExpiry.versionChanged() || this.upstream.isReplica) return;
    this.stream.newHistory();
    this.table.disconnectAll();
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
    for (const { session, cursor } of this.table.all) if (cursor !== undefined) session.wrote();
  }

  /** Passes on bytes of our own master, unchanged. */
  proxy(bytes: Buffer, start: number, end: number): void {
    this.stream.appendBuffer(bytes, start, end);
    this.appended();
  }

  private askForAcks(): void {
    if (!this.waiters.askForAcks) return;
    this.waiters.askForAcks = false;
    if (this.table.all.size === 0 || this.upstream.isReplica) return;
    this.framer.plain('REPLCONF', 'GETACK', '*');
    this.appended();
  }

  /** Once a second. */
  cron(): void {
    this.upkeep.eachSecond();
    this.refreshGoodReplicas();
  }

  /** Replicas that count for min-replicas-to-write; undefined when the option is off. */
  goodReplicas(): number | undefined {
    const { minReplicasToWrite, minReplicasMaxLag } = this.parts.engine.config.values;
    if (minReplicasToWrite === 0 || minReplicasMaxLag === 0) return undefined;
    return this.table.heardLately(minReplicasMaxLag);
  }

  refreshGoodReplicas(): void {
    const good = this.goodReplicas();
    const { minReplicasToWrite } = this.parts.engine.config.values;
    const refuse = good !== undefined && good < minReplicasToWrite && !this.upstream.isReplica;
    this.parts.engine.armGate(EngineGate.minReplicas, refuse);
  }
}
