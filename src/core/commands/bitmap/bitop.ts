/** BITOP (redis 7.2.6 bitops.c:bitopCommand). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { EVENT_DEL } from '../../store/events.js';
import { RawString } from '../../store/types/raw-string.js';
import { getStringOrThrow } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_SET } from '../string/events.js';
import { bytesOf } from './string-bits.js';
import { combine, type BitOperation } from './words.js';

const OPERATIONS: readonly BitOperation[] = ['and', 'or', 'xor', 'not'];
const NOTHING = Buffer.alloc(0);

/** BITOP AND | OR | XOR | NOT destkey key [key ...] */
export function bitop(ctx: CommandContext, argv: Bytes[]): void {
  const operation = OPERATIONS.find((word) => isWord(argv[1], word));
  if (operation === undefined) throw Errors.syntax;
  if (operation === 'not' && argv.length !== 4) throw Errors.bitopNot;
  let length = 0;
  const sources: Buffer[] = [];
  for (let i = 3; i < argv.length; i++) {
    const value = getStringOrThrow(ctx, argv[i]);
    const bytes = value === undefined ? NOTHING : bytesOf(value);
    length = Math.max(length, bytes.length);
    sources.push(bytes);
  }
  if (length > 0) store(ctx, argv[2], combine(operation, sources, length));
  else remove(ctx, argv[2]);
  ctx.reply.int(length);
}

function store(ctx: CommandContext, key: Bytes, result: Buffer): void {
  const { db } = ctx;
  ctx.gate.put(db, key, db.lookupWrite(key), RawString.ofBuffer(result), EVENT_SET, 0);
}

/** Redis does not ask whether the time of what it removes is over. */
function remove(ctx: CommandContext, key: Bytes): void {
  const slot = ctx.db.keyspace.table.find(key);
  if (slot >= 0) ctx.gate.remove(ctx.db, key, slot, EVENT_DEL);
}
