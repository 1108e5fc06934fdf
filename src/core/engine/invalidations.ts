/**
 * Invalidations: client tracking as the engine runs it. It feeds the table (services/tracking) with what clients read and what
 * changes, and writes the messages: pushes in RESP3, messages of the channel `__redis__:invalidate` for a RESP2 client that another
 * one redirects to.
 *
 * What the running command changes under its own client is told after its answer. Rules: redis 7.2.6 tracking.c.
 */
import { ascii, type Bytes } from '../base/bytes.js';
import { ClientFlag, type TrackingPort } from '../commands/context.js';
import { keysOf } from '../commands/derive.js';
import { type Command } from '../commands/spec.js';
import { orderFields } from '../info/model.js';
import { type ReplyWriter } from '../protocol/reply-writer.js';
import { Tracking, type TrackingMode } from '../services/tracking.js';
import { Armed } from '../store/write-gate.js';
import { type Engine } from './engine.js';
import { EngineGate, Observer } from './gate-bits.js';
import { type Pushes } from './pushes.js';
import { type Session } from './session.js';

const CHANNEL = ascii('__redis__:invalidate');
const FLAGS =
  ClientFlag.tracking | ClientFlag.trackingBroadcast | ClientFlag.trackingBroken | ClientFlag.caching;

/** All keys that a client holds. */
const ALL = undefined;

export class Invalidations implements TrackingPort {
  private readonly tracking: Tracking<Session>;
  /** Of the running command's own client. */
  private own: (Bytes | typeof ALL)[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly pushes: Pushes,
  ) {
    const { sessions, clients, cron, turn, infoReport, random } = engine;
    this.tracking = new Tracking<Session>({
      random,
      byId: (id) => clients.byId(id),
      invalidated: (session, key) => this.invalidated(session, key),
      broadcast: (session, keys) => this.tell(session, (writer) => writer.bulks(keys)),
      changed: () => this.arm(),
    });
    const forget = (session: Session) => {
      this.tracking.forgetClient(session);
      session.setFlag(FLAGS, false);
    };
    sessions.onEnd(forget);
    sessions.onReset(forget);
    turn.step('tracking-broadcast', () => this.tracking.broadcast());
    cron.eachTick(() => this.limit(undefined));
    clients.line.provide('redir', ({ tracking }) => tracking?.redirect ?? -1);
    infoReport.provide('clients', () => orderFields('clients', { tracking_clients: this.tracking.clients }));
    infoReport.provide('stats', () =>
      orderFields('stats', {
        tracking_total_keys: this.tracking.totalKeys,
        tracking_total_items: this.tracking.totalItems,
        tracking_total_prefixes: this.tracking.totalPrefixes,
      }),
    );
  }

  private arm(): void {
    const { gate, dispatcher } = this.engine;
    const some = this.tracking.clients > 0;
    gate.arm(Armed.tracking, this.tracking.isActive);
    this.engine.armGate(EngineGate.tracking, some);
    dispatcher.observe(Observer.tracking, some);
  }

  enable(session: Session, mode: TrackingMode): void {
    this.tracking.enable(session, mode);
    session.setFlag(ClientFlag.trackingBroken | ClientFlag.trackingBroadcast, false);
    session.setFlag(ClientFlag.tracking | (mode.broadcast ? ClientFlag.trackingBroadcast : 0), true);
  }

  disable(session: Session): void {
    this.tracking.disable(session);
    session.setFlag(FLAGS, false);
  }

  /** Too many keys are remembered: some are forgotten, and those who hold them hear of it. `current` is the client being served. */
  limit(current: Session | undefined): void {
    if (this.tracking.clients > 0)
      this.tracking.limit(this.engine.config.values.trackingTableMaxKeys, current);
  }

  /** The client `session` was served by a command, its own or one of its script's: what that has read is remembered. */
  remember(session: Session, command: Command, argv: readonly Bytes[]): void {
    const { tracking: mode, flags } = session;
    if (mode === undefined || mode.broadcast) return;
    const caching = (flags & ClientFlag.caching) !== 0;
    if ((mode.optIn && !caching) || (mode.optOut && caching)) return;
    for (const { index } of keysOf(command, argv)) this.tracking.remember(session, argv[index]);
  }

  /** A key has changed. `byServer`: no client's command did it. */
  touched(key: Bytes, byServer: boolean): void {
    const { dispatcher, context, turn } = this.engine;
    const by = byServer || dispatcher.depth === 0 ? undefined : (context.client as Session);
    this.tracking.invalidate(key, by, dispatcher.current);
    if (this.tracking.hasBroadcast) turn.arm();
  }

  /** Everything has changed: FLUSHDB, FLUSHALL, a new data set. */
  flushed(): void {
    const { clients, dispatcher } = this.engine;
    if (this.tracking.clients > 0) {
      for (const session of clients.list()) {
        if (session.tracking === undefined) continue;
        if (session === dispatcher.current && dispatcher.depth > 0) this.wait(ALL);
        else this.tellAll(session);
      }
    }
    this.tracking.clear();
  }

  private invalidated(session: Session, key: Bytes): void {
    const { dispatcher } = this.engine;
    if (session === dispatcher.current && dispatcher.depth > 0) this.wait(key);
    else this.tellKey(session, key);
  }

  private wait(key: Bytes | typeof ALL): void {
    this.own.push(key);
    this.engine.dispatcher.observe(Observer.own, true);
  }

  /** The command of `session` has been answered: it hears what that changed under it. */
  release(session: Session): void {
    const { own } = this;
    this.own = [];
    this.engine.dispatcher.observe(Observer.own, false);
    if (session.closed || session.tracking === undefined) return;
    for (const key of own) {
      if (key === ALL) this.tellAll(session);
      else this.tellKey(session, key);
    }
  }

  private tellKey(session: Session, key: Bytes): void {
    this.tell(session, (writer) => {
      writer.array(1);
      writer.bulk(key);
    });
  }

  /** Every key is out of date: a null, in the protocol of the client that is tracked (also when another one is told). */
  private tellAll(session: Session): void {
    const text = session.reply.resp === 3 ? '_\r\n' : '$-1\r\n';
    this.tell(session, (writer) => writer.raw(text));
  }

  /** Writes one message, with `write` for the keys, to the client or to the one that it redirects to. */
  private tell(session: Session, write: (writer: ReplyWriter) => void): void {
    const { redirect } = session.tracking!;
    const target = redirect === 0 ? session : this.engine.clients.byId(redirect);
    if (target === undefined) {
      this.redirectionBroken(session, redirect);
      return;
    }
    const resp3 = target.reply.resp === 3;
    // RESP2 knows no pushes: only a subscriber that somebody redirects to can be told.
    if (!resp3 && (redirect === 0 || !(target.flags & ClientFlag.pubsub))) return;
    const writer = this.pushes.writerFor(target);
    if (writer === undefined) return;
    writer.push(resp3 ? 2 : 3);
    writer.bulkText(resp3 ? 'invalidate' : 'message');
    if (!resp3) writer.bulk(CHANNEL);
    write(writer);
    this.pushes.written(target);
  }

  private redirectionBroken(session: Session, redirect: number): void {
    session.setFlag(ClientFlag.trackingBroken, true);
    if (session.reply.resp === 2) return;
    const writer = this.pushes.writerFor(session);
    if (writer === undefined) return;
    writer.push(2);
    writer.bulkText('tracking-redir-broken');
    writer.int(redirect);
    this.pushes.written(session);
  }
}
