/**
 * The trace of an examination: everything the `handshake` command prints, in order. `--json` prints these events as they
 * are, one a line; the renderer turns each into text.
 */
import { type Untold, type VisitEvent } from '../replication/handshake/observer.js';
import { type ProbeEvent } from './probe-results.js';
import { type Finding } from './rule.js';

interface Common {
  readonly atUs: number;
  readonly conn: number;
  readonly step: 'examine';
}

/** How an examination ended. `unreachable`: no connection; `failed`: a fault was found; `stopped`: by Ctrl-C. */
export type Verdict = 'passed' | 'failed' | 'unreachable' | 'stopped';

/** How the master lists us: its `slaveN` lines that are ours, beside who we are. */
export interface ListingEvent extends Common {
  readonly kind: 'listing';
  readonly lines: readonly string[];
  readonly listed: number;
  readonly weAre: string;
  readonly masterOffset?: number;
}

type ToldEvent = Common &
  (
    | { readonly kind: 'target'; readonly target: string; readonly tls: boolean }
    /** What PSYNC will cost the master, before it is sent. */
    | {
        readonly kind: 'cost';
        readonly of: 'full' | 'probe' | 'position';
        readonly text: string;
        /** How long the master will let pass before it answers, when that is to be expected. */
        readonly waitSeconds?: number;
      }
    | { readonly kind: 'warning'; readonly text: string }
    | { readonly kind: 'note'; readonly text: string }
    | {
        readonly kind: 'finding';
        readonly finding: Finding;
        readonly severity: 'fault' | 'warning';
        readonly means: string;
        readonly fix: string;
      }
    | {
        readonly kind: 'end';
        readonly verdict: Verdict;
        readonly faults: readonly string[];
        readonly warnings: readonly string[];
      }
  );

export type ExamineEvent = ToldEvent | ListingEvent | ProbeEvent;
export type TraceEvent = VisitEvent | ExamineEvent;
export type TellTrace = (event: Untold<ExamineEvent>) => void;
