/**
 * Connections to the servers that keys are migrated to: kept for ten seconds after their last use, each with the database that is
 * selected there (redis 7.2.6 cluster.c:migrateGetSocket). Nobody else knows of them; MIGRATE sees the MigrationPort.
 *
 *   connect (or a kept connection) ──► AUTH? SELECT? RESTORE … ──► their answers ──► outcome
 *        │ no address, no answer:       │ breaks before a RESTORE was answered: once more, on a new connection
 *        │ `connecting`; else `writing` │ nothing happens for the timeout: `writing` or `reading`
 */
import { type ByteChannel, type Dial } from '../base/byte-channel.js';
import { ascii, flat, type Bytes } from '../base/bytes.js';
import { type Clock, type Timer } from '../base/clock.js';
import { type Random } from '../base/random.js';
import { type MigrationOutcome, type MigrationPort, type MigrationRequest } from '../commands/context.js';
import { encodeCommand } from '../protocol/command-encoder.js';
import { ReplyFormatError } from '../protocol/errors.js';
import { ReplyDecoder, type Reply } from '../protocol/reply-decoder.js';

const MAX_LINKS = 64;
const KEEP_MS = 10_000;
/** How often a timeout is looked for, as a share of it, and at least. */
const LOOKS_PER_TIMEOUT = 8;
const MAX_LOOK_MS = 1000;
/** The longest delay that a timer takes. */
const MAX_TIMEOUT_MS = 2_147_483_647;
/** Redis sees a refused connection only when it writes; what it sees at once is a name without an address, and a timeout. */
const NO_ATTEMPT = /^(TIMEOUT|ENOTFOUND|EAI_.*)$/;
const SELECT = ascii('SELECT');

export interface MigrationParts {
  readonly clock: Clock;
  readonly random: Random;
  dial(host: string, port: number): Dial;
}

/** A connection that is open. */
interface Link {
  readonly channel: ByteChannel;
  readonly decoder: ReplyDecoder;
  /** The database that is selected there; undefined: not known. */
  db: Bytes | undefined;
  lastUsedMs: number;
  transfer: Transfer | undefined;
}

export class MigrationLinks implements MigrationPort {
  private readonly links = new Map<string, Link>();

  constructor(readonly parts: MigrationParts) {}

  get cachedLinks(): number {
    return this.links.size;
  }

  send(request: MigrationRequest, done: (outcome: MigrationOutcome) => void): void {
    new Transfer(this, request, done).begin();
  }

  /** The connection that is kept for a target. */
  kept(name: string): Link | undefined {
    return this.links.get(name);
  }

  keep(name: string, link: Link): void {
    if (this.links.size >= MAX_LINKS) {
      const names = [...this.links.keys()];
      this.drop(names[this.parts.random.below(names.length)]);
    }
    this.links.set(name, link);
  }

  drop(name: string): void {
    const link = this.links.get(name);
    this.links.delete(name);
    link?.channel.close();
  }

  /** Ends what has not been used for a while. Called once a second. */
  dropIdle(): void {
    const now = this.parts.clock.nowMs();
    for (const [name, link] of this.links) {
      if (link.transfer === undefined && now - link.lastUsedMs > KEEP_MS) this.drop(name);
    }
  }

  /** Ends all connections. */
  close(): void {
    for (const name of [...this.links.keys()]) this.drop(name);
  }
}

/** One request, from the first connection attempt to its outcome. */
class Transfer {
  private readonly name: string;
  private readonly taken: boolean[] = [];
  /** Answers to AUTH and SELECT that are still to come. */
  private preludes = 0;
  /** AUTH or SELECT was refused: the target may have put the keys anywhere, so they stay here. */
  private preludeRefused = false;
  private targetError: Bytes | undefined;
  private retried = false;
  private timer: Timer | undefined;
  private lastProgressMs = 0;
  private lastUnsent = 0;

  constructor(
    private readonly owner: MigrationLinks,
    private readonly request: MigrationRequest,
    private readonly done: (outcome: MigrationOutcome) => void,
  ) {
    this.name = `${request.host}:${request.port}`;
  }

