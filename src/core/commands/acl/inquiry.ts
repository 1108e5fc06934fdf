/** ACL CAT, DRYRUN, GENPASS, LOG, HELP (redis 7.2.6 acl.c:aclCommand). */
import { isWord, lower, type Bytes } from '../../base/bytes.js';
import { type AclLogEntry } from '../../services/acl/acl-log.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';
import { int64Arg } from '../args.js';
import { type CommandContext } from '../context.js';
import { ACL_CATEGORIES } from '../derive.js';
import { denialText, printed, ReplyError, subcommandSyntax, wrongArity } from '../errors.js';
import { replyHelp } from '../help.js';
import { type AclCategory } from '../spec.js';

const DEFAULT_LOG_COUNT = 10;
const DEFAULT_PASSWORD_BITS = 256;
const MAX_PASSWORD_BITS = 4096;
const BAD_BITS = new ReplyError(
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to ' +
    String(MAX_PASSWORD_BITS),
);

const HELP = [
  'CAT [<category>]',
  '    List all commands that belong to <category>, or all command categories',
  '    when no category is specified.',
  'DELUSER <username> [<username> ...]',
  '    Delete a list of users.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Returns whether the user can execute the given command without executing the command.',
  'GETUSER <username>',
  "    Get the user's details.",
  'GENPASS [<bits>]',
  '    Generate a secure 256-bit user password. The optional `bits` argument can',
  '    be used to specify a different size.',
  'LIST',
  '    Show users details in config file format.',
  'LOAD',
  '    Reload users from the ACL file.',
  'LOG [<count> | RESET]',
  '    Show the ACL log entries.',
  'SAVE',
  '    Save the current config to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Create or modify a user with the specified attributes.',
  'USERS',
  '    List all the registered usernames.',
  'WHOAMI',
  '    Return the current connection username.',
];

/** ACL CAT [category] */
export function aclCat(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw subcommandSyntax(argv);
  const { reply, server } = ctx;
  if (argv.length === 2) {
    reply.array(ACL_CATEGORIES.length);
    for (const category of ACL_CATEGORIES) reply.bulkText(category);
    return;
  }
  const name = lower(argv[2]) as string;
  if (!ACL_CATEGORIES.includes(name as AclCategory)) {
    throw new ReplyError(`ERR Unknown category '${printed(argv[2], 128)}'`);
  }
  const members = server.commands.byId.filter(({ categories }) => categories.has(name as AclCategory));
  reply.array(members.length);
  for (const { fullName } of members) reply.bulkText(fullName);
}

/** ACL DRYRUN username command [arg ...]: what the user lacks is no error, but the answer. */
export function aclDryRun(ctx: CommandContext, argv: Bytes[]): void {
  const { acl, commands } = ctx.server;
  const user = acl.users.get(argv[2]);
  if (user === undefined) throw new ReplyError(`ERR User '${printed(argv[2])}' not found`);
  const call = argv.slice(3);
  const command = commands.resolve(call);
  if (command === undefined) throw new ReplyError(`ERR Command '${printed(call[0])}' not found`);
  const { arity } = command;
  if (arity > 0 ? call.length !== arity : call.length < -arity) throw wrongArity(command.fullName);
  const denial = acl.check(user, command, call);
  if (denial === undefined) ctx.reply.ok();
  else ctx.reply.bulkText(denialText(denial, user.name, command, call[denial.index]));
}

/** ACL GENPASS [bits]: digits of four bits each. */
export function aclGenPass(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw subcommandSyntax(argv);
  const bits = argv.length === 3 ? int64Arg(argv[2]) : DEFAULT_PASSWORD_BITS;
  if (bits <= 0 || bits > MAX_PASSWORD_BITS) throw BAD_BITS;
  ctx.reply.bulkText(ctx.server.random.hex(Math.ceil(Number(bits) / 4)));
}

/** ACL LOG [count | RESET] */
export function aclLog(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw subcommandSyntax(argv);
  const { log } = ctx.server.acl;
  if (argv.length === 3 && isWord(argv[2], 'reset')) {
    log.reset();
    ctx.reply.ok();
    return;
  }
  const count = argv.length === 3 ? Number(int64Arg(argv[2])) : DEFAULT_LOG_COUNT;
  const entries = log.latest(Math.max(0, count));
  ctx.reply.array(entries.length);
  for (const entry of entries) replyEntry(ctx.reply, entry, ctx.store.nowMs);
}

function replyEntry(reply: ReplyWriter, entry: AclLogEntry, nowMs: number): void {
  reply.map(10);
  reply.bulkText('count');
  reply.int(entry.count);
  reply.bulkText('reason');
  reply.bulkText(entry.reason);
  reply.bulkText('context');
  reply.bulkText(entry.context);
  reply.bulkText('object');
  reply.bulk(entry.object);
  reply.bulkText('username');
  reply.bulk(entry.user);
  reply.bulkText('age-seconds');
  reply.double((nowMs - entry.updatedMs) / 1000);
  reply.bulkText('client-info');
  reply.bulkText(entry.clientInfo);
  reply.bulkText('entry-id');
  reply.int(entry.id);
  reply.bulkText('timestamp-created');
  reply.int(entry.createdMs);
  reply.bulkText('timestamp-last-updated');
  reply.int(entry.updatedMs);
}

/** ACL HELP */
export function aclHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
