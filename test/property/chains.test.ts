/**
 * Several servers on one network that is cut, slow and torn at any byte, while they write, follow one another, are promoted and change
 * their masters. At any moment: the same replication id and offset mean the same data. At the end, when the network is good again and
 * one of them is the master of all: the same data everywhere. One seed is one history.
 */
import { describe, expect, it } from 'vitest';
import { type ByteChannel, type ChannelEvents, type Dial } from '../../src/core/base/byte-channel.js';
import { type Bytes } from '../../src/core/base/bytes.js';
import { type Clock } from '../../src/core/base/clock.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { datasetDigest } from '../../src/core/commands/server/digest.js';
import { type Connection } from '../../src/core/engine/connection.js';
import { type Session } from '../../src/core/engine/session.js';
import { memoryServer, type MemoryClient, type MemoryServer } from '../support/memory-server.js';

/** One connection of a replica to its master, both ends of it. */
class Line implements Connection {
  readonly peerHost = '10.0.0.1';
  readonly peerAddress = '10.0.0.1:1';
  readonly localAddress = '10.0.0.2:1';
  readonly isUnix = false;
  readonly isLoopback = true;
  over = false;
  private ends = false;
  private readonly up: Buffer[] = [];
  private readonly down: Buffer[] = [];
  private drained: (() => void)[] = [];
  private session: Session | undefined;

  constructor(
    private readonly events: ChannelEvents,
    private readonly clock: Clock,
  ) {}

  open(target: MemoryServer): void {
    this.session = target.engine.accept(this);
    const unsent = () => this.up.reduce((sum, piece) => sum + piece.length, 0);
    const end = { address: '10.0.0.2:1', host: '10.0.0.2', port: 1 };
    const channel: ByteChannel = {
      local: end,
      remote: end,
      write: (bytes: Bytes) => void this.up.push(Buffer.from(bytes, 'latin1')),
      writeBuffer: (bytes) => void this.up.push(Buffer.from(bytes)),
      get unsentBytes() {
        return unsent();
      },
      pause: () => undefined,
      resume: () => undefined,
      close: () => this.close('us'),
    };
    this.events.onOpen(channel);
  }

  private close(by: 'us' | 'peer' | 'error'): void {
    if (this.over) return;
    this.over = true;
    this.session?.disconnected();
    this.events.onClose(
      by === 'error' ? { by, error: { code: 'ECONNRESET', message: 'reset', layer: 'stream' } } : { by },
    );
  }

  cut(): void {
    this.close('error');
  }

  /** Delivers at most `bytes` in each direction, as one segment each. */
  deliver(bytes: number): void {
    const up = take(this.up, bytes);
    if (up !== undefined && !this.over) {
      this.session?.receive(up, 0, up.length);
      up.fill(0xee);
    }
    const down = take(this.down, bytes);
    if (down !== undefined && !this.over) {
      this.events.onData(down, this.clock.monotonicUs());
      down.fill(0xee);
    }
    if (this.down.length > 0) return;
    for (const callback of this.drained.splice(0)) callback();
    if (this.ends) this.close('peer');
  }

  get queuedBytes(): number {
    return this.down.reduce((sum, piece) => sum + piece.length, 0);
  }

  write(latin1: string): void {
    this.writeBuffer(Buffer.from(latin1, 'latin1'));
  }

  writeBuffer(bytes: Buffer): void {
    if (!this.over && bytes.length > 0) this.down.push(Buffer.from(bytes));
  }

  writeTransient(bytes: Buffer): boolean {
    this.writeBuffer(bytes);
    return true;
  }

  onDrained(callback: () => void): void {
    this.drained.push(callback);
  }

  pauseReading(): void {
    // What replicas send is little.
  }

  resumeReading(): void {
    // Never paused.
  }

  end(): void {
    this.ends = true;
  }

  destroy(): void {
    this.ends = true;
    this.down.length = 0;
  }
}

function take(queue: Buffer[], bytes: number): Buffer | undefined {
  if (queue.length === 0) return undefined;
  const all = Buffer.concat(queue.splice(0));
  if (all.length > bytes) queue.push(Buffer.from(all.subarray(bytes)));
  return Buffer.from(all.subarray(0, bytes));
}

class World {
  readonly servers: MemoryServer[] = [];
  readonly clients: MemoryClient[] = [];
  lines: Line[] = [];
  private readonly random: SeededRandom;
  readonly told: string[] = [];

  constructor(seed: number, count: number) {
    this.random = new SeededRandom(seed);
    for (let i = 0; i < count; i++) {
      const directives = {
        'repl-backlog-size': '20kb',
        'repl-timeout': '10',
        'repl-ping-replica-period': '3',
      };
      const server = memoryServer(
        directives,
        seed * 100 + i,
        (clock) => (_host, port) => this.dial(clock, port),
      );
      this.servers.push(server);
      this.clients.push(server.connect());
    }
  }

  private dial(clock: Clock, port: number): Dial {
    return (events) => {
      const line = new Line(events, clock);
      let abandoned = false;
      clock.after(1, () => {
        if (abandoned) return;
        this.lines.push(line);
        line.open(this.servers[port]);
      });
      return () => (abandoned = true);
    };
  }

  below(n: number): number {
    return this.random.below(n);
  }

