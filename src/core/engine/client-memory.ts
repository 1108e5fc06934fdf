/**
 * ClientMemory: what each client costs, the sums of that, and client eviction (`maxmemory-clients`).
 *
 * A client is measured when its input was executed, when its replies have been flushed, and once a second; what still waits in the
 * kernel's queue changes without our hearing of it, so those clients are measured again before anybody acts on the sum. Clients
 * that may be evicted are kept in buckets by the power of two of their size: the largest go first, and among those of one bucket
 * the one that has been in it longest. Rules: redis 7.2.6 server.c:updateClientMemUsageAndBucket, networking.c:evictClients,
 * getClientMemoryUsage.
 */
import { ClientFlag, type ClientType } from '../commands/context.js';
import { type Config } from '../services/config/config.js';
import { type Log } from '../services/log.js';
import { type Session } from './session.js';
import { type EngineStats } from './stats.js';

/** A session with its parser, its connection and its socket. */
const SESSION_BYTES = 4096;
/** A watched key: an entry in the client's list, and the client in the index of watched keys. */
const WATCH_BYTES = 160;
/** Less output than this is flushed before it matters. */
const SMALL_REPLY_BYTES = 16 * 1024;
/** A queued command of a transaction, besides its arguments. */
const QUEUED_BYTES = 64;

/** The smallest and the largest bucket: 32 KB and less, 8 GB and more. */
const MIN_BUCKET_LOG = 15;
const MAX_BUCKET_LOG = 33;
const BUCKETS = MAX_BUCKET_LOG - MIN_BUCKET_LOG + 1;
/** A lower limit would leave nobody to raise it (redis 7.2.6 networking.c:getClientEvictionLimit). */
const LEAST_LIMIT_BYTES = 128 * 1024;

/** Bytes of arguments that are held for a client: of the running command, or of one that is not complete. */
export function argumentBytes(session: Session, running: readonly string[] | undefined): number {
  let bytes = session.parser.partialBytes;
  if (running !== undefined) for (const argument of running) bytes += argument.length;
  return bytes;
}

/** Bytes of the buffers that a client's input is read into, and waits in. */
export function inputBytes({ connection, parser }: Session): number {
  return (connection.input?.bytes ?? 0) + parser.bufferBytes;
}

/**
 * What a client costs, without what it shares with others (a replica's part of the stream).
 * @param queued bytes that its connection has and the kernel does not
 */
export function clientBytes(session: Session, queued: number): number {
  const { multi, parser, reply } = session;
  return (
    SESSION_BYTES +
    inputBytes(session) +
    parser.partialBytes +
    reply.length +
    (session.feed === undefined ? queued : 0) +
    multi.queuedBytes +
    multi.queued.length * QUEUED_BYTES +
    multi.watching.length * WATCH_BYTES +
    session.subscriptionBytes
  );
}

function bucketOf(bytes: number): number {
  const log = Math.floor(Math.log2(bytes)) + 1;
  return Math.min(Math.max(log, MIN_BUCKET_LOG), MAX_BUCKET_LOG) - MIN_BUCKET_LOG;
}

export class ClientMemory {
  /** By type: what the clients cost that are connected. */
  private readonly sums: Record<ClientType, number> = { normal: 0, replica: 0, master: 0, pubsub: 0 };
  /** Clients with output that the kernel has not taken. */
  private readonly draining = new Set<Session>();
  private readonly buckets: Set<Session>[] = [];
  private evicting = false;
  /** Hears that the limit is exceeded: `evict` is to be called at the end of the turn. */
  onOver: () => void = () => undefined;

  constructor(
    private readonly config: Config,
    private readonly stats: EngineStats,
    private readonly log: Log,
  ) {
    for (let i = 0; i < BUCKETS; i++) this.buckets.push(new Set());
  }

  /** All clients: what they add to `used_memory`. */
  get total(): number {
    const { normal, replica, master, pubsub } = this.sums;
    return normal + replica + master + pubsub;
  }

  /** Clients that are no replicas: mem_clients_normal. */
  get normal(): number {
    return this.total - this.sums.replica;
  }

  /** Finds out what a client costs now that it has been sent something, or has sent something. */
  measure(session: Session): void {
    if (!session.closed) this.note(session, session.connection.queuedBytes);
  }

  /** As `measure`, when only its input has changed: what is as good as nothing is measured when the replies are flushed. */
  measureInput(session: Session): void {
    const { memoryBytes, reply } = session;
    if (reply.length < SMALL_REPLY_BYTES && memoryBytes === SESSION_BYTES + inputBytes(session)) return;
    this.measure(session);
  }

  private note(session: Session, queued: number): void {
    const { type } = session;
    this.sums[session.memoryType] -= session.memoryBytes;
    session.memoryBytes = clientBytes(session, queued);
    session.memoryType = type;
    this.sums[type] += session.memoryBytes;
    if (queued > 0) this.draining.add(session);
    else if (this.draining.size > 0) this.draining.delete(session);
    const { maxmemoryClients } = this.config.values;
    if (maxmemoryClients === 0 && session.memoryBucket < 0) return;
    this.place(session, this.mayBeEvicted(session) ? bucketOf(session.memoryBytes) : -1);
    if (maxmemoryClients !== 0 && !this.evicting && this.isOver(this.limitBytes)) this.onOver();
  }

  private mayBeEvicted(session: Session): boolean {
    if (this.config.values.maxmemoryClients === 0 || session.flags & ClientFlag.noEvict) return false;
    return session.memoryType === 'normal' || session.memoryType === 'pubsub';
  }

  private place(session: Session, bucket: number): void {
    if (bucket === session.memoryBucket) return;
    if (session.memoryBucket >= 0) this.buckets[session.memoryBucket].delete(session);
    if (bucket >= 0) this.buckets[bucket].add(session);
    session.memoryBucket = bucket;
  }

  /** A client is gone. */
  forget(session: Session): void {
    this.sums[session.memoryType] -= session.memoryBytes;
    session.memoryBytes = 0;
    this.draining.delete(session);
    this.place(session, -1);
  }

  /** Measures those again whose output the kernel may have taken meanwhile. */
  refresh(): void {
    for (const session of [...this.draining]) this.measure(session);
  }

  /** The bytes that clients may take, 0 for no limit. */
  get limitBytes(): number {
    const { maxmemory, maxmemoryClients } = this.config.values;
    if (maxmemoryClients === 0) return 0;
    if (maxmemoryClients > 0) return Math.max(maxmemoryClients, LEAST_LIMIT_BYTES);
    // A share of no limit is no limit.
    if (maxmemory === 0) return Infinity;
    return Math.max(Math.floor((maxmemory * -maxmemoryClients) / 100), LEAST_LIMIT_BYTES);
  }

  private isOver(limit: number): boolean {
    return this.sums.normal + this.sums.pubsub >= limit;
  }

  /** Closes the largest clients until the limit is kept. */
  evict(): void {
    const limit = this.limitBytes;
    if (limit === 0 || !this.isOver(limit)) return;
    // What is found out now is acted on now.
    this.evicting = true;
    this.refresh();
    this.evicting = false;
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      for (const session of this.buckets[bucket]) {
        if (!this.isOver(limit)) return;
        this.log.notice(`Evicting client: ${session.infoLine()}`);
        this.stats.evictedClients++;
        session.close('client eviction');
      }
    }
    if (this.isOver(limit)) this.log.warning('Over client maxmemory after evicting all evictable clients');
  }
}
