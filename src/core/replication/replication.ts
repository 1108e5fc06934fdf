/**
 * Replication: both directions of one server, behind the port that commands use. The stream belongs to neither side: as a master we
 * write our effects into it, as a replica our master's bytes.
 */
import { ascii, isWord, type Bytes } from '../base/bytes.js';
import { parseSafeInt } from '../base/numbers.js';
import { ClientFlag, type Client, type CommandContext, type ReplicationPort } from '../commands/context.js';
import { ReplyError } from '../commands/errors.js';
import { type Session } from '../engine/session.js';
import { type InfoField } from '../info/format.js';
import { formatReplication } from '../info/replication.js';
import { type RdbPosition } from '../persistence/rdb/loader.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { refuseFailover } from './master/failover.js';
import { Master } from './master/master.js';
import { type ReplicationParts } from './ports.js';
import { Follower } from './replica/follower.js';
import { ReplicationStream } from './stream.js';

export class Replication implements ReplicationPort {
  readonly stream: ReplicationStream;
  readonly master: Master;
  readonly follower: Follower;

  constructor(private readonly parts: ReplicationParts) {
    const { engine } = parts;
    this.stream = new ReplicationStream(engine.random);
    this.follower = new Follower(parts, this.stream, {
      disconnectAll: () => this.master.table.disconnectAll(),
      proxy: (bytes, start, end) => this.master.proxy(bytes, start, end),
      record: () => this.master.record(),
    });
    this.master = new Master(parts, this.stream, this.follower);
    engine.effects.sink = { feed: (unit, transaction) => this.master.feed(unit, transaction) };
    engine.streamOffset = () => this.stream.offset;
    engine.cron.eachSecond(() => {
      this.follower.cron();
      this.master.cron();
    });
    engine.config.onChange(['replica-read-only', 'replica-serve-stale-data'], () => this.follower.arm());
    engine.config.onChange(['min-replicas-to-write', 'min-replicas-max-lag'], () =>
      this.master.refreshGoodReplicas(),
    );
    engine.config.onChange('repl-backlog-size', () => this.master.appended());
    engine.config.onChange('repl-compat-version', () => this.master.compatVersionChanged());
  }

  get isReplica(): boolean {
    return this.follower.isReplica;
  }

  sendsFieldExpiry(): boolean {
    return this.master.fieldExpiry.inStream();
  }

  replconf(client: Client, argv: readonly Bytes[]): void {
    this.master.replconf(client as Session, argv);
  }

  psync(client: Client, argv: readonly Bytes[]): void {
    if (client.flags & ClientFlag.replica) return;
    if (argv.length > 3 && isWord(argv[3], 'failover')) this.takeOver(client, argv[1]);
    this.master.psync(client as Session, argv);
  }

  /** `PSYNC <replid> <offset> FAILOVER`: our master hands its role over to us (redis 7.2.6 replication.c:syncCommand). */
  private takeOver(client: Client, replid: Bytes): void {
    const { log } = this.parts.engine;
    log.notice(`Failover request received for replid ${replid}.`);
    if (!this.isReplica) throw new ReplyError("ERR PSYNC FAILOVER can't be sent to a master.");
    if (!this.stream.isCurrent(replid))
      throw new ReplyError('ERR PSYNC FAILOVER replid must match my replid.');
    this.promote(`failover request from '${client.infoLine()}'`);
  }

  /** REPLICAOF host port | NO ONE. */
  replicaOf(ctx: CommandContext, argv: readonly Bytes[]): void {
    const [, host, port] = argv;
    if (isWord(host, 'no') && isWord(port, 'one')) {
      if (this.isReplica) this.promote(`user request from '${ctx.client.infoLine()}'`);
      ctx.reply.ok();
      return;
    }
    if (ctx.client.flags & ClientFlag.replica) {
      throw new ReplyError('ERR Command is not valid when client is a replica.');
    }
    const number = parseSafeInt(port);
    if (number === undefined || number < 0 || number > 65535) throw new ReplyError('ERR Invalid master port');
    const { master, stopped } = this.follower;
    if (master !== undefined && !stopped && sameHost(master.host, host) && master.port === number) {
      this.parts.engine.log.notice(
        'REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.',
      );
      ctx.reply.simple('OK Already connected to specified master');
      return;
    }
    this.follow(host, number, true);
    this.parts.engine.log.notice(
      `REPLICAOF ${host}:${number} enabled (user request from '${ctx.client.infoLine()}')`,
    );
    ctx.reply.ok();
  }

  /** Follows a master; `tryToContinue`: with our own position, when there is one. */
  follow(host: string, port: number, tryToContinue: boolean): void {
    this.follower.follow(host, port, tryToContinue);
    this.releaseBlocked();
    this.master.refreshGoodReplicas();
    this.parts.engine.config.assign('replicaof', ascii(host), ascii(String(port)));
  }

