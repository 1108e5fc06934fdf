/**
 * Facts: what a server told us about its replication, before anything is concluded from it. Made by `collect`, read by `report`;
 * plain data, so that a report can be made from facts written by hand.
 */
import { type ParsedSection } from '../info/parse.js';
import { type ParsedReplication } from '../info/replication.js';
import { type ClientLine } from './client-list.js';
import { type Settings } from './settings.js';

/** INFO replication at one moment. */
export interface Sample {
  /** Monotonic; only differences mean anything. */
  readonly atUs: number;
  readonly section: ParsedSection;
  readonly replication: ParsedReplication;
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
  readonly offset?: number;
}

export interface Facts {
  /** The target's address for people. */
  readonly target: string;
  readonly collectedAtMs: number;
  /** All sections of the first INFO. */
  readonly sections: readonly ParsedSection[];
  readonly first: Sample;
  /** The later sample: what is reported; `first` only gives rates. */
  readonly last: Sample;
  /** The word of ROLE for the state of a replica's link (connect, connecting, handshake, sync, connected). */
  readonly linkState?: string;
  /** The replicas' connections; absent when CLIENT LIST was refused. */
  readonly clients?: readonly ClientLine[];
  readonly settings: Settings;
  readonly upstream?: Upstream;
  readonly missing: readonly Missing[];
}
