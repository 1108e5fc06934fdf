/**
 * COMMAND, COMMAND INFO and COMMAND DOCS: the command table as a client sees it.
 *
 * Everything here is written from the definitions; the order of the fields is that of redis 7.2.6
 * server.c:addReplyCommandInfo, addReplyCommandDocs and addReplyCommandArgList.
 */
import { lower, type Bytes } from '../../base/bytes.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { type CommandContext } from '../context.js';
import { argumentsOf, legacyRange, shownCategories, shownFlags } from '../derive.js';
import { type Command, type KeySpec } from '../spec.js';
import { type Argument } from '../syntax.js';

/** COMMAND, and COMMAND INFO without names: every command of the server. */
export function commandAll(ctx: CommandContext): void {
  const { all } = ctx.server.commands;
  ctx.reply.array(all.length);
  for (const command of all) writeInfo(ctx.reply, command);
}

/** COMMAND COUNT */
export function commandCount(ctx: CommandContext): void {
  ctx.reply.int(ctx.server.commands.all.length);
}

/** COMMAND INFO [command-name ...]: null for a name that is not known. */
export function commandInfo(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length === 2) {
    commandAll(ctx);
    return;
  }
  ctx.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const command = byName(ctx, argv[i]);
    if (command === undefined) ctx.reply.null();
    else writeInfo(ctx.reply, command);
  }
}

/** COMMAND DOCS [command-name ...]: names that are not known are left out. */
export function commandDocs(ctx: CommandContext, argv: Bytes[]): void {
  const named = argv.slice(2).map((name) => byName(ctx, name));
  const commands = argv.length === 2 ? ctx.server.commands.all : named.filter((c) => c !== undefined);
  ctx.reply.map(commands.length);
  for (const command of commands) {
    ctx.reply.bulkText(command.fullName);
    writeDocs(ctx.reply, command);
  }
}

/** The command of a name such as `client|list`. */
function byName(ctx: CommandContext, name: Bytes): Command | undefined {
  const parts = name.split('|').length;
  return parts > 2 ? undefined : ctx.server.commands.byFullName(lower(name));
}

function writeInfo(reply: ReplyWriter, command: Command): void {
  const range = legacyRange(command.keys ?? []);
  reply.array(10);
  reply.bulkText(command.fullName);
  reply.int(command.arity);
  writeFlags(reply, shownFlags(command));
  reply.int(range.first);
  reply.int(range.last);
  reply.int(range.step);
  writeFlags(
    reply,
    shownCategories(command).map((category) => `@${category}`),
  );
  const tips = command.tips ?? [];
  reply.set(tips.length);
  for (const tip of tips) reply.bulkText(tip);
  const specs = command.keys ?? [];
  reply.set(specs.length);
  for (const spec of specs) writeKeySpec(reply, spec);
  if (command.children === undefined) reply.set(0);
  else {
    reply.array(command.children.size);
    for (const child of command.children.values()) writeInfo(reply, child);
  }
}

/** A set of status lines. */
export function writeFlags(reply: ReplyWriter, flags: readonly string[]): void {
  reply.set(flags.length);
  for (const flag of flags) reply.simple(flag);
}

type SpecPart = readonly [type: string, fields: readonly (readonly [string, string | number])[]];

function writeKeySpec(reply: ReplyWriter, spec: KeySpec): void {
  reply.map(spec.notes === undefined ? 3 : 4);
  if (spec.notes !== undefined) {
    reply.bulkText('notes');
    reply.bulkText(spec.notes);
  }
  reply.bulkText('flags');
  writeFlags(reply, spec.flags);
  reply.bulkText('begin_search');
  writeSpecPart(reply, beginPart(spec.begin));
  reply.bulkText('find_keys');
  writeSpecPart(reply, findPart(spec.find));
}

function beginPart(begin: KeySpec['begin']): SpecPart {
  if ('unknown' in begin) return ['unknown', []];
  if ('index' in begin) return ['index', [['index', begin.index]]];
  return [
    'keyword',
    [
      ['keyword', begin.keyword],
      ['startfrom', begin.from],
    ],
  ];
}

