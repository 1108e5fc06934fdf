/**
 * What a replica sends: commands, bare line feeds, and what it should not send at all, replies. A decoder of its own, because a
 * server's parser passes over just what is to be judged here. It keeps no more than one command of MAX_BYTES.
 */
import { sliceBytes, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { splitArgs } from '../../base/split-args.js';

/** A replica's commands are short. More than this without an end is no replica's. */
const MAX_BYTES = 64 * 1024;
const MAX_ARGS = 1024;

export type FromReplica =
  /** `alone`: nothing else came in the same chunk right behind it. */
  | { readonly kind: 'newline'; readonly alone: boolean }
  | { readonly kind: 'command'; readonly argv: readonly Bytes[]; readonly inline: boolean }
  /** Something that begins as a reply does: `+OK`, `-ERR ...`, `:1`, `$-1`. */
  | { readonly kind: 'reply'; readonly bytes: Bytes }
  /** Neither: nothing behind it can be understood. */
  | { readonly kind: 'garbage'; readonly bytes: Bytes };

const LF = 10;
const CR = 13;
const STAR = 42;
const DOLLAR = 36;
/** `+ - : $` */
const REPLY_TYPES: ReadonlySet<number> = new Set([43, 45, 58, DOLLAR]);

const NOTHING = Buffer.alloc(0);

export class ReplicaDecoder {
  private held: Buffer = NOTHING;
  private broken = false;

  /** Everything whole in what has come so far. The chunk is copied. */
  push(chunk: Buffer, start: number, end: number): FromReplica[] {
    if (this.broken) return [];
    const buf = Buffer.concat([this.held, chunk.subarray(start, end)]);
    const found: FromReplica[] = [];
    let at = 0;
    while (at < buf.length) {
      const item = this.read(buf, at);
      if (item === undefined) break;
      found.push(item.what);
      at = item.next;
      if (item.what.kind === 'garbage') {
        this.broken = true;
        this.held = NOTHING;
        return found;
      }
    }
    this.held = buf.subarray(at);
    return found;
  }

  private read(buf: Buffer, at: number): { what: FromReplica; next: number } | undefined {
    const first = buf[at];
    if (first === LF) return newline(buf, at + 1);
    if (first === CR && buf[at + 1] === LF) return newline(buf, at + 2);
    const found = first === STAR ? multibulk(buf, at) : line(buf, at);
    if (found === 'garbage' || (found === undefined && buf.length - at > MAX_BYTES)) {
      return { what: { kind: 'garbage', bytes: sample(buf, at) }, next: buf.length };
    }
    return found;
  }
}

function newline(buf: Buffer, next: number): { what: FromReplica; next: number } {
  return { what: { kind: 'newline', alone: next >= buf.length || buf[next] === LF }, next };
}

/** The beginning of something that cannot be read. */
function sample(buf: Buffer, at: number): Bytes {
  return sliceBytes(buf, at, Math.min(buf.length, at + 64));
}

type Found = { what: FromReplica; next: number } | 'garbage' | undefined;

/** An inline command or a reply: one line, and of a bulk reply its bytes as well. */
function line(buf: Buffer, at: number): Found {
  const lf = buf.indexOf(LF, at);
  if (lf < 0) return undefined;
  let next = lf + 1;
  const text = lineAt(buf, at, lf);
  if (REPLY_TYPES.has(buf[at])) {
    const length = buf[at] === DOLLAR ? (parseSafeInt(text.slice(1) as Bytes) ?? -1) : -1;
    if (length > MAX_BYTES) return 'garbage';
    if (length >= 0) next += length + 2;
    if (next > buf.length) return undefined;
    return { what: { kind: 'reply', bytes: sliceBytes(buf, at, next) }, next };
  }
  const argv = splitArgs(text);
  if (argv === undefined) return 'garbage';
  return { what: { kind: 'command', argv, inline: true }, next };
}

function lineAt(buf: Buffer, at: number, lf: number): Bytes {
  return sliceBytes(buf, at, lf > at && buf[lf - 1] === CR ? lf - 1 : lf);
}

/** The number in the line at `at`, whose type byte is `type`. */
function number(
  buf: Buffer,
  at: number,
  type: number,
): { value: number; next: number } | 'garbage' | undefined {
  if (at >= buf.length) return undefined;
  if (buf[at] !== type) return 'garbage';
  const lf = buf.indexOf(LF, at);
  if (lf < 0) return undefined;
  const value = parseSafeInt(lineAt(buf, at + 1, lf));
  return value === undefined || value < 0 ? 'garbage' : { value, next: lf + 1 };
}

function multibulk(buf: Buffer, at: number): Found {
  const count = number(buf, at, STAR);
  if (count === undefined || count === 'garbage') return count;
  if (count.value > MAX_ARGS) return 'garbage';
  const argv: Bytes[] = [];
  let next = count.next;
  for (let i = 0; i < count.value; i++) {
    const length = number(buf, next, DOLLAR);
    if (length === undefined || length === 'garbage') return length;
    if (length.value > MAX_BYTES) return 'garbage';
    const end = length.next + length.value;
    if (end + 2 > buf.length) return undefined;
    argv.push(sliceBytes(buf, length.next, end));
    next = end + 2;
  }
  return { what: { kind: 'command', argv, inline: false }, next };
}
