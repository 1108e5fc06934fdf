/**
 * The steps of a replica's handshake, as data. The machine walks this table; nobody else knows the order.
 *
 *   connect -> PING -> [AUTH] -> [REPLCONF listening-port] -> [REPLCONF ip-address] -> [REPLCONF capa] -> [rdb-only] -> PSYNC
 *             `---- answered before anything else ----'   `---- in one burst since Redis 6.2 ----'         `- alone -'
 *
 * Order, and what each answer means, after redis 7.2.6 replication.c:syncWithMaster.
 */
import { ascii, fromText, type Bytes } from '../../base/bytes.js';

export type StepId =
  | 'connect'
  | 'ping'
  | 'auth'
  | 'listening-port'
  | 'ip-address'
  | 'capa'
  | 'rdb-only'
  | 'rdb-filter-only'
  | 'psync'
  | 'sync';

/** What is asked of the master by PSYNC. `offset` is sent as it stands: the first byte wanted, not the last one held. */
export type PsyncRequest = 'none' | 'full' | { readonly replid: Bytes; readonly offset: number };

export interface HandshakeOptions {
  /** `burst`: AUTH and the REPLCONFs in one write, as Redis 6.2 and later; `one-by-one`: each waits for the last answer. */
  readonly manner: 'burst' | 'one-by-one';
  readonly user?: Bytes;
  readonly pass?: Bytes;
  readonly listeningPort?: number;
  readonly announceIp?: Bytes;
  readonly capa: readonly Bytes[];
  readonly rdbOnly?: boolean;
  readonly rdbFilterOnly?: Bytes;
  readonly psync: PsyncRequest;
  /** Stop before PSYNC until a `release` event, which may change what is asked for. */
  readonly holdPsync?: boolean;
  /** Send `SYNC` when PSYNC is refused, as a real replica does. Without it the outcome says so and nothing is sent. */
  readonly syncFallback: boolean;
}

/** What an error reply to a step means for the handshake. */
export type OnError = 'fatal' | 'ignored';

export interface StepSpec {
  readonly id: StepId;
  /** `ping` and `psync` are always sent alone; the `introduce` steps may travel together. */
  readonly phase: 'ping' | 'introduce' | 'psync';
  readonly needed: (options: HandshakeOptions) => boolean;
  readonly args: (options: HandshakeOptions) => readonly Bytes[];
  /** Indexes of arguments that no trace may show. */
  readonly secret?: (options: HandshakeOptions) => readonly number[];
  readonly onError: OnError;
  /** Error prefixes that do not stop the handshake although `onError` is fatal. */
  readonly tolerated?: readonly string[];
  /** Only the first byte of the answer is looked at, and it must be `+`. */
  readonly needsStatus?: boolean;
}

const REPLCONF = ascii('REPLCONF');

/** In the order of the wire. */
export const STEPS: readonly StepSpec[] = [
  {
    id: 'ping',
    phase: 'ping',
    needed: () => true,
    args: () => [ascii('PING')],
    onError: 'fatal',
    // The default user may not PING before AUTH: the handshake goes on and AUTH decides.
    tolerated: ['-NOAUTH', '-NOPERM', '-ERR operation not permitted'],
    needsStatus: true,
  },
  {
    id: 'auth',
    phase: 'introduce',
    needed: (o) => o.pass !== undefined,
    args: (o) => [ascii('AUTH'), ...(o.user === undefined ? [] : [o.user]), o.pass ?? ascii('')],
    secret: (o) => [o.user === undefined ? 1 : 2],
    onError: 'fatal',
  },
  {
    id: 'listening-port',
    phase: 'introduce',
    needed: (o) => o.listeningPort !== undefined,
    args: (o) => [REPLCONF, ascii('listening-port'), fromText(String(o.listeningPort))],
    onError: 'ignored',
  },
  {
    id: 'ip-address',
    phase: 'introduce',
    needed: (o) => o.announceIp !== undefined,
    args: (o) => [REPLCONF, ascii('ip-address'), o.announceIp ?? ascii('')],
    onError: 'ignored',
  },
  {
    id: 'capa',
    phase: 'introduce',
    needed: (o) => o.capa.length > 0,
    args: (o) => [REPLCONF, ...o.capa.flatMap((name) => [ascii('capa'), name])],
    onError: 'ignored',
  },
  {
    id: 'rdb-only',
    phase: 'introduce',
    needed: (o) => o.rdbOnly === true,
    args: () => [REPLCONF, ascii('rdb-only'), ascii('1')],
    onError: 'ignored',
  },
  {
    id: 'rdb-filter-only',
    phase: 'introduce',
    needed: (o) => o.rdbFilterOnly !== undefined,
    args: (o) => [REPLCONF, ascii('rdb-filter-only'), o.rdbFilterOnly ?? ascii('')],
    onError: 'ignored',
  },
  {
    id: 'psync',
    phase: 'psync',
    needed: (o) => o.psync !== 'none',
    args: (o) =>
      typeof o.psync === 'string'
        ? [ascii('PSYNC'), ascii('?'), ascii('-1')]
        : [ascii('PSYNC'), o.psync.replid, fromText(String(o.psync.offset))],
    onError: 'fatal',
  },
];

/** The inline command that a replica falls back to when PSYNC is refused. */
export const SYNC_FALLBACK = ascii('SYNC\r\n');

/** What stands for a secret in every trace. */
export const MASK = ascii('(hidden)');

/** The arguments of a step, and the same with its secrets masked. */
export function stepArgs(
  spec: StepSpec,
  options: HandshakeOptions,
): { args: readonly Bytes[]; shown: readonly Bytes[] } {
  const args = spec.args(options);
  const secret = new Set(spec.secret?.(options) ?? []);
  return { args, shown: args.map((arg, i) => (secret.has(i) ? MASK : arg)) };
}
