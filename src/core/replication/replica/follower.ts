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
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { type Timer } from '../../base/clock.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { type MasterLink } from '../../info/replication.js';
import { type HandshakeRun, type Link, runHandshake } from '../handshake/run.js';
import { type Outcome } from '../handshake/machine.js';
import { type HandshakeEvent } from '../handshake/observer.js';
import { type PsyncRequest } from '../handshake/steps.js';
import { type LinkObserver, type ReplicationParts, optionalBytes } from '../ports.js';
import { type ReplicationStream } from '../stream.js';
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

export class Follower {
  master: { readonly host: string; readonly port: number } | undefined;
  observer: LinkObserver = () => undefined;
  private state: State = { kind: 'idle' };
  /** There is a position to continue from: the stream's id and offset, and the database that it was in. */
  private position: { dbId: number } | undefined;
  private downSinceMs = -1;
  private ackTimer: Timer | undefined;
  private fullReason = 'no replication id of ours yet';
  private startedUs = 0;

  constructor(
    private readonly parts: ReplicationParts,
    private readonly stream: ReplicationStream,
    private readonly downstream: Downstream,
  ) {}

  get isReplica(): boolean {
    return this.master !== undefined;
  }

  get connected(): boolean {
    return this.state.kind === 'streaming';
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
    this.drop();
    if (tryToContinue && this.stream.active) this.position ??= { dbId: this.streamDb ?? 0 };
    this.master = { host, port };
    this.downSinceMs = -1;
    this.fullReason = 'no replication id of ours yet';
    this.enter({ kind: 'waiting' });
    this.downstream.record();
    this.connectSoon();
  }

  /** Follows nobody. */
  unfollow(): void {
    this.drop();
    this.master = undefined;
    this.position = undefined;
    this.enter({ kind: 'idle' });
    this.downstream.record();
  }

  /** Ends what is under way without trying again. */
  drop(): void {
    const { state } = this;
    if (state.kind === 'streaming') this.position = { dbId: state.link.dbId };
    this.ackTimer?.cancel();
    if (state.kind === 'handshake') state.run.abort();
    else if (state.kind === 'snapshot') state.receiver.stop();
    else if (state.kind === 'streaming') state.link.stop();
    if (state.kind === 'snapshot') this.parts.engine.setLoading(undefined);
    this.state = { kind: 'idle' };
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
    if (engine.loading === undefined) engine.store.expiryPolicy = this.isReplica ? 'hide' : 'delete';
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
    this.observer({ kind: 'connecting', host, port });
    this.startedUs = engine.clock.monotonicUs();
    const psync = this.request();
    const run = runHandshake({
      dial: this.parts.dial(host, port),
      clock: engine.clock,
      conn: 1,
      originUs: this.startedUs,
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
      observer: (event) => this.watch(event),
      done: (outcome, link) => this.handshakeOver(outcome, link, psync !== 'full'),
    });
    this.enter({ kind: 'handshake', run });
  }

  private request(): PsyncRequest {
    if (this.position === undefined) return 'full';
    this.parts.engine.log.notice(
      `Trying a partial resynchronization (request ${this.stream.replid}:${this.stream.offset + 1}).`,
    );
    return { replid: ascii(this.stream.replid), offset: this.stream.offset + 1 };
  }

  private watch(event: HandshakeEvent): void {
    if (event.kind !== 'connect') return;
    this.observer({ kind: 'connected', address: event.remote, us: event.atUs });
  }

  private handshakeOver(outcome: Outcome, link: Link | undefined, asked: boolean): void {
    const { engine } = this.parts;
    switch (outcome.kind) {
      case 'full':
        if (asked)
          this.fullReason = `the master did not accept our position ${this.stream.replid}:${this.stream.offset + 1}`;
        this.fullSync(link!, outcome.replid, outcome.offset);
        break;
      case 'continue':
        if (asked) this.continueWith(link!, outcome.replid);
        else this.tryAgain('the master answered +CONTINUE although we asked for a full resync');
        break;
      case 'sync':
        engine.log.notice('Master does not support PSYNC or is in error state, using SYNC');
        this.fullReason = `the master refused PSYNC: ${outcome.line}`;
        this.fullSync(link!, undefined, undefined);
        break;
      case 'retry':
        this.tryAgain(`the master is currently unable to PSYNC: ${outcome.line}`);
        break;
      case 'failed':
        this.tryAgain(`handshake failed at ${outcome.step}: ${outcome.line ?? outcome.why}`);
        break;
      case 'introduced':
        throw new Error('a handshake without PSYNC');
    }
  }

