/**
 * The command line of redis-server: `[redis.conf | -] [--directive value ...]`.
 *
 * Arguments become the text of a configuration, one line per directive, which is read after the file and standard input; so
 * quoting, multi-valued directives and "host port" in one argument follow redis.conf's rules. Pure. Rules: redis 7.2.6
 * server.c:main. Options of redis-ts itself (`own`) are taken out first. What Redis would only report as a bad line is said
 * in the terms of the command line.
 *
 *   --name value ...     a value may begin with `--` when it comes first after its name
 *   "--name value ..."   name and values in one argument
 *   --save               as last argument or before another option: --save ""
 *   -                    as first or last argument: standard input
 *   a.conf name value    right behind the file a directive may do without dashes
 */
import { type Bytes, EMPTY, ascii, fromText, lower, quote } from '../../base/bytes.js';
import { splitArgs } from '../../base/split-args.js';
import {
  BAD_DIRECTIVE,
  firstTypedLine,
  joinConf,
  knownWords,
  loadConf,
  type ConfHandlers,
} from './conf-file.js';
import { Config } from './config.js';
import { nearest } from './nearest.js';

/** The command line cannot be understood; `message` is one clear line. */
export class ArgvError extends Error {
  override readonly name = 'ArgvError';
}

/** A directive that does not exist: what redis-server ends with 1 for, as for any wrong line of its configuration. */
export class UnknownDirectiveError extends ArgvError {}

/** Options of redis-ts itself by name, without dashes: whether they take a value. */
export type OwnOptions = Readonly<Record<string, 'flag' | 'value'>>;

export interface ParsedArgv {
  /** The first argument, when it is not an option. */
  configFile: string | undefined;
  /** Whether configuration is to be read from standard input. */
  stdin: boolean;
  /** Directives in their order, with their arguments. */
  directives: [name: Bytes, args: Bytes[]][];
  /** The same as lines of redis.conf: what loadConf is given. */
  text: Bytes;
  /** The own options that were given; the last of several values counts. */
  own: Record<string, string | true>;
}

/**
 * Reads the arguments that follow the command's name.
 *
 * @throws ArgvError, or a ConfFileError when an option before that which is unknown is wrong
 */
export function parseServerArgv(argv: readonly string[], own: OwnOptions = {}): ParsedArgv {
  const taken = takeOwn(argv, own);
  const configFile = taken.rest[0]?.startsWith('-') === false ? taken.rest[0] : undefined;
  const options = readOptions(taken.rest, configFile === undefined ? 0 : 1);
  const directives = splitLines(options.lines, own);
  return {
    configFile,
    stdin: options.stdin,
    directives,
    text: ascii(options.lines.join('\n')),
    own: taken.own,
  };
}

function takeOwn(
  argv: readonly string[],
  options: OwnOptions,
): { rest: string[]; own: Record<string, string | true> } {
  const rest: string[] = [];
  const own: Record<string, string | true> = {};
  for (let i = 0; i < argv.length; i++) {
    const match = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(argv[i]);
    const kind = match && Object.hasOwn(options, match[1]) ? options[match[1]] : undefined;
    if (!match || kind === undefined) {
      rest.push(argv[i]);
    } else if (kind === 'flag') {
      if (match[2] !== undefined) throw new ArgvError(`--${match[1]} takes no value`);
      own[match[1]] = true;
    } else {
      const value = match[2] ?? argv[++i];
      if (value === undefined) throw new ArgvError(`--${match[1]} needs a value`);
      own[match[1]] = value;
    }
  }
  return { rest, own };
}

/** Options as lines. `first`: 1 behind a configuration file. `open`: the last option has no value yet, so whatever comes next is one. */
function readOptions(argv: readonly string[], first: number): { lines: string[]; stdin: boolean } {
  const lines: string[] = [];
  let stdin = false;
  let open = false;
  for (let i = first; i < argv.length; i++) {
    const arg = argv[i];
    const last = i === argv.length - 1;
    if (arg === '-' && (i === 0 || last)) {
      stdin = true;
    } else if (!open && arg.startsWith('--')) {
      const text = fromText(arg);
      const name = text.slice(2);
      if (splitArgs(ascii(name))?.length === 0) throw new ArgvError(`an option without a name: '${arg}'`);
      open = splitArgs(text)?.length === 1;
      const bareSave = open && lower(text) === '--save' && (last || argv[i + 1].startsWith('--'));
      if (bareSave) open = false;
      lines.push(`${name} ${bareSave ? '""' : ''}`);
    } else if (lines.length === 0 && first > 0 && knownWords().includes(lower(fromText(arg)))) {
      lines.push(fromText(arg) + ' ');
    } else if (lines.length === 0) {
      throw new ArgvError(
        arg.startsWith('-')
          ? `unknown option '${arg}': directives are written --name value`
          : `unexpected argument '${arg}': directives are written --name value`,
      );
    } else {
      lines[lines.length - 1] += quote(fromText(arg)) + ' ';
      open = false;
    }
  }
  return { lines, stdin };
}

/** The first fault decides, as when the lines are read one after the other. */
function splitLines(lines: readonly string[], own: OwnOptions): [Bytes, Bytes[]][] {
  return lines.map((line, i) => {
    try {
      return splitLine(line, own);
    } catch (error) {
      loadConf(
        new Config(),
        joinConf(undefined, undefined, ascii(lines.slice(0, i).join('\n'))),
        NO_HANDLERS,
        firstTypedLine(undefined, undefined),
      );
      throw error;
    }
  });
}

/** Whatever else a file may hold is right. */
const NO_HANDLERS: ConfHandlers = {
  include: () => ({ text: EMPTY }),
  user: () => undefined,
  renameCommand: () => undefined,
};

/** Checks the name, so that a mistyped option is told apart from a wrong line of the file. */
function splitLine(line: string, own: OwnOptions): [Bytes, Bytes[]] {
  const args = splitArgs(ascii(line));
  if (args === undefined) throw new ArgvError(`unbalanced quotes in '--${line.trimEnd()}'`);
  const name = lower(args[0]);
  const words = knownWords();
  if (!words.includes(name)) {
    throw new UnknownDirectiveError(unknownOption(name, [...words, ...Object.keys(own)]));
  }
  return [name, args.slice(1)];
}

function unknownOption(name: Bytes, words: readonly string[]): string {
  const [head, value] = name.split('=', 2);
  if (value !== undefined && words.includes(head)) {
    return `unknown option '--${name}': write --${head} ${value}`;
  }
  const suggestion = nearest(name, words);
  const hint = suggestion === undefined ? BAD_DIRECTIVE : `did you mean '--${suggestion}'?`;
  return `unknown option '--${name}': ${hint}`;
}
