/**
 * Events of `handshake --between`, beside those of a visit: who came, what the replica acknowledged, what was noticed about
 * either side. Offsets are replication offsets.
 */
import { type Bytes } from '../../base/bytes.js';
import { type AckEvent } from '../replica/events.js';
import { type ToldFinding } from '../told-finding.js';

export type WatchEvent =
  /** A replica, or another client, has connected to us. */
  | { readonly kind: 'attached'; readonly replica: string }
  | {
      readonly kind: 'detached';
      readonly by: 'replica' | 'master';
      readonly error?: string;
      readonly ms: number;
    }
  /** It sends no handshake: its bytes are passed on, and no more is said of it. */
  | { readonly kind: 'passed-on'; readonly why: string }
  /** How far the stream is, told once a second while it moves. */
  | {
      readonly kind: 'stream-progress';
      readonly commands: number;
      readonly bytesRead: number;
      readonly offset?: number;
    }
  /** The master asks for an ACK; `offset` is the right answer. */
  | { readonly kind: 'getack'; readonly offset: number }
  | AckEvent
  /** Bytes that a replica does not send. */
  | { readonly kind: 'odd'; readonly bytes: Bytes }
  /** Found while it goes on. Of the master it is concluded again at the end; of the replica it rests on bytes and times. */
  | ({ readonly kind: 'noticed'; readonly side: 'master' | 'replica' } & ToldFinding);
