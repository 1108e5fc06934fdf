/**
 * Seeded choices and the raw material of commands: keys, values, numbers at the edges, expiries.
 *
 * Everything is a pure function of the seed, never of a reply, so any subsequence of a case can be run again when a
 * difference is made smaller. Expiries are either long past or at least 1,000 s ahead: a key that expires between the
 * two servers' replies would be noise, not a difference.
 */

/** One row of a family: how often a command is drawn and how its arguments are made. */
export interface CommandRow {
  /** The command name, upper case; a container command draws its subcommand in `args`. */
  readonly command: string;
  /** Relative frequency within its family. */
  readonly weight: number;
  readonly args: (g: Generator) => readonly string[];
  /** With an argument less it would be answered by chance: it is never drawn so. */
  readonly needsAll?: true;
  /** The last argument is a time to wait: never drawn with one more, which would be another time. */
  readonly endsInTimeout?: true;
  /** The first Redis version that has this form; left out against an older peer. */
  readonly since?: readonly [number, number];
}

/** A table of commands that are drawn together. */
export interface Family {
  readonly name: string;
  /** Relative frequency among the families. */
  readonly weight: number;
  readonly rows: readonly CommandRow[];
  /** Rows that only make keys of other types: a server under test that lacks them is reported, not failed. */
  readonly optional?: boolean;
}

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'key:1', 'key:2', '', 'k\x00\xff\r\n', '{tag}one', 'Ünïcode'];
const INTEGERS = [
  '0',
  '1',
  '-1',
  '2',
  '10',
  '100',
  '9999',
  '10000',
  '2147483647',
  '-2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775806',
  '9223372036854775807',
  '-9223372036854775807',
  '-9223372036854775808',
];
const NOT_INTEGERS = [
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '-0',
  '1.0',
  '1e3',
  '0x10',
  'abc',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551616',
  '1\x00',
  '--1',
];
const FLOATS = [
  '0',
  '-0',
  '0.1',
  '0.2',
  '-0.1',
  '3.0',
  '5.0e3',
  '1e-7',
  '1.5e300',
  '1e17',
  '123456789.123',
  '3.14159265358979323846',
  '-1e-19',
  '.5',
  '5.',
  '+1.5',
  '0x1p4',
  '1e18',
  '9223372036854775807',
  '0.00000000000000001',
];
const NOT_FLOATS = [
  '',
  'abc',
  'nan',
  'NaN',
  'inf',
  '-inf',
  'Infinity',
  '1e5000',
  ' 1.5',
  '1.5 ',
  '1,5',
  '1.5x',
  '1\x00',
];
const WORDS = ['hello', 'world', 'ohmytext', 'mynewtext', 'foobar', 'foo', 'bar', 'aaaa', 'ab\x00ab'];
const SECOND = 1000;
const DAY_SECONDS = 86_400;

/** mulberry32: small, seeded, good enough to draw test commands from. */
export class Generator {
  private state: number;

  constructor(
    seed: number,
    /** Wall clock of the whole run in ms, for absolute expiry times. */
    private readonly startedAtMs: number,
    /** Put behind the names that any command may draw, so that a case can have keys of its own. */
    private readonly keySuffix = '',
  ) {
    this.state = seed >>> 0;
  }

  /** An integer in [0, below). */
  int(below: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  }

