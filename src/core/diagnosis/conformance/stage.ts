/**
 * What a variant works with: attempts, which are closed when it is over, and questions on the side. INFO tells the position to
 * continue at, so that most variants cost the master no snapshot.
 */
import { ascii, fromBuffer, isWord, toBuffer, type Bytes } from '../../base/bytes.js';
import { findField, infoInteger, type ParsedSection } from '../../info/parse.js';
import { type Reply } from '../../protocol/reply-decoder.js';
import { StreamReader } from '../../replication/handshake/stream-reader.js';
import { type PsyncRequest } from '../../replication/handshake/steps.js';
import { askAside } from '../../replication/side-client.js';
import { type Evidence } from '../evidence.js';
import { addPortions, NO_PORTIONS, type Portions } from '../rules/left-out.js';
import { askInfo, positionOf, replicaLines, type SideDoor } from '../master-facts.js';
import { Attempt, Skip, type Env, type Manner } from './attempt.js';

export interface Position {
  readonly replid: Bytes;
  readonly offset: number;
  /** The first byte that the backlog holds, when INFO tells. */
  readonly firstByte?: number;
}

/** How long a WAIT for more replicas than there are makes the master ask for ACKs, in ms. */
export const NUDGE_MS = 120;
/** More replicas than any master has: such a WAIT always runs into its time limit. */
const NOBODY_HAS = 1000;
const SIDE_LIMIT_MS = 3000;
/** How often INFO is asked again until it shows what it should, and the pause between, in ms. */
const LOOKS = 10;
const LOOK_PAUSE_MS = 60;
/** How soon behind +CONTINUE the bytes of a backlog come, in ms: a master sends them with it. */
const SPILL_MS = 50;
/** Bytes of a stream that are kept for a comparison. */
const MAX_TAIL_BYTES = 64 * 1024;

/** The beginning of a replication stream, as it was read. */
export interface Tail {
  readonly bytes: Bytes;
  readonly commands: readonly (readonly Bytes[])[];
  /** Bytes of whole commands. */
  readonly bytesRead: number;
  readonly portions: Portions;
  readonly fault?: string;
}

export class Stage {
  private readonly attempts: Attempt[] = [];
  private readonly door: SideDoor;
  /** What did not fail the variant and should be said. */
  remark: string | undefined;

  constructor(
    readonly env: Env,
    /** A port that no other variant announces. */
    readonly ownPort: number,
  ) {
    const { dial, clock, user, pass, timeoutMs } = env;
    this.door = {
      ...{ dial, clock, timeoutMs: Math.min(timeoutMs, SIDE_LIMIT_MS) },
      ...(user !== undefined && { user }),
      ...(pass !== undefined && { pass }),
    };
  }

  /** A new connection. Throws Unreachable. */
  async open(manner: Manner = {}): Promise<Attempt> {
    const attempt = await Attempt.open(this.env, manner);
    this.attempts.push(attempt);
    return attempt;
  }

  /** A new connection that goes through the handshake; it continues at the current position where there is one. */
  async attach(manner: Manner = {}, request?: PsyncRequest): Promise<Attempt> {
    const attempt = await this.open(manner);
    await attempt.introduce();
    await attempt.psync(request ?? (await this.request()));
    return attempt;
  }

  /**
   * A new connection that is a replica with nothing left to read. A master whose count is not that of its stream sends other bytes
   * behind +CONTINUE than what is new; they would be taken for what the variant is about. There a full sync is asked for instead.
   */
  async attachUpToDate(manner: Manner = {}): Promise<Attempt> {
    const position = await this.position();
    if (position !== undefined) {
      const { replid, offset } = position;
      const attempt = await this.attach(manner, { replid, offset: offset + 1 });
      if (attempt.evidence.outcome?.kind === 'full') return this.loaded(attempt);
      if (!(await this.spills(attempt, offset))) return attempt;
      attempt.close();
      this.remark =
        'from the position that INFO tells the master sent what is not new (see the variant continue): looked at behind a full sync';
    }
    return this.loaded(await this.attach(manner, 'full'));
  }

  private async loaded(attempt: Attempt): Promise<Attempt> {
    await attempt.snapshot();
    return attempt;
  }

