/**
 * What questions on side connections and confirming probes found. They travel as `probe` events of the trace, so that a saved
 * trace can be diagnosed without the server.
 */
import { type Bytes } from '../base/bytes.js';
import { type Outcome } from '../replication/handshake/machine.js';

/** Fields of INFO that the rules look at (`INFO_FIELDS`), as they were answered. */
export type InfoFacts = Readonly<Record<string, string>>;

/** One server on the way up the chain of masters. */
export interface UpstreamHop {
  readonly address: string;
  readonly role?: string;
  readonly linkStatus?: string;
}

/** Why a server on the way up told nothing. */
export type Silence = 'refused' | 'timeout' | 'unreachable' | 'login' | 'error' | 'closed';

/** Where the chain of `master_host` leads. `self`: the target names itself. `ring`: back to a server seen before. */
export interface UpstreamWalk {
  readonly hops: readonly UpstreamHop[];
  readonly end: 'self' | 'ring' | 'master' | 'silent' | 'too-long';
  /** Of `silent`. */
  readonly why?: Silence;
}

/** How the server takes what real replicas do, and the visit does not: asked of servers that are not plainly Redis. */
export interface MannersFound {
  /** Commands sent in one segment, and how many were answered. */
  readonly together?: { readonly sent: number; readonly answered: number };
  /** A command that is refused in another case than usual, with the refusal; empty: no answer. */
  readonly caseSensitive?: { readonly command: string; readonly line: string };
}

/** A stream that begins one byte before the first that was wanted, or one behind it; that does not come; or that is another. */
export type Shift = 'early' | 'late' | 'nothing' | 'other';

/** Each is absent when it was not asked or not answered. */
export interface ProbeResults {
  /** The port the other way round: did it answer PING? */
  otherTls?: 'answers' | 'silent';
  /** A second handshake that announced its own source port. */
  ownPort?: { readonly port: number; readonly accepted: boolean; readonly line: Bytes };
  /** A later PSYNC for the position reached; `shift`: a byte came behind +CONTINUE that was not asked for. */
  reconnect?: { readonly line: Bytes; readonly outcome: Outcome; readonly shift?: 'early' };
  /** A later PSYNC for the byte `offset`, where a command begins that was read: where did the stream really begin? */
  resumed?: { readonly offset: number; readonly line: Bytes; readonly shift?: Shift };
  /** master_repl_offset after the stream was read. */
  masterOffset?: number;
  /** Why a probe of the current position was not possible. */
  probeImpossible?: string;
  /** The managed service whose address was dialled. */
  service?: string;
  /** INFO before PSYNC, or right after the refusal that came before it. */
  before?: InfoFacts;
  /** INFO was asked for before PSYNC, or after a refusal, and not answered. */
  infoUnanswered?: boolean;
  /** INFO while the master only sent keepalives. */
  waiting?: InfoFacts;
  /** INFO after the snapshot and the stream, or after what broke them. */
  after?: InfoFacts;
  /** Databases with keys, by INFO, at the end. */
  databases?: readonly number[];
  /** `slaveN` lines with our port once our connections were closed, and how many there were before we came. */
  stillListed?: { readonly lines: readonly string[]; readonly before: number };
  /** What CONFIG GET was refused with. */
  configRefused?: Bytes;
  sentinels?: number;
  minReplicasToWrite?: number;
  disklessDelaySeconds?: number;
  upstream?: UpstreamWalk;
  manners?: MannersFound;
}
