/**
 * InputBatch: short requests of several clients are gathered, so that what their keys need is brought into the cache together
 * (store/prefetch.ts says why). Then each client's requests are executed, in the order in which they came.
 *
 *   read of client 7 ─┐
 *   read of client 3 ─┼─► 16 of them, or the end of the turn ─► prefetch ─► execute 7, 3, 9, …
 *   read of client 9 ─┘
 *
 * While the data set is small nobody waits here. A client whose connection ends meanwhile is served first: what it has sent counts.
 */
import { PREFETCH_KEYS, type Prefetch } from '../store/prefetch.js';
import { type Session } from './session.js';

/** Longer input is most often a pipeline, which is executed at once: it is a batch of its own. */
const SHORT_BYTES = 512;
/** Input up to here is one long value where the client's last input was one command. Copying more costs more than is gained. */
const LONG_BYTES = 8192;

export class InputBatch {
  private sessions: Session[] = [];

  constructor(
    private readonly prefetch: Prefetch,
    /** Asks for the end of the turn, which calls `run`. */
    private readonly arm: () => void,
  ) {}

  /** Whether `bytes` of input of this session, which has none waiting, should wait for the others. */
  wants(session: Session, bytes: number): boolean {
    const short = bytes <= SHORT_BYTES || (bytes <= LONG_BYTES && session.turnCommands === 1);
    return short && this.prefetch.pays(session.db.keyspace);
  }

  /** Executes the session's input with that of the others. */
  add(session: Session): void {
    if (this.sessions.push(session) >= PREFETCH_KEYS) this.run();
    else this.arm();
  }

  /** Executes what waits. */
  run(): void {
    const { sessions, prefetch } = this;
    if (sessions.length === 0) return;
    this.sessions = [];
    if (sessions.length > 1) {
      const { keyspace } = sessions[0].db;
      prefetch.begin(keyspace);
      for (const { parser, db } of sessions) if (db.keyspace === keyspace) parser.lookAhead(prefetch);
      prefetch.run();
    }
    for (const session of sessions) session.serveWaiting();
  }
}