  /** Whether more came behind +CONTINUE than the master's own offset has moved by since it was `offset`. */
  private async spills(attempt: Attempt, offset: number): Promise<boolean> {
    const came = await this.tail(attempt, SPILL_MS, ({ fault }) => fault !== undefined);
    if (came.bytes === '') return false;
    if (came.fault !== undefined || !came.bytes.startsWith('*')) return true;
    const now = await this.position();
    return now === undefined || now.offset - offset < came.bytes.length;
  }

  /** Of every attempt that was made. */
  evidence(): readonly Evidence[] {
    return this.attempts.map(({ evidence }) => evidence);
  }

  close(): void {
    for (const attempt of this.attempts) attempt.close();
  }

  // ---- on the side

  info(): Promise<readonly ParsedSection[] | undefined> {
    return askInfo(this.door);
  }

  /** Where the master is now; undefined when it does not tell, or has no backlog to continue from. */
  async position(): Promise<Position | undefined> {
    const info = await this.info();
    if (info === undefined) return undefined;
    const { replid, offset, backlogActive } = positionOf(info);
    if (replid === undefined || offset === undefined || backlogActive === false) return undefined;
    const firstByte = infoInteger(findField(info, 'repl_backlog_first_byte_offset'));
    return { replid, offset, ...(firstByte !== undefined && { firstByte }) };
  }

  /** The position, without which the variant says nothing. */
  async needPosition(): Promise<Position> {
    const position = await this.position();
    if (position === undefined) throw new Skip('INFO does not tell id, offset and backlog of this master');
    return position;
  }

  private async request(): Promise<PsyncRequest> {
    const position = await this.position();
    return position === undefined ? 'full' : { replid: position.replid, offset: position.offset + 1 };
  }

  /** The `slaveN` lines that announce `port`, once `test` holds for them; the last that were seen otherwise. */
  async listed(port: number, test: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    let lines: readonly string[] = [];
    for (let look = 0; look < LOOKS; look++) {
      const info = await this.info();
      if (info === undefined) throw new Skip('INFO was not answered');
      lines = replicaLines(info, port).ours;
      if (test(lines)) break;
      await this.pause(LOOK_PAUSE_MS);
    }
    return lines;
  }

  /**
   * Makes the master put something into its stream without a write: WAIT for more replicas than there are sends GETACK. The
   * reply, once its time is over; undefined when WAIT is not answered.
   */
  nudge(): Promise<Reply | undefined> {
    const command = ['WAIT', String(NOBODY_HAS), String(NUDGE_MS)].map(ascii);
    return new Promise((resolve) => {
      askAside({ ...this.door, commands: [command], done: ([reply]) => resolve(reply) });
    });
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.env.clock.after(ms, resolve, true));
  }

  // ---- the stream

  /** Reads the stream of an attached replica until `enough`, or until the time is over; a part of a command is left for the next reading. */
  async tail(attempt: Attempt, limitMs: number, enough: (tail: Tail) => boolean): Promise<Tail> {
    const commands: (readonly Bytes[])[] = [];
    let fault: string | undefined;
    let bytes = '';
    let portions = NO_PORTIONS;
    const reader = new StreamReader(attempt.offset, undefined, (event) => {
      if (event.kind === 'command') {
        commands.push(event.args);
        portions = addPortions(portions, event);
      } else if (event.kind === 'stream-fault') fault = event.message;
    });
    const now = (): Tail => ({
      bytes: ascii(bytes),
      commands,
      bytesRead: reader.bytesRead,
      portions,
      ...(fault !== undefined && { fault }),
    });
    await attempt.peer.within(() => {
      if (attempt.peer.queue.length > 0 && fault === undefined && bytes.length < MAX_TAIL_BYTES) {
        const chunk = attempt.peer.takeAll();
        bytes += fromBuffer(chunk);
        reader.read(chunk);
      }
      return fault !== undefined || enough(now());
    }, limitMs);
    if (reader.offset !== undefined) attempt.offset = reader.offset;
    const rest = bytes.slice(reader.bytesRead);
    if (fault === undefined && rest !== '') attempt.peer.queue.push(toBuffer(ascii(rest)));
    return now();
  }
}

/** Whether a command of the stream asks for an ACK. */
export function isGetAck(args: readonly Bytes[]): boolean {
  return args.length === 3 && isWord(args[0], 'replconf') && isWord(args[1], 'getack');
}
