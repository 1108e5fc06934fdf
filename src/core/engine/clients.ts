/**
 * Clients: every connected session, and the limits on them.
 *
 * Limits: maxclients, protected mode, idle time, query buffer, and client-output-buffer-limit with its hard and soft half
 * (redis 7.2.6 networking.c:checkClientOutputBufferLimits, clientsCronHandleTimeout).
 */
import { type Clock } from '../base/clock.js';
import { ClientFlag, type ClientsPort } from '../commands/context.js';
import { type Config } from '../services/config/config.js';
import { type Log } from '../services/log.js';
import { ClientMemory } from './client-memory.js';
import { ClientLine } from './client-line.js';
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

/** So many clients' input is looked after in each tick, and all of them within a second (redis 7.2.6 server.c:clientsCron). */
const TRIMMED_A_TICK = 5;

export class Clients implements ClientsPort {
  /** What CLIENT LIST says of a session. */
  readonly line = new ClientLine();
  private readonly sessions = new Map<number, Session>();
  /** Those whose input is looked after next. */
  private toTrim: Iterator<Session> | undefined;
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

  byId(id: number): Session | undefined {
    return this.sessions.get(id);
  }

  get count(): number {
    return this.sessions.size;
  }

  /**
   * Closes a client whose output is over its limit. `running`: its command is; it is closed when that is over.
   * @returns whether it was, or will be, closed
   */
  enforceOutputLimit(session: Session, running = false): boolean {
    const { type } = session;
    if (type === 'master' || session.closed) return false;
    if (session.flags & ClientFlag.closeAsap) return true;
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
    if (running) {
      session.setFlag(ClientFlag.closeAsap, true);
      session.wrote();
    } else session.close('output buffer limit');
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

  /** `hz` times a second: input buffers that are not used any more. */
  trimInput(): void {
    const now = this.clock.nowMs();
    let left = Math.max(TRIMMED_A_TICK, Math.ceil(this.count / this.config.values.hz));
    for (this.toTrim ??= this.sessions.values(); left > 0; left--) {
      const next = this.toTrim.next();
      if (next.done === true) {
        this.toTrim = undefined;
        return;
      }
      next.value.trimInput(now);
    }
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
   * The line of CLIENT LIST. `running`: the arguments of the request of this session that is being executed, whose bytes Redis
   * still has in its query buffer.
   */
  infoLine(session: Session, running?: readonly string[]): string {
    return this.line.format(session, this.clock.nowMs(), running);
  }
}
