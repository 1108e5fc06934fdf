/**
 * Replies of a server, RESP2 and RESP3, as they arrive.
 *
 * Aggregates are kept on an explicit stack (input depth never becomes recursion), so what was read is never read again. The
 * decoder takes from its queue exactly the bytes of the replies that it returns: after a handshake the same queue goes on to
 * the snapshot's decoder, then to the request parser. Used by the replica's link, `handshake`, `inspect` and the tests.
 *
 *   line types  + - : , # ( _     one line
 *   bulk types  $ ! =             length line, bytes, CRLF; `$-1` is null
 *   aggregates  * % ~ > |         count line, then that many replies (pairs for % and |); `*-1` is null
 */
import { type Bytes, EMPTY, isWord, quote, sliceBytes } from '../base/bytes.js';
import { ByteQueue, LineTooLongError } from '../base/byte-queue.js';
import { parseDoubleLoose, parseInt64, parseSafeInt } from '../base/numbers.js';
import { ReplyFormatError } from './errors.js';
import { MAX_REPLY_DEPTH, MAX_REPLY_LINE_BYTES, MAX_STRING_BYTES } from './limits.js';

/** One reply of a server. An attribute carries the reply that it describes. */
export type Reply =
  | { type: 'simple'; value: Bytes }
  | { type: 'error'; value: Bytes }
  | { type: 'integer'; value: number | bigint }
  | { type: 'bulk'; value: Bytes }
  | { type: 'null' }
  | { type: 'array'; items: Reply[] }
  | { type: 'map'; entries: [Reply, Reply][] }
  | { type: 'set'; items: Reply[] }
  | { type: 'push'; items: Reply[] }
  | { type: 'double'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'bignumber'; value: Bytes }
  | { type: 'verbatim'; format: Bytes; value: Bytes }
  | { type: 'attribute'; entries: [Reply, Reply][]; reply: Reply };

type AggregateType = 'array' | 'set' | 'push' | 'map' | 'attribute';

/** An aggregate whose elements are still arriving. */
interface Frame {
  type: AggregateType;
  items: Reply[];
  missing: number;
}

const AGGREGATES: Record<string, AggregateType> = {
  '*': 'array',
  '~': 'set',
  '>': 'push',
  '%': 'map',
  '|': 'attribute',
};

/** An element that a line gave whole, or what it began. */
type Step = { reply: Reply } | { open: Frame } | { bulk: number };

const CR = 13;
const LF = 10;

export class ReplyDecoder {
  /** Bytes taken from the queue: those of all replies returned, and of the part of the next one that was read. */
  bytesConsumed = 0;

  private readonly stack: Frame[] = [];
  /** The bulk whose bytes are awaited: its type byte and length. */
  private pending: { sign: string; length: number } | undefined;

  /** @param queue where the bytes wait; hand in another decoder's queue to go on where that one stopped */
  constructor(readonly queue: ByteQueue = new ByteQueue()) {}

  /** Appends; keeps `buf` itself, so its owner must not write to it again. */
  push(buf: Buffer): void {
    this.queue.push(buf);
  }

  /** The next complete reply, or undefined when more bytes are needed. Throws ReplyFormatError. */
  next(): Reply | undefined {
    for (;;) {
      const element = this.pending ? this.readBulk(this.pending) : this.readElement();
      if (element === undefined) return undefined;
      if ('open' in element) continue;
      const whole = this.close(element.reply);
      if (whole) return whole;
    }
  }

  /** Takes out of the queue what belongs to no reply returned so far and was not read. */
  rest(): Buffer {
    return this.queue.take(this.queue.length);
  }

  /** Puts a finished element into the aggregate it belongs to; gives the outermost one when that is finished by it. */
  private close(reply: Reply): Reply | undefined {
    let done = reply;
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      frame.items.push(done);
      if (--frame.missing > 0) return undefined;
      this.stack.pop();
      done = finished(frame);
    }
    return done;
  }

  private readElement(): { reply: Reply } | { open: Frame } | undefined {
    const at = this.bytesConsumed;
    const line = this.readLine(at);
    if (line === undefined) return undefined;
    const sign = line.charAt(0);
    const step = this.interpret(sign, line, at);
    if ('reply' in step) return step;
    if ('bulk' in step) {
      this.pending = { sign, length: step.bulk };
      return this.readBulk(this.pending);
    }
    if (this.stack.length >= MAX_REPLY_DEPTH) {
      throw new ReplyFormatError(at, `at most ${MAX_REPLY_DEPTH} levels`, 'one more');
    }
    this.stack.push(step.open);
    return step;
  }

  private interpret(sign: string, line: Bytes, at: number): Step {
    const type = AGGREGATES[sign];
    if (type) return aggregate(type, line, at);
    switch (sign) {
      case '$':
      case '!':
      case '=':
        return bulk(sign, line, at);
      default:
        return { reply: lineReply(sign, line, at) };
    }
  }

  private readBulk(pending: { sign: string; length: number }): { reply: Reply } | undefined {
    const { queue } = this;
    const { sign, length } = pending;
    if (queue.length < length + 2) return undefined;
    const at = this.bytesConsumed;
    if (queue.peek(length) !== CR || queue.peek(length + 1) !== LF) {
      const got = (String.fromCharCode(queue.peek(length)) +
        String.fromCharCode(queue.peek(length + 1))) as Bytes;
      throw new ReplyFormatError(at + length, `CRLF after ${length} bytes of a bulk`, quote(got));
    }
    const bytes = queue.take(length + 2);
    this.bytesConsumed += length + 2;
    this.pending = undefined;
    return { reply: bulkReply(sign, sliceBytes(bytes, 0, length), at) };
  }

  /** The next line with its type byte and without CRLF. */
  private readLine(at: number): Bytes | undefined {
    const line = this.takeLine(at);
    if (!line) return undefined;
    if (line.length < 3 || line[line.length - 2] !== CR) {
      throw new ReplyFormatError(
        at,
        'a reply line that ends in CRLF',
        quote(sliceBytes(line, 0, Math.min(line.length, SHOWN_BYTES))),
      );
    }
    this.bytesConsumed += line.length;
    return sliceBytes(line, 0, line.length - 2);
  }

  private takeLine(at: number): Buffer | undefined {
    try {
      return this.queue.readLine(MAX_REPLY_LINE_BYTES);
    } catch (error) {
      if (!(error instanceof LineTooLongError)) throw error;
      throw new ReplyFormatError(at, `a line of at most ${error.maxBytes} bytes`, 'a longer one');
    }
  }
}

