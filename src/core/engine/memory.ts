/**
 * EngineMemory: `used_memory`, and what happens when it is more than `maxmemory`.
 *
 *   used = the tables of an empty server + data set (store/memory) + clients (client-memory) + replication buffers
 *
 * That is an account of our own: it rises with what is stored and falls at once when that goes. The process takes more, because V8 has
 * garbage and room for new objects: `used_memory_rss` says how much. Keys are evicted before a command runs, for a limited time;
 * what is left goes on at the end of the turn (redis 7.2.6 evict.c:performEvictions).
 *
 * The heap has a limit that nobody configures: from a share of it on, commands that need memory are refused as with `maxmemory`, on
 * a server without one, too. What is alive in the heap is known after each full collection; between two of them it grows as the
 * data set does. The stream of our master is never refused anything.
 */
import { type EvictOutcome, Evictor } from '../store/evict.js';
import { type Engine } from './engine.js';
import { EngineGate } from './gate-bits.js';

/** What the tables of an empty server take: commands, configuration, databases, buffers that connections share. */
export const STARTUP_BYTES = 1024 * 1024;
/** From this share of the heap on, commands that need memory are refused. */
const HEAP_SOFT_SHARE = 0.8;
/** From this share on each command is asked. */
const HEAP_NEAR_SHARE = 0.7;
/** A block of the stream beside its bytes, as Redis counts one. */
const STREAM_BLOCK_BYTES = 16 * 1024;
const STREAM_BLOCK_OVERHEAD_BYTES = 64;

export class EngineMemory {
  /** The last command found no memory: scripts ask (redis 7.2.6 server.pre_command_oom_state). */
  exhausted = false;
  peakBytes = STARTUP_BYTES;
  /** Since when the limit is exceeded, monotonic microseconds; undefined: it is kept. */
  private exceededSinceUs: number | undefined;
  private exceededUs = 0;
  private readonly evictor: Evictor;
  /** Eviction ran out of time: it goes on at the end of the turn. */
  private unfinished = false;
  /** Alive in the heap after the last full collection, and what the data set took of it then. */
  private alive: { collections: number; heapBytes: number; dataBytes: number } | undefined;
  private heapLimitBytes = Infinity;
  private refreshedTurn = -1;

  constructor(private readonly engine: Engine) {
    const { store, gate, clock, config } = engine;
    this.evictor = new Evictor(store, gate, clock, config.values);
    engine.clients.memory.onOver = () => {
      engine.armGate(EngineGate.clientMemory, true);
      engine.turn.arm();
    };
    engine.turn.step('eviction', () => this.goOn());
    engine.turn.step('client-eviction', () => this.evictClients());
  }

  /** Closes clients that take too much: before the next command of anybody, and at the end of the turn. */
  evictClients(): void {
    this.engine.clients.memory.evict();
    this.engine.armGate(EngineGate.clientMemory, false);
  }

  /** `used_memory`. */
  get used(): number {
    const { store, clients, replication } = this.engine;
    return STARTUP_BYTES + store.memory.total + clients.memory.total + replication.bufferBytes;
  }

  /** What keys are not evicted for: what slow replicas hold of the stream (redis 7.2.6 freeMemoryGetNotCountedMemory). */
  get notCounted(): number {
    const { replication, config } = this.engine;
    const held = replication.bufferBytes;
    const backlog = config.values.replBacklogSize;
    if (held <= backlog) return 0;
    const blocks = Math.floor(backlog / STREAM_BLOCK_BYTES) + 1;
    return Math.max(0, held - backlog - blocks * STREAM_BLOCK_OVERHEAD_BYTES);
  }

  /** Milliseconds that the limit has been exceeded: altogether in the past, and now. */
  get exceededMs(): { total: number; current: number } {
    const currentUs =
      this.exceededSinceUs === undefined ? 0 : this.engine.clock.monotonicUs() - this.exceededSinceUs;
    return { total: Math.floor((this.exceededUs + currentUs) / 1000), current: Math.floor(currentUs / 1000) };
  }

