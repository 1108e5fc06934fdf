/**
 * What a visit to a master tells its observer: the only output of the handshake. The trace renderer prints these events,
 * `--json` prints them as they are, the diagnosis rules read them. Passwords are masked before an event is made.
 *
 * `atUs` counts from the start of the visit; `conn` numbers its connections (1 is the one that is diagnosed, the others are
 * side connections: INFO, confirmations). `bytes` are Bytes: one char per byte.
 */
import { type ChannelClose, type ChannelError } from '../../base/byte-channel.js';
import { type Bytes } from '../../base/bytes.js';
import { type FailWhy, type Outcome } from './machine.js';
import { type StepId } from './steps.js';

/** Where in a visit something happened. */
export type Stage = StepId | 'snapshot' | 'stream' | 'side';

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
    | { readonly kind: 'fault'; readonly why: FailWhy; readonly bytes: Bytes; readonly waitedMs: number }
    | { readonly kind: 'close'; readonly close: ChannelClose; readonly bytes: Bytes }
    | { readonly kind: 'outcome'; readonly outcome: Outcome }
  );

export type Observer<E = HandshakeEvent> = (event: E) => void;

/** How much of unexpected bytes an event carries. */
export const MAX_EVIDENCE_BYTES = 512;
