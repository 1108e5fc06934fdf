/**
 * The differential runner in a short form: random commands against a real redis-server and ours, reply for reply. Where
 * either is missing the tests are reported as skipped. `npm run differential` runs longer, with other seeds.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from '../differential/families/index.js';
import { type Pair } from '../differential/lockstep.js';
import { renderResult } from '../differential/report.js';
import { runDifferential, type RunOptions } from '../differential/runner.js';
import { LOOSE_SHARE_MAX } from '../differential/tally.js';
import { realRedisServers } from '../support/real-redis.js';
import { ourCommand, redisVersion, startServer, type RunningServer } from '../support/server-process.js';

const BUDGET_MS = 8_000;
const TIMEOUT_MS = 60_000;

const peers = realRedisServers().map(({ bin }) => bin);
const [real = ''] = peers;
const ours = ourCommand();
const options: RunOptions = {
  seed: 7,
  count: 20_000,
  caseLength: 400,
  families,
  resp3: false,
  maxDifferences: 1,
  budgetMs: BUDGET_MS,
};

/** What is compared with a Redis before 7.2, whose doubles, HELP texts and orders differ in the families of the other types. */
const REVIEWED_BEFORE_72 = new Set(['strings', 'keyspace', 'transactions', 'connection']);

function familiesFor([major, minor]: Pair['peerVersion']): RunOptions['families'] {
  const isOld = major < 7 || (major === 7 && minor < 2);
  return isOld ? families.filter(({ name }) => REVIEWED_BEFORE_72.has(name)) : families;
}

describe.skipIf(real === '' || ours === undefined).each(real === '' ? ['redis-server'] : peers)(
  'differential: ours and %s',
  (peer) => {
    const servers: RunningServer[] = [];
    let pair: Pair;

    beforeAll(async () => {
      servers.push(await startServer(ours ?? []), await startServer([peer]));
      pair = { ours: servers[0], peer: servers[1], peerVersion: redisVersion(peer) ?? [0, 0, 0] };
    }, TIMEOUT_MS);
    afterAll(() => Promise.all(servers.map((server) => server.stop())));

    it.each([
      { title: 'RESP2', seed: 7, resp3: false },
      { title: 'RESP3', seed: 8, resp3: true },
    ])(
      'answers random commands alike in $title',
      async ({ seed, resp3 }) => {
        const drawn = familiesFor(pair.peerVersion);
        const result = await runDifferential(pair, { ...options, families: drawn, seed, resp3 });
        const isSame = result.differences.length === 0 && result.missing.length === 0;
        expect(isSame, renderResult(result, seed)).toBe(true);
        expect(result.commands).toBeGreaterThan(1000);
        expect(result.tally.looseShare, String(result.tally)).toBeLessThan(LOOSE_SHARE_MAX);
      },
      TIMEOUT_MS,
    );
  },
);

describe.skipIf(real === '')('differential: the runner itself', () => {
  it(
    'finds a server that is set up differently, and makes the case short',
    async () => {
      const servers = [
        await startServer([real], ['--maxmemory-policy', 'allkeys-lfu']),
        await startServer([real]),
      ];
      try {
        const peerVersion = redisVersion(real) ?? [0, 0, 0];
        const pair = { ours: servers[0], peer: servers[1], peerVersion };
        const result = await runDifferential(pair, { ...options, seed: 1 });
        expect(result.differences).toHaveLength(1);
        const [{ difference, shortest }] = result.differences;
        expect(difference.request.toUpperCase()).toMatch(/^(OBJECT (FREQ|IDLETIME)|EXEC|OBJECT REFCOUNT)/);
        expect(shortest?.requests.length).toBeLessThanOrEqual(4);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    },
    TIMEOUT_MS,
  );
});
