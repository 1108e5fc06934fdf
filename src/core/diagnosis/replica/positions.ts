/**
 * Positions: the offsets that a replica can rightly acknowledge, in the stream that one replica was sent. Every command's end is
 * one, unless it lies inside MULTI ... EXEC; with each goes how many bytes of PING, SELECT, MULTI/EXEC and GETACK lay before it,
 * which is what a wrong count is recognised by. The last ones are kept, in a ring.
 */
import { EMPTY, isWord, type Bytes } from '../../base/bytes.js';
import { StreamWalk } from './stream-walk.js';

/** Ends that are remembered: some seconds of an ordinary stream. */
export const KEPT = 4096;

/** Questions that are remembered: a master asks at most once in a turn of its event loop. */
const MAX_QUESTIONS = 256;

/** What a home-made replica is most likely to leave out, in bits. */
export const UNCOUNTED = ['PING', 'SELECT', 'MULTI and EXEC', 'REPLCONF GETACK'] as const;
export const PING = 0;
const SELECT = 1;
const TRANSACTION = 2;
export const GETACK = 3;

/** A question of the master: `REPLCONF GETACK *`, from `start` to `end`, as replication offsets. */
export interface Question {
  readonly start: number;
  readonly end: number;
  readonly atMs: number;
}

/** The end of a command, and the sum of all commands up to there. */
export interface Tally {
  readonly end: number;
  /** Bytes of each of UNCOUNTED. */
  readonly spent: readonly number[];
  readonly commands: number;
  readonly words: number;
  /** Bytes of the words alone, without what RESP puts around them. */
  readonly letters: number;
  /** Bytes less characters: as code points, and as UTF-16 units. */
  readonly overPoints: number;
  readonly overUnits: number;
}

/** Of an offset: the end of a command; of one inside a transaction; in the middle of one; too old to say. */
export type Place = 'end' | 'transaction' | 'inside' | 'forgotten';

export class Positions {
  /** Questions that were not answered yet, oldest first. */
  questions: Question[] = [];
  private readonly ends = new Float64Array(KEPT);
  private readonly inTransaction = new Uint8Array(KEPT);
  private readonly spent = UNCOUNTED.map(() => new Float64Array(KEPT));
  private readonly totals = UNCOUNTED.map(() => 0);
  /** Words of the stream, and the bytes in them, up to each end. */
  private readonly wordsAt = new Float64Array(KEPT);
  private readonly lettersAt = new Float64Array(KEPT);
  private readonly pointsAt = new Float64Array(KEPT);
  private readonly unitsAt = new Float64Array(KEPT);
  /** The first word of the command that ends there; empty where it is long. */
  private readonly names: Bytes[] = [];
  private words = 0;
  private letters = 0;
  /** Ends seen; the last of them is at (count - 1) % KEPT. */
  private count = 0;
  private open = false;
  private nowMs = 0;
  private readonly walk: StreamWalk;
  /** It began with the end of a command: the offset of that end. */
  private restEnd: number | undefined;

  /**
   * @param base the offset before the first byte of the stream
   * @param resumed by a partial resync
   */
  constructor(
    readonly base: number,
    resumed = false,
  ) {
    this.walk = new StreamWalk(
      {
        command: (word, second, start, end, words, letters) => {
          this.words += words;
          this.letters += letters;
          this.command(word, second, start, end);
        },
        rest: (end) => {
          this.restEnd = base + end;
          this.add(this.restEnd, false);
        },
      },
      resumed,
    );
    this.add(base, false);
  }

  /** Where the command ends in whose middle the stream began; undefined: it began with a command. */
  get beganInside(): number | undefined {
    return this.restEnd;
  }

  /** When the last bytes came. */
  get movedMs(): number {
    return this.nowMs;
  }

  /** The stream up to here, as replication offset; commands that are not whole included. */
  get sent(): number {
    return this.base + this.walk.bytes - this.walk.noiseBytes;
  }

