/**
 * InputBatch: short requests of several clients are gathered, so that what their keys need is brought into the cache together
 * (store/prefetch.ts says why). Then each client's requests are executed, in the order in which they came.
 *
 *   read of client 7 ─┐
 *   read of client 3 ─┼─► 16 of them, or the end of the turn ─► prefetch ─► execute 7, 3, 9, …
 *   read of client 9 ─┘
 *
 * While the data set is small nobody waits here but CLIENT LIST: it is to show what the others had sent before, though it may be read
 * first. A client whose connection ends meanwhile is served first: what it has sent counts.
 */
import { PREFETCH_KEYS, type Prefetch } from '../store/prefetch.js';
import { type Session } from './session.js';

/** Longer input is most often a pipeline, which is executed at once: it is a batch of its own. */
const SHORT_BYTES = 512;
/** Input up to here is one long value where the client's last input was one command. Copying more costs more than is gained. */
const LONG_BYTES = 8192;

export class InputBatch {
  private sessions: Session[] = [];
  /** A session of the batch has just been served: what follows begins at the moment at which that ended. */
  goesOn = false;

  constructor(
    private readonly prefetch: Prefetch,
    /** Asks for the end of the turn, which calls `run`. */
    private readonly arm: () => void,
  ) {}

  /** Whether this input of the session, `chunk[start, end)`, should wait for the others; it has none that waits. */
  wants(session: Session, chunk: Buffer, start: number, end: number): boolean {
    const bytes = end - start;
    if (listsClients(chunk, start, end)) return true;
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
      for (const { db, parser } of sessions)
        if (db.keyspace === keyspace && parser.argv.length > 1) prefetch.addKey(parser.argv[1]);
      prefetch.run();
    }
    try {
      for (const session of sessions) {
        session.serveWaiting();
        this.goesOn = true;
      }
    } finally {
      this.goesOn = false;
    }
  }
}

const DIGIT_6 = 0x36;
const LETTER_C = 0x63;
const LOWER = 0x20;
/** How CLIENT LIST goes on behind its first line, and where that stands. */
const LIST_CLIENTS = '$6\r\nclient\r\n$4\r\nlist\r\n';
const HEAD_AT = 4;
const NAME_AT = HEAD_AT + 4;

function listsClients(chunk: Buffer, start: number, end: number): boolean {
  if (end - start < HEAD_AT + LIST_CLIENTS.length) return false;
  if (chunk[start + HEAD_AT + 1] !== DIGIT_6 || (chunk[start + NAME_AT] | LOWER) !== LETTER_C) return false;
  const head = chunk.latin1Slice(start + HEAD_AT, start + HEAD_AT + LIST_CLIENTS.length);
  return head.toLowerCase() === LIST_CLIENTS;
}