  chance(probability: number): boolean {
    return this.int(1_000_000) < probability * 1_000_000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)];
  }

  /** One of `rows` by weight. */
  weighted<T extends { readonly weight: number }>(rows: readonly T[]): T {
    let at = this.int(rows.reduce((sum, row) => sum + row.weight, 0));
    for (const row of rows) {
      at -= row.weight;
      if (at < 0) return row;
    }
    return rows[rows.length - 1];
  }

  /** `min` to `max` results of `make`. */
  some<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: min + this.int(max - min + 1) }, make);
  }

  /** Each of `options` with its own probability, in random order. */
  options(...options: readonly (readonly [number, () => readonly string[]])[]): string[] {
    const chosen = options.filter(([probability]) => this.chance(probability)).map(([, make]) => make());
    if (this.chance(0.3)) chosen.reverse();
    return chosen.flat().map((word) => this.spelling(word));
  }

  key(): string {
    return this.pick(KEYS) + this.keySuffix;
  }

  /** An integer as text, sometimes at an edge, sometimes none at all. */
  integer(): string {
    const draw = this.int(20);
    if (draw < 9) return String(this.int(200) - 100);
    return draw < 17 ? this.pick(INTEGERS) : this.pick(NOT_INTEGERS);
  }

  /** A small index or count, mostly within a short string or list. */
  index(): string {
    return this.chance(0.8) ? String(this.int(40) - 20) : this.integer();
  }

  float(): string {
    const draw = this.int(20);
    if (draw < 6) return (this.int(20_000) / 100 - 100).toString();
    return draw < 17 ? this.pick(FLOATS) : this.pick(NOT_FLOATS);
  }

  value(): string {
    const draw = this.int(20);
    if (draw < 5) return this.integer();
    if (draw < 7) return this.float();
    if (draw < 13) return this.pick(WORDS);
    if (draw < 15) return '';
    if (draw < 18) return this.binary(this.int(24));
    return this.binary(40 + this.int(8)).repeat(1 + this.int(20));
  }

  binary(length: number): string {
    let out = '';
    for (let i = 0; i < length; i++) out += String.fromCharCode(this.int(256));
    return out;
  }

  database(): string {
    return this.chance(0.93) ? String(this.int(4)) : this.pick(['16', '-1', 'x', '99999999999', '']);
  }

  /** Relative seconds: past, far ahead, or one that cannot be. */
  seconds(): string {
    const draw = this.int(20);
    if (draw < 15) return String(1000 + this.int(100 * DAY_SECONDS));
    if (draw < 17) return this.pick(['0', '-1', '-1000']);
    if (draw < 19) return this.pick(['9223372036854775807', '-9223372036854775808', '9223372036854776']);
    return this.pick(NOT_INTEGERS);
  }

  /** Relative milliseconds, as `seconds`. */
  milliseconds(): string {
    const draw = this.int(20);
    if (draw < 15) return String(1000 * SECOND + this.int(100 * DAY_SECONDS * SECOND));
    if (draw < 17) return this.pick(['0', '-1', '-100000']);
    if (draw < 19) return this.pick(['9223372036854775807', '-9223372036854775808']);
    return this.pick(NOT_INTEGERS);
  }

  /** Absolute Unix seconds: long past or ahead, or one that cannot be. */
  unixSeconds(): string {
    const draw = this.int(20);
    if (draw < 16) return String(Math.floor(this.startedAtMs / SECOND) + 1000 * (1 + this.int(1000)));
    if (draw < 18) return this.pick(['1', '1000000000', '0', '-1']);
    if (draw < 19) return this.pick(['9223372036854775807', '-9223372036854775808', '9223372036854775']);
    return this.pick(NOT_INTEGERS);
  }

  /** Absolute Unix milliseconds, as `unixSeconds`. */
  unixMilliseconds(): string {
    const draw = this.int(20);
    if (draw < 16) return String(this.startedAtMs + 1000 * SECOND * (1 + this.int(1000)));
    if (draw < 18) return this.pick(['1', '1000000000000', '0', '-1']);
    if (draw < 19) return this.pick(['9223372036854775807', '-9223372036854775808']);
    return this.pick(NOT_INTEGERS);
  }

  /** A glob pattern. */
  pattern(): string {
    return this.pick([
      '*',
      'key:*',
      '?',
      '[a-c]',
      '[^a]*',
      'a',
      '\\*',
      '*\xff*',
      '{tag}*',
      '',
      '[',
      'k*',
      '**1',
    ]);
  }

  /** Option words and command names as people write them. */
  spelling(word: string): string {
    const draw = this.int(20);
    if (draw < 16) return word;
    if (draw < 18) return word.toLowerCase();
    return word.charAt(0) + word.slice(1).toLowerCase();
  }
}
