/**
 * The geo family: every command of `geo.c`, near the equator, the poles and the date line, with radii from metres to the whole Earth.
 * STOREDIST is left out: the last bit of a distance is the mathematical library's (docs/differences.md).
 */
import { type Family, type Generator } from '../generator.js';

const PLACES = ['palermo', 'catania', 'rome', 'a', 'b', 'c', '', 'edge', '10'];
const UNITS = ['m', 'km', 'ft', 'mi', 'KM', 'm', 'km', 'yd'];
const BAD_NUMBERS = ['x', '', 'nan', 'inf', '-inf', '1e300', '181', '-180.5', '85.06', '-91', '181.0078125'];
const EDGES = ['180', '-180', '85.05112878', '-85.05112878', '0', '-0', '179.9999', '-179.9999', '85', '-85'];

/** Geo sets of their own: other keys hold any scores, whose positions say nothing. */
const GEO_KEYS = ['geo:1', 'geo:2', 'geo:3'];

function geoKey(g: Generator): string {
  return g.chance(0.93) ? g.pick(GEO_KEYS) : g.key();
}

function place(g: Generator): string {
  return g.chance(0.6) ? g.pick(PLACES) : `p${g.int(30)}`;
}

function longitude(g: Generator): string {
  const draw = g.int(40);
  if (draw === 0) return g.pick(BAD_NUMBERS);
  return draw < 4 ? g.pick(EDGES.filter((edge) => Math.abs(Number(edge)) >= 0)) : coordinate(g, 180, 13.5);
}

function latitude(g: Generator): string {
  const draw = g.int(40);
  if (draw === 0) return g.pick(BAD_NUMBERS);
  return draw < 4 ? g.pick(['85.05112878', '-85.05112878', '0', '-0', '85', '-85']) : coordinate(g, 85, 37.8);
}

/** Anywhere, or near one place, so that small circles find something. */
function coordinate(g: Generator, most: number, near: number): string {
  const spread = g.int(1_000_000) / 1_000_000;
  return String(g.chance(0.5) ? (spread * 2 - 1) * most : near + spread * 2);
}

function radius(g: Generator): string {
  if (g.chance(0.05)) return g.pick(['0', '-1', 'x', 'inf', '1e300', '']);
  return String(g.int(1000) * 10 ** (g.int(6) - 1));
}

function unit(g: Generator): string {
  return g.pick(UNITS);
}

function points(g: Generator): string[] {
  return g.some(1, 6, () => [longitude(g), latitude(g), place(g)]).flat();
}

function centre(g: Generator): string[] {
  return g.chance(0.5) ? ['FROMMEMBER', place(g)] : ['FROMLONLAT', longitude(g), latitude(g)];
}

function extent(g: Generator): string[] {
  return g.chance(0.5) ? ['BYRADIUS', radius(g), unit(g)] : ['BYBOX', radius(g), radius(g), unit(g)];
}

type Option = readonly [number, () => readonly string[]];

function selection(g: Generator): Option[] {
  return [
    [0.4, () => [g.pick(['ASC', 'DESC'])]],
    [
      0.4,
      () => [
        'COUNT',
        g.chance(0.9) ? String(1 + g.int(6)) : g.pick(['0', '-1', 'x']),
        ...(g.chance(0.3) ? ['ANY'] : []),
      ],
    ],
    [0.02, () => [g.pick(['ANY', 'BOGUS', 'COUNT', 'STORE', 'STOREDIST', 'BYBOX', 'FROMMEMBER'])]],
  ];
}

function details(): Option[] {
  return [
    [0.3, () => ['WITHDIST']],
    [0.3, () => ['WITHCOORD']],
    [0.3, () => ['WITHHASH']],
  ];
}

function searched(g: Generator, extra: Option[]): string[] {
  return g.options(
    [0.98, () => centre(g)],
    [0.02, () => centre(g)],
    [0.98, () => extent(g)],
    [0.02, () => extent(g)],
    ...selection(g),
    ...extra,
  );
}

function stored(g: Generator): Option[] {
  return [[0.6, () => ['STORE', g.key()]]];
}

export const geo: Family = {
  name: 'geo',
  weight: 5,
  rows: [
    {
      command: 'GEOADD',
      weight: 12,
      args: (g) => [
        geoKey(g),
        ...g.options([0.15, () => [g.pick(['NX', 'XX'])]], [0.2, () => ['CH']]),
        ...points(g),
      ],
    },
    { command: 'GEOADD', weight: 1, args: (g) => [geoKey(g), ...g.some(2, 6, () => g.value())] },
    { command: 'GEOPOS', weight: 4, args: (g) => [geoKey(g), ...g.some(0, 4, () => place(g))] },
    { command: 'GEOHASH', weight: 3, args: (g) => [geoKey(g), ...g.some(0, 4, () => place(g))] },
    {
      command: 'GEODIST',
      weight: 5,
      args: (g) => [geoKey(g), place(g), place(g), ...g.options([0.6, () => [unit(g)]], [0.02, () => ['x']])],
    },
    { command: 'GEOSEARCH', weight: 10, args: (g) => [geoKey(g), ...searched(g, details())] },
    {
      command: 'GEOSEARCHSTORE',
      weight: 3,
      args: (g) => [g.key(), geoKey(g), ...searched(g, [[0.02, () => ['WITHDIST']]])],
    },
    {
      command: 'GEORADIUS',
      weight: 4,
      args: (g) => [
        geoKey(g),
        longitude(g),
        latitude(g),
        radius(g),
        unit(g),
        ...g.options(...selection(g), ...(g.chance(0.8) ? details() : stored(g))),
      ],
    },
    {
      command: 'GEORADIUS_RO',
      weight: 2,
      args: (g) => [
        geoKey(g),
        longitude(g),
        latitude(g),
        radius(g),
        unit(g),
        ...g.options(...selection(g), ...details(), [0.02, () => ['STORE', g.key()]]),
      ],
    },
    {
      command: 'GEORADIUSBYMEMBER',
      weight: 4,
      args: (g) => [
        geoKey(g),
        place(g),
        radius(g),
        unit(g),
        ...g.options(...selection(g), ...(g.chance(0.8) ? details() : stored(g))),
      ],
    },
    {
      command: 'GEORADIUSBYMEMBER_RO',
      weight: 2,
      args: (g) => [
        geoKey(g),
        place(g),
        radius(g),
        unit(g),
        ...g.options(...selection(g), ...details(), [0.02, () => ['STORE', g.key()]]),
      ],
    },
  ],
};