  /**
   * Clients that wait for a key or for replicas wait for what a replica will not give them. Our own replicas stay: they are dropped
   * when our history becomes another (redis 7.2.6 replication.c:replicationSetMaster, blocked.c:disconnectAllBlockedClients).
   */
  private releaseBlocked(): void {
    const { blocking, clients, stats } = this.parts.engine;
    for (const session of [...clients.list()]) {
      const { parked } = session;
      if (parked === undefined || parked.kind === 'paused') continue;
      stats.countError(STATE_CHANGED);
      blocking.release(session, (reply) => reply.error(STATE_CHANGED));
      parked.onError?.();
      session.close('blocked while the role changed', true);
    }
  }

  /** REPLICAOF NO ONE: a new history that continues the old one. */
  private promote(why: string): void {
    this.follower.unfollow();
    this.stream.branch();
    this.master.promoted();
    this.parts.engine.config.assign('replicaof', ascii('no'), ascii('one'));
    this.parts.engine.log.notice(
      `MASTER MODE enabled (${why}). Setting secondary replication ID to ${this.stream.replid2}, valid up to offset: ` +
        `${this.stream.secondOffset}. New replication ID is ${this.stream.replid}`,
    );
  }

  /** FAILOVER: every form is refused, with Redis's reason where there is one. */
  failover(_ctx: CommandContext, argv: readonly Bytes[]): void {
    refuseFailover(argv, this.isReplica, this.master.replicas);
  }

  role(reply: ReplyWriter): void {
    const { master } = this.follower;
    if (master !== undefined) {
      reply.array(5);
      reply.bulkText('slave');
      reply.bulk(ascii(master.host));
      reply.int(master.port);
      reply.bulkText(this.follower.roleState);
      reply.int(this.follower.connected ? this.stream.offset : -1);
      return;
    }
    const online = this.master.table.inPhase('online');
    reply.array(3);
    reply.bulkText('master');
    reply.int(this.stream.offset);
    reply.array(online.length);
    for (const replica of online) {
      reply.array(3);
      reply.bulk(replica.shownAddress);
      reply.bulkText(String(replica.announced.port));
      reply.bulkText(String(replica.acked));
    }
  }

  wait(ctx: CommandContext, replicas: number, timeoutMs: number): void {
    const session = ctx.client as Session;
    const { writeOffset } = session;
    const count = this.master.table.acknowledged(writeOffset);
    if (count >= replicas || !ctx.mayBlock) {
      ctx.reply.int(count);
      return;
    }
    this.master.waiters.park(session, writeOffset, replicas, timeoutMs);
  }

  info(): InfoField[] {
    const { stream } = this;
    const { replBacklogSize } = this.parts.engine.config.values;
    return formatReplication({
      link: this.follower.linkInfo(),
      connectedReplicas: this.master.replicas.size,
      goodReplicas: this.master.goodReplicas(),
      replicas: this.master.table.lines(),
      failoverState: 'no-failover',
      replid: stream.replid,
      replid2: stream.replid2,
      offset: stream.offset,
      secondOffset: stream.secondOffset,
      backlog: {
        active: stream.active,
        sizeBytes: replBacklogSize,
        firstByteOffset: stream.firstByte,
        histlenBytes: stream.historyBytes,
      },
    });
  }

  get replicaCount(): number {
    return this.master.replicas.size;
  }

  get bufferBytes(): number {
    return Math.max(this.stream.active ? this.stream.memoryBytes : 0, this.master.table.slowestBytes);
  }

  /** DEBUG CHANGE-REPL-ID. */
  changeId(): void {
    this.stream.newHistory();
  }

  /** The position that goes into an RDB. */
  position(): RdbPosition | undefined {
    const { stream } = this;
    if (!stream.active) return undefined;
    const streamDb = this.isReplica ? this.follower.streamDb : Math.max(0, this.master.framer.selected);
    return streamDb === undefined ? undefined : { streamDb, replid: stream.replid, offset: stream.offset };
  }

  /**
   * Takes up the position of an RDB that was loaded at start: a replica asks its master to continue from there, a master lets those
   * continue who stood there (redis 7.2.6 rdb.c:rdbLoadRioWithLoadingCtx, server.c:loadDataFromDisk).
   */
  restore(position: RdbPosition, asReplica: boolean): void {
    const { stream } = this;
    stream.adopt(position.replid, position.offset);
    if (asReplica) this.follower.restore(position.streamDb);
    else {
      stream.branch();
      this.master.promoted();
    }
  }

  /** Ends every link. */
  close(): void {
    this.follower.drop();
    this.master.table.disconnectAll();
  }
}

const STATE_CHANGED =
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

function sameHost(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