  begin(): void {
    const link = this.owner.kept(this.name);
    if (link === undefined) this.connect();
    else this.write(link);
  }

  private connect(): void {
    const { owner, name, request } = this;
    let link: Link | undefined;
    owner.parts.dial(request.host, request.port)(
      {
        onOpen: (channel) => {
          link = { channel, decoder: new ReplyDecoder(), db: undefined, lastUsedMs: 0, transfer: undefined };
          owner.keep(name, link);
          this.write(link);
        },
        onFail: ({ code }) =>
          this.done({ taken: [], failure: NO_ATTEMPT.test(code) ? 'connecting' : 'writing' }),
        onData: (chunk) => read(link!, chunk),
        onClose: () => {
          if (owner.kept(name) === link) owner.drop(name);
          link!.transfer?.broken(link!);
        },
      },
      { timeoutMs: Math.min(request.timeoutMs, MAX_TIMEOUT_MS) },
    );
  }

  private write(link: Link): void {
    const { auth, db, commands } = this.request;
    const { clock } = this.owner.parts;
    link.transfer = this;
    this.preludes = 0;
    if (auth !== undefined) this.prelude(link, auth);
    if (link.db !== db) this.prelude(link, [SELECT, db]);
    for (const command of commands) link.channel.writeBuffer(command);
    this.lastProgressMs = clock.nowMs();
    this.lastUnsent = link.channel.unsentBytes;
    this.look(link);
  }

  private prelude(link: Link, command: readonly Bytes[]): void {
    link.channel.write(flat(encodeCommand(command)));
    this.preludes++;
  }

  /** Looks now and then whether anything has happened. */
  private look(link: Link): void {
    const { timeoutMs } = this.request;
    const delayMs = Math.min(MAX_LOOK_MS, Math.ceil(timeoutMs / LOOKS_PER_TIMEOUT));
    this.timer = this.owner.parts.clock.after(delayMs, () => {
      const now = this.owner.parts.clock.nowMs();
      const { unsentBytes } = link.channel;
      if (unsentBytes !== this.lastUnsent) this.lastProgressMs = now;
      this.lastUnsent = unsentBytes;
      if (now - this.lastProgressMs >= timeoutMs) this.fail(link);
      else this.look(link);
    });
  }

  answered(link: Link, reply: Reply): void {
    this.lastProgressMs = this.owner.parts.clock.nowMs();
    const refused = reply.type === 'error';
    if (refused) this.targetError ??= reply.value;
    if (this.preludes > 0) {
      this.preludes--;
      if (refused) this.preludeRefused = true;
      return;
    }
    this.taken.push(!refused && !this.preludeRefused);
    if (this.taken.length === this.request.commands.length) this.finish(link);
  }

  private finish(link: Link): void {
    this.timer?.cancel();
    link.transfer = undefined;
    link.db = this.targetError === undefined ? this.request.db : undefined;
    link.lastUsedMs = this.owner.parts.clock.nowMs();
    this.done({ taken: this.taken, targetError: this.targetError });
  }

  /** The connection is gone. One that was kept may have been ended long ago: it is tried once more when nothing was taken. */
  broken(link: Link): void {
    if (this.retried || this.taken.length > 0) {
      this.fail(link);
      return;
    }
    this.timer?.cancel();
    link.transfer = undefined;
    this.retried = true;
    this.targetError = undefined;
    this.preludeRefused = false;
    this.begin();
  }

  private fail(link: Link): void {
    this.timer?.cancel();
    link.transfer = undefined;
    const failure = link.channel.unsentBytes > 0 ? 'writing' : 'reading';
    this.owner.drop(this.name);
    this.done({ taken: this.taken, targetError: this.targetError, failure });
  }
}

function read(link: Link, chunk: Buffer): void {
  link.decoder.push(Buffer.from(chunk));
  try {
    for (let reply = link.decoder.next(); reply !== undefined; reply = link.decoder.next()) {
      link.transfer?.answered(link, reply);
    }
  } catch (error) {
    if (!(error instanceof ReplyFormatError)) throw error;
    link.channel.close();
  }
}
