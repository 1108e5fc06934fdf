/**
 * RdbLoader: the events of an RdbReader become entries of a store: of its databases, or of containers beside them that take
 * their place when everything has arrived (a replica keeps its old data until then).
 *
 * A master drops keys and fields whose time is over while loading; a replica keeps them, its master will delete them.
 */
import { type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { lfuMinutes, type Store } from '../../store/database.js';
import { type Keyspace } from '../../store/keyspace.js';
import { settleEncoding, type EncodingLimits } from '../../store/types/encoding.js';
import { HashValue } from '../../store/types/hash-value.js';
import { isStringValue, type Value } from '../../store/types/value.js';
import { type ChecksumVerdict, type RdbKey, type RdbSink } from './reader.js';

export interface LoadPolicy {
  /** Keys and fields whose time is over are left out. */
  readonly dropExpired: boolean;
  /** What is packed is decided when a value is loaded, as in redis 7.2.6 rdb.c:rdbLoadObject. */
  readonly limits: EncodingLimits;
}

/** The replication position that an RDB carries. */
export interface RdbPosition {
  streamDb: number;
  replid: string;
  offset: number;
}

const MAX_EMPTY_NAMES = 10;

export class RdbLoader implements RdbSink {
  loaded = 0;
  expired = 0;
  empty = 0;
  /** The first of the keys that were skipped because they hold nothing. */
  readonly emptyNames: Bytes[] = [];
  redisVersion = '';
  createdSeconds = 0;
  version = 0;
  checksum: ChecksumVerdict | undefined;
  readonly functions: Bytes[] = [];
  readonly skippedModules: string[] = [];
  private readonly fields = new Map<string, Bytes>();
  private readonly containers: (Keyspace | undefined)[] = [];
  private keyspace: Keyspace;

  constructor(
    private readonly store: Store,
    private readonly policy: LoadPolicy,
  ) {
    this.keyspace = this.container(0);
  }

  private container(db: number): Keyspace {
    if (db >= this.store.databases.length) {
      throw new Error(
        `the data was created with a server configured to handle more than ${this.store.databases.length} databases`,
      );
    }
    return (this.containers[db] ??= this.store.newKeyspace());
  }

  header(_magic: string, version: number): void {
    this.version = version;
  }

  aux(name: Bytes, value: Bytes): void {
    this.fields.set(name, value);
    if (name === 'redis-ver') this.redisVersion = value;
    else if (name === 'ctime') this.createdSeconds = parseSafeInt(value) ?? 0;
  }

  /** Where the stream stood when the RDB was made, if it says. */
  get position(): RdbPosition | undefined {
    const replid = this.fields.get('repl-id');
    const offset = parseSafeInt(this.fields.get('repl-offset') ?? ('' as Bytes));
    if (replid?.length !== 40 || offset === undefined) return undefined;
    return { streamDb: this.streamDb, replid, offset };
  }

  /** The database that the stream after the RDB belongs to. */
  get streamDb(): number {
    return parseSafeInt(this.fields.get('repl-stream-db') ?? ('0' as Bytes)) ?? 0;
  }

  selectDb(db: number): void {
    this.keyspace = this.container(db);
  }

  resizeDb(keys: number): void {
    this.keyspace.table.reserve(keys);
  }

  value(value: Value, key: RdbKey): void {
    const { expireAtMs } = key;
    if (expireAtMs !== undefined && this.policy.dropExpired && expireAtMs < this.store.nowMs) {
      this.expired++;
      return;
    }
    if (this.policy.dropExpired && value instanceof HashValue && dropFields(value, this.store.nowMs) === 0) {
      this.expired++;
      return;
    }
    const { keyspace } = this;
    const found = keyspace.table.find(key.key);
    if (found >= 0) {
      throw new Error(`the key appears twice in database ${key.db}`);
    }
    if (!isStringValue(value)) settleEncoding(value, this.policy.limits);
    const slot = keyspace.insert(key.key);
    keyspace.setValueAt(slot, value);
    keyspace.setAccessAt(slot, this.access(key));
    if (expireAtMs !== undefined) keyspace.setExpiryAt(slot, expireAtMs);
    this.loaded++;
  }

  private access({ idleSeconds, freq }: RdbKey): number {
    const { store } = this;
    if (store.lfu !== undefined && freq !== undefined) return ((lfuMinutes(store.nowMs) << 8) | freq) >>> 0;
    if (store.lfu === undefined && idleSeconds !== undefined) {
      return Math.max(0, Math.floor(store.nowMs / 1000) - idleSeconds);
    }
    return store.newAccessWord();
  }

  emptyKey({ key }: RdbKey): void {
    if (this.empty++ < MAX_EMPTY_NAMES) this.emptyNames.push(key);
  }

  functionLibrary(code: Bytes): void {
    this.functions.push(code);
  }

  moduleAux(module: string): void {
    this.skippedModules.push(module);
  }

  end(checksum: ChecksumVerdict): void {
    this.checksum = checksum;
  }

  /** Gives up what was loaded: it will not be installed. */
  abandon(): void {
    for (const container of this.containers) container?.retire();
    this.containers.length = 0;
  }

  /** Puts what was loaded in the place of what the databases hold. */
  install(): void {
    for (const db of this.store.databases) {
      db.keyspace.retire();
      db.keyspace = this.containers[db.id] ?? this.store.newKeyspace();
    }
    this.store.functionLibraries = this.functions;
  }
}

/** Drops the fields whose time is over. @returns how many are left */
function dropFields(hash: HashValue, nowMs: number): number {
  for (const field of hash.fieldsOver(nowMs, Infinity)) hash.delete(field);
  return hash.size;
}
