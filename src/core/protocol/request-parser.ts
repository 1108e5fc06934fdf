/**
 * Requests: multibulk (`*<argc>` then `$<length>` + bytes + CRLF each) and inline (one line, split as a shell would).
 *
 *        push(chunk)          next()             next()
 *   idle ----------> at a command --*n--> missing n args --$len--> missing len bytes --> one arg less
 *                        |  ^  empty line, *0, *-1: skipped                               0 left: a command
 *                        +--+
 *
 * The hot path of the server. It parses where the bytes are: in the shared read buffer while nothing is left over, in a
 * buffer of its own for a command that is split, and back in the read buffer behind it. That buffer grows with what has arrived,
 * never with what was announced, and nothing is scanned twice. The connection calls push, then next until it says false, then
 * detach; the replica's link and the AOF loader do the same. Rules: redis 7.2.6 networking.c:processInlineBuffer, processMultibulkBuffer.
 */
import { BufferPool } from '../base/buffer-pool.js';
import { ByteRange } from '../base/byte-range.js';
import { type Bytes, EMPTY, sliceBytes } from '../base/bytes.js';
import { parseInt64 } from '../base/numbers.js';
import { splitArgs } from '../base/split-args.js';
import { argumentArray, readArgument } from './argument.js';
import { ProtocolError } from './errors.js';
import { type ArgumentSink, lookAhead } from './look-ahead.js';
import {
  MAX_INLINE_BYTES,
  MAX_MULTIBULK_COUNT,
  MAX_STRING_BYTES,
  MAX_UNAUTHENTICATED_ARGS,
  MAX_UNAUTHENTICATED_BULK_BYTES,
} from './limits.js';

/** Shared and mutable: CONFIG SET proto-max-bulk-len takes effect at the next bulk. */
export interface RequestLimits {
  /** `proto-max-bulk-len` in bytes. */
  maxBulkLength: number;
}

/**
 * Asked of a command's last argument when that is long: whether whoever executes the command takes it from `unread`.
 * @param count the command's arguments
 */
export type LeavesUnread = (name: Bytes, count: number, bytes: number) => boolean;

/** Shorter arguments cost as little as strings. */
const LONG_ARGUMENT_BYTES = 64;

const NUL = 0;
const LF = 10;
const CR = 13;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

/** Digits that the plain way reads: any such number is below 2^31. More, a sign or a leading zero go the careful way. */
const PLAIN_DIGITS = 9;

/** An own buffer that is this much larger than what is left in it is exchanged for a fitting one. */
const SHRINK_FACTOR = 4;

/** While it is not known how much a split command lacks, at least as many bytes at a time are copied behind what is held. */
const STEP_BYTES = 256;

/** Buffers for split commands of ordinary length go from parser to parser. */
const spare = new BufferPool(16 * 1024, 64);

/** redis 7.2.6 server.h: PROTO_MBULK_BIG_ARG */
const LONG_BULK_BYTES = 32 * 1024;

/** The buffer of a long bulk grows by this factor, up to what the bulk needs: never by what was announced alone. */
const BULK_GROWTH = 4;

/** A buffer of at least `bytes`, which are in use at once, with room to grow, but no longer than `enough`. */
function ownBuffer(bytes: number, enough = Infinity): Buffer {
  if (bytes > spare.bytes)
    return Buffer.allocUnsafe(enough === Infinity ? bytes * 2 : Math.min(bytes * BULK_GROWTH, enough));
  return spare.take();
}

/** As many bytes of what came go into an error (redis 7.2.6 networking.c: PROTO_DUMP_LEN). */
const ERROR_SAMPLE_BYTES = 128;

const NOTHING = Buffer.alloc(0);

/** A longer name is no command's, and is not kept. */
const MAX_KEPT_NAME_BYTES = 32;

