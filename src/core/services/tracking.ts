/**
 * Tracking: who may hold which keys in a cache of its own (CLIENT TRACKING).
 *
 *   read   ──► remember(client, key)      table: key ──► ids of clients      (not in broadcast mode)
 *   change ──► invalidate(key, by)  ──►   those ids hear of it, the key leaves the table
 *                                   ──►   every prefix that fits notes the key until `broadcast`
 *
 * Pure bookkeeping: what is sent, and when, is the host's business. Ids of clients that are gone stay in the table until their
 * keys change, as in Redis: taking them out would cost a walk. Keys of all databases are one. Rules: redis 7.2.6 tracking.c.
 */
import { compareBytes, type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';
import { SlotTable, CHUNK_MASK, CHUNK_SHIFT, type Columns, type SlotChunk } from '../store/slot-table.js';

/** How a client is tracked. */
export interface TrackingMode {
  /** Id of the client that is told instead; 0: the client itself. */
  redirect: number;
  /** It hears of all changes under its prefixes, whatever it has read. */
  readonly broadcast: boolean;
  /** Only what is read after CLIENT CACHING YES is remembered. */
  readonly optIn: boolean;
  /** All but what is read after CLIENT CACHING NO is remembered. */
  readonly optOut: boolean;
  /** It does not hear of its own changes. */
  readonly noLoop: boolean;
  /** Prefixes of broadcast mode. */
  readonly prefixes: ReadonlySet<Bytes>;
}

/** A client as far as it is tracked. */
export interface Tracked {
  readonly id: number;
  /** Undefined: it is not tracked. */
  tracking: TrackingMode | undefined;
  /** What its prefixes cost, beside other things. */
  subscriptionBytes: number;
}

export interface TrackingHost<S> {
  readonly random: Random;
  byId(id: number): S | undefined;
  /** Tells a client that does not broadcast of one key. */
  invalidated(client: S, key: Bytes): void;
  /** Tells a client of keys under one of its prefixes, in the order of memcmp. */
  broadcast(client: S, keys: readonly Bytes[]): void;
  /** The table is no longer empty, or has become empty, or clients began or ceased to be tracked. */
  changed(): void;
}

interface Prefix<S> {
  /** Keys that changed since the last broadcast, and the client that changed each last. */
  readonly changed: Map<Bytes, S | undefined>;
  readonly clients: Set<S>;
}

/** One id, or several. */
type Holders = number | Set<number>;

/** Cells of a slot: the key, and who may hold it. */
const STRIDE = 2;

/** A prefix with its place in the table, roughly. */
const PREFIX_BYTES = 128;
/** Keys that `limit` takes out at the first attempt; each further one in a row adds as many. */
const LIMIT_EFFORT = 100;

export class Tracking<S extends Tracked> {
  /** Clients that are tracked. */
  clients = 0;
  /** Ids in the table, over all keys. */
  totalItems = 0;
  private seed: number | undefined;
  private table = newTable(0);
  private readonly prefixes = new Map<Bytes, Prefix<S>>();
  private broadcastWaits = false;
  private attempts = 0;

  constructor(private readonly host: TrackingHost<S>) {}

  get totalKeys(): number {
    return this.table.size;
  }

  get totalPrefixes(): number {
    return this.prefixes.size;
  }

  /** Whether a change of a key may concern anybody. */
  get isActive(): boolean {
    return this.clients > 0 || this.table.size > 0;
  }

  /** Begins to track a client, or changes how it is tracked; prefixes that it has stay. */
  enable(client: S, mode: TrackingMode): void {
    const old = client.tracking;
    if (old === undefined) this.clients++;
    if (this.seed === undefined) this.table = newTable((this.seed = this.host.random.u32() | 0));
    for (const prefix of mode.prefixes) if (!old?.prefixes.has(prefix)) this.join(client, prefix);
    client.tracking =
      old === undefined ? mode : { ...mode, prefixes: new Set([...old.prefixes, ...mode.prefixes]) };
    this.host.changed();
  }

  disable(client: S): void {
    const mode = client.tracking;
    if (mode === undefined) return;
    for (const prefix of mode.prefixes) this.leave(client, prefix);
    client.tracking = undefined;
    this.clients--;
    this.host.changed();
  }

  private join(client: S, name: Bytes): void {
    const prefix = this.prefixes.get(name);
    client.subscriptionBytes += name.length + PREFIX_BYTES;
    if (prefix !== undefined) prefix.clients.add(client);
    else this.prefixes.set(name, { changed: new Map(), clients: new Set([client]) });
  }

  private leave(client: S, name: Bytes): void {
    const prefix = this.prefixes.get(name)!;
    client.subscriptionBytes -= name.length + PREFIX_BYTES;
    prefix.clients.delete(client);
    if (prefix.clients.size === 0) this.prefixes.delete(name);
  }

  /** A client has read a key and may keep it. */
  remember(client: S, key: Bytes): void {
    const { table } = this;
    let slot = table.find(key);
    if (slot < 0) {
      slot = table.insert(key);
      setHolders(table, slot, client.id);
      this.totalItems++;
      return;
    }
    const holders = holdersAt(table, slot);
    if (typeof holders === 'number') {
      if (holders === client.id) return;
      setHolders(table, slot, new Set([holders, client.id]));
    } else if (holders.has(client.id)) return;
    else holders.add(client.id);
    this.totalItems++;
  }

  /**
   * A key has changed.
   * @param by the client whose command did it; undefined: the server itself (expiry, eviction)
   * @param current the client that is being served, which hears nothing of it in NOLOOP mode
   */
  invalidate(key: Bytes, by: S | undefined, current: S | undefined): void {
    if (this.prefixes.size > 0) this.noteForBroadcast(key, by);
    const slot = this.table.find(key);
    if (slot >= 0) this.forget(slot, key, current);
  }

  private noteForBroadcast(key: Bytes, by: S | undefined): void {
    for (const [name, { changed }] of this.prefixes) {
      if (!key.startsWith(name)) continue;
      changed.set(key, by);
      this.broadcastWaits = true;
    }
  }

  /** Whether `broadcast` has something to tell. */
  get hasBroadcast(): boolean {
    return this.broadcastWaits;
  }

  /** Takes a key out of the table and tells those who may hold it. */
  private forget(slot: number, key: Bytes, current: S | undefined): void {
    const { table } = this;
    const holders = holdersAt(table, slot);
    table.remove(slot);
    this.totalItems -= typeof holders === 'number' ? 1 : holders.size;
    if (typeof holders === 'number') this.tell(holders, key, current);
    else for (const id of holders) this.tell(id, key, current);
    if (table.size === 0) this.host.changed();
  }

  private tell(id: number, key: Bytes, current: S | undefined): void {
    const client = this.host.byId(id);
    const mode = client?.tracking;
    // What it read before it began to broadcast is of no interest any more.
    if (client === undefined || mode === undefined || mode.broadcast) return;
    if (!(mode.noLoop && client === current)) this.host.invalidated(client, key);
  }

  /** Everything has changed: the table is emptied. Telling the clients is the caller's business. */
  clear(): void {
    this.table = newTable(this.seed ?? 0);
    this.totalItems = 0;
    this.host.changed();
  }

  /** Takes keys out of the table, at random, while there are more than `maxKeys` (0: no limit); those who may hold them hear of it. */
  limit(maxKeys: number, current: S | undefined): void {
    if (maxKeys === 0) return;
    for (let effort = LIMIT_EFFORT * (this.attempts + 1); this.table.size > maxKeys; effort--) {
      if (effort === 0) {
        this.attempts++;
        return;
      }
      const slot = this.table.sample(this.host.random);
      this.forget(slot, this.table.keyAt(slot)!, current);
    }
    this.attempts = 0;
  }

  /** Tells the clients of each prefix which keys changed under it. */
  broadcast(): void {
    if (!this.broadcastWaits) return;
    this.broadcastWaits = false;
    const names = [...this.prefixes.keys()].sort(compareBytes);
    for (const name of names) {
      const prefix = this.prefixes.get(name);
      if (prefix !== undefined && prefix.changed.size > 0) this.broadcastPrefix(prefix);
    }
  }

  private broadcastPrefix({ changed, clients }: Prefix<S>): void {
    const keys = [...changed.keys()].sort(compareBytes);
    for (const client of clients) {
      const heard = client.tracking?.noLoop ? keys.filter((key) => changed.get(key) !== client) : keys;
      if (heard.length > 0) this.host.broadcast(client, heard);
    }
    changed.clear();
  }

  /** A client is gone: nobody may take it for the one that changed a key. */
  forgetClient(client: S): void {
    this.disable(client);
    if (!this.broadcastWaits) return;
    for (const { changed } of this.prefixes.values()) {
      for (const [key, by] of changed) if (by === client) changed.set(key, undefined);
    }
  }
}

/** The prefix among `given` that overlaps with one of `existing`, or with another of its own kind; undefined: none does. */
export function prefixCollision(
  given: readonly Bytes[],
  existing: Iterable<Bytes>,
): { readonly prefix: Bytes; readonly other: Bytes; readonly among: 'existing' | 'given' } | undefined {
  const old = [...existing].sort(compareBytes);
  for (const [i, prefix] of given.entries()) {
    const clash = old.find((other) => overlaps(prefix, other));
    if (clash !== undefined) return { prefix, other: clash, among: 'existing' };
    const own = given.slice(i + 1).find((other) => overlaps(prefix, other));
    if (own !== undefined) return { prefix, other: own, among: 'given' };
  }
  return undefined;
}

const overlaps = (a: Bytes, b: Bytes) => (a.length < b.length ? b.startsWith(a) : a.startsWith(b));

const COLUMNS: Columns<SlotChunk> = {
  newChunk: () => ({ cells: [] }),
  clear: (chunk, at) => void (chunk.cells[at * STRIDE + 1] = undefined),
  move: (from, fromAt, to, toAt) => {
    to.cells[toAt * STRIDE + 1] = from.cells[fromAt * STRIDE + 1];
  },
};

function newTable(seed: number): SlotTable<SlotChunk> {
  return new SlotTable<SlotChunk>(COLUMNS, seed, STRIDE);
}

function holdersAt(table: SlotTable<SlotChunk>, slot: number): Holders {
  return table.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * STRIDE + 1] as Holders;
}

function setHolders(table: SlotTable<SlotChunk>, slot: number, holders: Holders): void {
  table.chunks[slot >> CHUNK_SHIFT].cells[(slot & CHUNK_MASK) * STRIDE + 1] = holders;
}
