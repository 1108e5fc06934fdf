/**
 * The states of the link to a master, and how ROLE and INFO show them (redis 7.2.6 server.h REPL_STATE_*, replication.c:roleCommand).
 * Pure: Follower owns the state and moves it.
 */
import { type MasterLink } from '../../info/replication.js';
import { type HandshakeRun } from '../handshake/run.js';
import { type FullSync } from './full-sync.js';
import { type UpstreamLink } from './upstream-link.js';

export type LinkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'handshake'; readonly run: HandshakeRun }
  | { readonly kind: 'snapshot'; readonly sync: FullSync }
  | { readonly kind: 'streaming'; readonly link: UpstreamLink }
  | { readonly kind: 'stopped'; readonly reason: string };

/** The state as ROLE names it. `follows`: there is a master; `sent`: the handshake has sent something. */
export function roleState(state: LinkState, follows: boolean, sent: boolean): string {
  switch (state.kind) {
    case 'idle':
      return follows ? 'connect' : 'none';
    case 'waiting':
    case 'stopped':
      return 'connect';
    case 'handshake':
      return sent ? 'handshake' : 'connecting';
    case 'snapshot':
      return 'sync';
    case 'streaming':
      return 'connected';
  }
}

export interface LinkFacts {
  readonly master: { readonly host: string; readonly port: number };
  readonly state: LinkState;
  /** Applied; undefined without a position and without a link. */
  readonly offset: number | undefined;
  /** When the link went down; -1: it was never up. */
  readonly downSinceMs: number;
  readonly nowMs: number;
}

type LinkFields = Omit<MasterLink, 'priority' | 'readOnly' | 'announced'>;

/** What INFO replication shows of the link. Without master and position both offsets are 1, as in Redis. */
export function linkFields({ master, state, offset = 1, downSinceMs, nowMs }: LinkFacts): LinkFields {
  const seconds = (sinceMs: number) => Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  const up = state.kind === 'streaming';
  return {
    host: master.host,
    port: master.port,
    up,
    lastIoSecondsAgo: up ? seconds(state.link.lastReadMs) : -1,
    syncInProgress: state.kind === 'snapshot',
    readOffset: up ? state.link.readOffset : offset,
    offset,
    ...(state.kind === 'snapshot' && {
      transfer: {
        totalBytes: state.sync.receiver.totalBytes,
        readBytes: state.sync.receiver.receivedBytes,
        lastIoSecondsAgo: seconds(state.sync.receiver.lastReadMs),
      },
    }),
    ...(!up && { downSinceSeconds: downSinceMs < 0 ? -1 : seconds(downSinceMs) }),
  };
}
