/**
 * ReplicationStream: the bytes that replicas get, once for all of them.
 *
 *   Block ──► Block ──► Block        each append-only, linked forward
 *     ▲ backlog begins    ▲ a replica's cursor   ▲ the end: `offset`
 *
 * The backlog is a window over the end of the chain and each replica a cursor into it; a block that neither refers to is
 * garbage. `offset` is master_repl_offset: the number of the last byte. Ids follow redis 7.2.6 replication.c:
 * changeReplicationId, shiftReplicationId, masterTryPartialResynchronization.
 */
import { ascii, lower, type Bytes } from '../base/bytes.js';
import { type Random } from '../base/random.js';

/** Room of one block; a larger piece gets a block of its own size. */
const BLOCK_BYTES = 64 * 1024;

/** The id that stands for none. */
const NO_REPLID = '0'.repeat(40);

export interface Block {
  readonly buffer: Buffer;
  /** Number of the last stream byte before this block. */
  readonly start: number;
  used: number;
  next: Block | undefined;
}

/** A position in the stream: the next byte to be sent. */
export interface Cursor {
  block: Block;
  /** Bytes of `block` that have been sent. */
  at: number;
}

/** Why a partial resynchronisation is not possible. */
export type Refusal =
  | { readonly kind: 'id'; readonly replid: string; readonly ids: readonly [string, string] }
  /** Our previous history went on without us, beyond `secondOffset`. */
  | { readonly kind: 'second-id'; readonly asked: number; readonly secondOffset: number }
  /** `held`: the first and the last byte of the backlog, when there is one. */
  | {
      readonly kind: 'backlog';
      readonly asked: number;
      readonly held: readonly [number, number] | undefined;
    };

/** A refusal for the log, as redis 7.2.6 replication.c:masterTryPartialResynchronization words it. */
export function refusalText(refusal: Refusal, replica: string): string {
  switch (refusal.kind) {
    case 'id':
      return (
        `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${refusal.replid}', ` +
        `my replication IDs are '${refusal.ids[0]}' and '${refusal.ids[1]}')`
      );
    case 'second-id':
      return (
        `Partial resynchronization not accepted: Requested offset for second ID was ${refusal.asked}, but I can reply ` +
        `up to ${refusal.secondOffset}`
      );
    case 'backlog': {
      const { asked, held } = refusal;
      const holds = held === undefined ? 'there is no backlog' : `the backlog holds ${held[0]} to ${held[1]}`;
      return `Unable to partial resync with replica ${replica} for lack of backlog (Replica request was: ${asked}, ${holds}).`;
    }
  }
}

export class ReplicationStream {
  replid: string;
  replid2 = NO_REPLID;
  /** The last offset for which `replid2` is good, plus one; -1: for none. */
  secondOffset = -1;
  offset = 0;
  /** Whether a backlog is kept. */
  active = false;
  /** Number of the first byte in the backlog. */
  firstByte = 0;
  /** Bytes that the chain of blocks occupies from the backlog's first one on. */
  memoryBytes = 0;
  private first: Block;
  private last: Block;

  constructor(private readonly random: Random) {
    this.replid = random.hex(40);
    this.first = this.last = this.newBlock(0, 0);
  }

  private newBlock(room: number, start: number): Block {
    return { buffer: Buffer.allocUnsafeSlow(room), start, used: 0, next: undefined };
  }

  /** Starts a backlog that begins with the next byte. */
  activate(): void {
    this.active = true;
    this.firstByte = this.offset + 1;
    this.first = this.last = this.newBlock(BLOCK_BYTES, this.offset);
    this.memoryBytes = BLOCK_BYTES;
  }

  /** Gives up the backlog: nobody can continue from what was. */
  deactivate(): void {
    this.active = false;
    this.first = this.last = this.newBlock(0, this.offset);
    this.memoryBytes = 0;
  }

  /** Bytes in the backlog. */
  get historyBytes(): number {
    return this.active ? this.offset - this.firstByte + 1 : 0;
  }

