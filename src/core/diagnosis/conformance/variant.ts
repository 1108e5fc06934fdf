/** What a variant is: one way in which real replicas attach, or one thing that they may do, and what Redis answers. */
import { type Stage } from './stage.js';

export interface Variant {
  /** Stable: scripts refer to it. */
  readonly name: string;
  /** What is done, in a few words. */
  readonly what: string;
  /** What a real Redis answers. */
  readonly redis: string;
  /** Replicas of Redis since 6.0 and of Valkey do so, or meet it; what is not marked only old or unusual ones do, and tools. */
  readonly presentDay?: true;
  /** Full syncs that it costs a master that answers as Redis does. */
  readonly fullSyncs: number;
  /** Announces capa eof and asks for a snapshot: a diskless master lets its delay pass first. */
  readonly delayed?: boolean;
  /** Acknowledges what it has read, and so may count for somebody's WAIT. */
  readonly acknowledges?: boolean;
  /** Throws Deviation, Skip or Unreachable. */
  readonly run: (stage: Stage) => Promise<void>;
}
