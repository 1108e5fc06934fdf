/**
 * redis.conf: reads the text of a configuration file, line by line, into a Config.
 *
 * The text is latin1 (one byte per char): the file, then standard input, then the command line, in that order, as Redis puts
 * them together. Lines that are not directives of the table (user, rename-command) go to the caller through handlers, which
 * answer with the reason why they refuse. Rules and texts: redis 7.2.6 config.c:loadServerConfigFromString. Included text is
 * kept on a stack of frames, so that a file that includes itself ends with an error.
 */
import { type Bytes, ascii, lower, quote } from '../../base/bytes.js';
import { splitArgs } from '../../base/split-args.js';
import { type Config } from './config.js';
import { Refusal } from './directive.js';
import { nearest } from './nearest.js';
import { DIRECTIVES } from './tables.js';

/** The version of Redis that redis-ts is compatible with. */
export const COMPAT_VERSION = '7.2.6';

/** Deepest nesting of `include`. Ours: Redis goes on until it runs out of stack. */
const MAX_INCLUDE_DEPTH = 16;

/** What an included path gave: its text (several files joined for a pattern), or why it cannot be read. */
export type Included = { text: Bytes } | { error: string };

/** Lines that the reader hands on. Each answers undefined, or the reason why the line is wrong. */
export interface ConfHandlers {
  /** `include <path>`; the path may be a pattern, which may match nothing. */
  include(path: Bytes): Included;
  /** `user <name> <rules...>`: the arguments after the word. */
  user(args: readonly Bytes[]): string | undefined;
  /** `rename-command <from> <to>`; `to` is empty when the command is to go. */
  renameCommand(from: Bytes, to: Bytes): string | undefined;
}

/** A configuration that cannot be used. `message` is what Redis prints before it ends with code 1. */
export class ConfFileError extends Error {
  override readonly name = 'ConfFileError';

  /**
   * @param reason in a line
   * @param where the line that is wrong, counted from 1 in the text that holds it; `typed`: it is an option of the command line
   */
  constructor(
    readonly reason: string,
    readonly where?: { line: number; text: Bytes; typed?: boolean },
  ) {
    const head = `\n*** FATAL CONFIG FILE ERROR (Redis ${COMPAT_VERSION}) ***\n`;
    const place = where?.typed
      ? `On the command line: ${asTyped(where.text)}`
      : `Reading the configuration file, at line ${where?.line}`;
    const at = where ? `${place}\n>>> '${where.text}'\n` : '';
    super(`${head}${at}${reason}\n`);
  }
}

/** Directives that ended with an earlier version: read and forgotten, with one argument (config.c:deprecated_configs). */
const DEPRECATED = new Set(['list-max-ziplist-entries', 'list-max-ziplist-value', 'lua-replicate-commands']);

/** Redis's reason for a line that begins with no directive, and for some that have too few arguments. */
export const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments';

interface Frame {
  lines: readonly string[];
  next: number;
}

type LineReader = (args: readonly Bytes[], handlers: ConfHandlers) => string | undefined;

/** Words of the file that CONFIG SET and GET do not know, with the number of arguments that they take. */
const FILE_ONLY: Readonly<Record<string, { min: number; max: number; read: LineReader }>> = {
  'rename-command': {
    min: 2,
    max: 2,
    read: ([from, to], handlers) => handlers.renameCommand(from, to),
  },
  user: { min: 1, max: Infinity, read: (args, handlers) => handlers.user(args) },
  loadmodule: { min: 1, max: Infinity, read: () => 'modules are not supported' },
  sentinel: { min: 1, max: Infinity, read: () => 'sentinel directive while not in sentinel mode' },
};

/** Every word that may begin a line, for suggestions and for CONFIG REWRITE. */
export function knownWords(): string[] {
  const aliases = Object.values(DIRECTIVES).flatMap(({ alias }) => alias ?? []);
  return [...Object.keys(DIRECTIVES), ...aliases, 'include', ...Object.keys(FILE_ONLY)];
}

