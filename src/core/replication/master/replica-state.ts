/**
 * What a master knows of one replica. It hangs on the replica's session and nowhere else: a replica is its connection, and the
 * address and port that it announces are display data.
 *
 *   REPLCONF … ──► Announced        PSYNC/SYNC ──► Replica: wait_bgsave ─► send_bulk ─► online
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { type Int64 } from '../../base/numbers.js';
import { type Session } from '../../engine/session.js';
import { type Cursor } from '../stream.js';

/** What REPLCONF said before PSYNC. */
export interface Announced {
  port: number;
  /** Undefined: it said nothing, and where it connects from is shown. */
  address: Bytes | undefined;
  eof: boolean;
  psync2: boolean;
  rdbOnly: boolean;
  /** rdb-filter-only: what of the data is wanted. */
  include: { keys: boolean; functions: boolean };
}

export function nothingAnnounced(): Announced {
  return {
    port: 0,
    address: undefined,
    eof: false,
    psync2: false,
    rdbOnly: false,
    include: { keys: true, functions: true },
  };
}

/** Whether two want the same data, so that one snapshot serves both. */
export function sameFilter(a: Announced, b: Announced): boolean {
  return a.include.keys === b.include.keys && a.include.functions === b.include.functions;
}

/**
 * `waiting`: no snapshot has begun for it. `snapshot`: one is being made. `tail`: a diskless one is complete, and its end waits for
 * the socket. `bulk`: a file is being sent. `online`: it gets the stream (or, `held`, will get it with its first ACK).
 * `rdb-sent`: rdb-only, and it has everything.
 */
export type ReplicaPhase = 'waiting' | 'snapshot' | 'tail' | 'bulk' | 'online' | 'rdb-sent';

export class Replica {
  phase: ReplicaPhase = 'waiting';
  /** Where the stream goes on for it; undefined until its snapshot begins, and for one that wants no stream. */
  cursor: Cursor | undefined;
  /** The stream is held back until its first ACK (EOF form). */
  held = false;
  /** The largest offset that it has acknowledged, and that of its AOF. */
  acked: Int64 = 0;
  ackedAof: Int64 = 0;
  ackAtMs = 0;
  /** It came with SYNC: it sends no ACKs and is never dropped for that. */
  preSync = false;
  /** Bytes read from it when that was last looked at. */
  bytesInSeen: number;
  /** Bytes that it had taken when that was last looked at. */
  takenBytesSeen = 0;
  /** Wall clock when something was last read from it, ms. */
  lastReadMs: number;
  /** Wall clock when bytes of the snapshot were last taken by it, ms. */
  lastSentMs = 0;

  constructor(
    readonly session: Session,
    readonly announced: Announced,
    nowMs: number,
  ) {
    this.bytesInSeen = session.bytesIn;
    this.lastReadMs = nowMs;
  }

  /** How INFO shows the state. */
  get stateName(): string {
    switch (this.phase) {
      case 'waiting':
      case 'snapshot':
      case 'tail':
        return 'wait_bgsave';
      case 'bulk':
        return 'send_bulk';
      case 'online':
        return 'online';
      case 'rdb-sent':
        return 'rdb_transmitted';
    }
  }

  /** What it has acknowledged, for sums and comparisons with offsets of ours. */
  get ackOffset(): number {
    return Number(this.acked);
  }

  /** When it was last heard: a line feed counts as an ACK does (redis 7.2.6 networking.c:processInlineBuffer). */
  get heardMs(): number {
    return Math.max(this.ackAtMs, this.lastReadMs);
  }

  /** It wants a part of the data only. */
  get filtered(): boolean {
    return !this.announced.include.keys || !this.announced.include.functions;
  }

  /** The address that INFO and ROLE show: announced, else where it connects from. */
  get shownAddress(): Bytes {
    return this.announced.address ?? ascii(this.session.connection.peerHost);
  }

  /** For the log (redis 7.2.6 replication.c:replicationGetSlaveName). */
  get name(): string {
    const { shownAddress } = this;
    const { port } = this.announced;
    if (port === 0) return `${shownAddress}:<unknown-replica-port>`;
    return shownAddress.includes(':') ? `[${shownAddress}]:${port}` : `${shownAddress}:${port}`;
  }
}
