/**
 * What a visit to a master tells its observer: the only output of the handshake. The trace renderer prints these events,
 * `--json` prints them as they are, the diagnosis rules read them. Passwords are masked before an event is made.
 *
 * `atUs` counts from the start of the visit; `conn` numbers its connections (1 is the one that is diagnosed, the others are
 * side connections: INFO, confirmations). `bytes` are Bytes: one char per byte.
 */
import { type ChannelClose, type ChannelError, type FailedAddress } from '../../base/byte-channel.js';
import { type Bytes } from '../../base/bytes.js';
import { type FailWhy, type Outcome } from './machine.js';
import { type SnapshotReport } from '../snapshot-check.js';
import { type StepId } from './steps.js';

/** Where in a visit something happened. `other`: a command of a watched replica that our own handshake does not send. */
export type Stage = StepId | 'snapshot' | 'stream' | 'side' | 'other';

interface Common {
  readonly atUs: number;
  readonly conn: number;
  readonly step: Stage;
}

/** How an answer was taken: `ignored` is an error that a replica passes over, `odd` no error but not what Redis says. */
export type Verdict = 'ok' | 'ignored' | 'odd' | 'fault';

export type HandshakeEvent = Common &
  (
    | {
        readonly kind: 'connect';
        readonly local: string;
        readonly remote: string;
        readonly localPort: number;
        /** Other addresses of the name, which did not answer. */
        readonly tried?: readonly FailedAddress[];
      }
    | { readonly kind: 'unreachable'; readonly error: ChannelError }
    | { readonly kind: 'send'; readonly bytes: Bytes; readonly args: readonly Bytes[] }
    | {
        readonly kind: 'receive';
        readonly bytes: Bytes;
        readonly line: Bytes;
        readonly verdict: Verdict;
        readonly expected?: string;
      }
    | { readonly kind: 'keepalive' }
    /** The handshake stops here. `bytes`: what came and could not be taken as an answer, cut to a limit. */
    | {
        readonly kind: 'fault';
        readonly why: FailWhy;
        readonly bytes: Bytes;
        readonly waitedMs: number;
        /** Of a timeout: the patience with a master that only sent keepalives came to its end. */
        readonly onlyKeepalives?: boolean;
      }
    | { readonly kind: 'close'; readonly close: ChannelClose; readonly bytes: Bytes }
    | { readonly kind: 'outcome'; readonly outcome: Outcome }
  );

/** Why taking the snapshot ended without a snapshot. */
export type SnapshotFault = 'error-reply' | 'unexpected' | 'stalled' | 'closed' | 'timeout';

/** What follows the handshake on the same connection. Offsets are replication offsets: bytes of the stream. */
export type TransferTraceEvent = Common &
  (
    | {
        readonly kind: 'snapshot-begin';
        readonly form: 'length' | 'eof';
        /** Of the length form. */
        readonly length?: number;
        readonly bytes: Bytes;
      }
    | {
        readonly kind: 'snapshot-progress';
        readonly receivedBytes: number;
        readonly keys: number;
        readonly length?: number;
      }
    | { readonly kind: 'snapshot-end'; readonly report: SnapshotReport; readonly ms: number }
    | {
        readonly kind: 'snapshot-fault';
        readonly why: SnapshotFault;
        readonly receivedBytes: number;
        readonly waitedMs: number;
        /** What came instead, or the beginning of it. */
        readonly bytes: Bytes;
        /** Of what was received until then. */
        readonly report?: SnapshotReport;
      }
    | { readonly kind: 'stream-begin'; readonly offset?: number }
    /** Bytes between commands, or before the first, that belong to none. */
    | {
        readonly kind: 'stream-noise';
        readonly bytes: Bytes;
        /** It is the rest of the snapshot's checksum: the announced length was too small. */
        readonly endsSnapshot?: boolean;
      }
    | {
        readonly kind: 'command';
        /** After this command; missing when the position is not known. */
        readonly offset?: number;
        readonly wireLength: number;
        readonly db?: number;
        /** Long arguments are cut. */
        readonly args: readonly Bytes[];
        readonly argc: number;
      }
    | { readonly kind: 'stream-fault'; readonly message: string; readonly bytes: Bytes }
    | {
        readonly kind: 'stream-end';
        readonly why: 'count' | 'time' | 'stopped' | 'closed' | 'fault';
        readonly commands: number;
        readonly bytesRead: number;
        /** Bytes behind the last whole command, when any came. */
        readonly cutBytes?: number;
        readonly offset?: number;
      }
    /** Bytes that came after the reading had ended, while the connection still stood. */
    | { readonly kind: 'stream-late'; readonly bytesSeen: number }
  );

export type VisitEvent = HandshakeEvent | TransferTraceEvent;

/** An event of a union without the fields that the teller adds. */
export type Untold<E> = E extends unknown ? Omit<E, 'atUs' | 'conn'> : never;

export type Observer<E = HandshakeEvent> = (event: E) => void;

/** How much of unexpected bytes an event carries. */
export const MAX_EVIDENCE_BYTES = 512;
