/**
 * What a master leaves out of its offset: the sizes of what it might not count, summed over the commands that were read, and the
 * causes whose sum is just what is missing. Rules and the variants of the conformance ask it; nothing is named that does not
 * come out exactly.
 */
import { isWord, quote, type Bytes } from '../../base/bytes.js';

/** Bytes of the stream, by what might be left out of the count. */
export interface Portions {
  readonly bytes: number;
  readonly commands: number;
  readonly getack: number;
  readonly ping: number;
  readonly select: number;
  /** UTF-8 bytes beyond one for each character; for each UTF-16 unit, as `length` of a JavaScript string counts. */
  readonly beyondCharacters: number;
  readonly beyondUnits: number;
  readonly lineEnds: number;
  /** The `*` and `$` lines with their line ends. */
  readonly headers: number;
  /** Of some command not all arguments were kept: their bytes cannot be looked at. */
  readonly cut: boolean;
  /** The first command of each kind. */
  readonly first: Readonly<Partial<Record<Kind, First>>>;
}

/** What might be miscounted: a kind of command, one whose arguments are not ASCII, or any. */
type Kind = 'getack' | 'ping' | 'select' | 'wide' | 'any';

interface First {
  /** Its name: keys and values are no business of a diagnosis. */
  readonly name: string;
  /** Bytes of the stream before it. */
  readonly at: number;
}

export const NO_PORTIONS: Portions = {
  ...{ bytes: 0, commands: 0, getack: 0, ping: 0, select: 0, beyondCharacters: 0, beyondUnits: 0 },
  ...{ lineEnds: 0, headers: 0, cut: false, first: {} },
};

/** A command as the trace tells it. */
interface Read {
  readonly args: readonly Bytes[];
  readonly argc: number;
  readonly wireLength: number;
}

/** Adds a command of the stream. */
export function addPortions(sum: Portions, { args, argc, wireLength }: Read): Portions {
  const name = args.length > 0 ? args[0] : ('' as Bytes);
  const getack = isWord(name, 'replconf') && args.length > 1 && isWord(args[1], 'getack');
  const letters = args.reduce((total, arg) => total + arg.length, 0);
  const headers = headerBytes(args, argc);
  const whole = args.length === argc && headers + letters + 2 * argc === wireLength;
  const wide = args.map(beyond);
  return {
    bytes: sum.bytes + wireLength,
    commands: sum.commands + 1,
    getack: sum.getack + (getack ? wireLength : 0),
    ping: sum.ping + (isWord(name, 'ping') ? wireLength : 0),
    select: sum.select + (isWord(name, 'select') ? wireLength : 0),
    beyondCharacters: wide.reduce((total, one) => total + one.characters, sum.beyondCharacters),
    beyondUnits: wide.reduce((total, one) => total + one.units, sum.beyondUnits),
    lineEnds: sum.lineEnds + 2 * (1 + 2 * argc),
    headers: sum.headers + headers,
    cut: sum.cut || !whole,
    first: firstOf(sum, args, {
      getack,
      ping: isWord(name, 'ping'),
      select: isWord(name, 'select'),
      wide: wide.some(({ characters }) => characters > 0),
      any: true,
    }),
  };
}

const KINDS: readonly Kind[] = ['getack', 'ping', 'select', 'wide', 'any'];
const LONGEST_NAME = 40;

/** The same object as before where this command is none of the first ones: nearly always. */
function firstOf(
  { first, bytes }: Portions,
  args: readonly Bytes[],
  is: Readonly<Record<Kind, boolean>>,
): Portions['first'] {
  const fresh = KINDS.filter((kind) => is[kind] && first[kind] === undefined);
  if (fresh.length === 0) return first;
  const name = quote(
    (is.getack ? args.slice(0, 2).join(' ') : (args.at(0) ?? '')).slice(0, LONGEST_NAME) as Bytes,
    false,
  );
  return { ...first, ...Object.fromEntries(fresh.map((kind) => [kind, { name, at: bytes }])) };
}

/** `*3\r\n`, and `$5\r\n` for each argument. */
function headerBytes(args: readonly Bytes[], argc: number): number {
  const lengths = args.map((arg) => `$${arg.length}\r\n`.length);
  return lengths.reduce((total, one) => total + one, `*${argc}\r\n`.length);
}

