/** What replication needs of the rest of the server; the composition root provides it. */
import { type Dial } from '../base/byte-channel.js';
import { type Bytes } from '../base/bytes.js';
import { type Disk } from '../base/disk.js';
import { type Engine } from '../engine/engine.js';
import { type Persistence } from '../persistence/persistence.js';

export interface ReplicationParts {
  readonly engine: Engine;
  readonly persistence: Persistence;
  readonly disk: Disk;
  /** How to reach a master. */
  dial(host: string, port: number): Dial;
  /** The port that replicas announce: announce-port, else the port that we listen on. */
  listeningPort(): number;
  /**
   * Send a PING behind each snapshot of known length that nothing else follows at once (`serve --trace`): a replica that drops what
   * comes in one piece with the end of its snapshot is then seen by its ACKs.
   */
  readonly pingBehindSnapshot?: boolean;
}

/** What happens on the link to a master, for a person who watches (`replica`) and for tests. */
export type LinkEvent =
  | { readonly kind: 'connecting'; readonly host: string; readonly port: number }
  | { readonly kind: 'connected'; readonly address: string; readonly us: number }
  /** It went through. `steps`: what was sent, secrets masked. */
  | { readonly kind: 'handshake'; readonly steps: readonly string[]; readonly us: number }
  | { readonly kind: 'full-sync'; readonly reason: string; readonly replid: string; readonly offset: number }
  | {
      readonly kind: 'partial-sync';
      readonly replid: string;
      readonly offset: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'snapshot';
      readonly receivedBytes: number;
      readonly totalBytes: number | undefined;
      readonly keys: number;
    }
  | {
      readonly kind: 'snapshot-done';
      readonly bytes: number;
      readonly us: number;
      readonly rdbVersion: number;
      readonly keys: number;
      readonly checksum: string;
    }
  | { readonly kind: 'streaming'; readonly offset: number }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'stopped'; readonly reason: string };

export type LinkObserver = (event: LinkEvent) => void;

/** Takes a copy of each snapshot as it comes (a backup). */
export interface SnapshotCopy {
  /** A snapshot begins: what came of another one counts for nothing. */
  begin(): void;
  /** Its next bytes, used before this returns. */
  write(bytes: Buffer): void;
}

/** Where the stream from a master stands. Offsets are replication offsets. */
export interface LinkProgress {
  /** Received and applied. */
  readonly offset: number;
  /** Received. */
  readonly readOffset: number;
  /** Commands of this link that were applied. */
  readonly commands: number;
  /** When the last ACK was sent (clock.nowMs); undefined before the first. */
  readonly ackedMs: number | undefined;
}

/** A name from the configuration, or what stands for it. */
export function optionalBytes(value: Bytes | string | undefined): Bytes | undefined {
  return value === undefined || value === '' ? undefined : (value as Bytes);
}