function findPart(find: KeySpec['find']): SpecPart {
  if ('unknown' in find) return ['unknown', []];
  if ('lastKey' in find) {
    return [
      'range',
      [
        ['lastkey', find.lastKey],
        ['keystep', find.step],
        ['limit', find.limit],
      ],
    ];
  }
  return [
    'keynum',
    [
      ['keynumidx', find.keyNumIdx],
      ['firstkey', find.firstKey],
      ['keystep', find.step],
    ],
  ];
}

function writeSpecPart(reply: ReplyWriter, [type, fields]: SpecPart): void {
  reply.map(2);
  reply.bulkText('type');
  reply.bulkText(type);
  reply.bulkText('spec');
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulkText(name);
    if (typeof value === 'number') reply.int(value);
    else reply.bulkText(value);
  }
}

/** A field of a map of documentation: its name and what writes its value. */
type Field = readonly [name: string, write: () => void];

function writeFields(reply: ReplyWriter, fields: readonly Field[]): void {
  reply.map(fields.length);
  for (const [name, write] of fields) {
    reply.bulkText(name);
    write();
  }
}

function writeDocs(reply: ReplyWriter, command: Command): void {
  const { complexity, deprecated, history, children } = command;
  const text = (value: string) => () => reply.bulkText(value);
  const fields: Field[] = [
    ['summary', text(command.summary)],
    ['since', text(command.since)],
    ['group', text(command.group)],
  ];
  if (complexity !== undefined) fields.push(['complexity', text(complexity)]);
  const docFlags = docFlagsOf(command);
  if (docFlags.length > 0) fields.push(['doc_flags', () => writeFlags(reply, docFlags)]);
  if (deprecated !== undefined) {
    fields.push(['deprecated_since', text(deprecated.since)]);
    fields.push(['replaced_by', text(deprecated.replacedBy)]);
  }
  if (history !== undefined) fields.push(['history', () => writeHistory(reply, history)]);
  const args = argumentsOf(command);
  if (args.length > 0) fields.push(['arguments', () => writeArguments(reply, args)]);
  if (children !== undefined) fields.push(['subcommands', () => writeSubcommandDocs(reply, children)]);
  writeFields(reply, fields);
}

function docFlagsOf(command: Command): string[] {
  const flags: string[] = [];
  if (command.deprecated !== undefined) flags.push('deprecated');
  if (command.system === true) flags.push('syscmd');
  return flags;
}

function writeHistory(reply: ReplyWriter, history: readonly (readonly [string, string])[]): void {
  reply.set(history.length);
  for (const [version, change] of history) {
    reply.array(2);
    reply.bulkText(version);
    reply.bulkText(change);
  }
}

function writeSubcommandDocs(reply: ReplyWriter, children: ReadonlyMap<string, Command>): void {
  reply.map(children.size);
  for (const child of children.values()) {
    reply.bulkText(child.fullName);
    writeDocs(reply, child);
  }
}

function writeArguments(reply: ReplyWriter, args: readonly Argument[]): void {
  reply.array(args.length);
  for (const arg of args) writeArgument(reply, arg);
}

function writeArgument(reply: ReplyWriter, arg: Argument): void {
  const compound = arg.type === 'oneof' || arg.type === 'block';
  const fields: Field[] = [
    ['name', () => reply.bulkText(arg.name)],
    ['type', () => reply.bulkText(arg.type)],
  ];
  if (!compound) fields.push(['display_text', () => reply.bulkText(arg.name)]);
  const { keySpecIndex, token } = arg;
  if (keySpecIndex !== undefined) fields.push(['key_spec_index', () => reply.int(keySpecIndex)]);
  if (token !== undefined) fields.push(['token', () => reply.bulkText(token)]);
  const flags: string[] = [];
  if (arg.optional) flags.push('optional');
  if (arg.multiple) flags.push('multiple');
  if (arg.multipleToken) flags.push('multiple_token');
  if (flags.length > 0) fields.push(['flags', () => writeFlags(reply, flags)]);
  if (compound) fields.push(['arguments', () => writeArguments(reply, arg.children)]);
  writeFields(reply, fields);
}
