/**
 * CONFIG (redis 7.2.6 config.c). What a directive takes, and who hears of a change, is services/config's; these handlers
 * carry arguments there and its refusals back.
 */
import { type Bytes } from '../../base/bytes.js';
import { ConfigError } from '../../services/config/config.js';
import { type CommandContext } from '../context.js';
import { takeSecret } from '../redact.js';
import { Errors, ReplyError } from '../errors.js';
import { replyHelp } from '../help.js';

const HELP = [
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
];

/** CONFIG GET parameter [parameter ...] */
export function configGet(ctx: CommandContext, argv: Bytes[]): void {
  const found = ctx.server.config.match(argv.slice(2));
  ctx.reply.map(found.length);
  for (const [name, value] of found) {
    ctx.reply.bulk(name);
    ctx.reply.bulk(value);
  }
}

/** CONFIG SET parameter value [parameter value ...] */
export function configSet(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length % 2 !== 0) throw Errors.syntax;
  const { server, client } = ctx;
  const pairs: [Bytes, Bytes][] = [];
  for (let i = 2; i < argv.length; i += 2) {
    const secret = server.config.hasFlag(argv[i], 'sensitive');
    pairs.push([argv[i], secret ? takeSecret(argv, i + 1) : argv[i + 1]]);
  }
  try {
    server.config.set(pairs, { loading: server.isLoading, local: client.isLocal });
  } catch (error) {
    throw error instanceof ConfigError ? new ReplyError(error.message) : error;
  }
  server.configChanged();
  ctx.reply.ok();
}

/** CONFIG RESETSTAT */
export function configResetstat(ctx: CommandContext): void {
  ctx.server.resetStats();
  ctx.reply.ok();
}

/** CONFIG REWRITE */
export function configRewrite(ctx: CommandContext): void {
  ctx.server.rewriteConfig();
  ctx.reply.ok();
}

/** CONFIG HELP */
export function configHelp(ctx: CommandContext, argv: Bytes[]): void {
  replyHelp(ctx.reply, argv[0], HELP);
}
