/**
 * HyperLogLog against a real redis-server: after the same commands the value has the same bytes, sparse, dense and on the way from one
 * to the other, because replicas and RDB files exchange these bytes.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/base/random.js';
import { GENERIC_COMMANDS } from '../../src/core/commands/generic/table.js';
import { HYPERLOGLOG_COMMANDS } from '../../src/core/commands/hyperloglog/table.js';
import { STRING_COMMANDS } from '../../src/core/commands/string/table.js';
import { createTestEngine, plain, type TestEngine } from '../support/engine.js';
import {
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';

const ROUNDS = 120;
const KEYS = ['a', 'b', 'c', 'd'];

describe.skipIf(!realRedisAvailable()).each(realRedisServers())(
  'HyperLogLog as redis-server $version',
  ({ bin }) => {
    let redis: RealRedis;
    let ours: TestEngine;
    beforeAll(async () => {
      redis = await startRealRedis({ bin });
      ours = createTestEngine({ families: [HYPERLOGLOG_COMMANDS, STRING_COMMANDS, GENERIC_COMMANDS] });
    });
    afterAll(() => redis.stop());

    async function both(...args: string[]): Promise<void> {
      expect(plain(ours.client.call(...args)), args.slice(0, 2).join(' ')).toEqual(
        plain(await redis.call(...args)),
      );
    }

    it.each([1, 2, 3])('has the same bytes after the same commands, seed %i', async (seed) => {
      const random = new SeededRandom(seed);
      await both('DEL', ...KEYS);
      let isDense = false;
      for (let round = 0; round < ROUNDS; round++) {
        const key = KEYS[random.below(KEYS.length)];
        const count = random.below(round < ROUNDS / 2 ? 6 : 400);
        const element = () => random.hex(random.below(30));
        await both('PFADD', key, ...Array.from({ length: count }, element));
        if (random.below(4) === 0) await both('PFCOUNT', key);
        if (random.below(10) === 0) await both('PFMERGE', key, KEYS[random.below(KEYS.length)]);
        if (random.below(10) === 0) await both('PFCOUNT', ...KEYS);
        await both('GET', key);
        isDense ||= plain(ours.client.call('STRLEN', key)) === 12304;
      }
      expect(isDense, 'a value became dense').toBe(true);
      await both('PFDEBUG', 'GETREG', KEYS[0]);
    });
  },
);
