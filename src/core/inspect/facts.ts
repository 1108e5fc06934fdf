/**
 * Facts: what a server told us about its replication, before anything is concluded from it. Made by `collect`, read by `report`;
 * plain data, so that a report can be made from facts written by hand.
 */
import { type ParsedSection } from '../info/parse.js';
import { type ParsedReplication } from '../info/replication.js';
import { type ClientLine } from './client-list.js';
import { type ClusterFacts } from './cluster.js';
import { type SentinelFacts } from './sentinel.js';
import { type Settings } from './settings.js';
import { type Trail } from './trail.js';

/** One look at the server. */
export interface Sample {
  /** Monotonic; only differences mean anything. */
  readonly atUs: number;
  /** All of INFO, or what ROLE tells where INFO is refused. */
  readonly sections: readonly ParsedSection[];
  readonly section: ParsedSection;
  readonly replication: ParsedReplication;
  /** The replicas' connections; absent when CLIENT LIST was refused. */
  readonly clients?: readonly ClientLine[];
  /** The word of ROLE for the state of a replica's link (connect, connecting, handshake, sync, connected). */
  readonly linkState?: string;
  readonly upstream?: Upstream;
  /** Why our master did not tell its position, when it was asked and did not. */
  readonly masterTrouble?: MasterTrouble;
  /** Whether our master was asked with the login of the target; `withheld`: there is one, and it was not sent there. */
  readonly masterLogin?: MasterLogin;
  /** The last login that our master refused to the address of the target, where its ACL LOG tells. */
  readonly refusedLogin?: RefusedLogin;
}

export type MasterLogin = 'none' | 'withheld' | 'shared';

/** An entry of ACL LOG with the reason `auth`. */
export interface RefusedLogin {
  readonly user: string;
  /** Where it came from, `ip:port`. */
  readonly address: string;
  readonly secondsAgo: number;
}

/**
 * How asking our master ended. `refused`: nothing listens there; `unreachable`: no connection for another reason; `timeout`:
 * connected, and no answer; `no-login`: it is alive and wants a password; `other`: anything else.
 */
export interface MasterTrouble {
  readonly kind: 'refused' | 'unreachable' | 'timeout' | 'no-login' | 'other';
  readonly why: string;
}

/** Something we were not told, and what the report lacks for it. */
export interface Missing {
  /** The command that was refused, such as `CLIENT LIST`. */
  readonly command: string;
  /** The server's words, or ours when it was not asked. */
  readonly why: string;
  readonly lacks: string;
  /** The ACL rule that would allow it. */
  readonly rule?: string;
}

/** What our master says, when the target is a replica and its master could be asked. */
export interface Upstream {
  readonly address: string;
  readonly replid?: string;
  /** Its second id, and up to which offset that is valid. */
  readonly replid2?: string;
  readonly secondOffset?: number;
  readonly offset?: number;
  /** Where its backlog begins; absent when it has none. */
  readonly backlogFirstOffset?: number;
  readonly product?: string;
  readonly version?: string;
  readonly runId?: string;
  readonly role?: string;
  /** The master's own master, when it is a replica itself. */
  readonly master?: string;
  /** Keys in all its databases. */
  readonly keys?: number;
  readonly maxmemoryBytes?: number;
}

export interface Facts {
  /** The target's address for people. */
  readonly target: string;
  readonly collectedAtMs: number;
  readonly first: Sample;
  /** The later sample: what is reported; `first` only gives rates. The same object when only one was taken. */
  readonly last: Sample;
  readonly settings: Settings;
  /** Names of the Sentinels that are connected; absent when CLIENT LIST was refused. */
  readonly sentinels?: readonly string[];
  /** What a Redis Cluster node says of the cluster. */
  readonly cluster?: ClusterFacts;
  /** What the Sentinel said that named this target. */
  readonly sentinel?: SentinelFacts;
  readonly missing: readonly Missing[];
  /** Where the master's offset stood when, from more looks than these two. */
  readonly trail?: Trail;
}