  /** The limit changed, or the policy: what is too much goes at the end of the turn. */
  configured(): void {
    this.arm();
    if (this.engine.config.values.maxmemory === 0) {
      this.note('ok');
      return;
    }
    this.unfinished = true;
    this.engine.turn.arm();
  }

  /** Before a command: evicts what is too much. @returns whether a command that needs memory must be refused */
  outOfMemory(fromMaster: boolean): boolean {
    const { maxmemory } = this.engine.config.values;
    const full = maxmemory > 0 && this.evict() === 'fail';
    this.exhausted = full || (!fromMaster && this.heapIsFull);
    return this.exhausted;
  }

  private goOn(): void {
    if (!this.unfinished) return;
    this.unfinished = false;
    this.engine.dispatcher.readClock();
    if (this.engine.config.values.maxmemory > 0) this.evict();
  }

  private evict(): EvictOutcome {
    if (!this.mayEvict) return 'ok';
    const excess = this.excess();
    const outcome = excess <= 0 ? 'ok' : this.free(excess);
    this.note(outcome);
    return outcome;
  }

  private free(excess: number): EvictOutcome {
    const { clock, turn } = this.engine;
    const startUs = clock.monotonicUs();
    const outcome = this.evictor.free(excess);
    this.engine.noteLatency('eviction-cycle', (clock.monotonicUs() - startUs) / 1000);
    if (outcome === 'running') {
      this.unfinished = true;
      turn.arm();
    }
    return outcome;
  }

  /** Bytes that are too much. */
  private excess(): number {
    const { maxmemory } = this.engine.config.values;
    if (this.used <= maxmemory) return 0;
    const { clients, turn } = this.engine;
    if (this.refreshedTurn !== turn.number) {
      this.refreshedTurn = turn.number;
      clients.memory.refresh();
    }
    return this.used - this.notCounted - maxmemory;
  }

  /** redis 7.2.6 evict.c:isSafeToPerformEvictions. */
  private get mayEvict(): boolean {
    const { dispatcher, replication, config, blocking } = this.engine;
    if (dispatcher.armed & (EngineGate.busy | EngineGate.loading)) return false;
    if (replication.isReplica && config.values.replicaIgnoreMaxmemory) return false;
    return blocking.pausedUntilMs === 0;
  }

  private note(outcome: EvictOutcome): void {
    if (outcome === 'ok') {
      if (this.exceededSinceUs === undefined) return;
      this.exceededUs += this.engine.clock.monotonicUs() - this.exceededSinceUs;
      this.exceededSinceUs = undefined;
    } else this.exceededSinceUs ??= this.engine.clock.monotonicUs();
  }

  /** CONFIG RESETSTAT. */
  resetStats(): void {
    this.peakBytes = this.used;
    this.exceededUs = 0;
    if (this.exceededSinceUs !== undefined) this.exceededSinceUs = this.engine.clock.monotonicUs();
  }

  /** Each tick of the cron: the peak, and how full the heap is. */
  cron(): void {
    this.peakBytes = Math.max(this.peakBytes, this.used);
    const { heapLimitBytes, liveHeapBytes, collections } = this.engine.host.memory();
    this.heapLimitBytes = heapLimitBytes;
    if (this.alive?.collections !== collections) {
      this.alive = { collections, heapBytes: liveHeapBytes, dataBytes: this.heapDataBytes };
    }
    this.arm();
  }

  private get heapDataBytes(): number {
    const { memory } = this.engine.store;
    return memory.total - memory.outsideBytes;
  }

  /** What is alive in the heap, by the last full collection and what has been stored since. */
  private get liveHeapBytes(): number {
    if (this.alive === undefined) return 0;
    return this.alive.heapBytes + this.heapDataBytes - this.alive.dataBytes;
  }

  private get heapIsFull(): boolean {
    return this.liveHeapBytes > this.heapLimitBytes * HEAP_SOFT_SHARE;
  }

  /** Whether every command has to be asked. */
  private arm(): void {
    const near = this.liveHeapBytes > this.heapLimitBytes * HEAP_NEAR_SHARE;
    this.engine.armGate(EngineGate.maxMemory, near || this.engine.config.values.maxmemory > 0);
  }
}
