/**
 * `redis-ts serve` between two real servers: it loads the dump.rdb of one and saves it as its own, another loads that, and finds
 * every key equal by its own DEBUG DIGEST-VALUE, with its expiry.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digest, populate, text } from '../support/real-dataset.js';
import { atLeast, realRedisServers, startRealRedis } from '../support/real-redis.js';
import { RespConnection } from '../support/resp-connection.js';
import { eventually } from '../support/eventually.js';
import { builtCli, startCli } from '../support/run-cli.js';

const servers = realRedisServers();
/** Reads what we write: RDB version 11. */
const reader = servers.find(({ version }) => atLeast(version, '7.2.0'));

let dir: string;
beforeAll(() => void builtCli(), 120_000);
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'redis-ts-dataset-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Starts our server on `dir`, lets it do `work`, and ends it with SIGTERM. */
async function withOurs(
  args: readonly string[],
  work: (client: RespConnection) => Promise<void>,
): Promise<string> {
  const child = startCli(['serve', '--port', '0', '--dir', dir, ...args]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((done) => child.once('close', done));
  try {
    await eventually(() => output.includes('Ready to accept connections'));
    const client = await RespConnection.connect(Number(/Listening on port (\d+)/.exec(output)![1]));
    await work(client);
    client.close();
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return output;
}

describe.skipIf(reader === undefined)('a data set of real servers', () => {
  describe.each(servers)('saved by $version', ({ bin }) => {
    it.each(['SAVE', 'BGSAVE', 'SIGTERM'])('survives being loaded and saved by %s', async (how) => {
      const source = await startRealRedis({ bin, dir });
      await populate(source);
      await source.must('SAVE');
      await source.stop();
      // Versions digest doubles differently: the same server judges both files.
      const expected = await judged();

      const theirs = join(dir, 'theirs.rdb');
      renameSync(join(dir, 'dump.rdb'), theirs);
      const output = await withOurs(
        ['--dbfilename', 'theirs.rdb', '--save', how === 'SIGTERM' ? '3600 1' : ''],
        async (client) => {
          if (how === 'SIGTERM') return;
          const saves = async () =>
            /rdb_saves:(\d+)/.exec(JSON.stringify(await client.send('INFO', 'persistence')))?.[1];
          expect(await client.send(how)).toMatchObject({ type: 'simple' });
          await eventually(async () => (await saves()) === '1');
        },
      );
      expect(output).toContain(`keys loaded: ${expected.length - 1}, keys expired: 0.`);
      expect(readFileSync(theirs).subarray(0, 9).toString()).toBe('REDIS0011');

      renameSync(theirs, join(dir, 'dump.rdb'));
      expect(await judged()).toEqual(expected);
    });
  });
});

/** What the reader says of the dump.rdb in `dir`: a line a key, and its functions. */
async function judged(): Promise<string[]> {
  const judge = await startRealRedis({ bin: reader!.bin, dir });
  try {
    return [...(await digest(judge)), text(await judge.must('FUNCTION', 'LIST', 'WITHCODE'))];
  } finally {
    await judge.stop();
  }
}
