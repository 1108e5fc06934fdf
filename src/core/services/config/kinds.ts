/**
 * The kinds of directives: yes/no, text, numbers (plain, memory, octal), one of a list, a set of flags.
 *
 * Texts of refusals, bounds and the forms for CONFIG GET and CONFIG REWRITE are those of redis 7.2.6 config.c (boolConfig*,
 * stringConfig*, enumConfig*, numericConfig*). Numbers are kept as exact 64-bit integers and read as `number`.
 */
import { type Bytes, EMPTY, ascii, isWord, quote } from '../../base/bytes.js';
import { parseInt64 } from '../../base/numbers.js';
import { type Codec, type Directive, type Traits, Refusal, directive } from './directive.js';
import { formatMemory, parseLenientInt, parseMemory } from './units.js';

export const INT_MAX = 2n ** 31n - 1n;
export const INT_MIN = -(2n ** 31n);
export const UINT_MAX = 2n ** 32n - 1n;
export const LONG_MAX = 2n ** 63n - 1n;
export const ULONG_MAX = 2n ** 64n - 1n;

const identical = <R>(a: R, b: R): boolean => a === b;

/** `yes` or `no`. */
export function bool(initial: boolean, traits: BoolTraits = {}): Directive<boolean> {
  const { check } = traits;
  const word = (value: boolean): string => (value ? 'yes' : 'no');
  return directive<boolean, boolean>(
    {
      initial,
      parse([arg]) {
        const yes = isWord(arg, 'yes');
        if (!yes && !isWord(arg, 'no')) throw new Refusal("argument must be 'yes' or 'no'");
        check?.(yes);
        return yes;
      },
      same: identical,
      text: (value) => ascii(word(value)),
      view: (value) => value,
      lines: (name, value) => [{ line: ascii(`${name} ${word(value)}`), force: value !== initial }],
    },
    traits,
  );
}

interface BoolTraits extends Traits {
  /** Throws Refusal. */
  check?: (value: boolean) => void;
}

interface TextTraits extends Traits {
  /** Throws Refusal. */
  check?: (value: Bytes) => void;
  /** Kept whole; without it a NUL byte ends the text, as in a C string. */
  binary?: boolean;
}

/** Text where empty is a value like any other. */
export function text(initial: string, traits: TextTraits = {}): Directive<Bytes> {
  return directive(
    textCodec(
      ascii(initial),
      (name, value) => [{ line: textLine(name, value), force: value !== initial }],
      traits,
    ),
    traits,
  );
}

/** Text where empty means "not set", the default: then no line is written. */
export function optionalText(traits: TextTraits = {}): Directive<Bytes> {
  return directive(
    textCodec(
      EMPTY,
      (name, value) => (value === EMPTY ? [] : [{ line: textLine(name, value), force: true }]),
      traits,
    ),
    traits,
  );
}

/** `name "value"` with the escapes that splitArgs reads. */
export function textLine(name: string, value: Bytes): Bytes {
  return ascii(`${name} ${quote(value)}`);
}

function textCodec(
  initial: Bytes,
  lines: Codec<Bytes, Bytes>['lines'],
  { check, binary }: TextTraits,
): Codec<Bytes, Bytes> {
  return {
    initial,
    parse([arg]) {
      const nul = binary ? -1 : arg.indexOf('\0');
      const value = nul < 0 ? arg : (arg.slice(0, nul) as Bytes);
      check?.(value);
      return value;
    },
    same: identical,
    text: (value) => value,
    view: (value) => value,
    lines,
  };
}

interface NumberTraits extends Traits {
  min: bigint | number;
  max: bigint | number;
  /** Compared and printed as unsigned. */
  unsigned?: boolean;
  /** Takes units (1kb, 2gb); a percentage too when `percent`, kept as a negative number. */
  form?: 'memory' | 'percent' | 'octal';
  /** Brings a value within bounds that Redis corrects in silence. */
  clamp?: (value: bigint) => bigint;
  /** Throws a Refusal for a value within bounds that cannot be had here. */
  check?: (value: bigint) => void;
}

/** An integer within bounds. Read as a `number`: exact up to 2^53, its text always is. */
export function number(initial: bigint | number, traits: NumberTraits): Directive<number> {
  const start = BigInt(initial);
  const { form, unsigned, clamp, check } = traits;
  const bounds = { min: BigInt(traits.min), max: BigInt(traits.max), unsigned: unsigned === true, form };
  return directive<bigint, number>(
    {
      initial: start,
      parse([arg]) {
        const value = readNumber(arg, form);
        checkBounds(value, bounds);
        check?.(value);
        return clamp ? clamp(value) : value;
      },
      same: identical,
      text: (value) => numberText(value, form),
      view: (value) => Number(unsigned ? BigInt.asUintN(64, value) : value),
      lines: (name, value) => [
        { line: ascii(`${name} ${numberInFile(value, form)}`), force: differs(value, start, form) },
      ],
    },
    traits,
  );
}

/** A size in bytes, with units. */
export function memory(initial: bigint | number, traits: Omit<NumberTraits, 'form'>): Directive<number> {
  return number(initial, { ...traits, form: 'memory' });
}

