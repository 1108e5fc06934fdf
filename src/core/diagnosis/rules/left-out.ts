/**
 * What a master leaves out of its offset: the sizes of what it might not count, summed over the commands that were read, and the
 * causes whose sum is just what is missing. Rules and the variants of the conformance ask it; nothing is named that does not
 * come out exactly.
 */
import { isWord, type Bytes } from '../../base/bytes.js';

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
}

export const NO_PORTIONS: Portions = {
  ...{ bytes: 0, commands: 0, getack: 0, ping: 0, select: 0, beyondCharacters: 0, beyondUnits: 0 },
  ...{ lineEnds: 0, headers: 0, cut: false },
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
  };
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
}

const CHARACTERS = 'characters are counted instead of bytes (`length` of a string: take the bytes)';

/** Why a count over this stream is so many bytes short: each cause, or pair of causes, that gives just that number. */
export function causesOf(missing: number, read: Portions): readonly string[] {
  const { getack, ping, select } = read;
  const kinds: readonly Cause[] = [
    { bytes: getack, text: 'GETACK is not counted' },
    { bytes: ping, text: 'PING is not counted' },
    { bytes: select, text: 'SELECT is not counted' },
  ];
  const wide: readonly Cause[] = read.cut
    ? []
    : [
        { bytes: read.beyondCharacters, text: CHARACTERS },
        ...(read.beyondUnits === read.beyondCharacters
          ? []
          : [{ bytes: read.beyondUnits, text: CHARACTERS }]),
      ];
  const alone: readonly Cause[] = [
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
  const fits = [...kinds, ...wide, ...alone].filter(({ bytes }) => bytes === missing && bytes > 0);
  if (fits.length > 0) return fits.map(({ text }) => text);
  return pairs([...kinds, ...wide].filter(({ bytes }) => bytes > 0)).flatMap(([one, other]) =>
    one.text !== other.text && one.bytes + other.bytes === missing ? [`${one.text}, and ${other.text}`] : [],
  );
}

function pairs(causes: readonly Cause[]): (readonly [Cause, Cause])[] {
  return causes.flatMap((one, i) => causes.slice(i + 1).map((other) => [one, other] as const));
}

/** The causes as a sentence with a blank before it; empty when none fits. */
export function causesText(missing: number, read: Portions | undefined): string {
  const causes = read ? causesOf(missing, read) : [];
  return causes.length === 0
    ? ''
    : ` The ${missing} bytes that are missing fit exactly: ${causes.join('; or ')}.`;
}
