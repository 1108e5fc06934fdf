/** ACL SETUSER, GETUSER, DELUSER, LIST, USERS, WHOAMI, SAVE, LOAD (redis 7.2.6 acl.c:aclCommand). */
import { type Bytes } from '../../base/bytes.js';
import { hasSpaces } from '../../services/acl/faults.js';
import { type Selector } from '../../services/acl/selector.js';
import { type CommandContext } from '../context.js';
import { ReplyError } from '../errors.js';
import { takeSecret } from '../redact.js';
import { type ReplyWriter } from '../../protocol/reply-writer.js';

const BAD_NAME = new ReplyError("ERR Usernames can't contain spaces or null characters");
const DEFAULT_STAYS = new ReplyError("ERR The 'default' user cannot be removed");

/** ACL SETUSER username [rule [rule ...]]: nothing of it is shown to MONITOR and SLOWLOG. */
export function aclSetUser(ctx: CommandContext, argv: Bytes[]): void {
  const given: Bytes[] = [];
  for (let i = 2; i < argv.length; i++) given.push(takeSecret(argv, i));
  const [name, ...rules] = given;
  if (hasSpaces(name)) throw BAD_NAME;
  ctx.server.acl.setUser(ctx.client, name, rules);
  ctx.reply.ok();
}

/** ACL DELUSER username [username ...] */
export function aclDelUser(ctx: CommandContext, argv: Bytes[]): void {
  const { acl } = ctx.server;
  const names = argv.slice(2);
  if (names.includes(acl.users.default.name)) throw DEFAULT_STAYS;
  ctx.reply.int(acl.deleteUsers(ctx.client, names));
}

/** ACL GETUSER username */
export function aclGetUser(ctx: CommandContext, argv: Bytes[]): void {
  const { reply } = ctx;
  const user = ctx.server.acl.users.get(argv[2]);
  if (user === undefined) {
    reply.null();
    return;
  }
  reply.map(6);
  reply.bulkText('flags');
  const flags = user.flagNames();
  reply.set(flags.length);
  for (const flag of flags) reply.bulkText(flag);
  reply.bulkText('passwords');
  reply.bulks(user.passwords);
  replySelector(reply, user.root);
  reply.bulkText('selectors');
  reply.array(user.others.length);
  for (const selector of user.others) {
    reply.map(3);
    replySelector(reply, selector);
  }
}

/** Three fields of a map. */
function replySelector(reply: ReplyWriter, selector: Selector): void {
  reply.bulkText('commands');
  reply.bulk(selector.commandText());
  reply.bulkText('keys');
  reply.bulk(selector.keyText());
  reply.bulkText('channels');
  reply.bulk(selector.channelText());
}

/** ACL LIST: a line for each user, as in an ACL file. */
export function aclList(ctx: CommandContext): void {
  ctx.reply.bulks(ctx.server.acl.users.list().map((user) => user.line()));
}

/** ACL USERS */
export function aclUsers(ctx: CommandContext): void {
  ctx.reply.bulks(ctx.server.acl.users.list().map((user) => user.name));
}

/** ACL WHOAMI */
export function aclWhoAmI(ctx: CommandContext): void {
  ctx.reply.bulkOrNull(ctx.client.user?.name);
}

/** ACL LOAD: the users of the ACL file in place of those there are; clients of any but the default user are closed. */
export function aclLoad(ctx: CommandContext): void {
  ctx.server.acl.load(ctx.client);
  ctx.reply.ok();
}

/** ACL SAVE */
export function aclSave(ctx: CommandContext): void {
  ctx.server.acl.save();
  ctx.reply.ok();
}