/**
 * Reads `text` into `config`. What was read before the wrong line stays set.
 *
 * @param typedFrom the first line that comes from the command line, counted from 1 (`firstTypedLine`)
 * @throws ConfFileError
 */
export function loadConf(
  config: Config,
  text: Bytes,
  handlers: ConfHandlers,
  typedFrom = Number.POSITIVE_INFINITY,
): void {
  const stack: Frame[] = [{ lines: text.split('\n'), next: 0 }];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1];
    if (frame.next === frame.lines.length) {
      stack.pop();
      continue;
    }
    const line = trimLine(frame.lines[frame.next++]);
    if (line === '' || line.startsWith('#')) continue;
    const fail = (reason: string): never => {
      // Redis speaks of a configuration file here as well: who gave none looks for it in vain.
      const typed = stack.length === 1 && frame.next >= typedFrom;
      throw new ConfFileError(reason, { line: frame.next, text: line, ...(typed && { typed }) });
    };
    const argv = splitArgs(line) ?? fail('Unbalanced quotes in configuration line');
    if (argv.length === 0) continue;
    const [word, ...args] = argv;
    const name = lower(word);
    if (name === 'include' && args.length === 1) {
      if (stack.length > MAX_INCLUDE_DEPTH) fail(`more than ${MAX_INCLUDE_DEPTH} files include each other`);
      stack.push(openInclude(args[0], handlers));
      continue;
    }
    const reason = readLine(config, name, args, handlers);
    if (reason !== undefined) fail(reason);
  }
}

/** Blank, tab, CR and LF at both ends (the file is split at LF). */
export function trimLine(line: string): Bytes {
  return ascii(line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''));
}

function openInclude(path: Bytes, handlers: ConfHandlers): Frame {
  const included = handlers.include(path);
  if ('error' in included) {
    throw new ConfFileError(`Fatal error, can't open config file '${path}': ${included.error}`);
  }
  return { lines: included.text.split('\n'), next: 0 };
}

function readLine(
  config: Config,
  name: Bytes,
  args: readonly Bytes[],
  handlers: ConfHandlers,
): string | undefined {
  if (config.has(name)) {
    try {
      config.load(name, args);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
  }
  if (DEPRECATED.has(name) && args.length === 1) return undefined;
  const fileOnly = Object.hasOwn(FILE_ONLY, name) ? FILE_ONLY[name] : undefined;
  if (fileOnly && args.length >= fileOnly.min && args.length <= fileOnly.max) {
    return fileOnly.read(args, handlers);
  }
  return unknownWord(name);
}

/** Redis's reason, and the nearest word that would have been right. */
function unknownWord(name: Bytes): string {
  const words = knownWords();
  const suggestion = words.includes(name) ? undefined : nearest(name, words);
  return suggestion === undefined ? BAD_DIRECTIVE : `${BAD_DIRECTIVE}\nDid you mean '${suggestion}'?`;
}

/** A line of the command line as it may have been written there: `port "abc"` was `--port abc`. */
function asTyped(line: Bytes): string {
  const [name, ...args] = splitArgs(line) ?? [line];
  return [`--${name}`, ...args.map((arg) => (/^[A-Za-z0-9_.:/@%+=,-]+$/.test(arg) ? arg : quote(arg)))].join(
    ' ',
  );
}

/** The line of joinConf's text at which the command line begins, counted from 1. */
export function firstTypedLine(file: Bytes | undefined, stdin: Bytes | undefined): number {
  return ((file ?? '') + (stdin ?? '')).split('\n').length + 1;
}

/** The text that loadConf reads: file, standard input and command line, whichever there are. */
export function joinConf(file: Bytes | undefined, stdin: Bytes | undefined, argv: Bytes): Bytes {
  return ascii((file ?? '') + (stdin ?? '') + '\n' + argv);
}
