/** GEOADD, GEOPOS, GEODIST and GEOHASH: positions of members, one by one (redis 7.2.6 geo.c). */
import { ascii, isWord, type Bytes } from '../../base/bytes.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { zadd } from '../sorted-set/add.js';
import { readZSet } from '../sorted-set/values.js';
import { positionArg, unitArg } from './args.js';
import { distanceBetween } from './distance.js';
import { cellBits, cellOf, geohashText, positionOf, SCORE_STEP } from './geohash.js';
import { replyDistance, replyPosition } from './reply.js';

const ZADD = ascii('zadd');

/** GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]: a ZADD, and propagated as one. */
export function geoadd(ctx: CommandContext, argv: Bytes[]): void {
  let first = 2;
  let nx = false;
  let xx = false;
  for (; first < argv.length; first++) {
    if (isWord(argv[first], 'nx')) nx = true;
    else if (isWord(argv[first], 'xx')) xx = true;
    else if (!isWord(argv[first], 'ch')) break;
  }
  if ((argv.length - first) % 3 !== 0 || (nx && xx)) throw Errors.syntax;
  const asZadd = [ZADD, ...argv.slice(1, first)];
  for (let i = first; i < argv.length; i += 3) {
    asZadd.push(ascii(String(cellBits(cellOf(positionArg(argv, i), SCORE_STEP)))), argv[i + 2]);
  }
  const { dirty } = ctx.gate;
  zadd(ctx, asZadd);
  if (ctx.gate.dirty === dirty) return;
  ctx.effects.also(ctx.db.id, asZadd);
  ctx.effects.prevent();
}

/** GEOPOS key [member [member ...]] */
export function geopos(ctx: CommandContext, argv: Bytes[]): void {
  const zset = readZSet(ctx, argv[1]);
  ctx.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const score = zset?.score(argv[i]);
    if (score === undefined) ctx.reply.nullArray();
    else replyPosition(ctx.reply, positionOf(score));
  }
}

/** GEOHASH key [member [member ...]] */
export function geohash(ctx: CommandContext, argv: Bytes[]): void {
  const zset = readZSet(ctx, argv[1]);
  ctx.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) {
    const score = zset?.score(argv[i]);
    if (score === undefined) ctx.reply.null();
    else ctx.reply.bulkText(geohashText(positionOf(score)));
  }
}

/** GEODIST key member1 member2 [m | km | ft | mi] */
export function geodist(ctx: CommandContext, argv: Bytes[]): void {
  const unit = argv.length === 5 ? unitArg(argv[4]) : 1;
  if (argv.length > 5) throw Errors.syntax;
  const zset = readZSet(ctx, argv[1]);
  const a = zset?.score(argv[2]);
  const b = zset?.score(argv[3]);
  if (a === undefined || b === undefined) ctx.reply.null();
  else replyDistance(ctx.reply, distanceBetween(positionOf(a), positionOf(b)) / unit);
}
