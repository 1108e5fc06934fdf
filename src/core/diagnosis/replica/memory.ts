/**
 * ReplicaMemory: what replicas had when their last connections ended, for the next ones: which offsets each acknowledged, and where
 * commands end in a history. One serves all judges of a server or of a watched target; it keeps the last few.
 */
import { type Positions } from './positions.js';

const MAX_REPLICAS = 256;
/** Histories of which positions are kept: each takes some 100 KB. */
const MAX_HISTORIES = 4;

export class ReplicaMemory {
  private readonly acked = new Map<string, { readonly replid: string; readonly offset: number }>();
  private readonly streams = new Map<string, Positions>();

  /** A stream of history `replid` begins, or goes on. */
  begins(replid: string, positions: Positions): void {
    keep(this.streams, replid, positions, MAX_HISTORIES);
  }

  /** `replica` has said that it has everything up to `offset`, rightly or not. */
  acknowledged(replica: string, replid: string, offset: number): void {
    keep(this.acked, replica, { replid, offset }, MAX_REPLICAS);
  }

  /** Whether it asks for what follows its last ACK: where that one was wrong, this is the same fault and not another one. */
  continues(replica: string, replid: string, byte: number): boolean {
    const last = this.acked.get(replica);
    return last?.replid === replid && last.offset + 1 === byte;
  }

  /** How it is known that a replica that asks for this byte has it already; undefined: it may well lack it. */
  holds(replica: string, replid: string, byte: number): string | undefined {
    const last = this.acked.get(replica);
    if (last?.replid === replid && last.offset === byte) return `it had acknowledged ${byte}`;
    const ends = this.streams.get(replid);
    return ends !== undefined && byte > ends.base && byte <= ends.sent && ends.place(byte) === 'end'
      ? `byte ${byte} ends a command, and a command begins with the next one`
      : undefined;
  }
}

/** Sets and makes it the newest; the oldest goes. */
function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