type NumberForm = NumberTraits['form'];

interface Bounds {
  min: bigint;
  max: bigint;
  unsigned: boolean;
  form: NumberForm;
}

const NOT_A_NUMBER: Record<NonNullable<NumberForm> | 'plain', string> = {
  plain: "argument couldn't be parsed into an integer",
  memory: 'argument must be a memory value',
  percent: 'argument must be a memory or percent value',
  octal: "argument couldn't be parsed as an octal number",
};

/** redis 7.2.6 config.c:numericParseString; the result is a signed 64-bit integer. */
function readNumber(arg: Bytes, form: NumberForm): bigint {
  if (form === 'memory' || form === 'percent') {
    const size = parseMemory(arg);
    if (size !== undefined) return BigInt.asIntN(64, size);
  }
  if (form === 'percent' && arg.length > 1 && arg.endsWith('%')) {
    const percent = parseInt64(arg.slice(0, -1) as Bytes);
    if (percent !== undefined && percent >= 0) return -BigInt(percent);
  }
  if (form === 'octal') {
    const octal = parseLenientInt(arg, 8);
    if (octal && !octal.overflow) return octal.value;
  }
  if (form === undefined) {
    const plain = parseInt64(arg);
    if (plain !== undefined) return BigInt(plain);
  }
  throw new Refusal(NOT_A_NUMBER[form ?? 'plain']);
}

/** redis 7.2.6 config.c:numericBoundaryCheck. */
function checkBounds(value: bigint, { min, max, unsigned, form }: Bounds): void {
  if (!unsigned && form === 'percent' && value < 0n) {
    if (value < min) throw new Refusal(`percentage argument must be less or equal to ${-min}`);
    return;
  }
  const seen = unsigned ? BigInt.asUintN(64, value) : value;
  if (seen >= min && seen <= max) return;
  const base = form === 'octal' ? 8 : 10;
  throw new Refusal(`argument must be between ${min.toString(base)} and ${max.toString(base)} inclusive`);
}

function numberText(value: bigint, form: NumberForm): Bytes {
  if (form === 'percent' && value < 0n) return ascii(`${-value}%`);
  if (form === 'memory' || form === 'percent') return ascii(BigInt.asUintN(64, value).toString());
  return ascii(value.toString(form === 'octal' ? 8 : 10));
}

function numberInFile(value: bigint, form: NumberForm): string {
  if (form === 'percent' && value < 0n) return `${-value}%`;
  if (form === 'memory' || form === 'percent') return formatMemory(value);
  return value.toString(form === 'octal' ? 8 : 10);
}

function differs(value: bigint, initial: bigint, form: NumberForm): boolean {
  return (form === 'percent' && value < 0n ? -value : value) !== initial;
}

/**
 * One word of a list, read in any case. `aliases` are further spellings, listed after the word that they stand for in the
 * text of a refusal.
 */
export function oneOf<const W extends string>(
  initial: W,
  words: readonly W[],
  traits: Traits & { aliases?: Readonly<Record<string, NoInfer<W>>> } = {},
): Directive<W> {
  const spellings = words.flatMap((word): [string, W][] => [
    [word, word],
    ...Object.entries(traits.aliases ?? {}).filter(([, meaning]) => meaning === word),
  ]);
  return directive<W, W>(
    {
      initial,
      parse(args) {
        const found =
          args.length === 1 ? spellings.find(([spelling]) => isWord(args[0], spelling)) : undefined;
        if (!found) throw notOneOf(spellings.map(([spelling]) => spelling));
        return found[1];
      },
      same: identical,
      text: (value) => ascii(value),
      view: (value) => value,
      lines: (name, value) => [{ line: ascii(`${name} ${value}`), force: value !== initial }],
    },
    traits,
  );
}

/**
 * Any number of words of a list; `none` is the word for no flag at all. The value lists the words in table order.
 * `check` throws Refusal for combinations that make no sense.
 */
export function flagSet<const W extends string>(
  none: string,
  words: readonly W[],
  traits: Traits & { check?: (value: readonly NoInfer<W>[]) => void },
): Directive<readonly W[]> {
  const show = (value: readonly W[]): string => (value.length === 0 ? none : value.join(' '));
  return directive<readonly W[], readonly W[]>(
    {
      initial: [],
      parse(args) {
        const known = (arg: Bytes): boolean => isWord(arg, none) || words.some((word) => isWord(arg, word));
        if (args.length === 0 || !args.every(known)) throw notOneOf([none, ...words]);
        const value = words.filter((word) => args.some((arg) => isWord(arg, word)));
        traits.check?.(value);
        return value;
      },
      same: (a, b) => show(a) === show(b),
      text: (value) => ascii(show(value)),
      view: (value) => value,
      lines: (name, value) => [{ line: ascii(`${name} ${show(value)}`), force: value.length > 0 }],
    },
    { ...traits, flags: [...(traits.flags ?? []), 'multi'] },
  );
}

function notOneOf(words: readonly string[]): Refusal {
  return new Refusal('argument(s) must be one of the following: ' + words.join(', '));
}
