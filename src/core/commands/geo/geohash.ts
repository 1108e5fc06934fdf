/**
 * Geohashes of 52 bits: a position as a cell of a grid, which is the score of a member of a geo set.
 *
 *   cell = (lat, lon), each a number of `step` bits (26 in a score); the bits of lat at the even places, those of lon at the odd
 *
 * Cells near each other share the higher bits, so the cells inside a larger one are a range of scores. At the very edge a
 * coordinate takes one bit more, as in Redis. Source: redis 7.2.6 geohash.c, geohash_helper.c.
 */

export const MIN_LONGITUDE = -180;
export const MAX_LONGITUDE = 180;
/** Mercator has no poles (EPSG:3857). */
export const MIN_LATITUDE = -85.05112878;
export const MAX_LATITUDE = 85.05112878;

/** Bits of each coordinate in a score. */
export const SCORE_STEP = 26;
const TWO_32 = 4294967296;
const SCORE_BITS = 52;

export interface Position {
  readonly longitude: number;
  readonly latitude: number;
}

export interface Cell {
  readonly lat: number;
  readonly lon: number;
  /** Bits of each. */
  readonly step: number;
}

/** What a cell covers. */
export interface Area {
  readonly minLongitude: number;
  readonly maxLongitude: number;
  readonly minLatitude: number;
  readonly maxLatitude: number;
}

/** The cell of a position whose coordinates are in range. */
export function cellOf({ longitude, latitude }: Position, step: number): Cell {
  return cellIn(longitude, latitude, step, MIN_LATITUDE, MAX_LATITUDE);
}

function cellIn(longitude: number, latitude: number, step: number, minLat: number, maxLat: number): Cell {
  const lat = ((latitude - minLat) / (maxLat - minLat)) * 2 ** step;
  const lon = ((longitude - MIN_LONGITUDE) / (MAX_LONGITUDE - MIN_LONGITUDE)) * 2 ** step;
  return { lat: Math.trunc(lat), lon: Math.trunc(lon), step };
}

export function areaOf({ lat, lon, step }: Cell): Area {
  const cells = 2 ** step;
  const latitudes = MAX_LATITUDE - MIN_LATITUDE;
  const longitudes = MAX_LONGITUDE - MIN_LONGITUDE;
  return {
    minLatitude: MIN_LATITUDE + (lat / cells) * latitudes,
    maxLatitude: MIN_LATITUDE + (((lat + 1) >>> 0) / cells) * latitudes,
    minLongitude: MIN_LONGITUDE + (lon / cells) * longitudes,
    maxLongitude: MIN_LONGITUDE + (((lon + 1) >>> 0) / cells) * longitudes,
  };
}

/** The cell so many cells further east and north; the grid wraps around. */
export function neighbour({ lat, lon, step }: Cell, east: number, north: number): Cell {
  const mask = 2 ** step - 1;
  return { lat: north === 0 ? lat : (lat + north) & mask, lon: east === 0 ? lon : (lon + east) & mask, step };
}

/** The score of a cell of SCORE_STEP as the exact integer it is. */
export function cellBits({ lat, lon }: Cell): number | bigint {
  const high = interleave(lat >>> 16, lon >>> 16);
  const low = interleave(lat & 0xffff, lon & 0xffff);
  const bits = high * TWO_32 + low;
  return Number.isSafeInteger(bits) ? bits : (BigInt(high) << 32n) | BigInt(low);
}

/** The scores of the positions in a cell: from the first number up to, not including, the second. */
export function scoresIn({ lat, lon, step }: Cell): readonly [number, number] {
  const high = interleave(lat >>> 16, lon >>> 16);
  const low = interleave(lat & 0xffff, lon & 0xffff);
  const width = 2 ** (SCORE_BITS - step * 2);
  return [(high * TWO_32 + low) * width, (high * TWO_32 + (low + 1)) * width];
}

/** The middle of the cell that a score stands for, whatever number it is. */
export function positionOf(score: number): Position {
  const [high, low] = words(score);
  const lat = join(high, low);
  const lon = join(high >>> 1, low >>> 1);
  const area = areaOf({ lat, lon, step: SCORE_STEP });
  return {
    longitude: clamp((area.minLongitude + area.maxLongitude) / 2, MIN_LONGITUDE, MAX_LONGITUDE),
    latitude: clamp((area.minLatitude + area.maxLatitude) / 2, MIN_LATITUDE, MAX_LATITUDE),
  };
}

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz';
const TEXT_CHARS = 11;
const CHAR_BITS = 5n;

/** The common textual geohash, whose latitudes go to the poles: ten characters of 5 bits, and a 0 for want of more. */
export function geohashText({ longitude, latitude }: Position): string {
  const bits = BigInt(cellBits(cellIn(longitude, latitude, SCORE_STEP, -90, 90)));
  let text = '';
  for (let i = 1n; i < TEXT_CHARS; i++) {
    text += ALPHABET[Number((bits >> (BigInt(SCORE_BITS) - i * CHAR_BITS)) & 31n)];
  }
  return text + ALPHABET[0];
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

/** The high and low 32 bits of a double as C makes it an unsigned 64-bit integer on x86. */
function words(score: number): readonly [number, number] {
  const whole = Math.trunc(score);
  if (!(whole < 2 ** 64)) return [0, 0];
  if (whole < -(2 ** 63)) return [0x80000000, 0];
  const high = Math.floor(whole / TWO_32);
  return [high >>> 0, whole - high * TWO_32];
}

/** The 32 bits at the even places of two words. */
function join(high: number, low: number): number {
  return ((squash(high) << 16) | squash(low)) >>> 0;
}

/** Two numbers of 16 bits as one of 32, the first one's bits at the even places. */
function interleave(even: number, odd: number): number {
  return (spread(even) | (spread(odd) << 1)) >>> 0;
}

/** 16 bits to the even places of 32. */
function spread(bits: number): number {
  let x = bits;
  x = (x | (x << 8)) & 0x00ff00ff;
  x = (x | (x << 4)) & 0x0f0f0f0f;
  x = (x | (x << 2)) & 0x33333333;
  return (x | (x << 1)) & 0x55555555;
}

/** The 16 bits at the even places of 32. */
function squash(bits: number): number {
  let x = bits & 0x55555555;
  x = (x | (x >>> 1)) & 0x33333333;
  x = (x | (x >>> 2)) & 0x0f0f0f0f;
  x = (x | (x >>> 4)) & 0x00ff00ff;
  return (x | (x >>> 8)) & 0xffff;
}
