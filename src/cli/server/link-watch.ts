/**
 * LinkWatch: the Worker's side of `replica`'s view. It passes the events of the link on to the main thread, and as log lines to
 * the log; it adds what the master is to the handshake, and once a second, when asked, where the stream stands.
 *
 * With a view a handshake is told when the master has said what it is, or a moment later; what follows waits behind it. In the log
 * of a backup, which may end within that moment, only what follows does.
 */
import { toText, type Bytes } from '../../core/base/bytes.js';
import { type Clock, type Timer } from '../../core/base/clock.js';
import { connectTo } from '../../core/net/client-connection.js';
import { hostPort } from '../../core/net/target.js';
import { type LinkEvent } from '../../core/replication/ports.js';
import { type Server } from '../../core/server.js';
import { type Config } from '../../core/services/config/config.js';
import { type Log } from '../../core/services/log.js';
import { linkLogLine, noTally, summaryLine, tally } from '../render/replica-facts.js';
import { printable } from '../text.js';
import { type Backup } from './backup.js';
import { MasterQuestions } from './master-questions.js';
import { type FromEngine, type LinkMessage, type LinkSample } from './messages.js';

const SAMPLE_MS = 1000;
/** Progress of a snapshot: for the eye, and for the log. */
const PROGRESS_MS = 100;
const LOGGED_PROGRESS_MS = 5000;
/** How long a handshake waits for the master to say what it is. */
const ANSWER_MS = 300;

export interface WatchParts {
  readonly server: Server;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Take a sample each second. */
  readonly samples: boolean;
  /** Sees each event as well, after what there is to say of it: it ends the process. */
  readonly backup?: Backup | undefined;
  say(message: FromEngine): void;
}

/** After these the link of before is no more; a connection attempt follows REPLICAOF without another word. */
const LINK_OVER: ReadonlySet<LinkEvent['kind']> = new Set(['connecting', 'lost', 'retry', 'stopped']);

export class LinkWatch {
  private master: MasterQuestions | undefined;
  private address = { host: '', port: 0 };
  private waiting: { readonly handshake: LinkMessage | undefined; readonly later: LinkMessage[] } | undefined;
  private answerTimer: Timer | undefined;
  private sampleTimer: Timer | undefined;
  private shownMs = -Infinity;
  private loggedMs = -Infinity;
  /** Commands of earlier links, and those of the present one as last seen. */
  private commands = { before: 0, link: 0 };
  private counts = noTally;
  private closed = false;

  constructor(private readonly parts: WatchParts) {
    parts.server.replication.follower.observer = (event) => this.see(event);
    if (parts.samples) this.tickLater();
  }

  private nowMs(): number {
    return this.parts.clock.monotonicUs() / 1000;
  }

  private see(event: LinkEvent): void {
    const progress = this.parts.server.replication.follower.streamProgress;
    if (progress) this.commands.link = progress.commands;
    const ended = progress && event.kind !== 'streaming';
    const offset = ended ? { offset: progress.offset } : {};
    const message: LinkMessage = { type: 'link', atMs: this.nowMs(), event, ...offset };
    if (LINK_OVER.has(event.kind)) this.linkOver();
    if (event.kind === 'connecting') this.address = event;
    if (event.kind === 'streaming') this.newLink();
    if (event.kind === 'handshake') this.askFirst(message);
    else if (this.waiting) this.waiting.later.push(message);
    else this.pass(message);
  }

  /** Holds the handshake back until the master has said what it is. */
  private askFirst(handshake: LinkMessage): void {
    this.release(undefined);
    this.master?.close();
    const { clock } = this.parts;
    const { host, port } = this.address;
    const { masteruser, masterauth } = this.parts.config.values;
    const dial = connectTo({ kind: 'tcp', host, port, tls: false }, { clock });
    const login = { user: asText(masteruser), pass: asText(masterauth) };
    const master = (this.master = new MasterQuestions(dial, hostPort(host, port), clock, login));
    if (!this.parts.samples) {
      // The log need not wait: its lines have their time.
      this.pass(handshake);
      if (this.parts.backup === undefined) {
        void master.server().then((server) => this.logMaster(master, server));
        return;
      }
    }
    this.waiting = { handshake: this.parts.samples ? handshake : undefined, later: [] };
    this.answerTimer = clock.after(ANSWER_MS, () => this.release(undefined));
    void master.server().then((server) => {
      if (this.master === master) this.release(server);
    });
  }