export class RequestParser {
  /** The arguments of the last complete command: a fresh array per command. */
  argv: Bytes[] = [];
  /** The last argument of the last command, when it was left where it lies, until the next call; `argv` has an empty string for it. */
  readonly unread = new ByteRange();
  /** False: the limits for clients that have not authenticated hold. */
  authenticated = true;
  /** True: the peer is our master. It may send no inline commands, its bulks have no limit, its skipped bytes are kept. */
  fromMaster = false;
  /**
   * Bytes of the stream that the last command accounts for: its own, and the empty lines and empty multibulks skipped
   * between the command before it and itself (redis 7.2.6 networking.c:commandProcessed counts them so).
   */
  wireLength = 0;
  /**
   * The last command's own bytes are `wire[wireStart, wireEnd)`, until the next call. With `fromMaster` the bytes
   * skipped before it lie right in front: `wire[wireEnd - wireLength, wireEnd)` is what a replica passes on.
   */
  wire: Buffer = NOTHING;
  wireStart = 0;
  wireEnd = 0;
  /** True when the last command came inline: its wire bytes are then not a multibulk. */
  inline = false;

  private buf: Buffer = NOTHING;
  private pos = 0;
  private end = 0;
  /** Whether `buf` is ours to keep and write to. */
  private own = true;
  /** What came behind a split command: `chunk[chunkStart, chunkEnd)`, of which is copied what lies before `chunkPos`. */
  private chunk: Buffer = NOTHING;
  private chunkStart = 0;
  private chunkPos = 0;
  private chunkEnd = 0;
  /** The own buffer that was left for the chunk: the last command's bytes may be in it. */
  private left: Buffer = NOTHING;
  /** Offset in the stream of buf[0]. */
  private origin = 0;
  /** Where the command being read begins. */
  private start = 0;
  /** Bytes skipped since the last command. */
  private skipped = 0;
  /** No line end lies in [pos, scanned). */
  private scanned = 0;
  /** Room is made for the long argument that has begun. */
  private makesRoom = true;
  /** Arguments still to come. */
  private missing = 0;
  /** Length of the bulk whose bytes come next, -1 when its `$` line does. */
  private bulk = -1;
  private args: Bytes[] = [];
  /** Arguments of `args` that have been read. */
  private read = 0;
  /** The last command's name: most commands come many times in a row, and keep their string and its hash. */
  private lastName: Bytes = EMPTY;

  constructor(
    private readonly limits: RequestLimits,
    private readonly leavesUnread: LeavesUnread = () => false,
  ) {}

  /** Whether `wire` still has the last command. */
  get hasWire(): boolean {
    return this.wire !== NOTHING;
  }

  /** Bytes held that no command was returned for. */
  get pendingBytes(): number {
    return this.end - this.keptFrom() + this.chunkEnd - this.chunkPos;
  }

  /** Bytes held that were not parsed yet. */
  get unparsedBytes(): number {
    return this.end - this.pos + this.chunkEnd - this.chunkPos;
  }

  /** Bytes of a command that is not complete that were parsed into arguments. */
  get partialBytes(): number {
    return this.missing === 0 ? 0 : this.pos - this.start;
  }

  /**
   * Bytes of the buffer that is this parser's own, or that it will take for the long argument that has begun: Redis makes room for all
   * of that as soon as its length is known, and counts it (redis 7.2.6 networking.c:processMultibulkBuffer).
   */
  get bufferBytes(): number {
    const held = this.own ? this.buf.length : 0;
    return this.bulk >= LONG_BULK_BYTES && this.makesRoom ? Math.max(held, this.bulk) : held;
  }

  /** Gives up room beyond what is held: the peer has sent nothing for a while (redis 7.2.6 server.c:clientsCronResizeQueryBuffer). */
  trim(): void {
    this.makesRoom = false;
    const from = this.keptFrom();
    const held = this.end - from;
    if (!this.own || this.buf.length - held <= spare.bytes) return;
    const copy = Buffer.allocUnsafeSlow(held);
    this.buf.copy(copy, 0, from, this.end);
    this.rebase(copy, 0, true);
  }

  /** Gives `chunk[start, end)` to the parser. It may be a shared read buffer: it is used until detach(), never later. */
  push(chunk: Buffer, start: number, end: number): void {
    this.makesRoom = true;
    this.keepChunk();
    if (this.keptFrom() < this.end) {
      this.chunk = chunk;
      this.chunkStart = this.chunkPos = start;
      this.chunkEnd = end;
      return;
    }
    this.rebase(chunk, start, false);
    this.end = end;
  }