/** As much of a wrong line is shown in an error. */
const SHOWN_BYTES = 64;

function wrong(at: number, expected: string, line: Bytes): ReplyFormatError {
  return new ReplyFormatError(at, expected, quote(line.slice(0, SHOWN_BYTES) as Bytes));
}

function rest(line: Bytes): Bytes {
  return line.slice(1) as Bytes;
}

/** A null, an empty aggregate, or one whose elements follow. */
function aggregate(type: AggregateType, line: Bytes, at: number): Step {
  const count = parseSafeInt(rest(line));
  if (count === -1 && type === 'array') return { reply: { type: 'null' } };
  if (count === undefined || count < 0) throw wrong(at, `a count of elements (${type})`, line);
  const missing = type === 'map' || type === 'attribute' ? count * 2 : count;
  const frame: Frame = { type, items: [], missing: type === 'attribute' ? missing + 1 : missing };
  return frame.missing === 0 ? { reply: finished(frame) } : { open: frame };
}

function bulk(sign: string, line: Bytes, at: number): Step {
  const length = parseSafeInt(rest(line));
  if (length === -1 && sign === '$') return { reply: { type: 'null' } };
  if (length === undefined || length < 0 || length > MAX_STRING_BYTES) {
    throw wrong(at, `a bulk length from 0 to ${MAX_STRING_BYTES}`, line);
  }
  return { bulk: length };
}

function bulkReply(sign: string, value: Bytes, at: number): Reply {
  if (sign === '$') return { type: 'bulk', value };
  if (sign === '!') return { type: 'error', value };
  if (value.charAt(3) !== ':')
    throw wrong(at, 'a verbatim string that begins with a format and a colon', value);
  return { type: 'verbatim', format: value.slice(0, 3) as Bytes, value: value.slice(4) as Bytes };
}

/** A reply that is one line. */
function lineReply(sign: string, line: Bytes, at: number): Reply {
  const value = rest(line);
  switch (sign) {
    case '+':
      return { type: 'simple', value };
    case '-':
      return { type: 'error', value };
    case ':':
      return integerReply(line, at);
    case ',':
      return doubleReply(line, at);
    case '#':
      if (value !== 't' && value !== 'f') throw wrong(at, '#t or #f', line);
      return { type: 'boolean', value: value === 't' };
    case '(':
      if (!/^[+-]?[0-9]+$/.test(value)) throw wrong(at, 'digits of a big number', line);
      return { type: 'bignumber', value };
    case '_':
      if (value !== EMPTY) throw wrong(at, 'nothing after _', line);
      return { type: 'null' };
    default:
      throw wrong(at, 'a type byte, one of + - : $ * _ # , ( ! = % ~ > |', line);
  }
}

/** Some servers write `:+5`: the protocol's description allows it. */
function integerReply(line: Bytes, at: number): Reply {
  const value = parseInt64(line.slice(line.charAt(1) === '+' ? 2 : 1) as Bytes);
  if (value === undefined) throw wrong(at, 'a 64-bit integer', line);
  return { type: 'integer', value };
}

function doubleReply(line: Bytes, at: number): Reply {
  const text = rest(line);
  const nan = isWord(text, 'nan') || isWord(text, '-nan');
  const value = nan ? NaN : text === EMPTY ? undefined : parseDoubleLoose(text);
  if (value === undefined) throw wrong(at, 'a double', line);
  return { type: 'double', value };
}

function finished(frame: Frame): Reply {
  const { type, items } = frame;
  switch (type) {
    case 'array':
    case 'set':
    case 'push':
      return { type, items };
    case 'map':
      return { type, entries: pairs(items, items.length) };
    case 'attribute':
      return { type, entries: pairs(items, items.length - 1), reply: items[items.length - 1] };
  }
}

function pairs(items: Reply[], end: number): [Reply, Reply][] {
  const entries: [Reply, Reply][] = [];
  for (let i = 0; i + 1 < end; i += 2) entries.push([items[i], items[i + 1]]);
  return entries;
}
