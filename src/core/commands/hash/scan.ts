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
  const found: Bytes[] = [];
  const visit = (field: Bytes, value: Bytes): void => {
    if (pattern !== undefined && !globMatch(pattern, field)) return;
    if (hash.earliestMs < from && hash.expiryOf(field)! < from) return;
    found.push(field, value);
  };
  settleEncoding(hash, ctx.server.config.values);
  let next = 0;
  if (hash.encoding === 'hashtable') next = hash.scan(cursor, count, visit);
  else for (let slot = 0; slot < hash.size; slot++) visit(hash.fieldAt(slot), hash.valueAt(slot));
  reply.array(2);
  reply.bulkInt(next);
  reply.bulks(found);
}