  /** True: one complete command is in the fields. False: more bytes are needed. Throws ProtocolError. */
  next(): boolean {
    if (this.unread.length > 0) this.unread.clear();
    if (this.chunk === NOTHING) return this.parse();
    do {
      this.returnToChunk();
      if (this.parse()) return true;
    } while (this.takeFromChunk());
    return false;
  }

  /** Makes `argv` complete. */
  readUnread(): void {
    const { unread, argv } = this;
    if (unread.length === 0) return;
    argv[argv.length - 1] = unread.toBytes();
    unread.clear();
  }

  /** Copies the next bytes of the chunk behind the split command. @returns false when there are none */
  private takeFromChunk(): boolean {
    const { chunkPos } = this;
    const there = this.chunkEnd - chunkPos;
    if (there === 0) return false;
    const held = this.end - this.keptFrom();
    const lacking = this.bulk < 0 ? Math.max(STEP_BYTES, held) : this.pos + this.bulk + 2 - this.end;
    this.chunkPos += Math.min(there, lacking);
    this.append(this.chunk, chunkPos, this.chunkPos);
    return true;
  }

  /** Goes on in the chunk once everything that is held came from it. */
  private returnToChunk(): void {
    const from = this.chunkPos - (this.end - this.keptFrom());
    if (from < this.chunkStart) return;
    const { chunk, chunkEnd } = this;
    if (this.own) this.left = this.buf;
    this.rebase(chunk, from, false);
    this.end = chunkEnd;
    this.dropChunk();
  }

  /** Copies what is left of the chunk: it may be reused from now on. */
  private keepChunk(): void {
    if (this.chunkPos < this.chunkEnd) this.append(this.chunk, this.chunkPos, this.chunkEnd);
    this.dropChunk();
    spare.give(this.left);
    this.left = NOTHING;
  }

  private dropChunk(): void {
    this.chunk = NOTHING;
    this.chunkPos = this.chunkEnd = 0;
  }

  private parse(): boolean {
    while (this.missing === 0) {
      const pos = this.pos;
      if (pos >= this.end) return false;
      if (this.buf[pos] !== STAR) {
        const found = this.readInline();
        if (found !== undefined) return found;
        continue;
      }
      let count = this.plainNumber(pos);
      if (count < 0) {
        const line = this.numberLine('too big mbulk count string');
        if (line === undefined) return false;
        count = this.multibulkCount(line, pos);
      }
      if (count > MAX_UNAUTHENTICATED_ARGS && !this.authenticated) {
        throw this.error('unauthenticated multibulk length', 'unauth mbulk count', pos);
      }
      if (count <= 0) this.skip();
      else {
        this.missing = count;
        this.args = argumentArray(count);
        this.read = 0;
      }
    }
    return this.readArguments();
  }

  /** For a prefetch: gives `sink` the keys (or other arguments) of the next commands. @returns how many commands were looked at */
  lookAhead(sink: ArgumentSink, position = 1): number {
    return this.missing === 0 ? lookAhead(this.buf, this.pos, this.end, sink, position) : 0;
  }

  /** Copies what is left unparsed, so that the chunk may be reused. The last command's `wire` and `unread` are gone after it. */
  detach(): void {
    this.keepChunk();
    const from = this.keptFrom();
    const held = this.end - from;
    this.wire = NOTHING;
    if (held === 0) {
      if (this.buf === NOTHING) return;
      if (this.own) spare.give(this.buf);
      this.rebase(NOTHING, 0, true);
      return;
    }
    if (this.own && (this.buf.length <= spare.bytes || this.buf.length < held * SHRINK_FACTOR)) return;
    const copy = ownBuffer(held, this.enoughFor(from, held));
    this.buf.copy(copy, 0, from, this.end);
    this.rebase(copy, 0, true);
  }

