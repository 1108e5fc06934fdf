/**
 * CLIENT: what a client asks about itself and others, and what it says of itself (redis 7.2.6 networking.c:clientCommand,
 * clientSetinfoCommand). What changes other clients is in client-control.ts.
 */
import { concat, isWord, type Bytes } from '../../base/bytes.js';
import { int64Arg } from '../args.js';
import { type Client, type ClientType, type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { replyHelp } from '../help.js';
import { checkClientName, isVisible } from './names.js';

const INVALID_ID = new ReplyError('ERR Invalid client ID');

const HELP = [
  'CACHING (YES|NO)',
  '    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are:',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made from the specified address',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made to specified local address',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Kill connections by type.',
  '    * USER <username>',
  '      Kill connections authenticated by <username>.',
  '    * SKIPME (YES|NO)',
  '      Skip killing current connection (default: yes).',
  'LIST [options ...]',
  '    Return information about client connections. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Return clients of specified type.',
  'UNPAUSE',
  '    Stop the current client pause, resuming traffic.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Suspend all, or just write, clients for <timeout> milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'SETINFO <option> <value>',
  '    Set client meta attr. Options are:',
  '    * LIB-NAME: the client lib name.',
  '    * LIB-VER: the client lib version.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    Unblock the specified blocked client.',
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Control server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
  'NO-EVICT (ON|OFF)',
  '    Protect current client connection from eviction.',
  'NO-TOUCH (ON|OFF)',
  '    Will not touch LRU/LFU stats when this mode is on.',
];

const TYPES: Readonly<Record<string, ClientType>> = {
  normal: 'normal',
  slave: 'replica',
  replica: 'replica',
  pubsub: 'pubsub',
  master: 'master',
};

/** The class of clients that `text` names; throws when there is none of that name. */
export function clientTypeArg(text: Bytes): ClientType {
  for (const [word, type] of Object.entries(TYPES)) if (isWord(text, word)) return type;
  throw new ReplyError(`ERR Unknown client type '${text}'`);
}

/** CLIENT HELP */
export function clientHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}

/** CLIENT ID */
export function clientId(ctx: CommandContext): void {
  ctx.reply.int(ctx.client.id);
}

/** CLIENT INFO */
export function clientInfo(ctx: CommandContext): void {
  ctx.reply.verbatim(linesOf([ctx.client]));
}

/** CLIENT LIST [TYPE type | ID client-id [client-id ...]] */
export function clientList(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.verbatim(linesOf(listed(ctx, argv)));
}

function listed({ server: { clients } }: CommandContext, argv: readonly Bytes[]): Client[] {
  if (argv.length === 2) return [...clients.list()];
  if (argv.length === 4 && isWord(argv[2], 'type')) {
    const type = clientTypeArg(argv[3]);
    return [...clients.list()].filter((client) => client.type === type);
  }
  if (argv.length > 3 && isWord(argv[2], 'id')) {
    const ids = argv.slice(3).map((text) => Number(int64Arg(text, INVALID_ID)));
    return ids.map((id) => clients.byId(id)).filter((client) => client !== undefined);
  }
  throw Errors.syntax;
}

function linesOf(clients: readonly Client[]): Bytes {
  return concat(clients.map((client) => `${client.infoLine()}\n` as Bytes));
}

/** CLIENT GETNAME */
export function clientGetname(ctx: CommandContext): void {
  const { name } = ctx.client;
  ctx.reply.bulkOrNull(name === '' ? undefined : name);
}

/** CLIENT SETNAME connection-name: an empty one takes the name away. */
export function clientSetname(ctx: CommandContext, argv: Bytes[]): void {
  checkClientName(argv[2]);
  ctx.client.name = argv[2];
  ctx.reply.ok();
}

/** CLIENT SETINFO <LIB-NAME libname | LIB-VER libver> */
export function clientSetinfo(ctx: CommandContext, argv: Bytes[]): void {
  const [, , option, value] = argv;
  const isName = isWord(option, 'lib-name');
  if (!isName && !isWord(option, 'lib-ver')) throw new ReplyError(`ERR Unrecognized option '${option}'`);
  if (!isVisible(value)) {
    throw new ReplyError(`ERR ${option} cannot contain spaces, newlines or special characters.`);
  }
  ctx.client[isName ? 'libName' : 'libVersion'] = value;
  ctx.reply.ok();
}