  /** Time passes, bytes arrive. */
  pass(ms: number, segment: () => number): void {
    for (let left = ms; left > 0; left -= 100) {
      for (const server of this.servers) server.clock.advance(Math.min(100, left));
      for (const line of [...this.lines]) line.deliver(segment());
      for (const server of this.servers) server.clock.runTurn();
      this.lines = this.lines.filter((line) => !line.over);
    }
  }

  step(): void {
    const n = this.below(this.servers.length);
    const dice = this.below(100);
    if (dice < 50) this.write(n);
    else if (dice < 58) this.run(n, `REPLICAOF h ${this.other(n)}`);
    else if (dice < 62) this.run(n, 'REPLICAOF NO ONE');
    else if (dice < 70) this.tear();
    else if (dice < 73) this.run(n, `CONFIG SET repl-backlog-size ${16 * 1024 + this.below(60_000)}`);
    else if (dice < 76) this.run(n, `CONFIG SET repl-diskless-sync ${this.below(2) === 0 ? 'yes' : 'no'}`);
    else this.pass(100 * (1 + this.below(20)), () => 1 + this.below(this.below(3) === 0 ? 20 : 5000));
  }

  /** A link is lost a few bytes after something was written. */
  private tear(): void {
    for (let n = 0; n < this.servers.length; n++) this.write(n);
    this.pass(100, () => 1 + this.below(200));
    this.lines[this.below(Math.max(1, this.lines.length))]?.cut();
  }

  private other(n: number): number {
    return (n + 1 + this.below(this.servers.length - 1)) % this.servers.length;
  }

  run(n: number, line: string): string {
    this.told.push(`${n}: ${line}`);
    return this.clients[n].run(line);
  }

  private write(n: number): void {
    const key = `k${this.below(5)}`;
    const forms = [
      `SET ${key} ${this.below(1e6)}`,
      `RPUSH l${this.below(3)} ${'x'.repeat(this.below(300))}y`,
      `INCR n`,
      `DEL ${key}`,
      `SELECT ${this.below(3)}`,
      `SETRANGE s ${this.below(2000)} ${this.below(1e6)}`,
      `SPOP set`,
      `SADD set ${this.below(50)}`,
    ];
    const line = () => forms[this.below(forms.length)];
    if (this.below(4) > 0) this.run(n, line());
    else for (const each of ['MULTI', line(), line(), line(), 'EXEC']) this.run(n, each);
  }

  /** The same id and offset: the same data. */
  check(): void {
    const seen = new Map<string, { n: number; digest: string }>();
    this.servers.forEach(({ replication: { stream }, engine }, n) => {
      if (!stream.active) return;
      const place = `${stream.replid} ${stream.offset}`;
      const digest = datasetDigest(engine.store);
      const twin = seen.get(place);
      if (twin === undefined) seen.set(place, { n, digest });
      else if (twin.digest !== digest) {
        throw new Error(`${twin.n} and ${n} differ at ${place}:\n${this.told.slice(-60).join('\n')}`);
      }
    });
  }

  private state(): string {
    return this.servers
      .map(({ replication: { stream, follower }, log }, n) =>
        [
          n,
          stream.replid.slice(0, 6),
          stream.offset,
          follower.master?.port,
          follower.roleState,
          ...log.slice(-8),
        ].join('\n  '),
      )
      .concat(this.told.slice(-20))
      .join('\n');
  }

  /** The network is good, server 0 the master of all, directly or by way of others. */
  settle(): void {
    this.run(0, 'REPLICAOF NO ONE');
    for (let n = 1; n < this.servers.length; n++) this.run(n, `REPLICAOF h ${this.below(n)}`);
    this.run(0, 'SET last 1');
    const done = () =>
      this.servers.every(
        ({ replication: { stream, follower } }, n) =>
          (n === 0 || follower.connected) && stream.offset === this.servers[0].replication.stream.offset,
      );
    for (let i = 0; i < 300 && !done(); i++) this.pass(500, () => 1e6);
    if (!done()) throw new Error(this.state());
  }
}

describe('servers that follow one another', () => {
  it.each([1, 2, 3, 4, 5, 6])('hold the same data at the same place, seeds from %i00 on', (hundred) => {
    const counts = { full: 0, partial: 0 };
    for (let seed = hundred * 100; seed < hundred * 100 + 6; seed++) {
      const world = new World(seed, 4);
      for (let i = 0; i < 250; i++) {
        world.step();
        world.check();
      }
      world.settle();
      world.check();
      const digests = world.servers.map(({ engine }) => datasetDigest(engine.store));
      expect([seed, new Set(digests).size]).toEqual([seed, 1]);
      expect(new Set(world.servers.map(({ replication }) => replication.stream.replid)).size).toBe(1);
      for (const server of world.servers) {
        // A stream that is continued at the wrong byte gives errors before it gives other data.
        expect(server.log.filter((line) => /CRITICAL|stopped|could not be read/.test(line))).toEqual([]);
        counts.full += Number(server.info('sync_full'));
        counts.partial += Number(server.info('sync_partial_ok'));
      }
    }
    // Both kinds happen, or the test has seen nothing.
    expect([counts.full > 10, counts.partial > 10]).toEqual([true, true]);
  });
});