  private readArguments(): boolean {
    const buf = this.buf;
    const end = this.end;
    const args = this.args;
    let missing = this.missing;
    do {
      let length = this.bulk;
      if (length < 0) {
        const pos = this.pos;
        length = pos < end && buf[pos] === DOLLAR ? this.plainNumber(pos) : -1;
        if (length < 0) {
          length = this.bulkLength();
          if (length < 0) {
            this.missing = missing;
            return false;
          }
        }
        if (length > MAX_UNAUTHENTICATED_BULK_BYTES || length > this.limits.maxBulkLength) {
          this.checkBulkLength(length, pos);
        }
      }
      const from = this.pos;
      const next = from + length + 2;
      if (next > end) {
        this.bulk = length;
        this.missing = missing;
        return false;
      }
      const at = this.read++;
      let arg: Bytes;
      if (at === 0) arg = this.commandName(from, length);
      else if (length < LONG_ARGUMENT_BYTES || missing > 1 || !this.leavesUnread(args[0], at + 1, length))
        arg = readArgument(buf, from, length);
      else {
        this.unread.set(buf, from, length);
        arg = EMPTY;
      }
      if (at < args.length) args[at] = arg;
      else args.push(arg);
      this.bulk = -1;
      this.pos = next;
    } while (--missing > 0);
    this.missing = 0;
    this.argv = args;
    this.finish(false);
    return true;
  }

  private commandName(from: number, length: number): Bytes {
    const { buf, lastName } = this;
    if (length === lastName.length) {
      let i = 0;
      while (i < length && buf[from + i] === lastName.charCodeAt(i)) i++;
      if (i === length) return lastName;
    }
    const name = readArgument(buf, from, length);
    if (length <= MAX_KEPT_NAME_BYTES) this.lastName = name;
    return name;
  }

  /** Puts the command that ends at `pos` into the public fields. */
  private finish(inline: boolean): void {
    const { start, pos } = this;
    this.inline = inline;
    this.wire = this.buf;
    this.wireStart = start;
    this.wireEnd = pos;
    this.wireLength = pos - start + this.skipped;
    this.skipped = 0;
    this.start = pos;
  }

  /** Leaves out what ends at `pos`: an empty line or an empty multibulk. */
  private skip(): void {
    this.skipped += this.pos - this.start;
    this.start = this.pos;
  }

  /**
   * The number of the `*<n>` or `$<n>` line at `at`, moving `pos` behind the line; -1, moving nothing, when it is not all
   * there or not of the plain kind. As in Redis the byte after CR is taken for LF unseen.
   */
  private plainNumber(at: number): number {
    const buf = this.buf;
    const end = this.end - 1;
    const first = at + 1;
    let p = first;
    let n = 0;
    while (p < end) {
      const c = buf[p];
      if (c === CR) {
        if (p === first || p - first > PLAIN_DIGITS || (buf[first] === ZERO && p > first + 1)) return -1;
        this.pos = p + 2;
        return n;
      }
      const digit = c - ZERO;
      if (digit < 0 || digit > 9) return -1;
      n = n * 10 + digit;
      p++;
    }
    return -1;
  }

  /** The text between the first byte and CR of the line at `pos`, which it moves behind; undefined: not all there yet. */
  private numberLine(tooBig: string): Bytes | undefined {
    const { pos } = this;
    const cr = this.findLineEnd(CR, tooBig);
    if (cr < 0 || cr + 1 >= this.end) return undefined;
    this.pos = cr + 2;
    return sliceBytes(this.buf, pos + 1, cr);
  }

  private multibulkCount(line: Bytes, at: number): number {
    const count = parseInt64(line);
    if (count === undefined || count > MAX_MULTIBULK_COUNT) {
      throw this.error('invalid multibulk length', 'invalid mbulk count', at);
    }
    return count <= 0 ? 0 : Number(count);
  }

  /** The careful way to read a `$<length>` line; -1: not all there yet. */
  private bulkLength(): number {
    const at = this.pos;
    const line = this.numberLine('too big bulk count string');
    if (line === undefined) return -1;
    const got = this.buf[at];
    const length = got === DOLLAR ? parseInt64(line) : undefined;
    if (length !== undefined && length >= 0 && length <= Number.MAX_SAFE_INTEGER) return Number(length);
    if (got === DOLLAR) throw this.error('invalid bulk length', 'invalid bulk length', at);
    // redis 7.2.6 networking.c:addReplyErrorFormatInternal keeps line ends out of an error
    const shown = got === CR || got === LF ? ' ' : String.fromCharCode(got);
    throw this.error(`expected '$', got '${shown}'`, 'expected $ but got something else', at);
  }

