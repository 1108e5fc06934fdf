/**
 * StreamWalk: where the commands of a replication stream begin and end. It reads the headers, jumps over the values and keeps
 * nothing but the first word, so that it may look at a stream that is not its own at little cost. Split chunks may be cut anywhere.
 *
 *   idle ──`*`──► count ──► `$` ──► length ──► value, CR LF ──► `$` …  ──► command
 *    └─ LF, CR: noise                                                        anything else: lost, for ever
 */
import { sliceBytes, type Bytes } from '../../base/bytes.js';
import { Utf8Count } from './utf8-count.js';

const LF = 10;
const CR = 13;
const STAR = 42;
const DOLLAR = 36;
const ZERO = 48;

/** Words beyond this length are none that matter here. */
const LONGEST_WORD = 8;
/** Digits of a length or of a count; more are no stream. */
const MAX_DIGITS = 12;

export interface WalkSink {
  /**
   * A whole command lies in [start, end), counted from the first byte given to the walk. It has `words` words, of `letters` bytes
   * together.
   */
  command(word: Bytes, second: Bytes, start: number, end: number, words: number, letters: number): void;
  /** A stream that goes on after a break begins with the line end of a command, which ends at `end`. */
  rest(end: number): void;
}

type State = 'idle' | 'count' | 'dollar' | 'length' | 'value' | 'lost';

export class StreamWalk {
  /** Bytes given so far. */
  bytes = 0;
  /** Bytes between commands that belong to none: line ends. */
  noiseBytes = 0;
  /** How its values come out when they are decoded. */
  readonly text = new Utf8Count();
  private state: State = 'idle';
  private start = 0;
  private missing = 0;
  private read = 0;
  private letters = 0;
  private number = 0;
  private digits = 0;
  /** Of a value: bytes still to come, its CR LF included. */
  private left = 0;
  private words: [string, string] = ['', ''];

  /** @param resumed it goes on after a break: line ends at its beginning are the rest of a command */
  constructor(
    private readonly sink: WalkSink,
    private resumed = false,
  ) {}

  /** Something else than commands came: positions are not known any more. */
  get lost(): boolean {
    return this.state === 'lost';
  }

  /** Walks over `buf[start, end)`; keeps nothing of it. */
  push(buf: Buffer, start: number, end: number): void {
    const base = this.bytes - start;
    this.bytes += end - start;
    let at = start;
    while (at < end && this.state !== 'lost') {
      if (this.state === 'value') at = this.value(buf, at, end, base);
      else {
        this.header(buf[at], base + at);
        at++;
      }
    }
  }

  private header(byte: number, at: number): void {
    switch (this.state) {
      case 'idle':
        if (byte === STAR) this.begin(at);
        else if (byte === LF || byte === CR) this.lineEnd(byte, at);
        else this.state = 'lost';
        return;
      case 'dollar':
        if (byte !== DOLLAR) this.state = 'lost';
        else this.expectNumber('length');
        return;
      case 'count':
      case 'length':
        this.digit(byte, at);
        return;
      case 'value':
      case 'lost':
        return;
    }
  }

  private lineEnd(byte: number, at: number): void {
    if (!this.resumed) this.noiseBytes++;
    else if (byte === LF) {
      this.resumed = false;
      this.sink.rest(at + 1);
    }
  }

  private begin(at: number): void {
    this.resumed = false;
    this.start = at;
    this.read = 0;
    this.letters = 0;
    this.words = ['', ''];
    this.expectNumber('count');
  }

  private expectNumber(state: 'count' | 'length'): void {
    this.state = state;
    this.number = 0;
    this.digits = 0;
  }

  private digit(byte: number, at: number): void {
    if (byte === CR) return;
    if (byte !== LF) {
      const digit = byte - ZERO;
      this.number = this.number * 10 + digit;
      if (digit < 0 || digit > 9 || ++this.digits > MAX_DIGITS) this.state = 'lost';
      return;
    }
    if (this.digits === 0) this.state = 'lost';
    else if (this.state === 'length') {
      this.left = this.number + 2;
      this.letters += this.number;
      this.state = 'value';
    } else if (this.number === 0) {
      this.noiseBytes += at + 1 - this.start;
      this.state = 'idle';
    } else {
      this.missing = this.number;
      this.state = 'dollar';
    }
  }

  /** @returns where to go on */
  private value(buf: Buffer, at: number, end: number, base: number): number {
    const take = Math.min(this.left, end - at);
    // The length of the value is left - 2 at its beginning: longer ones are no words.
    if (this.read < 2 && this.number <= LONGEST_WORD && this.left > 2) {
      this.words[this.read] += sliceBytes(buf, at, at + Math.min(take, this.left - 2));
    }
    this.text.push(buf, at, at + take);
    this.left -= take;
    if (this.left > 0) return end;
    this.read++;
    this.state = 'dollar';
    if (--this.missing === 0) {
      this.state = 'idle';
      const [word, second] = this.words as [Bytes, Bytes];
      this.sink.command(word, second, this.start, base + at + take, this.read, this.letters);
    }
    return at + take;
  }
}
