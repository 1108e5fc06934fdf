/**
 * GEOSEARCH, GEOSEARCHSTORE, GEORADIUS, GEORADIUSBYMEMBER and their _RO forms: the members of a circle or a box.
 *
 * Source: redis 7.2.6 geo.c (georadiusGeneric, membersOfAllNeighbors, geoGetPointsInRange).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { formatDouble, INT64_MIN } from '../../base/numbers.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { type CommandContext } from '../context.js';
import { readZSet, resultZSet, storeZSet } from '../sorted-set/values.js';
import { cellsOf, distanceInside, type Shape } from './area.js';
import { EVENT_GEORADIUSSTORE, EVENT_GEOSEARCHSTORE } from './events.js';
import { positionOf, scoresIn, type Cell, type Position } from './geohash.js';
import { readQuery, type Form, type Query } from './query.js';
import { replyDistance, replyPosition } from './reply.js';
import { sortFirst } from './sort-first.js';

const DEL = ascii('DEL');
const ZADD = ascii('ZADD');
/** Members that one ZADD sends. */
const ZADD_BATCH = 512;

/** A member that was found. */
interface Found {
  readonly member: Bytes;
  readonly score: number;
  readonly position: Position;
  /** Metres from the centre. */
  readonly distance: number;
}

/** GEOSEARCH key <FROMMEMBER … | FROMLONLAT …> <BYRADIUS … | BYBOX …> […] */
export function geosearch(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'option', source: 1, options: 2, store: 'never' });
}

/** GEOSEARCHSTORE destination source <FROMMEMBER … | FROMLONLAT …> <BYRADIUS … | BYBOX …> […] */
export function geosearchstore(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'option', source: 2, options: 3, store: 'first' });
}

/** GEORADIUS key longitude latitude radius unit […] */
export function georadius(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'position', source: 1, options: 6, store: 'option' });
}

/** GEORADIUS_RO key longitude latitude radius unit […] */
export function georadiusRo(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'position', source: 1, options: 6, store: 'never' });
}

/** GEORADIUSBYMEMBER key member radius unit […] */
export function georadiusbymember(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'member', source: 1, options: 5, store: 'option' });
}

/** GEORADIUSBYMEMBER_RO key member radius unit […] */
export function georadiusbymemberRo(ctx: CommandContext, argv: Bytes[]): void {
  run(ctx, argv, { centre: 'member', source: 1, options: 5, store: 'never' });
}

function run(ctx: CommandContext, argv: Bytes[], form: Form): void {
  const zset = readZSet(ctx, argv[form.source]);
  const query = readQuery(argv, form, zset);
  const found = zset === undefined ? [] : search(zset, query);
  if (query.storeKey === undefined) answer(ctx, found, query);
  else store(ctx, query.storeKey, found, query, form);
}

function search(zset: ZSetValue, { shape, any, count, order }: Query): Found[] {
  const found = collect(zset, shape!, any ? count : Infinity);
  const wanted = count === 0 ? found.length : Math.min(count, found.length);
  // The closest ones are wanted where not all are, unless any will do.
  const sorted = order ?? (count !== 0 && !any ? 'asc' : undefined);
  if (sorted !== undefined) {
    const sign = sorted === 'asc' ? 1 : -1;
    sortFirst(found, wanted, (a, b) => sign * (a.distance - b.distance));
  }
  found.length = wanted;
  return found;
}

/** Members inside of `shape`, in the order in which they are met; no more than `limit`. */
function collect(zset: ZSetValue, shape: Shape, limit: number): Found[] {
  const found: Found[] = [];
  let last: Cell | undefined;
  for (const [i, cell] of cellsOf(shape).entries()) {
    if (cell === undefined || (last !== undefined && last.lat === cell.lat && last.lon === cell.lon))
      continue;
    if (found.length >= limit) break;
    const [min, max] = scoresIn(cell);
    zset.walk(zset.countBelow(min, false), zset.countBelow(max, false), (member, score) => {
      const position = positionOf(score);
      const distance = distanceInside(shape, position);
      if (distance !== undefined) found.push({ member, score, position, distance });
      return found.length < limit;
    });
    // Of a huge circle neighbours are the same cell; Redis compares them with each other, not with the centre's.
    if (i > 0) last = cell;
  }
  return found;
}

function answer({ reply }: CommandContext, found: readonly Found[], query: Query): void {
  const { withDistance, withHash, withPosition } = query;
  const parts = 1 + Number(withDistance) + Number(withHash) + Number(withPosition);
  reply.array(found.length);
  for (const { member, score, position, distance } of found) {
    if (parts > 1) reply.array(parts);
    reply.bulk(member);
    if (withDistance) replyDistance(reply, distance / query.shape!.unit);
    if (withHash) reply.int(wholeScore(score));
    if (withPosition) replyPosition(reply, position);
  }
}

/** A score as a 64-bit integer, as C makes it one on x86. */
function wholeScore(score: number): number | bigint {
  const whole = Math.trunc(score);
  if (Number.isSafeInteger(whole)) return whole + 0;
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : INT64_MIN;
}

function store(ctx: CommandContext, key: Bytes, found: readonly Found[], query: Query, form: Form): void {
  const members = found.map(({ member }) => member);
  const scores = found.map(({ score, distance }) =>
    query.storeDistance ? distance / query.shape!.unit : score,
  );
  const event = form.store === 'first' ? EVENT_GEOSEARCHSTORE : EVENT_GEORADIUSSTORE;
  if (query.storeDistance && found.length > 0) propagateDistances(ctx, key, members, scores);
  storeZSet(ctx, key, resultZSet(ctx, members, scores, true), event, found.length);
  ctx.reply.int(found.length);
}

/**
 * Sends distances as they were found here: the last bit of one is the mathematical library's, so a replica that looked for itself
 * could come to others. Called before the key is set.
 */
function propagateDistances(
  ctx: CommandContext,
  key: Bytes,
  members: readonly Bytes[],
  scores: readonly number[],
): void {
  const { db, effects } = ctx;
  effects.prevent();
  if (!effects.recording) return;
  if (db.lookup(key) >= 0) effects.also(db.id, [DEL, key]);
  for (let from = 0; from < members.length; from += ZADD_BATCH) {
    const zadd = [ZADD, key];
    for (let i = from; i < Math.min(from + ZADD_BATCH, members.length); i++) {
      zadd.push(formatDouble(scores[i]), members[i]);
    }
    effects.also(db.id, zadd);
  }
}
