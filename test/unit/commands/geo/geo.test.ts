import { beforeEach, describe, expect, it } from 'vitest';
import { GEO_COMMANDS } from '../../../../src/core/commands/geo/table.js';
import { distanceBetween } from '../../../../src/core/commands/geo/distance.js';
import {
  cellBits,
  cellOf,
  geohashText,
  positionOf,
  scoresIn,
} from '../../../../src/core/commands/geo/geohash.js';
import { sortFirst } from '../../../../src/core/commands/geo/sort-first.js';
import { SORTED_SET_COMMANDS } from '../../../../src/core/commands/sorted-set/table.js';
import { SeededRandom } from '../../../../src/core/base/random.js';
import { NotifyClass } from '../../../../src/core/store/events.js';
import { createTestEngine, plain, recordEvents, type TestEngine } from '../../../support/engine.js';

describe('geohashes', () => {
  it('are those of Redis', () => {
    const palermo = { longitude: 13.361389, latitude: 38.115556 };
    expect(cellBits(cellOf(palermo, 26))).toBe(3479099956230698);
    expect(geohashText(positionOf(3479099956230698))).toBe('sqc8b49rny0');
    expect(positionOf(3479099956230698)).toEqual({
      longitude: 13.361389338970184,
      latitude: 38.1155563954963,
    });
  });

  it('take one bit more at the far edge', () => {
    expect(cellBits(cellOf({ longitude: 180, latitude: 85.05112878 }, 26))).toBe(13510798882111488n);
  });

  it('come back as positions within half a cell, and lie in the cells around them', () => {
    const random = new SeededRandom(5);
    for (let i = 0; i < 2000; i++) {
      const at = { longitude: random.below(360e6) / 1e6 - 180, latitude: random.below(170e6) / 1e6 - 85 };
      const score = Number(cellBits(cellOf(at, 26)));
      const back = positionOf(score);
      expect(Math.abs(back.longitude - at.longitude)).toBeLessThan(360 / 2 ** 26);
      expect(Math.abs(back.latitude - at.latitude)).toBeLessThan(171 / 2 ** 26);
      const [min, max] = scoresIn(cellOf(at, 1 + random.below(26)));
      expect(score >= min && score < max).toBe(true);
    }
  });
});

describe('the first of an order', () => {
  it.each([3, 6, 7, 30, 41, 500])('of %i are the right ones', (length) => {
    const random = new SeededRandom(length);
    for (let run = 0; run < 50; run++) {
      const items = Array.from({ length }, () => random.below(run % 2 === 0 ? 10 : 1e6));
      const count = 1 + random.below(length);
      const wanted = items
        .slice()
        .sort((a, b) => a - b)
        .slice(0, count);
      sortFirst(items, count, (a, b) => a - b);
      expect(items.slice(0, count)).toEqual(wanted);
    }
  });
});

describe('searches', () => {
  let t: TestEngine;
  const call = (...args: (string | number)[]) => plain(t.client.call(...args));
  const places = new Map<string, { longitude: number; latitude: number }>();

  beforeEach(() => {
    t = createTestEngine({ families: [GEO_COMMANDS, SORTED_SET_COMMANDS] });
    const random = new SeededRandom(3);
    for (let i = 0; i < 400; i++) {
      const at = { longitude: random.below(360e6) / 1e6 - 180, latitude: random.below(170e6) / 1e6 - 85 };
      call('GEOADD', 'g', at.longitude, at.latitude, `p${i}`);
      places.set(`p${i}`, positionOf(Number(cellBits(cellOf(at, 26)))));
    }
  });

  it.each([
    ['near the equator', 10, 5, 3000],
    ['over the date line', 179, 20, 2500],
    ['near a pole', -30, 84, 2000],
    ['in the south', 60, -70, 4000],
    ['around the world', 0, 0, 25000],
  ])('find what the distance says: %s', (_name, longitude, latitude, km) => {
    const centre = { longitude, latitude };
    const wanted = [...places]
      .filter(([, at]) => distanceBetween(centre, at) <= km * 1000)
      .sort((a, b) => distanceBetween(centre, a[1]) - distanceBetween(centre, b[1]))
      .map(([name]) => name);
    expect(wanted.length).toBeGreaterThan(0);
    const query = ['FROMLONLAT', longitude, latitude, 'BYRADIUS', km, 'km'];
    expect(call('GEOSEARCH', 'g', ...query, 'ASC')).toEqual(wanted);
    expect(call('GEOSEARCH', 'g', ...query, 'COUNT', 5)).toEqual(wanted.slice(0, 5));
    expect(call('GEOSEARCH', 'g', ...query, 'DESC', 'COUNT', 5)).toEqual(
      wanted.slice().reverse().slice(0, 5),
    );
    expect((call('GEOSEARCH', 'g', ...query, 'COUNT', 3, 'ANY') as string[]).length).toBe(
      Math.min(3, wanted.length),
    );
    expect(call('GEOSEARCHSTORE', 'd', 'g', ...query, 'STOREDIST')).toBe(wanted.length);
    const stored = call('ZRANGE', 'd', 0, 0, 'WITHSCORES') as string[];
    expect(stored[0]).toBe(wanted[0]);
    // The last bits are the mathematical library's.
    expect(Number(stored[1])).toBeCloseTo(distanceBetween(centre, places.get(wanted[0])!) / 1000, 6);
  });

  it('tell of what they store', () => {
    const { gate } = t.engine;
    const events = recordEvents(t, NotifyClass.zset | NotifyClass.generic);
    const before = gate.dirty;
    call('GEOSEARCHSTORE', 'd', 'g', 'FROMLONLAT', 0, 0, 'BYRADIUS', 25000, 'km', 'COUNT', 7);
    expect(gate.dirty).toBe(before + 7);
    call('GEORADIUS', 'g', 0, 0, 25000, 'km', 'COUNT', 2, 'STORE', 'd');
    call('GEORADIUS', 'none', 0, 0, 1, 'km', 'STOREDIST', 'd');
    call('GEOADD', 'g', 1, 1, 'here');
    expect(events()).toEqual(['geosearchstore d', 'georadiusstore d', 'del d', 'zadd g']);
  });
});