const NOT_ASCII = /[\x80-\xff]/;

function beyond(arg: Bytes): { characters: number; units: number } {
  if (!NOT_ASCII.test(arg)) return { characters: 0, units: 0 };
  const continuations = arg.match(/[\x80-\xbf]/g)?.length ?? 0;
  const ofFour = arg.match(/[\xf0-\xf7]/g)?.length ?? 0;
  return { characters: continuations, units: continuations - ofFour };
}

interface Cause {
  readonly bytes: number;
  readonly text: string;
  /** The first command that is miscounted by it. */
  readonly first: First | undefined;
}

const CHARACTERS = 'characters are counted instead of bytes (`length` of a string: take the bytes)';

/** Why a count over this stream is so many bytes short: each cause, or pair of causes, that gives just that number. */
export function causesOf(missing: number, read: Portions): readonly string[] {
  return fitting(missing, read).map(({ text }) => text);
}

function fitting(missing: number, read: Portions): readonly Cause[] {
  const { getack, ping, select, first } = read;
  const kinds: readonly Cause[] = [
    { bytes: getack, text: 'GETACK is not counted', first: first.getack },
    { bytes: ping, text: 'PING is not counted', first: first.ping },
    { bytes: select, text: 'SELECT is not counted', first: first.select },
  ];
  const wide: readonly Cause[] = read.cut
    ? []
    : [
        { bytes: read.beyondCharacters, text: CHARACTERS, first: first.wide },
        ...(read.beyondUnits === read.beyondCharacters
          ? []
          : [{ bytes: read.beyondUnits, text: CHARACTERS, first: first.wide }]),
      ];
  const alone: readonly Omit<Cause, 'first'>[] = [
    { bytes: read.bytes - read.commands, text: 'commands are counted instead of bytes' },
    { bytes: read.lineEnds, text: 'the line ends (CR LF) are not counted' },
    ...(read.cut
      ? []
      : [
          { bytes: read.headers, text: 'the `*` and `$` lines are not counted' },
          {
            bytes: read.headers + read.lineEnds / 2 - read.commands,
            text: 'the bytes of the arguments alone are counted',
          },
        ]),
  ];
  const all = alone.map((cause) => ({ ...cause, first: first.any }));
  const fits = [...kinds, ...wide, ...all].filter(({ bytes }) => bytes === missing && bytes > 0);
  if (fits.length > 0) return fits;
  return pairs([...kinds, ...wide].filter(({ bytes }) => bytes > 0)).flatMap(([one, other]) =>
    one.text !== other.text && one.bytes + other.bytes === missing ? [both(one, other)] : [],
  );
}

function both(one: Cause, other: Cause): Cause {
  const earlier = (one.first?.at ?? Infinity) <= (other.first?.at ?? Infinity) ? one : other;
  return { bytes: one.bytes + other.bytes, text: `${one.text}, and ${other.text}`, first: earlier.first };
}

function pairs(causes: readonly Cause[]): (readonly [Cause, Cause])[] {
  return causes.flatMap((one, i) => causes.slice(i + 1).map((other) => [one, other] as const));
}

/**
 * The causes as sentences with a blank before them, and with which command the counts part where the causes tell; empty when none
 * fits. `startOffset`: the offset before the first byte of the stream.
 */
export function causesText(missing: number, read: Portions | undefined, startOffset?: number): string {
  const causes = read ? fitting(missing, read) : [];
  if (causes.length === 0) return '';
  const texts = causes.map(({ text }) => text).join('; or ');
  return ` The ${missing} bytes that are missing fit exactly: ${texts}.${partText(causes, startOffset)}`;
}

function partText([{ first }, ...others]: readonly Cause[], startOffset: number | undefined): string {
  if (first === undefined || others.some((other) => other.first?.at !== first.at)) return '';
  const where =
    startOffset === undefined
      ? `, ${first.at} bytes into the stream`
      : ` at offset ${startOffset + first.at}`;
  return ` The two counts part with \`${first.name}\`${where}.`;
}
