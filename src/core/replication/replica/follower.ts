/**
 * Follower: the side that attaches to a master.
 *
 *   idle ──follow──► waiting ──► handshake ──► snapshot ──► streaming
 *                       ▲            │             │            │        the link is lost: partial resync next, when there
 *                       └────────────┴─────────────┴────────────┘        is a position; else a full one
 *                                                  └──► stopped          cannot be applied: only REPLICAOF goes on
 *
 * Rules: redis 7.2.6 replication.c: connectWithMaster, syncWithMaster, readSyncBulkPayload, replicationCron.
 */
import { type ChannelError } from '../../base/byte-channel.js';
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { type Timer } from '../../base/clock.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { type MasterLink } from '../../info/replication.js';
import { type HandshakeRun, type Link, runHandshake } from '../handshake/run.js';
import { type Outcome } from '../handshake/machine.js';
import { type PsyncRequest } from '../handshake/steps.js';
import {
  type LinkEvent,
  type LinkObserver,
  type LinkProgress,
  type ReplicationParts,
  type SnapshotCopy,
  optionalBytes,
} from '../ports.js';
import { type ReplicationStream } from '../stream.js';
import { handshakeFailure } from './failures.js';
import { LinkEvents } from './link-events.js';
import { askWhyRefused, type Asked } from './refusal.js';
import { SnapshotReceiver, type ReceivedSnapshot } from './snapshot-receiver.js';
import { UpstreamLink } from './upstream-link.js';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'handshake'; readonly run: HandshakeRun }
  | { readonly kind: 'snapshot'; readonly receiver: SnapshotReceiver }
  | { readonly kind: 'streaming'; readonly link: UpstreamLink }
  | { readonly kind: 'stopped'; readonly reason: string };

/** What the follower does to the master side of the same server. */
export interface Downstream {
  disconnectAll(): void;
  proxy(bytes: Buffer, start: number, end: number): void;
  record(): void;
}

/** Each answer of the handshake: redis 7.2.6 CONFIG_REPL_SYNCIO_TIMEOUT. */
const REPLY_MS = 5_000;
const ACK_MS = 1_000;
/** What stands for the offset of a master that told none (redis 7.2.6 server.master_initial_offset). */
const NO_OFFSET = -1;
const NO_POSITION = 'no replication id of ours yet';

export class Follower {
  master: { readonly host: string; readonly port: number } | undefined;
  /** Is given the bytes of every snapshot. */
  copy: SnapshotCopy | undefined;
  private readonly events = new LinkEvents();
  private state: State = { kind: 'idle' };
  /** There is a position to continue from: the stream's id and offset, and the database that it was in. */
  private position: { dbId: number } | undefined;
  /** When the link went down, ms; -1: it has not been up since we follow somebody (redis 7.2.6 server.repl_down_since). */
  private downSinceMs = -1;
  private ackTimer: Timer | undefined;
  private fullReason = NO_POSITION;
  private unreachable: ChannelError | undefined;

  constructor(
    private readonly parts: ReplicationParts,
    private readonly stream: ReplicationStream,
    private readonly downstream: Downstream,
  ) {}

  set observer(observer: LinkObserver) {
    this.events.observer = observer;
  }

  get isReplica(): boolean {
    return this.master !== undefined;
  }

  get connected(): boolean {
    return this.state.kind === 'streaming';
  }

  /** It has given up: only REPLICAOF goes on. */
  get stopped(): boolean {
    return this.state.kind === 'stopped';
  }

  /** The database that the stream is in, for an RDB; undefined without a position. */
  get streamDb(): number | undefined {
    return this.state.kind === 'streaming' ? this.state.link.dbId : this.position?.dbId;
  }

  /** Keeps a position read from an RDB: the first PSYNC asks to continue. */
  restore(dbId: number): void {
    this.position = { dbId };
  }

  /** A replica from the start, whose own data set is loaded before it attaches. */
  expect(host: string, port: number): void {
    this.master = { host, port };
    this.arm();
  }

