/** INFO (redis 7.2.6 server.c:infoCommand). */
import { type Bytes } from '../../base/bytes.js';
import { formatInfo } from '../../info/format.js';
import { type CommandContext } from '../context.js';

/** INFO [section [section ...]] */
export function info(ctx: CommandContext, argv: Bytes[]): void {
  ctx.reply.verbatim(formatInfo(ctx.server.info(argv.slice(1))));
}