  private logMaster(master: MasterQuestions, server: string | undefined): void {
    master.close();
    if (server !== undefined) this.parts.log.notice(`The master is ${printable(server)}`);
  }

  private release(server: string | undefined): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    this.answerTimer?.cancel();
    const { handshake } = waiting;
    if (handshake !== undefined) this.pass({ ...handshake, ...(server !== undefined && { server }) });
    else if (this.master && server !== undefined) this.logMaster(this.master, server);
    for (const message of waiting.later) this.pass(message);
  }

  private pass(message: LinkMessage): void {
    this.counts = tally(this.counts, message.event);
    this.show(message);
    this.write(message);
    this.parts.backup?.see(message.event);
  }

  private show(message: LinkMessage): void {
    const { event, atMs } = message;
    if (event.kind === 'snapshot') {
      if (atMs - this.shownMs < PROGRESS_MS) return;
      this.shownMs = atMs;
    }
    this.parts.say(message);
  }

  private write(message: LinkMessage): void {
    const { event, atMs } = message;
    if (event.kind === 'connecting') this.loggedMs = atMs;
    if (event.kind === 'snapshot') {
      if (atMs - this.loggedMs < LOGGED_PROGRESS_MS) return;
      this.loggedMs = atMs;
    }
    const line = linkLogLine(message, this.parts.server.port);
    if (line !== undefined) this.parts.log.notice(line);
  }

  private newLink(): void {
    const { before, link } = this.commands;
    this.commands = { before: before + link, link: 0 };
  }

  private linkOver(): void {
    this.release(undefined);
    this.master?.close();
    this.master = undefined;
  }

  private tickLater(): void {
    this.sampleTimer = this.parts.clock.after(SAMPLE_MS, () => this.tick());
  }

  private tick(): void {
    this.tickLater();
    if (!this.parts.server.replication.isReplica) this.linkOver();
    const { master } = this;
    if (master === undefined) {
      this.sample(undefined);
      return;
    }
    void master.offset().then((offset) => {
      if (!this.closed) this.sample(this.master === master ? offset : undefined);
    });
  }

  private sample(masterOffset: number | undefined): void {
    this.parts.say({ type: 'sample', sample: this.takeSample(masterOffset) });
  }

  private takeSample(masterOffset: number | undefined): LinkSample {
    const { server, clock } = this.parts;
    const { follower, stream } = server.replication;
    const progress = follower.streamProgress;
    if (progress) this.commands.link = progress.commands;
    return {
      atMs: this.nowMs(),
      state: follower.isReplica ? follower.roleState : 'master',
      offset: stream.offset,
      ...(follower.waitsFor !== undefined && { waitsFor: printable(follower.waitsFor) }),
      ...(progress && {
        behindBytes: Math.max(0, (masterOffset ?? progress.readOffset) - progress.offset),
        ...(progress.ackedMs !== undefined && { ackAgeMs: Math.max(0, clock.nowMs() - progress.ackedMs) }),
      }),
      commands: this.commands.before + this.commands.link,
      keys: server.engine.store.databases.reduce((sum, db) => sum + db.size, 0),
      port: server.port,
    };
  }

  /** The last sample, and the summary for the log. To be called before the server is closed. */
  close(): void {
    this.closed = true;
    this.sampleTimer?.cancel();
    this.linkOver();
    const sample = this.takeSample(undefined);
    this.parts.say({ type: 'sample', sample });
    this.parts.log.notice(summaryLine(sample, this.counts));
  }
}

function asText(value: Bytes | string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : toText(value as Bytes);
}