  /**
   * Follows a master from now on.
   * @param tryToContinue our own history may be the beginning of the master's (we were its master, or its sibling)
   */
  follow(host: string, port: number, tryToContinue: boolean): void {
    const { state } = this;
    this.drop();
    this.fullReason = NO_POSITION;
    if (state.kind === 'stopped') {
      // To continue would only bring us back to what we cannot apply.
      this.position = undefined;
      this.fullReason = `replication had stopped: ${state.reason}`;
    } else if (tryToContinue && !this.isReplica) this.position = { dbId: 0 };
    this.master = { host, port };
    this.downstream.record();
    this.connect();
  }

  /** Follows nobody. */
  unfollow(): void {
    this.drop();
    this.master = undefined;
    this.position = undefined;
    this.downSinceMs = -1;
    this.enter({ kind: 'idle' });
    this.downstream.record();
  }

  /** Ends what is under way without trying again. */
  drop(): void {
    const { state } = this;
    this.leaveStream();
    if (state.kind === 'handshake') state.run.abort();
    else if (state.kind === 'snapshot') state.receiver.stop();
    else if (state.kind === 'streaming') state.link.stop();
    if (state.kind === 'snapshot') this.parts.engine.setLoading(undefined);
    this.state = { kind: 'idle' };
  }

  /** The stream, if it flowed, flows no more: keeps the position, notes the time. */
  private leaveStream(): void {
    const { state } = this;
    this.ackTimer?.cancel();
    if (state.kind !== 'streaming') return;
    if (this.position !== undefined) this.position = { dbId: state.link.dbId };
    this.downSinceMs = this.parts.engine.clock.nowMs();
  }

  private enter(state: State): void {
    this.state = state;
    this.arm();
  }

  /** Keeps the gates of a replica up to date; called again when the configuration changes. */
  arm(): void {
    const { engine } = this.parts;
    const { replicaReadOnly, replicaServeStaleData } = engine.config.values;
    engine.armGate(EngineGate.readOnlyReplica, this.isReplica && replicaReadOnly);
    engine.armGate(EngineGate.masterDown, this.isReplica && !this.connected && !replicaServeStaleData);
    engine.updateExpiryPolicy();
  }

  private connectSoon(): void {
    this.parts.engine.clock.endOfTurn(() => {
      if (this.state.kind === 'waiting') this.connect();
    });
  }

  private connect(): void {
    const { engine } = this.parts;
    const { host, port } = this.master!;
    const { values } = engine.config;
    const timeoutMs = values.replTimeout * 1000;
    engine.log.notice(`Connecting to MASTER ${host}:${port}`);
    this.events.connecting(host, port);
    this.unreachable = undefined;
    const asked = this.request();
    const psync: PsyncRequest =
      asked === undefined ? 'full' : { replid: ascii(asked.replid), offset: asked.offset };
    const run = runHandshake({
      dial: this.parts.dial(host, port),
      clock: engine.clock,
      conn: 1,
      originUs: engine.clock.monotonicUs(),
      timers: { connectMs: timeoutMs, replyMs: REPLY_MS, psyncIdleMs: timeoutMs, overallMs: timeoutMs },
      options: {
        manner: 'burst',
        user: optionalBytes(values.masteruser),
        pass: optionalBytes(values.masterauth),
        listeningPort: values.replicaAnnouncePort || this.parts.listeningPort(),
        announceIp: optionalBytes(values.replicaAnnounceIp),
        capa: [ascii('eof'), ascii('psync2')],
        psync,
        syncFallback: true,
      },
      observer: (event) => {
        if (event.kind === 'unreachable') this.unreachable = event.error;
        this.events.handshakeEvent(event);
      },
      done: (outcome, link) => this.handshakeOver(outcome, link, asked),
    });
    this.enter({ kind: 'handshake', run });
  }

  /** What PSYNC asks for; undefined: everything. */
  private request(): Asked | undefined {
    const { log } = this.parts.engine;
    if (this.position === undefined) {
      log.notice(`Partial resynchronization not possible: ${this.fullReason}`);
      return undefined;
    }
    const asked = { replid: this.stream.replid, offset: this.stream.offset + 1 };
    log.notice(`Trying a partial resynchronization (request ${asked.replid}:${asked.offset}).`);
    return asked;
  }

