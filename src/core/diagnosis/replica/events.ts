/**
 * What the judge of replicas tells: the steps of one replica's life on a connection, as its master sees them. `serve --trace` and
 * `handshake --between` print these events, or write them as they are, one a line. Offsets are replication offsets.
 */
import { type Bytes } from '../../base/bytes.js';
import { type DiagnosisId } from '../table.js';
import { type ToldFinding } from '../told-finding.js';

/** How a step was: `fault` and `warning` go with a finding; `ignored` is an error that a replica passes over. */
export type StepVerdict = 'ok' | 'ignored' | 'warning' | 'fault';

/** `REPLCONF ACK`, beside what is right. */
export interface AckEvent {
  readonly kind: 'ack';
  readonly offset: number;
  readonly aofOffset?: number;
  /** All that it was sent, by our count, and how much of it is not acknowledged. */
  readonly sent?: number;
  readonly behindBytes?: number;
  readonly answersGetack: boolean;
  readonly verdict: StepVerdict;
  /** What it is a sign of, where it is not ok. */
  readonly why?: DiagnosisId;
}

interface Common {
  /** The caller's clock, in ms. */
  readonly atMs: number;
}

export type ReplicaEvent = Common &
  /** A command before the stream; secrets are masked. */
  (
    | { readonly kind: 'command'; readonly args: readonly Bytes[] }
    | { readonly kind: 'reply'; readonly line: Bytes; readonly verdict: StepVerdict }
    /** The master's line feed while the replica waits. */
    | { readonly kind: 'keepalive' }
    | { readonly kind: 'full'; readonly replid: Bytes; readonly offset: number }
    | {
        readonly kind: 'continue';
        readonly replid?: Bytes;
        readonly offset: number;
        readonly verdict?: StepVerdict;
      }
    | { readonly kind: 'snapshot-begin'; readonly form: 'length' | 'eof'; readonly length?: number }
    | { readonly kind: 'snapshot-end'; readonly bytes: number; readonly ms: number }
    /** The replica's line feed: it lives, and is busy. */
    | { readonly kind: 'newline' }
    /** The master asks. `offset`: what the answer is. */
    | { readonly kind: 'getack'; readonly offset: number }
    | AckEvent
    /** Bytes that a replica does not send. */
    | { readonly kind: 'odd'; readonly bytes: Bytes }
    /** The master's bytes cannot be followed any more: offsets are not judged from here on. */
    | { readonly kind: 'blind' }
    | { readonly kind: 'closed'; readonly by: 'replica' | 'master' | 'error' }
    | ({ readonly kind: 'finding' } & ToldFinding)
  );

/** Without the time, which the judge adds. */
export type UntimedReplicaEvent = ReplicaEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'atMs'>
    : never
  : never;
