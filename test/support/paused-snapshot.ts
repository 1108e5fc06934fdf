/**
 * A snapshot whose slices are run one by one, with changes in between, and the data set as plain data: as it lies in the store,
 * and as it is read back from the RDB.
 */
import { type Bytes } from '../../src/core/base/bytes.js';
import { type Clock, type Timer } from '../../src/core/base/clock.js';
import { type Engine } from '../../src/core/engine/engine.js';
import { RdbReader } from '../../src/core/persistence/rdb/reader.js';
import { SnapshotJob } from '../../src/core/persistence/rdb/snapshot-job.js';
import { DEFAULT_LIMITS } from '../../src/core/store/types/encoding.js';
import { plain } from './rdb-events.js';

/** `db:key` with what the key holds and when it expires (0: never). */
export type DataSet = Map<string, [value: unknown, expiryMs: number]>;

/** What the databases hold, whether its time is over or not. */
export function dataSetOf({ store }: Engine): DataSet {
  const found: DataSet = new Map();
  for (const { id, keyspace } of store.databases) {
    for (let slot = 0; slot < keyspace.table.top; slot++) {
      const key = keyspace.keyAt(slot);
      if (key !== undefined)
        found.set(`${id}:${key}`, [plain(keyspace.valueAt(slot)), keyspace.expiryAt(slot)]);
    }
  }
  return found;
}

/** What an RDB holds. Throws when it is damaged or names a key twice. */
export function dataSetIn(rdb: Buffer): DataSet {
  const found: DataSet = new Map();
  const reader = new RdbReader({
    value: (value, { db, key, expireAtMs }) => {
      const name = `${db}:${key}`;
      if (found.has(name)) throw new Error(`twice in the RDB: ${name}`);
      found.set(name, [plain(value), expireAtMs ?? 0]);
    },
    emptyKey: ({ key }) => {
      throw new Error(`empty in the RDB: ${key}`);
    },
  });
  reader.push(rdb);
  reader.finish();
  return found;
}

/** Time that passes only when it is read, so that every slice ends at its first look at the clock. */
class SliceClock implements Clock {
  private us = 0;
  private due: (() => void)[] = [];

  constructor(private readonly readUs: number) {}

  nowMs = () => 1_700_000_000_000;
  nowUs = () => 1_700_000_000_000_000;
  wallAheadUs = () => 1_700_000_000_000_000 - this.us;
  monotonicUs = () => (this.us += this.readUs);
  endOfTurn = (fn: () => void) => void this.due.push(fn);

  after(): Timer {
    throw new Error('a snapshot without delays arms no timer');
  }

  turn(): void {
    for (const fn of this.due.splice(0)) fn();
  }
}

/** More than a hurried slice may take. */
const SLICE_OVER_US = 10_000;

export class PausedSnapshot {
  done = false;
  /** The output says that it takes no more while this is set. */
  blocked = false;
  readonly job: SnapshotJob;
  private readonly blocks: Buffer[] = [];
  private readonly clock = new SliceClock(SLICE_OVER_US);

  /** The snapshot is taken now; nothing of it has been written. */
  constructor(engine: Engine) {
    this.job = new SnapshotJob(
      { store: engine.store, gate: engine.gate, clock: this.clock },
      {
        version: 12,
        aux: { redisVersion: '7.2.6', ctime: 1_700_000_000, usedMemory: 1, aofBase: false },
        checksum: true,
        compression: true,
        limits: DEFAULT_LIMITS,
        include: { keys: true, functions: true },
      },
      {
        write: (block) => void this.blocks.push(Buffer.from(block)),
        ready: () => !this.blocked,
        done: () => void (this.done = true),
      },
    );
    this.job.start();
  }

  /** Runs one slice. @returns whether there are more */
  slice(): boolean {
    this.clock.turn();
    return !this.done;
  }

  /** Runs the rest. */
  finish(): Buffer {
    while (this.slice());
    return this.rdb;
  }

  get rdb(): Buffer {
    return Buffer.concat(this.blocks);
  }
}

export const bytes = (text: string): Bytes => text as Bytes;