  private checkBulkLength(length: number, at: number): void {
    const tooLong = length > this.limits.maxBulkLength && !this.fromMaster;
    if (tooLong || length > MAX_STRING_BYTES) {
      throw this.error('invalid bulk length', 'invalid bulk length', at);
    }
    if (length > MAX_UNAUTHENTICATED_BULK_BYTES && !this.authenticated) {
      throw this.error('unauthenticated bulk length', 'unauth bulk length', at);
    }
  }

  /** True: a command; false: more bytes are needed; undefined: an empty line was skipped. */
  private readInline(): boolean | undefined {
    const { buf, pos } = this;
    const lf = this.findLineEnd(LF, 'too big inline request');
    if (lf < 0) return false;
    const lineEnd = lf > pos && buf[lf - 1] === CR ? lf - 1 : lf;
    const args = splitArgs(sliceBytes(buf, pos, lineEnd));
    if (!args) {
      throw this.error('unbalanced quotes in request', 'unbalanced quotes in inline request', pos);
    }
    if (lineEnd > pos && this.fromMaster) {
      throw this.error('', 'Master using the inline protocol. Desync?', pos);
    }
    this.pos = lf + 1;
    if (args.length === 0) {
      this.skip();
      return undefined;
    }
    this.argv = args;
    this.finish(true);
    return true;
  }

  /**
   * Index of the first `byte` at or after `pos`, or -1. Redis looks with strchr, which stops at a NUL: a line with a NUL in
   * it never ends, and the client is closed when it has sent too much.
   */
  private findLineEnd(byte: number, tooBig: string): number {
    const { buf, pos, end } = this;
    let i = Math.max(pos, this.scanned);
    while (i < end && buf[i] !== byte && buf[i] !== NUL) i++;
    if (i < end && buf[i] === byte) {
      this.scanned = 0;
      return i;
    }
    this.scanned = i;
    if (end - pos > MAX_INLINE_BYTES) throw this.error(tooBig, tooBig, pos);
    return -1;
  }

  /** The error to throw for the byte at `at`. What was held is let go: after a throw the parser is of no more use. */
  private error(text: string, reason: string, at: number): ProtocolError {
    const near = sliceBytes(this.buf, at, Math.min(this.end, at + ERROR_SAMPLE_BYTES));
    const reply = text === '' ? '' : 'Protocol error: ' + text;
    this.missing = this.skipped = this.scanned = 0;
    this.pos = this.start = this.end;
    this.dropChunk();
    return new ProtocolError(reply, reason, this.origin + at, near);
  }

  /** First byte of `buf` that is still needed. */
  private keptFrom(): number {
    return this.fromMaster ? this.start - this.skipped : this.start;
  }

  /** Goes on in `buf`, where what is kept begins at `at`. */
  private rebase(buf: Buffer, at: number, own: boolean): void {
    const shift = at - this.keptFrom();
    this.buf = buf;
    this.own = own;
    this.origin -= shift;
    this.start += shift;
    this.pos += shift;
    this.end += shift;
    if (this.scanned > 0) this.scanned += shift;
  }

  /** How long a buffer need not be exceeded that begins at `from`: up to the end of a bulk that is most of the command so far. */
  private enoughFor(from: number, needed: number): number {
    const last = this.pos + this.bulk + 2 - from;
    return this.bulk * 2 > needed && last >= needed ? last : Infinity;
  }

  private append(chunk: Buffer, start: number, end: number): void {
    const from = this.keptFrom();
    const held = this.end - from;
    const needed = held + (end - start);
    if (!this.own || this.buf.length < this.end + (end - start)) {
      const roomy = this.own && this.buf.length >= needed * 2;
      const target = roomy ? this.buf : ownBuffer(needed, this.enoughFor(from, needed));
      if (roomy) target.copyWithin(0, from, this.end);
      else {
        this.buf.copy(target, 0, from, this.end);
        if (this.own && this.wire !== this.buf) spare.give(this.buf);
      }
      this.rebase(target, 0, true);
    }
    chunk.copy(this.buf, this.end, start, end);
    this.end += end - start;
  }
}
