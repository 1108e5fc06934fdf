/**
 * What a search covers: a circle or a box around a position, and the cells of the grid in which its members can be.
 *
 * The search area lies within nine cells side by side, whose size is chosen by its radius; those that it does not touch are
 * left out. Source: redis 7.2.6 geohash_helper.c (geohashCalculateAreasByShapeWGS84), geo.c (geoWithinShape).
 */
import { degrees, distanceBetween, EARTH_RADIUS, latitudeDistance, radians } from './distance.js';
import { areaOf, cellOf, neighbour, SCORE_STEP, type Area, type Cell, type Position } from './geohash.js';

export interface Shape {
  readonly centre: Position;
  readonly kind: 'circle' | 'box';
  /** Of a circle, in units. */
  readonly radius: number;
  /** Of a box, in units. */
  readonly width: number;
  readonly height: number;
  /** Metres of a unit. */
  readonly unit: number;
}

/** Half of the equator in the projection. */
const MERCATOR_MAX = 20037726.37;

/** The distance in metres of a position from the centre; undefined when it is outside. */
export function distanceInside(shape: Shape, at: Position): number | undefined {
  const { centre, unit } = shape;
  if (shape.kind === 'circle') {
    const distance = distanceBetween(centre, at);
    return distance > shape.radius * unit ? undefined : distance;
  }
  if (latitudeDistance(at.latitude, centre.latitude) > (shape.height * unit) / 2) return undefined;
  const sideways = distanceBetween(at, { longitude: centre.longitude, latitude: at.latitude });
  if (sideways > (shape.width * unit) / 2) return undefined;
  return distanceBetween(centre, at);
}

/** The cells to look into: the centre's, north, south, east, west, then the corners. Cells beyond the area are undefined. */
export function cellsOf(shape: Shape): readonly (Cell | undefined)[] {
  const bounds = boundsOf(shape);
  const radius =
    shape.kind === 'circle'
      ? shape.radius
      : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2));
  let step = stepFor(radius * shape.unit, shape.centre.latitude);
  let cell = cellOf(shape.centre, step);
  if (step > 1 && neighboursFallShort(cell, bounds)) cell = cellOf(shape.centre, --step);
  const area = areaOf(cell);
  // Two cells are the whole world: none can be left out.
  const mayOmit = step >= 2;
  const south = !(mayOmit && area.minLatitude < bounds.minLatitude);
  const north = !(mayOmit && area.maxLatitude > bounds.maxLatitude);
  const west = !(mayOmit && area.minLongitude < bounds.minLongitude);
  const east = !(mayOmit && area.maxLongitude > bounds.maxLongitude);
  return [
    cell,
    north ? neighbour(cell, 0, 1) : undefined,
    south ? neighbour(cell, 0, -1) : undefined,
    east ? neighbour(cell, 1, 0) : undefined,
    west ? neighbour(cell, -1, 0) : undefined,
    north && east ? neighbour(cell, 1, 1) : undefined,
    north && west ? neighbour(cell, -1, 1) : undefined,
    south && east ? neighbour(cell, 1, -1) : undefined,
    south && west ? neighbour(cell, -1, -1) : undefined,
  ];
}

/** The box around the search area. Towards a pole a degree of longitude is shorter, so the nearer edge is the wider one. */
function boundsOf({ centre, kind, radius, width, height, unit }: Shape): Area {
  const { longitude, latitude } = centre;
  const up = unit * (kind === 'circle' ? radius : height / 2);
  const sideways = unit * (kind === 'circle' ? radius : width / 2);
  const latitudes = degrees(up / EARTH_RADIUS);
  const edge = latitude < 0 ? latitude - latitudes : latitude + latitudes;
  const longitudes = degrees(sideways / EARTH_RADIUS / Math.cos(radians(edge)));
  return {
    minLongitude: longitude - longitudes,
    maxLongitude: longitude + longitudes,
    minLatitude: latitude - latitudes,
    maxLatitude: latitude + latitudes,
  };
}

/** The size of cells of which nine cover a circle, larger towards the poles. */
function stepFor(radius: number, latitude: number): number {
  if (radius === 0) return SCORE_STEP;
  let step = 1;
  for (let covered = radius; covered < MERCATOR_MAX; covered *= 2) step++;
  step -= 2;
  if (latitude > 66 || latitude < -66) step--;
  if (latitude > 80 || latitude < -80) step--;
  return Math.min(Math.max(step, 1), SCORE_STEP);
}

/** Whether `bounds` go beyond the cells around `cell`. */
function neighboursFallShort(cell: Cell, bounds: Area): boolean {
  return (
    areaOf(neighbour(cell, 0, 1)).maxLatitude < bounds.maxLatitude ||
    areaOf(neighbour(cell, 0, -1)).minLatitude > bounds.minLatitude ||
    areaOf(neighbour(cell, 1, 0)).maxLongitude < bounds.maxLongitude ||
    areaOf(neighbour(cell, -1, 0)).minLongitude > bounds.minLongitude
  );
}