  private continueWith(link: Link, replid: Bytes | undefined): void {
    const { engine } = this.parts;
    const { stream } = this;
    const id = replid === undefined ? stream.replid : lower(replid);
    if (id !== stream.replid) {
      engine.log.notice(`Master replication ID changed to ${id}`);
      stream.rename(id);
      // They learn the new id by asking to continue.
      this.downstream.disconnectAll();
    }
    engine.log.notice('MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.');
    this.observer({
      kind: 'partial-sync',
      replid: id,
      offset: stream.offset,
      reason: `the master's backlog holds ${stream.offset + 1}`,
    });
    this.streamFrom(link, this.position!.dbId, true);
  }

  private fullSync(link: Link, replid: Bytes | undefined, offset: number | undefined): void {
    const { engine } = this.parts;
    engine.log.notice(
      replid === undefined
        ? 'Full resync from master without a replication id'
        : `Full resync from master: ${replid}:${offset}`,
    );
    this.observer({ kind: 'full-sync', reason: this.fullReason, replid: replid ?? '', offset: offset ?? -1 });
    // Old data without a value for anybody need not be served meanwhile.
    const empty = engine.store.databases.every((db) => db.size === 0);
    const receiver = new SnapshotReceiver(
      {
        store: engine.store,
        clock: engine.clock,
        verifyChecksum: engine.config.values.rdbchecksum,
        progress: (receivedBytes, totalBytes, keys) => {
          if (engine.loading !== undefined) engine.loading.loadedBytes = receivedBytes;
          else if (empty)
            engine.setLoading({
              startedMs: engine.clock.nowMs(),
              totalBytes: totalBytes ?? 0,
              loadedBytes: receivedBytes,
            });
          this.observer({ kind: 'snapshot', receivedBytes, totalBytes, keys });
        },
        done: (snapshot) => this.snapshotTaken(link, snapshot, replid, offset),
        failed: (reason, final) => this.snapshotFailed(reason, final),
      },
      link,
    );
    this.enter({ kind: 'snapshot', receiver });
    receiver.start();
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
    this.downstream.disconnectAll();
    engine.replaceData(() => loader.install());
    engine.setLoading(undefined);
    const positioned = replid !== undefined && offset !== undefined;
    this.stream.adopt(positioned ? lower(replid) : this.parts.engine.random.hex(40), offset ?? 0);
    engine.log.notice(`MASTER <-> REPLICA sync: Finished with success, ${loader.loaded} keys`);
    this.observer({
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
        cannotApply: (reason) => this.stop(reason),
        desynchronised: (reason) => {
          this.position = undefined;
          this.fullReason = `the stream could not be read: ${reason}`;
          this.tryAgain(this.fullReason);
        },
      },
      link,
      dbId,
      positioned,
    );
    this.enter({ kind: 'streaming', link: upstream });
    this.position = positioned ? { dbId } : undefined;
    this.observer({ kind: 'streaming', offset: this.stream.offset });
    this.acknowledge(upstream);
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
    const { state } = this;
    if (state.kind === 'streaming' && this.position !== undefined) this.position = { dbId: state.link.dbId };
    this.ackTimer?.cancel();
    this.downSinceMs = this.parts.engine.clock.nowMs();
    this.parts.engine.log.notice(`Connection with master lost: ${reason}`);
    this.observer({ kind: 'lost', reason });
    this.enter({ kind: 'waiting' });
    this.connectSoon();
  }

  private tryAgain(reason: string): void {
    this.ackTimer?.cancel();
    this.parts.engine.log.warning(`MASTER <-> REPLICA sync: ${reason}`);
    this.observer({ kind: 'retry', reason });
    this.enter({ kind: 'waiting' });
  }

  private stop(reason: string): void {
    this.ackTimer?.cancel();
    this.downSinceMs = this.parts.engine.clock.nowMs();
    this.parts.engine.log.warning(`Replication stopped: ${reason}`);
    this.observer({ kind: 'stopped', reason });
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
          this.snapshotFailed('timeout receiving bulk data from the master (repl-timeout)', false);
        } else state.receiver.sendNewline();
        break;
      case 'streaming':
        if (now - state.link.lastReadMs > timeoutMs)
          state.link.end('no data nor PING from the master (repl-timeout)');
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

  /** For ROLE. */
  get roleState(): string {
    switch (this.state.kind) {
      case 'idle':
        return 'none';
      case 'waiting':
      case 'stopped':
        return 'connect';
      case 'handshake':
        return 'handshake';
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
          totalBytes: state.receiver.totalBytes ?? 0,
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
