/** The gallery's traces made anew: the servers that are here say what the recorded ones said. */
import { afterEach, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../recorded/scenarios.js';
import { Stage } from '../recorded/stage.js';
import { realRedisAvailable, realRedisServers } from '../support/real-redis.js';

let stage: Stage | undefined;
afterEach(() => stage?.strike());

describe.skipIf(!realRedisAvailable())('the gallery, recorded anew', () => {
  describe.each(realRedisServers())('$version', ({ bin }) => {
    it.each(SCENARIOS.filter(({ quick }) => quick))('$name', async ({ run, expected }) => {
      stage = new Stage(bin);
      await run(stage);
      expect(stage.examined?.ids).toEqual(expected);
    });
  });
});
