/**
 * CLIENT: what changes how clients are served: KILL, PAUSE, UNBLOCK, REPLY, NO-EVICT, NO-TOUCH (redis 7.2.6
 * networking.c:clientCommand).
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { int64Arg, rangeArg, timeoutMsArg } from '../args.js';
import { ClientFlag, type Client, type ClientType, type CommandContext } from '../context.js';
import { Errors, ReplyError, subcommandSyntax } from '../errors.js';
import { clientTypeArg } from './client.js';

const NO_SUCH_CLIENT = new ReplyError('ERR No such client');
const BAD_KILL_ID = new ReplyError('ERR client-id should be greater than 0');
const BAD_UNBLOCK = new ReplyError('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
const BAD_PAUSE = new ReplyError('ERR CLIENT PAUSE mode must be WRITE or ALL');

/** Which clients CLIENT KILL closes; what is not given does not matter. */
interface KillFilter {
  id?: number;
  type?: ClientType;
  user?: string;
  address?: string;
  localAddress?: string;
  skipMe: boolean;
}

type FilterReader = (filter: KillFilter, value: Bytes, ctx: CommandContext) => void;

const KILL_OPTIONS: readonly (readonly [word: string, read: FilterReader])[] = [
  ['id', (filter, value) => (filter.id = rangeArg(value, 1, INT64_MAX, BAD_KILL_ID))],
  ['type', (filter, value) => (filter.type = clientTypeArg(value))],
  ['addr', (filter, value) => (filter.address = value)],
  ['laddr', (filter, value) => (filter.localAddress = value)],
  [
    'user',
    (filter, value, { server }) => {
      if (!server.acl.users.get(value)) throw new ReplyError(`ERR No such user '${value}'`);
      filter.user = value;
    },
  ],
  ['skipme', (filter, value) => (filter.skipMe = wordArg(value, 'yes', 'no'))],
];

/** true for the first word, false for the second. */
function wordArg(text: Bytes, yes: string, no: string): boolean {
  if (isWord(text, yes)) return true;
  if (isWord(text, no)) return false;
  throw Errors.syntax;
}

/** CLIENT KILL address, which may be one's own, or filter value [filter value ...], which spares oneself. */
export function clientKill(ctx: CommandContext, argv: Bytes[]): void {
  const byAddress = argv.length === 3;
  const filter = byAddress ? { address: argv[2], skipMe: false } : killFilter(ctx, argv);
  const doomed = [...ctx.server.clients.list()].filter((client) => isMeant(client, filter, ctx.client));
  for (const client of doomed) client.close('CLIENT KILL', client === ctx.client);
  if (!byAddress) ctx.reply.int(doomed.length);
  else if (doomed.length === 0) throw NO_SUCH_CLIENT;
  else ctx.reply.ok();
}

function killFilter(ctx: CommandContext, argv: readonly Bytes[]): KillFilter {
  const filter: KillFilter = { skipMe: true };
  for (let i = 2; i < argv.length; i += 2) {
    const option = KILL_OPTIONS.find(([word]) => isWord(argv[i], word));
    if (option === undefined || i + 1 === argv.length) throw Errors.syntax;
    option[1](filter, argv[i + 1], ctx);
  }
  return filter;
}

function isMeant(client: Client, filter: KillFilter, self: Client): boolean {
  if (filter.skipMe && client === self) return false;
  return (
    (filter.address === undefined || filter.address === client.peerAddress) &&
    (filter.localAddress === undefined || filter.localAddress === client.localAddress) &&
    (filter.type === undefined || filter.type === client.type) &&
    (filter.id === undefined || filter.id === client.id) &&
    (filter.user === undefined || filter.user === client.user?.name)
  );
}

/** CLIENT UNBLOCK client-id [TIMEOUT | ERROR] */
export function clientUnblock(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 4) throw subcommandSyntax(argv);
  const withError = argv.length === 4 && unblockReason(argv[3]);
  const client = ctx.server.clients.byId(Number(int64Arg(argv[2])));
  ctx.reply.int(client !== undefined && ctx.server.blocking.unblock(client, withError) ? 1 : 0);
}

function unblockReason(text: Bytes): boolean {
  if (isWord(text, 'timeout')) return false;
  if (isWord(text, 'error')) return true;
  throw BAD_UNBLOCK;
}

/** CLIENT PAUSE milliseconds [WRITE | ALL]: a pause never gets shorter or milder, only UNPAUSE ends it early. */
export function clientPause(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 4) throw subcommandSyntax(argv);
  const writesOnly = argv.length === 4 && pauseMode(argv[3]);
  const ms = timeoutMsArg(ctx, argv[2]);
  const { blocking } = ctx.server;
  const until = Math.max(blocking.pausedUntilMs, ms === 0 ? 0 : ctx.store.nowMs + ms);
  if (until > 0) blocking.pause(until, writesOnly && !blocking.pausedAll);
  ctx.reply.ok();
}

/** Whether only writes are paused. */
function pauseMode(text: Bytes): boolean {
  if (isWord(text, 'write')) return true;
  if (isWord(text, 'all')) return false;
  throw BAD_PAUSE;
}

/** CLIENT UNPAUSE */
export function clientUnpause(ctx: CommandContext): void {
  ctx.server.blocking.pause(0, false);
  ctx.reply.ok();
}

/** CLIENT REPLY <ON | OFF | SKIP>: only ON is answered, and it is heard even while the client is silent. */
export function clientReply(ctx: CommandContext, argv: Bytes[]): void {
  const { client } = ctx;
  if (isWord(argv[2], 'on')) {
    client.setFlag(ClientFlag.replyOff | ClientFlag.replySkip, false);
    client.reply.ok();
  } else if (isWord(argv[2], 'off')) client.setFlag(ClientFlag.replyOff, true);
  else if (!isWord(argv[2], 'skip')) throw Errors.syntax;
  else if (!(client.flags & ClientFlag.replyOff)) client.setFlag(ClientFlag.replySkipNext, true);
}

/** CLIENT NO-EVICT <ON | OFF> */
export function clientNoEvict(ctx: CommandContext, argv: Bytes[]): void {
  ctx.client.setFlag(ClientFlag.noEvict, wordArg(argv[2], 'on', 'off'));
  ctx.reply.ok();
}

/** CLIENT NO-TOUCH <ON | OFF> */
export function clientNoTouch(ctx: CommandContext, argv: Bytes[]): void {
  ctx.client.setFlag(ClientFlag.noTouch, wordArg(argv[2], 'on', 'off'));
  ctx.reply.ok();
}
