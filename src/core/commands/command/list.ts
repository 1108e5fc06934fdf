/**
 * COMMAND LIST, GETKEYS and GETKEYSANDFLAGS (redis 7.2.6 server.c:commandListCommand, getKeysSubcommandImpl).
 */
import { isWord, lower, type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { type CommandContext } from '../context.js';
import { hasKeys, keysOf } from '../derive.js';
import { Errors, ReplyError } from '../errors.js';
import { type AclCategory, type Command, type KeyFlag } from '../spec.js';
import { writeFlags } from './info.js';

type Filter = (command: Command) => boolean;

/** By the word behind FILTERBY: makes the test for its argument. */
const FILTERS: Record<string, (arg: Bytes) => Filter> = {
  // Modules are not loaded here, so nothing comes from one.
  module: () => () => false,
  aclcat: (arg) => (command) => command.categories.has(lower(arg) as string as AclCategory),
  pattern: (arg) => (command) => globMatch(arg, command.fullName as Bytes, true),
};

/** COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]: subcommands are listed too. */
export function commandList(ctx: CommandContext, argv: Bytes[]): void {
  const filter = listFilter(argv);
  const names: Bytes[] = [];
  for (const command of ctx.server.commands.all) {
    for (const listed of [command, ...(command.children?.values() ?? [])]) {
      if (filter(listed)) names.push(listed.fullName as Bytes);
    }
  }
  ctx.reply.bulks(names);
}

function listFilter(argv: readonly Bytes[]): Filter {
  if (argv.length === 2) return () => true;
  if (argv.length !== 5 || !isWord(argv[2], 'filterby')) throw Errors.syntax;
  const kind = Object.keys(FILTERS).find((word) => isWord(argv[3], word));
  if (kind === undefined) throw Errors.syntax;
  return FILTERS[kind](argv[4]);
}

/** COMMAND GETKEYS command [arg ...] */
export function commandGetKeys(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.bulks(keysOfCall(ctx, argv.slice(2)).map(({ key }) => key));
}

/** COMMAND GETKEYSANDFLAGS command [arg ...] */
export function commandGetKeysAndFlags(ctx: CommandContext, argv: Bytes[]): void {
  const keys = keysOfCall(ctx, argv.slice(2));
  ctx.reply.array(keys.length);
  for (const { key, flags } of keys) {
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    writeFlags(ctx.reply, flags);
  }
}

function keysOfCall(ctx: CommandContext, call: Bytes[]): { key: Bytes; flags: readonly KeyFlag[] }[] {
  const command = ctx.server.commands.resolve(call);
  if (command === undefined) throw new ReplyError('ERR Invalid command specified');
  if (!hasKeys(command)) throw new ReplyError('ERR The command has no key arguments');
  const { arity } = command;
  if (arity > 0 ? call.length !== arity : call.length < -arity) {
    throw new ReplyError('ERR Invalid number of arguments specified for command');
  }
  const keys = keysOf(command, call);
  if (keys.length === 0 && !command.flagSet.has('no_mandatory_keys')) {
    throw new ReplyError('ERR Invalid arguments specified for command');
  }
  return keys.map(({ index, flags }) => ({ key: call[index], flags }));
}