  private handshakeOver(outcome: Outcome, link: Link | undefined, asked: Asked | undefined): void {
    const { engine } = this.parts;
    switch (outcome.kind) {
      case 'full':
        // A history without a backlog was nobody's but ours: that it ends here needs no explanation.
        this.fullSync(link!, outcome.replid, outcome.offset, this.stream.active ? asked : undefined);
        break;
      case 'continue':
        if (asked !== undefined) this.continueWith(link!, outcome.replid);
        else {
          link!.channel.close();
          this.tryAgain('the master answered +CONTINUE although we asked for a full resync');
        }
        break;
      case 'sync':
        engine.log.notice(`Master does not support PSYNC or is in error state (reply: ${outcome.line})`);
        engine.log.notice('Retrying with SYNC...');
        this.fullReason = `the master refused PSYNC: ${outcome.line}`;
        this.fullSync(link!, undefined, undefined, undefined);
        break;
      case 'retry':
        this.tryAgain(`Master is currently unable to PSYNC but should be in the future: ${outcome.line}`);
        break;
      case 'failed':
        this.tryAgain(handshakeFailure(outcome, this.unreachable));
        break;
      case 'introduced':
        throw new Error('a handshake without PSYNC');
    }
  }

  private continueWith(link: Link, replid: Bytes | undefined): void {
    const { engine } = this.parts;
    const { stream } = this;
    const id = replid ?? stream.replid;
    if (id !== stream.replid) {
      engine.log.notice(`Master replication ID changed to ${id}`);
      stream.rename(id);
      // They learn the new id by asking to continue.
      this.downstream.disconnectAll();
    }
    if (!stream.active) stream.activate();
    engine.log.notice('MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.');
    this.events.tell({
      kind: 'partial-sync',
      replid: id,
      offset: stream.offset,
      reason: `the master's backlog holds ${stream.offset + 1}`,
    });
    this.streamFrom(link, this.position!.dbId, true);
  }

  private fullSync(
    link: Link,
    replid: Bytes | undefined,
    offset: number | undefined,
    asked: Asked | undefined,
  ): void {
    const { engine } = this.parts;
    engine.log.notice(
      replid === undefined
        ? 'Full resync from master without a replication id'
        : `Full resync from master: ${replid}:${offset}`,
    );
    this.tellFullSync(replid, offset, asked);
    this.copy?.begin();
    const receiver = new SnapshotReceiver(
      {
        copy: this.copy,
        store: engine.store,
        clock: engine.clock,
        stats: engine.stats,
        config: engine.config,
        progress: (receivedBytes, totalBytes, keys) => this.progress(receivedBytes, totalBytes, keys),
        done: (snapshot) => this.snapshotTaken(link, snapshot, replid, offset),
        failed: (reason, final) => this.snapshotFailed(reason, final),
      },
      link,
    );
    this.enter({ kind: 'snapshot', receiver });
    receiver.start();
  }

  /** Says why it is a full sync; when the master refused to continue, once it has told. */
  private tellFullSync(
    replid: Bytes | undefined,
    offset: number | undefined,
    asked: Asked | undefined,
  ): void {
    const { engine } = this.parts;
    const event = (reason: string): LinkEvent => ({
      kind: 'full-sync',
      reason,
      replid: replid ?? '',
      offset: offset ?? -1,
    });
    if (asked === undefined) {
      this.events.tell(event(this.fullReason));
      return;
    }
    const { values } = engine.config;
    const complete = this.events.hold(event('the master did not accept our position'));
    askWhyRefused({
      dial: this.parts.dial(this.master!.host, this.master!.port),
      clock: engine.clock,
      user: optionalBytes(values.masteruser),
      pass: optionalBytes(values.masterauth),
      asked: { replid: lower(ascii(asked.replid)), offset: asked.offset },
      given: replid === undefined ? undefined : lower(replid),
      done: (reason) => {
        engine.log.notice(`Partial resynchronization not accepted by the master: ${reason}`);
        complete(event(reason));
      },
    });
  }

