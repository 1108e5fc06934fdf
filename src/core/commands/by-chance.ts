/**
 * Elements by chance: what SRANDMEMBER, HRANDFIELD, ZRANDMEMBER and SPOP share. Every choice is uniform.
 *
 * A negative count may ask for more than there is memory: the answer stops where nobody is left to read it, as in redis 7.2.6
 * t_set.c:srandmemberWithCountCommand and its like. Different places come in their order from a packed collection, as in Redis.
 */
import { type Random } from '../base/random.js';
import { ClientFlag, type CommandContext } from './context.js';

/** Up to this share of a collection (one in so many), different places are drawn until there are enough. */
const DRAW_FACTOR = 3;
/** The client will not get its answer: it is being closed (the output limit), or wants none (CLIENT REPLY). */
const UNHEARD = ClientFlag.closeAsap | ClientFlag.replyOff | ClientFlag.replySkip;

/** Writes `count` places of `size`, the same one as often as it is drawn, while somebody hears of it. */
export function writeAnyPlaces(
  ctx: CommandContext,
  size: number,
  count: number,
  write: (place: number) => unknown,
): void {
  const { random } = ctx.server;
  for (let i = 0; i < count && !(ctx.client.flags & UNHEARD); i++) write(random.below(size));
}

/** `count` different ones of the places 0 to size - 1, fewer than there are. */
export function differentPlaces(
  random: Random,
  size: number,
  count: number,
  packed: boolean,
): Iterable<number> {
  const inOrder = packed || count * DRAW_FACTOR > size;
  return inOrder ? orderedPlaces(random, size, count) : drawnPlaces(random, size, count);
}

/** `count` of the places 0 to size - 1, ascending: each that is left is taken with the chance that it needs. */
export function* orderedPlaces(random: Random, size: number, count: number): Generator<number, void, void> {
  let wanted = count;
  for (let place = 0; wanted > 0; place++) {
    if (random.below(size - place) >= wanted) continue;
    wanted--;
    yield place;
  }
}

/** `count` of the places 0 to size - 1, few of many, in the order of drawing. */
export function drawnPlaces(random: Random, size: number, count: number): Set<number> {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.below(size));
  return drawn;
}
