/**
 * SnapshotCensus: what a snapshot holds, counted while it streams by, in constant memory: keys and bytes by type and by database,
 * the largest keys, what expires, functions, modules. Every list has a limit, and what lies beyond it is counted.
 *
 * A key's bytes are those of its record as it is serialised: type, name, value. Used by SnapshotCheck.
 */
import { ascii, sliceBytes, toBuffer, type Bytes } from '../base/bytes.js';
import { type RdbKey, type RdbMeasure } from '../persistence/rdb/reader.js';

/** How many of the largest keys a census names unless it is told otherwise. */
export const LARGEST_KEYS = 10;
/** Databases that are counted one by one; the keys of the others are counted in the whole only. */
const MAX_DATABASES = 256;
/** Names of function libraries and of modules that are kept. */
const MAX_NAMES = 64;
const MAX_NAME_BYTES = 128;
/** How much of a key's name is kept. */
const MAX_KEY_BYTES = 256;

export interface Tally {
  readonly keys: number;
  readonly bytes: number;
}

export interface DatabaseTally extends Tally {
  readonly db: number;
  readonly expires: number;
}

export interface LargeKey {
  readonly db: number;
  /** Cut to a limit. */
  readonly key: Bytes;
  readonly type: string;
  readonly bytes: number;
  /** Missing where the packed form does not tell. */
  readonly elements?: number;
}

export interface CensusReport {
  /** By type, and by database in the order they came. */
  readonly types: Readonly<Record<string, Tally>>;
  readonly dbs: readonly DatabaseTally[];
  /** Largest first. */
  readonly largest: readonly LargeKey[];
  /** Of the keys with an expiry, those whose time had passed when they were read. */
  readonly expired: number;
  readonly functionNames: readonly string[];
  readonly functionBytes: number;
  /** Modules with data outside of keys. */
  readonly modules: readonly string[];
}

export class SnapshotCensus {
  private readonly types = new Map<string, { keys: number; bytes: number }>();
  private readonly dbs = new Map<number, { db: number; keys: number; bytes: number; expires: number }>();
  /** Ascending by bytes: the first is the one to beat. */
  private readonly largest: LargeKey[] = [];
  private readonly functionNames: string[] = [];
  private readonly modules: string[] = [];
  private functionBytes = 0;
  private expired = 0;

  /**
   * @param nowMs the wall clock: what is due by then counts as expired
   * @param largestKeys how many of the largest keys are named
   */
  constructor(
    private readonly nowMs: number,
    private readonly largestKeys = LARGEST_KEYS,
  ) {}

  /** A key, its value measured; `elements` is 0 for a collection without any. */
  key(key: RdbKey, { elements, recordBytes }: Pick<RdbMeasure, 'elements' | 'recordBytes'>): void {
    const type = this.types.get(key.info.type) ?? { keys: 0, bytes: 0 };
    this.types.set(key.info.type, type);
    type.keys++;
    type.bytes += recordBytes;
    const expires = key.expireAtMs !== undefined;
    if (key.expireAtMs !== undefined && key.expireAtMs <= this.nowMs) this.expired++;
    const db = this.database(key.db);
    if (db) {
      db.keys++;
      db.bytes += recordBytes;
      if (expires) db.expires++;
    }
    this.rank(key, recordBytes, elements);
  }

  functionLibrary(code: Bytes): void {
    this.functionBytes += code.length;
    const name = /^#![^\n]*\bname=([^\s\n]+)/.exec(code.slice(0, 1024))?.[1];
    if (this.functionNames.length < MAX_NAMES) this.functionNames.push(name?.slice(0, MAX_NAME_BYTES) ?? '?');
  }

  moduleAux(name: string): void {
    if (this.modules.length < MAX_NAMES && !this.modules.includes(name)) this.modules.push(name);
  }

  report(): CensusReport {
    return {
      types: Object.fromEntries([...this.types].map(([type, tally]) => [type, { ...tally }])),
      dbs: [...this.dbs.values()].map((db) => ({ ...db })),
      largest: [...this.largest].reverse(),
      expired: this.expired,
      functionNames: [...this.functionNames],
      functionBytes: this.functionBytes,
      modules: [...this.modules],
    };
  }

  private database(db: number) {
    const known = this.dbs.get(db);
    if (known || this.dbs.size >= MAX_DATABASES) return known;
    const tally = { db, keys: 0, bytes: 0, expires: 0 };
    this.dbs.set(db, tally);
    return tally;
  }

  private rank({ db, key, info }: RdbKey, bytes: number, elements: number | undefined): void {
    const { largest, largestKeys } = this;
    const full = largest.length >= largestKeys;
    if (largestKeys === 0 || (full && bytes <= largest[0].bytes)) return;
    if (full) largest.shift();
    let at = largest.length;
    while (at > 0 && largest[at - 1].bytes >= bytes) at--;
    const known = elements === undefined ? {} : { elements };
    largest.splice(at, 0, { db, key: shortened(key), type: info.type, bytes, ...known });
  }
}

/** A copy of its own: a slice of a longer string would keep all of it. */
function shortened(key: Bytes): Bytes {
  if (key.length <= MAX_KEY_BYTES) return key;
  const head = toBuffer(ascii(key.slice(0, MAX_KEY_BYTES)));
  return ascii(`${sliceBytes(head, 0, head.length)}...`);
}