  private progress(receivedBytes: number, totalBytes: number | undefined, keys: number): void {
    const { engine } = this.parts;
    if (engine.loading !== undefined) engine.loading.loadedBytes = receivedBytes;
    else if (this.refusesWhileLoading()) {
      const startedMs = engine.clock.nowMs();
      engine.setLoading({ startedMs, totalBytes: totalBytes ?? 0, loadedBytes: receivedBytes });
    }
    this.events.tell({ kind: 'snapshot', receivedBytes, totalBytes, keys });
  }

  /**
   * The old data is served until the new has arrived, an empty data set as well, which is what Redis does while it receives a file.
   * With `repl-diskless-load on-empty-db` it answers LOADING then, and so do we (redis 7.2.6 replication.c:useDisklessLoad).
   */
  private refusesWhileLoading(): boolean {
    const { config, store } = this.parts.engine;
    if (config.values.replDisklessLoad !== 'on-empty-db') return false;
    return store.databases.every((db) => db.size === 0) && store.functionLibraries.length === 0;
  }

  private snapshotFailed(reason: string, final: boolean): void {
    this.parts.engine.setLoading(undefined);
    if (final) this.stop(reason);
    else this.tryAgain(reason);
  }

  private snapshotTaken(
    link: Link,
    { loader, form, bytes, us }: ReceivedSnapshot,
    replid: Bytes | undefined,
    offset: number | undefined,
  ): void {
    const { engine } = this.parts;
    if (loader.streamDb >= engine.store.databases.length) {
      link.channel.close();
      this.snapshotFailed(
        `the stream is in database ${loader.streamDb}, and there are ${engine.store.databases.length} here (databases)`,
        true,
      );
      return;
    }
    this.downstream.disconnectAll();
    engine.replaceData(() => loader.install());
    engine.setLoading(undefined);
    const positioned = replid !== undefined && offset !== undefined;
    this.stream.adopt(positioned ? replid : engine.random.hex(40), offset ?? NO_OFFSET);
    engine.log.notice(`MASTER <-> REPLICA sync: Finished with success, ${loader.loaded} keys`);
    this.events.tell({
      kind: 'snapshot-done',
      bytes,
      us,
      rdbVersion: loader.version,
      keys: loader.loaded,
      checksum: loader.checksum ?? 'unverified',
    });
    const upstream = this.streamFrom(link, loader.streamDb, positioned);
    // In the EOF form the master holds the stream back until it hears from us.
    if (form === 'eof') upstream.sendAck();
  }

  private streamFrom(link: Link, dbId: number, positioned: boolean): UpstreamLink {
    const { engine } = this.parts;
    const upstream = new UpstreamLink(
      {
        engine,
        stream: this.stream,
        proxy: (bytes, start, end) => this.downstream.proxy(bytes, start, end),
        lost: (reason) => this.linkLost(reason),
        cannotApply: (reason, intact) => {
          this.stop(reason);
          if (!intact) this.position = undefined;
        },
        desynchronised: (reason) => {
          this.position = undefined;
          this.fullReason = `the stream could not be read: ${reason}`;
          this.linkLost(this.fullReason);
        },
      },
      link,
      dbId,
    );
    this.enter({ kind: 'streaming', link: upstream });
    this.position = positioned ? { dbId } : undefined;
    this.fullReason = positioned ? NO_POSITION : 'the master gave no replication id';
    this.downSinceMs = -1;
    this.events.tell({ kind: 'streaming', offset: this.stream.offset });
    // A master that told no position is not expected to know ACKs: it gets one when it asks.
    if (positioned) this.acknowledge(upstream);
    upstream.start();
    return upstream;
  }

  private acknowledge(upstream: UpstreamLink): void {
    this.ackTimer?.cancel();
    this.ackTimer = this.parts.engine.clock.after(ACK_MS, () => {
      upstream.sendAck();
      this.acknowledge(upstream);
    });
  }

