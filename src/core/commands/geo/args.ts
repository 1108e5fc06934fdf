/** The arguments of the geo family: positions, units, distances (redis 7.2.6 geo.c, extract*OrReply). */
import { isWord, type Bytes } from '../../base/bytes.js';
import { formatFixed6 } from '../../base/numbers.js';
import { doubleArg } from '../args.js';
import { ReplyError } from '../errors.js';
import { MAX_LATITUDE, MAX_LONGITUDE, MIN_LATITUDE, MIN_LONGITUDE, type Position } from './geohash.js';

const UNIT = new ReplyError('ERR unsupported unit provided. please use M, KM, FT, MI');
const RADIUS = new ReplyError('ERR need numeric radius');
const NEGATIVE_RADIUS = new ReplyError('ERR radius cannot be negative');
const WIDTH = new ReplyError('ERR need numeric width');
const HEIGHT = new ReplyError('ERR need numeric height');
const NEGATIVE_BOX = new ReplyError('ERR height or width cannot be negative');

/** Metres of each unit. */
const UNITS: readonly (readonly [string, number])[] = [
  ['m', 1],
  ['km', 1000],
  ['ft', 0.3048],
  ['mi', 1609.34],
];

/** Metres of the unit that is named. */
export function unitArg(text: Bytes): number {
  const unit = UNITS.find(([name]) => isWord(text, name));
  if (unit === undefined) throw UNIT;
  return unit[1];
}

/** The longitude at `argv[at]` and the latitude behind it. */
export function positionArg(argv: readonly Bytes[], at: number): Position {
  const longitude = doubleArg(argv[at]);
  const latitude = doubleArg(argv[at + 1]);
  const inside =
    longitude >= MIN_LONGITUDE &&
    longitude <= MAX_LONGITUDE &&
    latitude >= MIN_LATITUDE &&
    latitude <= MAX_LATITUDE;
  if (!inside) {
    const pair = `${formatFixed6(longitude)},${formatFixed6(latitude)}`;
    throw new ReplyError(`ERR invalid longitude,latitude pair ${pair}`);
  }
  return { longitude, latitude };
}

/** The radius at `argv[at]` and the unit behind it. */
export function radiusArg(argv: readonly Bytes[], at: number): { radius: number; unit: number } {
  const radius = doubleArg(argv[at], RADIUS);
  if (radius < 0) throw NEGATIVE_RADIUS;
  return { radius, unit: unitArg(argv[at + 1]) };
}

/** The width at `argv[at]`, the height and the unit behind it. */
export function boxArg(argv: readonly Bytes[], at: number): { width: number; height: number; unit: number } {
  const width = doubleArg(argv[at], WIDTH);
  const height = doubleArg(argv[at + 1], HEIGHT);
  if (height < 0 || width < 0) throw NEGATIVE_BOX;
  return { width, height, unit: unitArg(argv[at + 2]) };
}
