/**
 * Clients: every connected session, the limits on them, and the line of CLIENT LIST.
 *
 * Limits: maxclients, protected mode, idle time, query buffer, and client-output-buffer-limit with its hard and soft half
 * (redis 7.2.6 networking.c:checkClientOutputBufferLimits, clientsCronHandleTimeout).
 */
import { quote } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { ClientFlag, type Client, type ClientsPort } from '../commands/context.js';
import { type Config } from '../services/config/config.js';
import { type Log } from '../services/log.js';
import { argumentBytes, ClientMemory, clientBytes } from './client-memory.js';
import { type Session } from './session.js';
import { type EngineStats } from './stats.js';

export const PROTECTED_MODE_ERROR =
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the ' +
  'default user. In this mode connections are only accepted from the loopback interface. If you want to connect from ' +
  'external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending ' +
  "the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host " +
  'the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG ' +
  'REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the ' +
  "Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you " +
  "started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an " +
  'authentication password for the default user. NOTE: You only need to do one of the above things in order for the ' +
  'server to start accepting connections from the outside.\r\n';

export class Clients implements ClientsPort {
  private readonly sessions = new Map<number, Session>();
  private nextId = 1;
  readonly memory: ClientMemory;

  constructor(
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly stats: EngineStats,
    private readonly log: Log,
  ) {
    this.memory = new ClientMemory(config, stats, log);
    config.onChange('maxmemory-clients', () => this.measureAll());
  }

  newId(): number {
    return this.nextId++;
  }

  add(session: Session): void {
    this.sessions.set(session.id, session);
    this.memory.measure(session);
  }

  private measureAll(): void {
    for (const session of this.sessions.values()) this.memory.measure(session);
  }

  delete(session: Session): void {
    this.sessions.delete(session.id);
    this.memory.forget(session);
  }

  list(): Iterable<Session> {
    return this.sessions.values();
  }

  byId(id: number): Client | undefined {
    return this.sessions.get(id);
  }

  get count(): number {
    return this.sessions.size;
  }

  /** Closes a client whose output is over its limit. @returns whether it was closed */
  enforceOutputLimit(session: Session): boolean {
    const { type } = session;
    if (type === 'master' || session.closed) return false;
    const bytes = session.outputBytes;
    const limit = this.config.values.clientOutputBufferLimit[type];
    // A replica that continues may get the whole backlog at once, which is shared memory anyway.
    const least = type === 'replica' ? this.config.values.replBacklogSize : 0;
    const hard = limit.hardBytes !== 0 && bytes >= Math.max(limit.hardBytes, least);
    const soft = limit.softBytes !== 0 && bytes >= limit.softBytes;
    if (!soft) session.softLimitSinceMs = 0;
    else if (session.softLimitSinceMs === 0) session.softLimitSinceMs = this.clock.nowMs();
    const softTooLong = soft && this.clock.nowMs() - session.softLimitSinceMs > limit.softSeconds * 1000;
    if (!hard && !softTooLong) return false;
    this.stats.outputBufferLimitDisconnections++;
    this.log.warning(
      `Client ${session.infoLine()} scheduled to be closed ASAP for overcoming of output buffer limits.`,
    );
    session.close('output buffer limit');
    return true;
  }

  /** Closes a client that has sent more than client-query-buffer-limit without completing a command. */
  enforceQueryLimit(session: Session): void {
    if (session.parser.pendingBytes <= this.config.values.clientQueryBufferLimit) return;
    if (session.flags & ClientFlag.master) return;
    this.stats.inputBufferLimitDisconnections++;
    this.log.warning(`Closing client that reached max query buffer length: ${session.infoLine()}`);
    session.close('query buffer limit');
  }

  /** Once a second: idle clients and soft output limits. */
  cron(): void {
    const now = this.clock.nowMs();
    const idleMs = this.config.values.timeout * 1000;
    for (const session of [...this.sessions.values()]) {
      this.memory.measure(session);
      if (this.enforceOutputLimit(session)) continue;
      const exempt = ClientFlag.replica | ClientFlag.master | ClientFlag.blocked | ClientFlag.pubsub;
      if (idleMs !== 0 && !(session.flags & exempt) && now - session.lastInteractionMs > idleMs) {
        this.log.verbose('Closing idle client');
        session.close('idle');
      }
    }
  }

  /**
   * redis 7.2.6 networking.c:catClientInfoString. `running`: the arguments of the request of this session that is being executed,
   * whose bytes Redis still has in its query buffer.
   */
  infoLine(session: Session, running?: readonly string[]): string {
    const now = this.clock.nowMs();
    const { multi, parser, reply, connection, feed } = session;
    const inMulti = (session.flags & ClientFlag.multi) !== 0;
    const feedBytes = feed?.pendingBytes ?? 0;
    const queryBytes = parser.unparsedBytes + (running === undefined ? 0 : parser.wireLength);
    const argvBytes = argumentBytes(session, running);
    const totalBytes =
      clientBytes(session, connection.queuedBytes) - parser.partialBytes + argvBytes + feedBytes;
    const fields: readonly (readonly [string, string | number])[] = [
      ['id', session.id],
      ['addr', session.peerAddress],
      ['laddr', session.localAddress],
      ['fd', session.id + 7],
      ['name', quote(session.name, false)],
      ['age', Math.floor((now - session.createdMs) / 1000)],
      ['idle', Math.max(0, Math.floor((now - session.lastInteractionMs) / 1000))],
      ['flags', flagLetters(session)],
      ['db', session.db.id],
      ['sub', 0],
      ['psub', 0],
      ['ssub', 0],
      ['multi', inMulti ? multi.queued.length : -1],
      ['qbuf', queryBytes],
      ['qbuf-free', Math.max(0, parser.bufferBytes - queryBytes)],
      ['argv-mem', argvBytes],
      ['multi-mem', multi.queuedBytes],
      ['rbs', 16384],
      ['rbp', 16384],
      ['obl', reply.length],
      ['oll', feedBytes > 0 ? 1 : 0],
      ['omem', feedBytes + connection.queuedBytes],
      ['tot-mem', totalBytes],
      ['events', connection.queuedBytes > 0 ? 'rw' : 'r'],
      ['cmd', session.lastCommand?.fullName ?? 'NULL'],
      ['user', session.user],
      ['redir', -1],
      ['resp', reply.resp],
      ['lib-name', session.libName],
      ['lib-ver', session.libVersion],
    ];
    return fields.map(([name, value]) => `${name}=${value}`).join(' ');
  }
}

const LETTERS: readonly (readonly [number, string])[] = [
  [ClientFlag.replica, 'S'],
  [ClientFlag.master, 'M'],
  [ClientFlag.pubsub, 'P'],
  [ClientFlag.multi, 'x'],
  [ClientFlag.blocked, 'b'],
  [ClientFlag.tracking, 't'],
  [ClientFlag.dirtyCas, 'd'],
  [ClientFlag.closeAfterReply, 'c'],
  [ClientFlag.unblocked, 'u'],
  [ClientFlag.closeAsap, 'A'],
  [ClientFlag.unixSocket, 'U'],
  [ClientFlag.readonly, 'r'],
  [ClientFlag.noEvict, 'e'],
  [ClientFlag.noTouch, 'T'],
];

function flagLetters(session: Session): string {
  const letters = LETTERS.filter(([flag]) => session.flags & flag).map(([, letter]) => letter);
  if (session.flags & ClientFlag.monitor) letters.unshift('O');
  return letters.length > 0 ? letters.join('') : 'N';
}
