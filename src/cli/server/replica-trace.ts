/**
 * ReplicaTrace: the Worker's side of `serve --trace`. Every connection is tapped until it shows whether it is a replica: one that
 * sends REPLCONF, PSYNC or SYNC is judged from its first byte to its last; any other is let go at its first command.
 */
import { lower } from '../../core/base/bytes.js';
import { type Clock, type Timer } from '../../core/base/clock.js';
import { type ReplicaEvent } from '../../core/diagnosis/replica/events.js';
import { ReplicaJudge } from '../../core/diagnosis/replica/judge.js';
import { ReplicaMemory } from '../../core/diagnosis/replica/memory.js';
import { type Connection } from '../../core/engine/connection.js';
import { type Receiver } from '../../core/net/tcp-server.js';
import { acceptTapped, type TappedConnection } from '../../core/net/wire-tap.js';
import { type Config } from '../../core/services/config/config.js';
import { type Log } from '../../core/services/log.js';
import { type FromEngine } from './messages.js';

const TICK_MS = 1000;
/** What replicas and clients alike begin with. */
const UNDECIDED: ReadonlySet<string> = new Set(['ping', 'auth', 'hello', 'client']);
const REPLICAS: ReadonlySet<string> = new Set(['replconf', 'psync', 'sync']);
/** Events of a connection that has not decided; a client that only ever sends PING is let go. */
const MOST_UNDECIDED = 32;

export interface TraceParts {
  readonly clock: Clock;
  readonly config: Config;
  readonly log: Log;
  say(message: FromEngine): void;
}

export class ReplicaTrace {
  private readonly traced = new Set<Traced>();
  private readonly memory = new ReplicaMemory();
  private timer: Timer | undefined;
  private last = 0;

  constructor(private readonly parts: TraceParts) {}

  /** Accepts a connection under a tap; for ServerParts.tap. */
  readonly accept = (
    connection: Connection,
    accept: (connection: Connection) => Receiver | undefined,
  ): Receiver | undefined => {
    const traced: Traced = new Traced(this.parts, connection, {
      attached: (): number => this.attached(traced),
      over: () => void this.traced.delete(traced),
      memory: this.memory,
    });
    const tapped = acceptTapped(connection, traced, accept);
    traced.connection = tapped;
    return tapped;
  };

  /** @returns its number */
  private attached(traced: Traced): number {
    this.traced.add(traced);
    this.timer ??= this.parts.clock.after(TICK_MS, () => this.tick());
    return ++this.last;
  }

  private tick(): void {
    this.timer = undefined;
    for (const traced of this.traced) traced.tick();
    if (this.traced.size > 0) this.timer = this.parts.clock.after(TICK_MS, () => this.tick());
  }

  close(): void {
    this.timer?.cancel();
  }
}

class Traced {
  connection: TappedConnection | undefined;
  /** Its number, once it is a replica. */
  private number: number | undefined;
  private waiting: ReplicaEvent[] = [];
  private readonly judge: ReplicaJudge;
  private readonly startMs: number;

  constructor(
    private readonly parts: TraceParts,
    private readonly peer: Connection,
    private readonly owner: { readonly memory: ReplicaMemory; attached(): number; over(): void },
  ) {
    this.startMs = this.nowMs();
    this.judge = new ReplicaJudge((event) => this.see(event), {
      replTimeoutMs: parts.config.values.replTimeout * 1000,
      memory: owner.memory,
      peerHost: peer.peerHost,
      masterIsOurs: true,
    });
  }

  private nowMs(): number {
    return this.parts.clock.monotonicUs() / 1000;
  }

  received(chunk: Buffer, start: number, end: number): void {
    this.guarded(() => this.judge.fromReplica(chunk, this.nowMs(), start, end));
  }

  sent(bytes: Buffer): void {
    this.guarded(() => this.judge.toReplica(bytes, this.nowMs()));
  }

  closed(by: 'peer' | 'us'): void {
    this.guarded(() => this.judge.closed(this.nowMs(), by === 'us' ? 'master' : 'replica'));
    this.owner.over();
  }

  tick(): void {
    this.guarded(() => this.judge.tick(this.nowMs()));
  }

  /** A fault of the trace is no reason for a server to end. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.letGo();
      this.owner.over();
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.parts.log.warning(`The trace of ${this.peer.peerAddress} ended with an error (a bug): ${stack}`);
    }
  }

  private see(event: ReplicaEvent): void {
    if (this.number !== undefined) {
      this.say(event);
      return;
    }
    this.waiting.push(event);
    if (event.kind === 'command') this.decide(lower(event.args[0]));
    else if (event.kind === 'odd' || this.waiting.length > MOST_UNDECIDED) this.letGo();
  }

  private decide(name: string): void {
    if (REPLICAS.has(name)) {
      this.number = this.owner.attached();
      const { peerAddress } = this.peer;
      this.say({ kind: 'attach', atMs: this.startMs, peer: peerAddress });
      for (const event of this.waiting.splice(0)) this.say(event);
    } else if (!UNDECIDED.has(name)) this.letGo();
  }

  /** A client: no more is looked at. */
  private letGo(): void {
    this.connection?.untap();
    this.waiting = [];
  }

  private say(event: ReplicaEvent | AttachEvent): void {
    this.parts.say({ type: 'trace', conn: this.number!, event });
  }
}

/** A connection has turned out to be a replica's. `atMs`: when it was accepted. */
export interface AttachEvent {
  readonly kind: 'attach';
  readonly atMs: number;
  readonly peer: string;
}
