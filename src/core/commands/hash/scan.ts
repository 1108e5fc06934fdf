/**
 * HSCAN (redis 7.2.6 t_hash.c:hscanCommand, db.c:scanGenericCommand). A hash in its packed encoding is returned whole by one call. The
 * cursor walks slots from high to low, so a field that is there during the whole iteration is returned whatever is added and removed.
 */
import { type Bytes } from '../../base/bytes.js';
import { globMatch } from '../../base/glob.js';
import { settleEncoding } from '../../store/types/encoding.js';
import { type CommandContext } from '../context.js';
import { cursorArg, scanOptions } from '../scan-args.js';
import { fieldsFrom, readHash } from './lookup.js';

/** HSCAN key cursor [MATCH pattern] [COUNT count] */
export function hscan(ctx: CommandContext, argv: Bytes[]): void {
  const cursor = cursorArg(argv[2]);
  const hash = readHash(ctx, argv[1]);
  const { reply } = ctx;
  if (hash === undefined) {
    reply.array(2);
    reply.bulkInt(0);
    reply.array(0);
    return;
  }
  const { count, pattern } = scanOptions(argv, 3, false);
  const from = fieldsFrom(ctx);
  settleEncoding(hash, ctx.server.config.values);
  const isPacked = hash.encoding === 'listpack';
  const found: Bytes[] = [];
  const next = hash.scan(isPacked ? 0 : cursor, isPacked ? hash.size : count, (field, value) => {
    if (pattern !== undefined && !globMatch(pattern, field)) return;
    if (hash.earliestMs < from && hash.expiryOf(field)! < from) return;
    found.push(field, value);
  });
  reply.array(2);
  reply.bulkInt(next);
  reply.bulks(found);
}
