/**
 * The trace of an examination: everything the `handshake` command prints, in order. `--json` prints these events as they
 * are, one a line; the renderer turns each into text. A diagnosis needs nothing else: all evidence comes from the events (see
 * casebook.ts), so that a saved trace is diagnosed as the live one was. docs/handshake.schema.json describes them.
 */
import { type Untold, type VisitEvent } from '../replication/handshake/observer.js';
import { type PsyncRequest } from '../replication/handshake/steps.js';
import { type Asked, type ProbeResults } from './evidence.js';
import { type WatchEvent } from './between/events.js';
import { type Unchecked } from './unchecked.js';
import { type ToldFinding } from './told-finding.js';

interface Common {
  readonly atUs: number;
  readonly conn: number;
  readonly step: 'examine';
}

/** How an examination ended. `unreachable`: no connection; `failed`: a fault was found; `stopped`: by Ctrl-C. */
export type Verdict = 'passed' | 'failed' | 'unreachable' | 'stopped';

/** Version of the trace's format: raised when an older reader would misread it. */
export const TRACE_SCHEMA = 1;

/**
 * Why a connection was made. `main` is the one that is diagnosed; `own-port` announces the port that it comes from, and is
 * diagnosed as well when it got further; `reconnect` only asks to continue; `watched` is somebody else's, through our proxy.
 */
export type VisitRole = 'main' | 'own-port' | 'reconnect' | 'watched';

export type ExamineEvent = Common &
  /** Before everything in a kept recording: what was recorded. */
  (
    | {
        readonly kind: 'recording';
        readonly software: string;
        readonly version: string;
        readonly configuration: string;
      }
    | {
        readonly kind: 'target';
        readonly schema: typeof TRACE_SCHEMA;
        readonly target: string;
        readonly tls: boolean;
        /** Where we listen, when we stand between a replica and the target. */
        readonly between?: string;
      }
    /** A connection is about to be made: `conn` is its number, `asked` what it will say of itself. */
    | { readonly kind: 'visit'; readonly role: VisitRole; readonly asked: Readonly<Asked> }
    /** What a watched replica has said of itself until now. */
    | { readonly kind: 'asked'; readonly asked: Readonly<Asked> }
    /** What this connection's PSYNC asks for in the end. */
    | { readonly kind: 'aim'; readonly psync: PsyncRequest }
    /** What was found out beside connection `of`, which the rules read with its evidence. */
    | { readonly kind: 'probe'; readonly of: number; readonly found: ProbeResults }
    /** Ctrl-C: what follows is what was found until then. */
    | { readonly kind: 'stopped' }
    /** What PSYNC will cost the master, before it is sent. */
    | {
        readonly kind: 'cost';
        readonly of: 'full' | 'probe' | 'position';
        readonly text: string;
        /** How long the master will let pass before it answers, when that is to be expected. */
        readonly waitSeconds?: number;
      }
    | { readonly kind: 'warning'; readonly text: string }
    /** `unchecked`: of the note that says what was not looked at. */
    | { readonly kind: 'note'; readonly text: string; readonly unchecked?: Unchecked }
    /** How the master lists us: its `slaveN` lines that are ours, beside who we are. */
    | {
        readonly kind: 'listing';
        readonly lines: readonly string[];
        readonly listed: number;
        readonly weAre: string;
        readonly masterOffset?: number;
      }
    | ({ readonly kind: 'finding' } & ToldFinding)
    | {
        readonly kind: 'end';
        readonly verdict: Verdict;
        readonly faults: readonly string[];
        readonly warnings: readonly string[];
      }
    | WatchEvent
  );

export type TraceEvent = VisitEvent | ExamineEvent;
export type TellTrace = (event: Untold<ExamineEvent>) => void;
