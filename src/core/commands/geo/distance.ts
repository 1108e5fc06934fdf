/** Distances on a sphere, by the haversine formula (redis 7.2.6 geohash_helper.c). Metres everywhere. */
import { type Position } from './geohash.js';

export const EARTH_RADIUS = 6372797.560856;
const RADIANS = Math.PI / 180;

export function radians(degrees: number): number {
  return degrees * RADIANS;
}

export function degrees(angle: number): number {
  return angle / RADIANS;
}

/** Along a meridian, between two latitudes. */
export function latitudeDistance(a: number, b: number): number {
  return EARTH_RADIUS * Math.abs(radians(b) - radians(a));
}

export function distanceBetween(a: Position, b: Position): number {
  const v = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v === 0) return latitudeDistance(a.latitude, b.latitude);
  const latitudeA = radians(a.latitude);
  const latitudeB = radians(b.latitude);
  const u = Math.sin((latitudeB - latitudeA) / 2);
  const h = u * u + Math.cos(latitudeA) * Math.cos(latitudeB) * v * v;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(h));
}
