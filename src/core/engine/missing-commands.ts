/**
 * MissingCommands: names commands of Redis that are not there when a client asks for one, once each, in the log. The client gets
 * Redis's words for a command that does not exist, and its program may keep them to itself: whoever runs the server is to find
 * out why. Called by the dispatcher when nothing answers to a request.
 */
import { lower, type Bytes } from '../base/bytes.js';
import { type Log } from '../services/log.js';

const SCRIPTS = 'there are no Lua scripts';
const FUNCTIONS = 'there are no functions';
const APPEND_ONLY = 'there is no append-only file';

/** The longest name of those below; a request may begin with megabytes. */
const LONGEST_NAME = 16;

/** Subcommands of a command that is there stand under `command|subcommand`. */
const MISSING: ReadonlyMap<string, string> = new Map([
  ['eval', SCRIPTS],
  ['eval_ro', SCRIPTS],
  ['evalsha', SCRIPTS],
  ['evalsha_ro', SCRIPTS],
  ['script', SCRIPTS],
  ['fcall', FUNCTIONS],
  ['fcall_ro', FUNCTIONS],
  ['function|dump', FUNCTIONS],
  ['function|kill', FUNCTIONS],
  ['function|list', FUNCTIONS],
  ['function|load', FUNCTIONS],
  ['function|restore', FUNCTIONS],
  ['function|stats', FUNCTIONS],
  ['bgrewriteaof', APPEND_ONLY],
  ['waitaof', APPEND_ONLY],
  ['module', 'there are no modules'],
]);

export class MissingCommands {
  private readonly said = new Set<string>();

  constructor(private readonly log: Log) {}

  /** @param container the command that is there and has no such subcommand; undefined: nothing of the request is there */
  asked(argv: readonly Bytes[], container: string | undefined): void {
    const word = container === undefined ? argv[0] : argv[1];
    if (word.length > LONGEST_NAME) return;
    const name = container === undefined ? lower(word) : `${container}|${lower(word)}`;
    const why = MISSING.get(name);
    if (why === undefined || this.said.has(name)) return;
    this.said.add(name);
    const shown = name.replace('|', ' ').toUpperCase();
    this.log.notice(`A client asked for ${shown}, which is refused: ${why} (docs/differences.md; said once)`);
  }
}
