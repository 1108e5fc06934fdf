/**
 * Follower: the side that attaches to a master.
 *
 *   idle ──follow──► waiting ──► handshake ──► snapshot ──► streaming
 *                       ▲            │             │            │        the link is lost: partial resync next, when there
 *                       └────────────┴─────────────┴────────────┘        is a position; else a full one
 *                                                  └──► stopped          cannot be applied: only REPLICAOF goes on
 *
 * The snapshot is FullSync's, the stream UpstreamLink's; here is what comes after what. Rules: redis 7.2.6 replication.c:
 * connectWithMaster, syncWithMaster, replicationSetMaster, replicationUnsetMaster, replicationCron.
 */
import { type ChannelError } from '../../base/byte-channel.js';
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Timer } from '../../base/clock.js';
import { EngineGate } from '../../engine/gate-bits.js';
import { type MasterLink } from '../../info/replication.js';
import { type Link, REDIS_TIMERS, runHandshake } from '../handshake/run.js';
import { type Outcome } from '../handshake/machine.js';
import { type PsyncRequest } from '../handshake/steps.js';
import {
  type LinkObserver,
  type LinkProgress,
  type ReplicationParts,
  type SnapshotCopy,
  optionalBytes,
} from '../ports.js';
import { type ReplicationStream } from '../stream.js';
import { handshakeFailure } from './failures.js';
import { FullSync } from './full-sync.js';
import { LinkEvents } from './link-events.js';
import { linkFields, roleState, type LinkState } from './link-state.js';
import { type Asked } from './refusal.js';
import { UpstreamLink } from './upstream-link.js';

/** What the follower does to the master side of the same server. */
export interface Downstream {
  disconnectAll(): void;
  proxy(bytes: Buffer, start: number, end: number): void;
  record(): void;
}

const ACK_MS = 1_000;
const NO_POSITION = 'no replication id of ours yet';

export class Follower {
  master: { readonly host: string; readonly port: number } | undefined;
  /** Is given the bytes of every snapshot. */
  copy: SnapshotCopy | undefined;
  private readonly events = new LinkEvents();
  private state: LinkState = { kind: 'idle' };
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
    else if (state.kind === 'snapshot') state.sync.stop();
    else if (state.kind === 'streaming') state.link.stop();
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

  private enter(state: LinkState): void {
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
      timers: { ...REDIS_TIMERS, connectMs: timeoutMs, psyncIdleMs: timeoutMs, overallMs: timeoutMs },
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
    const { host, port } = this.master!;
    const sync = new FullSync(
      this.parts,
      {
        stream: this.stream,
        events: this.events,
        copy: this.copy,
        dropSubReplicas: () => this.downstream.disconnectAll(),
        taken: (dbId, positioned, ackAtOnce) => {
          const upstream = this.streamFrom(link, dbId, positioned);
          if (ackAtOnce) upstream.sendAck();
        },
        failed: (reason, final) => {
          if (final) this.stop(reason);
          else this.tryAgain(reason);
        },
      },
      { link, replid, offset, asked, reason: this.fullReason, dial: () => this.parts.dial(host, port) },
    );
    this.enter({ kind: 'snapshot', sync });
    sync.start();
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
        state.sync.eachSecond();
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
    return roleState(this.state, this.isReplica, this.events.lastSent !== undefined);
  }

  /** The part of INFO replication that a replica has. */
  linkInfo(): MasterLink | undefined {
    if (this.master === undefined) return undefined;
    const { clock, config } = this.parts.engine;
    const { replicaPriority, replicaReadOnly, replicaAnnounced } = config.values;
    const known = this.connected || this.position !== undefined;
    return {
      ...linkFields({
        master: this.master,
        state: this.state,
        offset: known ? this.stream.offset : undefined,
        downSinceMs: this.downSinceMs,
        nowMs: clock.nowMs(),
      }),
      priority: replicaPriority,
      readOnly: replicaReadOnly,
      announced: replicaAnnounced,
    };
  }
}