  private room(bytes: number): Block {
    let { last } = this;
    if (last.buffer.length - last.used < bytes) {
      last = this.newBlock(Math.max(BLOCK_BYTES, bytes), this.offset);
      this.memoryBytes += last.buffer.length;
      this.last.next = last;
      this.last = last;
    }
    return last;
  }

  /** Appends an encoded command. */
  append(encoded: Bytes): void {
    const block = this.room(encoded.length);
    block.buffer.latin1Write(encoded, block.used);
    block.used += encoded.length;
    this.offset += encoded.length;
  }

  /** Appends bytes as they are. */
  appendBuffer(bytes: Buffer, start: number, end: number): void {
    const block = this.room(end - start);
    bytes.copy(block.buffer, block.used, start, end);
    block.used += end - start;
    this.offset += end - start;
  }

  /** Lets go of what lies before the last `limitBytes`. */
  trim(limitBytes: number): void {
    if (!this.active) return;
    this.firstByte = Math.max(this.firstByte, this.offset - limitBytes + 1);
    while (this.first.next !== undefined && this.first.start + this.first.used < this.firstByte) {
      this.memoryBytes -= this.first.buffer.length;
      this.first = this.first.next;
    }
  }

  /** The cursor at the end: the next byte that will be appended. */
  end(): Cursor {
    return { block: this.last, at: this.last.used };
  }

  /** The cursor at stream byte `byte`, which must be in the backlog or the next one to come. */
  cursorAt(byte: number): Cursor {
    let block = this.first;
    while (block.next !== undefined && byte > block.start + block.used) block = block.next;
    return { block, at: byte - block.start - 1 };
  }

  /** Bytes between a cursor and the end. */
  behind({ block, at }: Cursor): number {
    return this.offset - (block.start + at);
  }

  /** Moves the cursor over what follows it in one block, at most `limit` bytes. @returns those bytes; none at the end */
  read(cursor: Cursor, limit: number): Buffer | undefined {
    while (cursor.at === cursor.block.used && cursor.block.next !== undefined) {
      cursor.block = cursor.block.next;
      cursor.at = 0;
    }
    const { block, at } = cursor;
    const end = Math.min(block.used, at + limit);
    if (end === at) return undefined;
    cursor.at = end;
    return block.buffer.subarray(at, end);
  }

  /** Whether `replid` names the history that is written now, in any spelling. */
  isCurrent(replid: string): boolean {
    return sameId(replid, this.replid);
  }

  /** Why a replica cannot continue at byte `asked` of history `replid`, in any spelling; undefined: it can. */
  refusal(replid: string, asked: number): Refusal | undefined {
    const { replid2, secondOffset, firstByte } = this;
    const isSecond = sameId(replid, replid2);
    if (!this.isCurrent(replid) && (!isSecond || asked > secondOffset)) {
      return isSecond
        ? { kind: 'second-id', asked, secondOffset }
        : { kind: 'id', replid, ids: [this.replid, replid2] };
    }
    const next = this.offset + 1;
    if (this.active && asked >= firstByte && asked <= next) return undefined;
    return { kind: 'backlog', asked, held: this.active ? [firstByte, this.offset] : undefined };
  }

  /** A new history: what was before cannot be continued. */
  newHistory(): void {
    this.replid = this.random.hex(40);
    this.replid2 = NO_REPLID;
    this.secondOffset = -1;
  }

  /** Promotion: a new history that continues the old one, which stays good up to here. */
  branch(): void {
    this.replid2 = this.replid;
    this.secondOffset = this.offset + 1;
    this.replid = this.random.hex(40);
  }

  /** Takes over a master's history at an offset (full sync). */
  adopt(replid: string, offset: number): void {
    this.replid = replid;
    this.replid2 = NO_REPLID;
    this.secondOffset = -1;
    this.offset = offset;
    this.activate();
  }

  /** The master we continue with has a new id: ours becomes the second one. */
  rename(replid: string): void {
    this.replid2 = this.replid;
    this.secondOffset = this.offset + 1;
    this.replid = replid;
  }
}

/** Ids are kept as a master gave them, and compared without regard to case. */
function sameId(a: string, b: string): boolean {
  return lower(ascii(a)) === lower(ascii(b));
}