  get noiseBytes(): number {
    return this.walk.noiseBytes;
  }

  /** The stream cannot be followed: nothing can be said of positions in it. */
  get lost(): boolean {
    return this.walk.lost;
  }

  /** Bytes of the stream, `buf[start, end)`. */
  push(buf: Buffer, start: number, end: number, atMs: number): void {
    this.nowMs = atMs;
    this.walk.push(buf, start, end);
  }

  private command(word: Bytes, second: Bytes, from: number, to: number): void {
    const { noiseBytes } = this.walk;
    const start = this.base + from - noiseBytes;
    const end = this.base + to - noiseBytes;
    if (isWord(word, 'multi')) this.open = true;
    const kind = kindOf(word, second);
    if (kind === GETACK && this.questions.push({ start, end, atMs: this.nowMs }) > MAX_QUESTIONS)
      this.questions.shift();
    const closes = isWord(word, 'exec');
    if (kind >= 0) this.totals[kind] += end - start;
    if (closes) this.open = false;
    this.add(end, this.open, word);
  }

  private add(end: number, inTransaction: boolean, name: Bytes = EMPTY): void {
    const at = this.count++ % KEPT;
    this.ends[at] = end;
    this.names[at] = name;
    this.inTransaction[at] = inTransaction ? 1 : 0;
    for (let i = 0; i < UNCOUNTED.length; i++) this.spent[i][at] = this.totals[i];
    this.wordsAt[at] = this.words;
    this.lettersAt[at] = this.letters;
    this.pointsAt[at] = this.walk.text.overPoints;
    this.unitsAt[at] = this.walk.text.overUnits;
  }

  /** Where in the stream an offset lies. */
  place(offset: number): Place {
    const index = this.find(offset);
    if (index === undefined) return 'forgotten';
    if (index < 0) return 'inside';
    return this.inTransaction[index % KEPT] === 1 ? 'transaction' : 'end';
  }

  /** Index of the end at `offset`; -1: there is none; undefined: older than what is kept. */
  private find(offset: number): number | undefined {
    const first = Math.max(0, this.count - KEPT);
    if (this.count > KEPT && offset < this.ends[first % KEPT]) return undefined;
    let low = first;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle % KEPT] < offset) low = middle + 1;
      else high = middle;
    }
    return this.ends[low % KEPT] === offset ? low : -1;
  }

  /** What lies before the command that ends at `offset`; undefined: there is none, or it is too old. */
  tallyAt(offset: number): Tally | undefined {
    const index = this.find(offset);
    return index === undefined || index < 0 ? undefined : this.tally(index);
  }

  /** The commands between two ends: the first word of the first of them, and how many; undefined: too old, or none. */
  between(offset: number, until: number): { readonly name: Bytes; readonly commands: number } | undefined {
    const from = this.find(offset);
    const to = this.find(until);
    if (from === undefined || from < 0 || to === undefined || to <= from) return undefined;
    return { name: this.names[(from + 1) % KEPT], commands: to - from };
  }

  /** What lies before the last end. */
  newest(): Tally {
    return this.tally(this.count - 1);
  }

  private tally(index: number): Tally {
    const at = index % KEPT;
    return {
      end: this.ends[at],
      spent: this.spent.map((counts) => counts[at]),
      commands: index,
      words: this.wordsAt[at],
      letters: this.lettersAt[at],
      overPoints: this.pointsAt[at],
      overUnits: this.unitsAt[at],
    };
  }
}

function kindOf(word: Bytes, second: Bytes): number {
  switch (word.length) {
    case 4:
      return isWord(word, 'ping') ? PING : isWord(word, 'exec') ? TRANSACTION : -1;
    case 5:
      return isWord(word, 'multi') ? TRANSACTION : -1;
    case 6:
      return isWord(word, 'select') ? SELECT : -1;
    case 8:
      return isWord(word, 'replconf') && isWord(second, 'getack') ? GETACK : -1;
    default:
      return -1;
  }
}
