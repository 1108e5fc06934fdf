/**
 * The line of CLIENT LIST and CLIENT INFO, column by column (redis 7.2.6 networking.c:catClientInfoString).
 *
 * The names and their order are Redis's; what a session knows of itself is said here, and a part that knows more (pub/sub,
 * tracking) provides its columns.
 */
import { quote } from '../base/bytes.js';
import { ClientFlag } from '../commands/context.js';
import { argumentBytes, clientBytes, inputBytes } from './client-memory.js';
import { type Session } from './session.js';

const COLUMNS = [
  'id',
  'addr',
  'laddr',
  'fd',
  'name',
  'age',
  'idle',
  'flags',
  'db',
  'sub',
  'psub',
  'ssub',
  'multi',
  'qbuf',
  'qbuf-free',
  'argv-mem',
  'multi-mem',
  'rbs',
  'rbp',
  'obl',
  'oll',
  'omem',
  'tot-mem',
  'events',
  'cmd',
  'user',
  'redir',
  'resp',
  'lib-name',
  'lib-ver',
] as const;

export type ColumnName = (typeof COLUMNS)[number];

/**
 * The value of a column. `nowMs` is the time, `running` the arguments of the client's request that is being executed, whose bytes
 * Redis still has in its query buffer.
 */
export type Column = (
  session: Session,
  nowMs: number,
  running: readonly string[] | undefined,
) => string | number;

/** The size of Redis's reply buffer, which clients look for in `rbs` and `rbp`. */
const REPLY_BUFFER_BYTES = 16384;

const queryBytes: Column = ({ parser }, _nowMs, running) =>
  parser.unparsedBytes + (running === undefined ? 0 : parser.wireLength);
const outside = ({ feed, connection }: Session) => (feed?.pendingBytes ?? 0) + connection.queuedBytes;

const OWN: { readonly [name in ColumnName]: Column } = {
  id: (session) => session.id,
  addr: (session) => session.peerAddress,
  laddr: (session) => session.localAddress,
  fd: (session) => session.id + 7,
  name: (session) => quote(session.name, false),
  age: (session, nowMs) => Math.floor((nowMs - session.createdMs) / 1000),
  idle: (session, nowMs) => Math.max(0, Math.floor((nowMs - session.lastInteractionMs) / 1000)),
  flags: flagLetters,
  db: (session) => session.db.id,
  sub: () => 0,
  psub: () => 0,
  ssub: () => 0,
  multi: (session) => (session.flags & ClientFlag.multi ? session.multi.queued.length : -1),
  qbuf: queryBytes,
  'qbuf-free': (session, nowMs, running) =>
    Math.max(0, inputBytes(session) - Number(queryBytes(session, nowMs, running))),
  'argv-mem': (session, _nowMs, running) => argumentBytes(session, running),
  'multi-mem': (session) => session.multi.queuedBytes,
  rbs: () => REPLY_BUFFER_BYTES,
  rbp: () => REPLY_BUFFER_BYTES,
  obl: (session) => session.reply.length,
  oll: (session) => ((session.feed?.pendingBytes ?? 0) > 0 ? 1 : 0),
  omem: outside,
  'tot-mem': (session, _nowMs, running) =>
    clientBytes(session, session.connection.queuedBytes) -
    session.parser.partialBytes +
    argumentBytes(session, running) +
    (session.feed?.pendingBytes ?? 0),
  events: (session) => (session.connection.queuedBytes > 0 ? 'rw' : 'r'),
  cmd: (session) => session.lastCommand?.fullName ?? 'NULL',
  user: (session) => session.user?.name ?? '(superuser)',
  redir: () => -1,
  resp: (session) => session.reply.resp,
  'lib-name': (session) => session.libName,
  'lib-ver': (session) => session.libVersion,
};

export class ClientLine {
  private readonly columns = new Map<ColumnName, Column>(
    COLUMNS.map((name): [ColumnName, Column] => [name, OWN[name]]),
  );

  /** Says from now on what stands in a column. */
  provide(name: ColumnName, column: Column): void {
    this.columns.set(name, column);
  }

  format(session: Session, nowMs: number, running: readonly string[] | undefined): string {
    const fields: string[] = [];
    for (const [name, column] of this.columns) fields.push(`${name}=${column(session, nowMs, running)}`);
    return fields.join(' ');
  }
}

/** In Redis's order; a MONITOR client is a replica by its flags, and shown as `O`. */
const LETTERS: readonly (readonly [flag: number, letter: string])[] = [
  [ClientFlag.monitor, 'O'],
  [ClientFlag.replica, 'S'],
  [ClientFlag.master, 'M'],
  [ClientFlag.pubsub, 'P'],
  [ClientFlag.multi, 'x'],
  [ClientFlag.blocked, 'b'],
  [ClientFlag.tracking, 't'],
  [ClientFlag.trackingBroken, 'R'],
  [ClientFlag.trackingBroadcast, 'B'],
  [ClientFlag.dirtyCas, 'd'],
  [ClientFlag.closeAfterReply, 'c'],
  [ClientFlag.unblocked, 'u'],
  [ClientFlag.closeAsap, 'A'],
  [ClientFlag.unixSocket, 'U'],
  [ClientFlag.readonly, 'r'],
  [ClientFlag.noEvict, 'e'],
  [ClientFlag.noTouch, 'T'],
];

function flagLetters({ flags }: Session): string {
  const shown = flags & ClientFlag.monitor ? flags & ~ClientFlag.replica : flags;
  const letters = LETTERS.filter(([flag]) => shown & flag).map(([, letter]) => letter);
  return letters.length > 0 ? letters.join('') : 'N';
}
