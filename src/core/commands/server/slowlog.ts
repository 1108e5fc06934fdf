/** SLOWLOG: reads services/slowlog, which the dispatcher fills (redis 7.2.6 slowlog.c:slowlogCommand). */
import { ascii, type Bytes } from '../../base/bytes.js';
import { INT64_MAX } from '../../base/numbers.js';
import { rangeArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { ReplyError, subcommandSyntax } from '../errors.js';
import { replyHelp } from '../help.js';

const DEFAULT_COUNT = 10;
const BAD_COUNT = new ReplyError('ERR count should be greater than or equal to -1');

const HELP = [
  'GET [<count>]',
  '    Return top <count> entries from the slowlog (default: 10, -1 mean all).',
  '    Entries are made of:',
  '    id, timestamp, time in microseconds, arguments array, client IP and port,',
  '    client name',
  'LEN',
  '    Return the length of the slowlog.',
  'RESET',
  '    Reset the slowlog.',
];

/** SLOWLOG GET [count] */
export function slowlogGet(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 3) throw subcommandSyntax(argv);
  const count = argv.length === 3 ? rangeArg(argv[2], -1, INT64_MAX, BAD_COUNT) : DEFAULT_COUNT;
  const entries = ctx.server.slowlog.latest(count);
  const { reply } = ctx;
  reply.array(entries.length);
  for (const { id, timeSeconds, durationUs, args, peer, clientName } of entries) {
    reply.array(6);
    reply.int(id);
    reply.int(timeSeconds);
    reply.int(durationUs);
    reply.bulks(args);
    reply.bulk(ascii(peer));
    reply.bulk(clientName);
  }
}

/** SLOWLOG LEN */
export function slowlogLen(ctx: CommandContext): void {
  ctx.reply.int(ctx.server.slowlog.length);
}

/** SLOWLOG RESET */
export function slowlogReset(ctx: CommandContext): void {
  ctx.server.slowlog.reset();
  ctx.reply.ok();
}

/** SLOWLOG HELP */
export function slowlogHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