  private linkLost(reason: string): void {
    this.leaveStream();
    this.parts.engine.log.notice(`Connection with master lost: ${reason}`);
    this.events.tell({ kind: 'lost', reason });
    this.enter({ kind: 'waiting' });
    this.connectSoon();
  }

  private tryAgain(reason: string): void {
    this.leaveStream();
    this.parts.engine.log.warning(`MASTER <-> REPLICA sync: ${reason}`);
    this.events.tell({ kind: 'retry', reason });
    this.enter({ kind: 'waiting' });
  }

  private stop(reason: string): void {
    this.leaveStream();
    this.parts.engine.log.warning(`Replication stopped: ${reason}. REPLICAOF begins anew.`);
    this.events.tell({ kind: 'stopped', reason });
    this.enter({ kind: 'stopped', reason });
  }

  /** Once a second: try again, time-outs, sign of life while loading. */
  cron(): void {
    const { state } = this;
    const now = this.parts.engine.clock.nowMs();
    const timeoutMs = this.parts.engine.config.values.replTimeout * 1000;
    switch (state.kind) {
      case 'waiting':
        this.connect();
        break;
      case 'snapshot':
        if (now - state.receiver.lastReadMs > timeoutMs) {
          state.receiver.stop();
          this.snapshotFailed('Timeout receiving bulk data from MASTER (repl-timeout)', false);
        } else state.receiver.sendNewline();
        break;
      case 'streaming':
        if (now - state.link.lastReadMs > timeoutMs)
          state.link.end('MASTER timeout: no data nor PING received (repl-timeout)');
        break;
      case 'idle':
      case 'handshake':
      case 'stopped':
        break;
    }
  }

  sendAck(): void {
    if (this.state.kind === 'streaming') this.state.link.sendAck();
  }

  /** Where the stream stands; undefined while it does not flow. */
  get streamProgress(): LinkProgress | undefined {
    if (this.state.kind !== 'streaming') return undefined;
    const { readOffset, commands, ackedMs } = this.state.link;
    return { offset: this.stream.offset, readOffset, commands, ackedMs };
  }

  /** The command of a handshake whose answer is awaited. */
  get waitsFor(): string | undefined {
    return this.state.kind === 'handshake' ? this.events.lastSent : undefined;
  }

  /** For ROLE. */
  get roleState(): string {
    switch (this.state.kind) {
      case 'idle':
        return this.isReplica ? 'connect' : 'none';
      case 'waiting':
      case 'stopped':
        return 'connect';
      case 'handshake':
        return this.events.lastSent === undefined ? 'connecting' : 'handshake';
      case 'snapshot':
        return 'sync';
      case 'streaming':
        return 'connected';
    }
  }

  /** The part of INFO replication that a replica has. */
  linkInfo(): MasterLink | undefined {
    if (this.master === undefined) return undefined;
    const { state } = this;
    const { clock, config } = this.parts.engine;
    const now = clock.nowMs();
    const seconds = (sinceMs: number) => Math.max(0, Math.floor((now - sinceMs) / 1000));
    const known = this.connected || this.position !== undefined;
    const offset = known ? this.stream.offset : 1;
    return {
      host: this.master.host,
      port: this.master.port,
      up: this.connected,
      lastIoSecondsAgo: state.kind === 'streaming' ? seconds(state.link.lastReadMs) : -1,
      syncInProgress: state.kind === 'snapshot',
      readOffset: state.kind === 'streaming' ? state.link.readOffset : offset,
      offset,
      ...(state.kind === 'snapshot' && {
        transfer: {
          totalBytes: state.receiver.totalBytes,
          readBytes: state.receiver.receivedBytes,
          lastIoSecondsAgo: seconds(state.receiver.lastReadMs),
        },
      }),
      ...(!this.connected && { downSinceSeconds: this.downSinceMs < 0 ? -1 : seconds(this.downSinceMs) }),
      priority: config.values.replicaPriority,
      readOnly: config.values.replicaReadOnly,
      announced: config.values.replicaAnnounced,
    };
  }
}
